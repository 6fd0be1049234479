import type { PredictionsView as PredictionsData, predictionsPanel } from '../../src/protocol/panels/predictions';
import { button } from '../shared/controls/button';
import { debounced, element } from '../shared/dom';
import { noteItems } from '../shared/fact-list';
import { readSortOrder, type SortOrder } from '../shared/model/table';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { themeClassColors } from '../shared/theme';
import type { ClassLook } from './class-name';
import { ConfusionCard } from './confusion-card';
import { DetailCard } from './detail-card';
import { FilterBar, type KeptFilter } from './filter-bar';
import { PredictionTable } from './prediction-table';
import { predictionsJson, shownPredictions } from './predictions-model';
import { ScoresCard } from './scores-card';
import { SummaryCard } from './summary-card';

interface Kept extends KeptFilter {
  order: SortOrder | null;
  /** position in the file of the row under the cursor, -1: none */
  cursor: number;
  scroll: number;
}

/** What a program says of every series of a file. */
export class PredictionsView implements PanelView<PredictionsData> {
  readonly element: HTMLElement;
  readonly #title = element('h1', {});
  readonly #facts = element('span', { class: 'muted' });
  readonly #filter: FilterBar;
  readonly #table: PredictionTable;
  readonly #summary = new SummaryCard();
  readonly #detail = new DetailCard((row, what) => this.#open(row, what));
  readonly #confusion: ConfusionCard;
  readonly #scores = new ScoresCard();
  readonly #notes = element('ul', { class: 'notes' });
  #data: PredictionsData | null = null;
  #look: ClassLook = { names: [], colors: [] };
  #cursor = -1;
  #isRestored = false;
  readonly #rememberSoon = debounced(() => this.#remember(), 250);

  constructor(private readonly context: PanelContext<typeof predictionsPanel.host, Kept>) {
    const { restored, remote } = context;
    const filter = (): void => this.#applyFilter();
    this.#filter = new FilterBar(restored, filter, () => {
      this.#applyFilter();
      context.announce(t('All series are shown.'));
    });
    this.#confusion = new ConfusionCard((cell) => {
      this.#filter.chooseCell(cell);
      this.#applyFilter();
    });
    this.#table = new PredictionTable({
      order: readSortOrder(restored.order),
      onOrder: () => this.#remember(),
      onActivate: (row) => this.#open(row, 'saliency'),
      onCursor: (row) => {
        this.#cursor = row;
        this.#drawDetail();
        this.#rememberSoon();
      },
      onScroll: this.#rememberSoon,
    });
    const cards = [this.#summary, this.#detail, this.#confusion, this.#scores].map((card) => card.element);
    const figure = element(
      'div',
      { class: 'columns' },
      element('div', { class: 'main-column' }, this.#table.element),
      element('div', { class: 'side-column' }, ...cards),
    );
    const exports = context.exportButtons({
      name: () => [this.#data?.fileName ?? '', 'predictions'],
      picture: () => figure,
      csv: () => remote.exportCsv({}),
      json: () => (this.#data ? predictionsJson(this.#data, this.#table.rows) : null),
    });
    const actions = element(
      'div',
      { class: 'actions' },
      button(t('Choose Program…'), () => void context.attempt(remote.chooseProgram({})), {
        title: t('Classify with another program'),
      }).element,
      button(t('t-SNE'), () => void context.attempt(remote.openTsne({})), {
        title: t('Show which series the model finds alike'),
      }).element,
    );
    this.element = element(
      'div',
      { class: 'view' },
      element('header', { class: 'head' }, this.#title, this.#facts, actions),
      element('div', { class: 'toolbar' }, ...this.#filter.elements, element('span', { class: 'spacer' }), exports),
      figure,
      this.#notes,
    );
    context.onTheme(() => {
      if (this.#data) this.#draw(this.#data);
    });
  }

  update(data: PredictionsData): void {
    const isOther = this.#data !== null && (this.#data.file !== data.file || this.#data.program !== data.program);
    this.#data = data;
    if (isOther) {
      this.#cursor = -1;
      this.#filter.resetChoices();
    }
    const isFirst = !this.#isRestored;
    const { cursor, scroll } = this.context.restored;
    if (isFirst) {
      this.#filter.setClasses(data);
      this.#filter.restoreClasses(this.context.restored);
      if (typeof cursor === 'number' && cursor < data.predicted.length) this.#cursor = cursor;
    }
    this.#draw(data);
    if (isFirst && typeof scroll === 'number') this.#table.scrollTop = scroll;
    this.#isRestored = true;
  }

  #draw(data: PredictionsData): void {
    const { theme } = this.context;
    this.#look = { names: data.classNames, colors: themeClassColors(theme, data.classNames.length) };
    this.#title.textContent = data.fileName;
    this.#facts.textContent = t('Program {0} · model {1}', data.programName, data.model);
    this.#filter.setClasses(data);
    this.#summary.set(data, this.#look);
    this.#confusion.set(data, theme);
    this.#scores.set(data, this.#look);
    this.#notes.replaceChildren(...noteItems(data.notes));
    this.#table.set(data, this.#look);
    this.#applyFilter();
  }

  #drawDetail(): void {
    if (this.#data) this.#detail.set(this.#data, this.#cursor, this.#look);
  }

  #applyFilter(): void {
    const data = this.#data;
    if (!data) return;
    const { filter } = this.#filter;
    const { truth, predicted } = filter;
    const rows = shownPredictions(data, filter);
    this.#confusion.choose(truth !== null && predicted !== null ? { truth, predicted } : null);
    this.#table.setRows(rows);
    this.#filter.setShown(rows.length, data.predicted.length);
    if (!rows.includes(this.#cursor)) this.#cursor = -1;
    else this.#table.moveTo(this.#cursor);
    this.#drawDetail();
    this.#remember();
  }

  #open(index: number, what: 'saliency' | 'text'): void {
    void this.context.attempt(this.context.remote.open({ index, what }));
  }

  #remember(): void {
    if (!this.#data || !this.#isRestored) return;
    this.context.keep({
      ...this.#filter.kept,
      order: this.#table.order,
      cursor: this.#cursor,
      scroll: this.#table.scrollTop,
    });
  }
}
