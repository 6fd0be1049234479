import type { PredictionsView as PredictionsData, predictionsPanel } from '../../src/protocol/panels/predictions';
import { classMark } from '../shared/charts/class-marks';
import { confusionData, confusionTable } from '../shared/charts/confusion';
import { VirtualTable, type TableColumn } from '../shared/charts/virtual-table';
import { button, checkbox, searchField } from '../shared/controls';
import { debounced, element } from '../shared/dom';
import { formatCount, formatPercent } from '../shared/model/format';
import { matchesSearch, type SortOrder } from '../shared/model/table';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { themeClassColors } from '../shared/theme';

type Host = typeof predictionsPanel.host;
interface Kept {
  search: string;
  wrongOnly: boolean;
  order: SortOrder | null;
  cell: { truth: number; predicted: number } | null;
}

/** Up to so many classes, every class has a column of its own. */
const COLUMN_CLASSES = 8;

/** The predictions of a file: a table to sort and filter, the confusion matrix, the accuracy. */
export class PredictionsView implements PanelView<PredictionsData> {
  readonly element: HTMLElement;
  readonly #title = element('h1', {});
  readonly #facts = element('span', { class: 'muted' });
  readonly #accuracy = element('p', { class: 'headline' });
  readonly #accuracyText = element('p', { class: 'muted' });
  readonly #confusion = element('div', {});
  readonly #summary = element('section', { class: 'card summary', 'aria-label': t('Accuracy and confusion') });
  readonly #count = element('span', { class: 'muted', role: 'status' });
  readonly #notes = element('ul', { class: 'notes' });
  readonly #wrongOnly;
  readonly #search;
  readonly #clearCell = button('', () => this.#chooseCell(null), { appearance: 'secondary' });
  readonly #table: VirtualTable;
  #data: PredictionsData | null = null;
  #colors: string[] = [];
  /** only series of this true and predicted class are shown */
  #cell: { truth: number; predicted: number } | null = null;

  constructor(private readonly context: PanelContext<Host, Kept>) {
    const { restored, remote } = context;
    const changed = (): void => {
      this.#filter();
      this.#remember();
    };
    this.#wrongOnly = checkbox(t('Only wrong ones'), restored.wrongOnly === true, changed);
    this.#search = searchField(
      t('Filter predictions'),
      t('Label, line, or probability such as <0.6'),
      typeof restored.search === 'string' ? restored.search : '',
      debounced(changed, 120),
    );
    this.#table = new VirtualTable({
      label: t('Predictions. Enter opens the saliency of a series.'),
      order: isOrder(restored.order) ? restored.order : null,
      onOrder: () => this.#remember(),
      onActivate: (index) => this.#open(index, 'saliency'),
      onCursor: (index) => this.context.announce(this.#describe(index)),
    });
    const openText = button(t('Show in file'), () => {
      if (this.#current >= 0) this.#open(this.#current, 'text');
    });
    const openSaliency = button(
      t('Saliency'),
      () => {
        if (this.#current >= 0) this.#open(this.#current, 'saliency');
      },
      { appearance: 'primary', title: t('Saliency of the chosen series') },
    );
    const exports = context.exportButtons({
      name: () => [this.#data?.fileName ?? 'series', 'predictions'],
      picture: () => this.#figure,
      csv: () => remote.exportCsv({}),
      json: () => this.#data,
    });
    this.#summary.append(
      element('h2', {}, t('Accuracy')),
      this.#accuracy,
      this.#accuracyText,
      this.#confusion,
      button(t('Save confusion as CSV'), () => this.#saveConfusion()).element,
    );
    this.#figure = element('div', { class: 'columns' }, this.#table.element, this.#summary);
    this.element = element(
      'div',
      { class: 'view' },
      element('header', { class: 'head' }, this.#title, this.#facts),
      element(
        'div',
        { class: 'toolbar' },
        openSaliency.element,
        openText.element,
        button(t('tSNE'), () => void context.attempt(remote.openTsne({}))).element,
        button(t('Program…'), () => void context.attempt(remote.chooseProgram({}))).element,
        this.#search.element,
        this.#wrongOnly.element,
        this.#clearCell.element,
        this.#count,
        element('span', { class: 'spacer' }),
        exports,
      ),
      this.#notes,
      this.#figure,
    );
    context.onTheme(() => this.#draw());
  }
  readonly #figure: HTMLElement;
  /** the series under the table's cursor, -1 for none */
  #current = -1;

  update(data: PredictionsData): void {
    const first = this.#data === null;
    const { cell } = this.context.restored;
    this.#data = data;
    this.#current = -1;
    if (first && isCell(cell) && cell.truth < data.classNames.length && cell.predicted < data.classNames.length)
      this.#cell = cell;
    else if (!first) this.#cell = null;
    this.#draw();
  }

  #draw(): void {
    const data = this.#data;
    if (!data) return;
    this.#colors = themeClassColors(this.context.theme, data.classNames.length);
    this.#title.textContent = data.fileName;
    this.#facts.textContent = [
      formatCount(data.predicted.length, 'series', 'series'),
      data.programName,
      t('through {0}', data.model),
    ].join(' · ');
    this.#notes.replaceChildren(...data.notes.map((note) => element('li', {}, note)));
    const labeled = data.truth.reduce((sum, truth) => sum + (truth >= 0 ? 1 : 0), 0);
    this.#summary.hidden = data.accuracy === null && data.confusion === null;
    this.#figure.classList.toggle('single', this.#summary.hidden);
    this.#accuracy.textContent = formatPercent(data.accuracy);
    this.#accuracyText.textContent = t('of {0} with a label', formatCount(labeled, 'series', 'series'));
    this.#wrongOnly.element.hidden = labeled === 0;
    this.#confusion.replaceChildren(
      ...(data.confusion
        ? [
            confusionTable(data.confusion, data.classNames, this.#colors, this.context.theme, (truth, predicted) =>
              this.#chooseCell({ truth, predicted }),
            ),
          ]
        : []),
    );
    this.#table.set(this.#columns(data), this.#matching(data));
    this.#drawFilterState();
  }

  #columns(data: PredictionsData): TableColumn[] {
    const classes = data.classNames.length;
    const name = (index: number): string | null => (index < 0 ? null : data.classNames[index]);
    const marked = (index: number): Node | string =>
      index < 0
        ? ''
        : element('span', { class: 'chip' }, classMark(index, this.#colors[index], 11), data.classNames[index]);
    const labeled = data.truth.some((truth) => truth >= 0);
    const columns: TableColumn[] = [
      { id: 'line', title: t('line'), width: '64px', numeric: true, value: (i) => data.lines[i] },
      {
        id: 'predicted',
        title: t('predicted'),
        width: 'minmax(90px, 1.2fr)',
        value: (i) => name(data.predicted[i]),
        show: (i) => marked(data.predicted[i]),
      },
      {
        id: 'probability',
        title: t('probability'),
        width: 'minmax(110px, 1.4fr)',
        value: (i) => data.probabilities[i * classes + data.predicted[i]],
        show: (i) =>
          probabilityBar(data.probabilities[i * classes + data.predicted[i]], this.#colors[data.predicted[i]]),
      },
    ];
    if (labeled)
      columns.push(
        {
          id: 'truth',
          title: t('label'),
          width: 'minmax(90px, 1.2fr)',
          value: (i) => name(data.truth[i]),
          show: (i) => marked(data.truth[i]),
        },
        {
          id: 'right',
          title: t('right'),
          width: '64px',
          value: (i) => (data.truth[i] < 0 ? null : data.truth[i] === data.predicted[i]),
          show: (i) => {
            if (data.truth[i] < 0) return '';
            const right = data.truth[i] === data.predicted[i];
            return element('span', { class: right ? 'right' : 'wrong' }, right ? '✓' : '✗');
          },
        },
      );
    if (classes <= COLUMN_CLASSES)
      for (let c = 0; c < classes; c++)
        columns.push({
          id: `p${c}`,
          title: `p(${data.classNames[c]})`,
          width: 'minmax(56px, 0.7fr)',
          numeric: true,
          value: (i) => data.probabilities[i * classes + c],
          show: (i) => data.probabilities[i * classes + c].toFixed(3),
        });
    return columns;
  }

  #matching(data: PredictionsData): number[] {
    const classes = data.classNames.length;
    const search = this.#search.value;
    const wrongOnly = this.#wrongOnly.value;
    const cell = this.#cell;
    const found: number[] = [];
    for (let i = 0; i < data.predicted.length; i++) {
      const [truth, predicted] = [data.truth[i], data.predicted[i]];
      if (wrongOnly && (truth < 0 || truth === predicted)) continue;
      if (cell && (truth !== cell.truth || predicted !== cell.predicted)) continue;
      const text = [data.classNames[predicted], truth < 0 ? '' : data.classNames[truth], String(data.lines[i])];
      if (matchesSearch(search, text, [data.probabilities[i * classes + predicted]])) found.push(i);
    }
    return found;
  }

  #filter(): void {
    if (!this.#data) return;
    this.#table.setRows(this.#matching(this.#data));
    this.#drawFilterState();
  }

  #drawFilterState(): void {
    const data = this.#data;
    if (!data) return;
    const shown = this.#table.rows.length;
    this.#count.textContent =
      shown === data.predicted.length ? '' : t('{0} of {1} shown', shown, data.predicted.length);
    this.#clearCell.element.hidden = this.#cell === null;
    if (this.#cell)
      this.#clearCell.label = t(
        '{0} → {1} ✕',
        data.classNames[this.#cell.truth],
        data.classNames[this.#cell.predicted],
      );
  }

  #chooseCell(cell: { truth: number; predicted: number } | null): void {
    const same = cell && this.#cell?.truth === cell.truth && this.#cell.predicted === cell.predicted;
    this.#cell = same ? null : cell;
    this.#filter();
    this.#remember();
  }

  #remember(): void {
    this.context.keep({
      search: this.#search.value,
      wrongOnly: this.#wrongOnly.value,
      order: this.#table.order,
      cell: this.#cell,
    });
  }

  #describe(index: number): string {
    this.#current = index;
    const data = this.#data;
    if (!data) return '';
    const probability = data.probabilities[index * data.classNames.length + data.predicted[index]];
    const label = data.truth[index] < 0 ? '' : `, ${t('label {0}', data.classNames[data.truth[index]])}`;
    return t(
      'Line {0}: predicted {1}, {2}{3}',
      data.lines[index],
      data.classNames[data.predicted[index]],
      formatPercent(probability),
      label,
    );
  }

  #open(index: number, what: 'saliency' | 'text'): void {
    void this.context.attempt(this.context.remote.open({ index, what }));
  }

  #saveConfusion(): void {
    const data = this.#data;
    if (!data?.confusion) return;
    void this.context.attempt(
      this.context.remote.saveTable({
        name: `${data.fileName.replace(/\.[^.]*$/, '')}-confusion`,
        ...confusionData(data.confusion, data.classNames),
      }),
    );
  }
}

/** A share as a bar with its number. */
function probabilityBar(probability: number, color: string): HTMLElement {
  const bar = element('span', { class: 'bar' });
  bar.style.width = `${Math.max(0, Math.min(100, 100 * probability)).toFixed(1)}%`;
  bar.style.backgroundColor = color;
  return element(
    'span',
    { class: 'bar-cell' },
    element('span', { class: 'bar-room' }, bar),
    element('span', { class: 'bar-number' }, probability.toFixed(3)),
  );
}

function isOrder(value: unknown): value is SortOrder {
  const order = value as SortOrder | null;
  return typeof order?.column === 'string' && typeof order.descending === 'boolean';
}

function isCell(value: unknown): value is { truth: number; predicted: number } {
  const cell = value as { truth: number; predicted: number } | null;
  return Number.isInteger(cell?.truth) && Number.isInteger(cell?.predicted);
}
