import type { PredictionsView as PredictionsData, predictionsPanel } from '../../src/protocol/panels/predictions';
import { classMark } from '../shared/charts/class-marks';
import { VirtualTable, type TableColumn } from '../shared/charts/virtual-table';
import { button, checkbox, searchField, select } from '../shared/controls';
import { debounced, element, onResize } from '../shared/dom';
import { formatCount, formatPercent } from '../shared/model/format';
import type { SortOrder } from '../shared/model/table';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { themeClassColors } from '../shared/theme';
import { ConfusionCard } from './confusion-card';
import {
  classScores,
  confidenceOf,
  isRight,
  predictedCounts,
  probabilityOf,
  rankedClasses,
  scoreOf,
  shownPredictions,
} from './predictions-model';
import { probabilityBar } from './probability-bar';

type Host = typeof predictionsPanel.host;
interface Kept {
  search: string;
  errorsOnly: boolean;
  /** class names; null: any */
  truth: string | null;
  predicted: string | null;
  order: SortOrder | null;
  /** position in the file of the row under the cursor, -1: none */
  cursor: number;
  scroll: number;
}

const ANY = 'any';
/** With more classes, or without room for a column for each of them, the second choice has a column instead. */
const MOST_CLASS_COLUMNS = 12;
/** Pixels of a vertical scroll bar, at most. */
const SCROLL_BAR = 18;
/** Most classes listed of one series. */
const MOST_LISTED = 30;

type SizedColumn = TableColumn & {
  /** pixels below which it is not readable */
  least: number;
};

/** What a program says of every series of a file. */
export class PredictionsView implements PanelView<PredictionsData> {
  readonly element: HTMLElement;
  readonly #title = element('h1', {});
  readonly #facts = element('span', { class: 'muted' });
  readonly #shownText = element('span', { class: 'muted', role: 'status' });
  readonly #search;
  readonly #errorsOnly;
  readonly #truth;
  readonly #predicted;
  readonly #clear = button(t('Clear Filter'), () => this.#clearFilter());
  readonly #table: VirtualTable;
  readonly #tableFrame: HTMLElement;
  readonly #confusion: ConfusionCard;
  readonly #summary = element('section', { class: 'card summary', 'aria-label': t('Summary') });
  readonly #scores = element('section', { class: 'card', 'aria-label': t('By class') });
  readonly #detail = element('section', {
    class: 'card detail',
    'aria-label': t('Selected series'),
    'aria-live': 'off',
  });
  readonly #notes = element('ul', { class: 'notes' });
  #data: PredictionsData | null = null;
  #colors: string[] = [];
  #cursor = -1;
  #isRestored = false;
  #tableWidth = 0;
  #hasClassColumns = false;
  readonly #filterSoon = debounced(() => this.#applyFilter(), 120);
  readonly #rememberSoon = debounced(() => this.#remember(), 250);

  constructor(private readonly context: PanelContext<Host, Kept>) {
    const { restored, remote } = context;
    this.#search = searchField(
      t('Search: class name, #series number, <0.6 for the probability of the prediction'),
      t('Class, #12 or <0.6'),
      typeof restored.search === 'string' ? restored.search : '',
      () => this.#filterSoon(),
    );
    this.#errorsOnly = checkbox(t('Errors only'), restored.errorsOnly === true, () => this.#applyFilter());
    const any = [{ value: ANY, text: t('Any') }];
    this.#truth = select(t('True'), any, ANY, () => this.#applyFilter());
    this.#predicted = select(t('Predicted'), any, ANY, () => this.#applyFilter());
    this.#confusion = new ConfusionCard((cell) => {
      this.#truth.value = cell ? String(cell.truth) : ANY;
      this.#predicted.value = cell ? String(cell.predicted) : ANY;
      if (cell && cell.truth === cell.predicted) this.#errorsOnly.value = false;
      this.#applyFilter();
    });
    this.#table = new VirtualTable({
      label: t('Predictions. Arrow keys move, Enter opens the saliency.'),
      rowHeight: 26,
      order: readOrder(restored.order),
      onOrder: () => this.#remember(),
      onActivate: (row) => this.#open(row, 'saliency'),
      onCursor: (row) => {
        this.#cursor = row;
        this.#drawDetail();
        this.#rememberSoon();
      },
    });
    this.#table.element.addEventListener('scroll', () => this.#rememberSoon(), { passive: true, capture: true });
    // Wide tables scroll sideways as a whole, head and rows together.
    this.#tableFrame = element('div', { class: 'table-frame' }, this.#table.element);
    onResize(this.#tableFrame, (width) => {
      this.#tableWidth = width;
      if (this.#data && this.#fitsClasses(this.#data) !== this.#hasClassColumns) this.#drawTable(this.#data);
    });
    const figure = element(
      'div',
      { class: 'columns' },
      element('div', { class: 'main-column' }, this.#tableFrame),
      element('div', { class: 'side-column' }, this.#summary, this.#detail, this.#confusion.element, this.#scores),
    );
    const exports = context.exportButtons({
      name: () => [this.#data?.fileName ?? '', 'predictions'],
      picture: () => figure,
      csv: () => remote.exportCsv({}),
      json: () => this.#json(),
    });
    this.element = element(
      'div',
      { class: 'view' },
      element(
        'header',
        { class: 'head' },
        this.#title,
        this.#facts,
        element(
          'div',
          { class: 'actions' },
          button(t('Choose Program…'), () => void context.attempt(remote.chooseProgram({})), {
            title: t('Classify with another program'),
          }).element,
          button(t('tSNE'), () => void context.attempt(remote.openTsne({})), {
            title: t('Show where the series lie among each other'),
          }).element,
        ),
      ),
      element(
        'div',
        { class: 'toolbar' },
        this.#search.element,
        this.#errorsOnly.element,
        this.#truth.element,
        this.#predicted.element,
        this.#clear.element,
        this.#shownText,
        element('span', { class: 'spacer' }),
        exports,
      ),
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
      this.#errorsOnly.value = false;
      this.#truth.value = ANY;
      this.#predicted.value = ANY;
    }
    const isFirst = !this.#isRestored;
    if (isFirst) this.#restore(data);
    this.#draw(data);
    if (isFirst && typeof this.context.restored.scroll === 'number')
      this.#table.scrollTop = this.context.restored.scroll;
    this.#isRestored = true;
  }

  #restore(data: PredictionsData): void {
    const { truth, predicted, cursor } = this.context.restored;
    this.#setOptions(data);
    const optionOf = (name: unknown): string => {
      const kind = data.classNames.indexOf(String(name));
      return typeof name === 'string' && kind >= 0 ? String(kind) : ANY;
    };
    this.#truth.value = optionOf(truth);
    this.#predicted.value = optionOf(predicted);
    if (typeof cursor === 'number' && cursor < data.predicted.length) this.#cursor = cursor;
  }

  #setOptions({ classNames }: PredictionsData): void {
    const options = [
      { value: ANY, text: t('Any') },
      ...classNames.map((name, kind) => ({ value: String(kind), text: name })),
    ];
    this.#truth.setOptions(options);
    this.#predicted.setOptions(options);
  }

  #draw(data: PredictionsData): void {
    this.#colors = themeClassColors(this.context.theme, data.classNames.length);
    this.#title.textContent = data.fileName;
    this.#facts.textContent = t('{0} through {1}', data.programName, data.model);
    this.#setOptions(data);
    this.#errorsOnly.element.hidden = !hasLabels(data);
    this.#truth.element.hidden = !hasLabels(data);
    this.#drawSummary(data);
    this.#confusion.set(data, this.context.theme);
    this.#drawScores(data);
    this.#notes.replaceChildren(...data.notes.map((note) => element('li', {}, note)));
    this.#drawTable(data);
    this.#applyFilter();
  }

  #drawTable(data: PredictionsData): void {
    this.#tableWidth = this.#tableFrame.clientWidth;
    this.#hasClassColumns = this.#fitsClasses(data);
    const columns = [
      ...this.#columns(data),
      ...(this.#hasClassColumns ? this.#classColumns(data) : this.#second(data)),
    ];
    this.#table.element.style.minWidth = `${leastWidth(columns)}px`;
    this.#table.set(columns, this.#table.rows);
  }

  #fitsClasses(data: PredictionsData): boolean {
    const { length } = data.classNames;
    if (length < 2 || length > MOST_CLASS_COLUMNS) return false;
    return leastWidth([...this.#columns(data), ...this.#classColumns(data)]) <= this.#tableWidth;
  }

  #columns(data: PredictionsData): SizedColumn[] {
    const { predicted, truth, lines, classNames } = data;
    const mark = (kind: number): Node | string => (kind < 0 ? t('no label') : this.#className(kind, data));
    const columns: SizedColumn[] = [
      { id: 'series', title: '#', least: 54, width: '54px', numeric: true, value: (row) => row + 1 },
      { id: 'line', title: t('line'), least: 54, width: '54px', numeric: true, value: (row) => lines[row] },
    ];
    if (hasLabels(data))
      columns.push(
        {
          id: 'truth',
          title: t('true'),
          least: 104,
          width: 'minmax(104px, 1.2fr)',
          value: (row) => classNames[truth[row]] ?? null,
          show: (row) => mark(truth[row]),
        },
        {
          id: 'right',
          title: t('right'),
          least: 54,
          width: '54px',
          value: (row) => isRight(data, row),
          show: (row) => verdict(isRight(data, row)),
        },
      );
    columns.push(
      {
        id: 'predicted',
        title: t('predicted'),
        least: 104,
        width: 'minmax(104px, 1.2fr)',
        value: (row) => classNames[predicted[row]],
        show: (row) => mark(predicted[row]),
      },
      {
        id: 'probability',
        title: t('probability'),
        least: 120,
        width: 'minmax(120px, 1.3fr)',
        value: (row) => confidenceOf(data, row),
        show: (row) => probabilityBar(confidenceOf(data, row), this.#colors[predicted[row]]),
      },
    );
    return columns;
  }

  /** A column per class: the number over a thin bar. */
  #classColumns(data: PredictionsData): SizedColumn[] {
    return data.classNames.map((name, kind) => ({
      id: `class-${kind}`,
      title: name,
      least: 66,
      width: 'minmax(66px, 1fr)',
      value: (row) => probabilityOf(data, row, kind),
      show: (row) => {
        const bar = probabilityBar(probabilityOf(data, row, kind), this.#colors[kind]);
        bar.classList.add('thin');
        return bar;
      },
    }));
  }

  #second(data: PredictionsData): SizedColumn[] {
    if (data.classNames.length < 3) return [];
    return [
      {
        id: 'second',
        title: t('second choice'),
        least: 150,
        width: 'minmax(150px, 1.2fr)',
        value: (row) => data.classNames[rankedClasses(data, row)[1]],
        show: (row) => {
          const second = rankedClasses(data, row)[1];
          return element(
            'span',
            { class: 'second' },
            this.#className(second, data),
            element('span', { class: 'muted' }, formatPercent(probabilityOf(data, row, second))),
          );
        },
      },
    ];
  }

  #className(kind: number, { classNames }: PredictionsData): HTMLElement {
    return element(
      'span',
      { class: 'class-name', title: classNames[kind] },
      classMark(kind, this.#colors[kind], 11),
      element('span', {}, classNames[kind]),
    );
  }

  #drawSummary(data: PredictionsData): void {
    const { labeled, right } = scoreOf(data);
    const total = data.predicted.length;
    if (data.accuracy !== null && labeled > 0) {
      const missing = total > labeled ? t('; {0} without a label', total - labeled) : '';
      this.#summary.replaceChildren(
        element('h2', {}, t('Accuracy')),
        element('p', { class: 'headline' }, formatPercent(data.accuracy)),
        element('p', { class: 'muted' }, t('{0} of {1} right', right, labeled) + missing),
      );
      return;
    }
    const counts = predictedCounts(data);
    this.#summary.replaceChildren(
      element('h2', {}, t('Predicted classes')),
      element('p', { class: 'muted' }, t('The file has no labels of the program, so there is no accuracy.')),
      this.#barList(
        counts.map((count, kind) => ({ kind, share: total > 0 ? count / total : 0, text: String(count) })),
        data,
      ),
    );
  }

  /** Classes with a bar and a number each. */
  #barList(entries: { kind: number; share: number; text: string }[], data: PredictionsData): HTMLElement {
    return element(
      'dl',
      { class: 'bar-list' },
      ...entries.flatMap(({ kind, share, text }) => {
        const bar = probabilityBar(share, this.#colors[kind]);
        bar.querySelector('.bar-number')!.textContent = text;
        return [element('dt', {}, this.#className(kind, data)), element('dd', {}, bar)];
      }),
    );
  }

  #drawScores(data: PredictionsData): void {
    this.#scores.hidden = data.confusion === null;
    if (data.confusion === null) return;
    const head = [t('class'), t('series'), t('precision'), t('recall'), 'F1'];
    const { confusion } = data;
    this.#scores.replaceChildren(
      element('h2', {}, t('By class')),
      element(
        'div',
        { class: 'scores-scroll', tabindex: 0, role: 'region', 'aria-label': t('By class') },
        element(
          'table',
          {},
          element('thead', {}, element('tr', {}, ...head.map((name) => element('th', { scope: 'col' }, name)))),
          element(
            'tbody',
            {},
            ...classScores(confusion).map(({ precision, recall, f1 }, kind) =>
              element(
                'tr',
                {},
                element('th', { scope: 'row' }, this.#className(kind, data)),
                element('td', { class: 'number-cell' }, String(confusion[kind].reduce((sum, count) => sum + count, 0))),
                ...[precision, recall, f1].map((score) =>
                  element('td', { class: 'number-cell' }, formatPercent(score)),
                ),
              ),
            ),
          ),
        ),
      ),
    );
  }

  #drawDetail(): void {
    const data = this.#data;
    const row = this.#cursor;
    const isOne = data !== null && row >= 0 && row < data.predicted.length;
    this.#detail.hidden = !isOne;
    if (!isOne) return;
    const right = isRight(data, row);
    const ranked = rankedClasses(data, row);
    const truth = data.classNames[data.truth[row]];
    this.#detail.replaceChildren(
      element('h2', {}, t('Series {0}, line {1}', row + 1, data.lines[row])),
      element(
        'p',
        {},
        right === null ? t('no label in the file') : right ? t('right: {0}', truth) : t('wrong: it is {0}', truth),
      ),
      this.#barList(
        ranked.slice(0, MOST_LISTED).map((kind) => {
          const share = probabilityOf(data, row, kind);
          return { kind, share, text: formatPercent(share) };
        }),
        data,
      ),
      element(
        'div',
        { class: 'actions start' },
        button(t('Saliency'), () => this.#open(row, 'saliency'), {
          appearance: 'primary',
          title: t('Show the saliency of this series (Enter)'),
        }).element,
        button(t('Show in Text'), () => this.#open(row, 'text'), {
          title: t('Show the line of this series in the text editor'),
        }).element,
      ),
    );
  }

  #chosenClass(value: string): number | null {
    return value === ANY ? null : Number(value);
  }

  #applyFilter(): void {
    const data = this.#data;
    if (!data) return;
    const truth = this.#chosenClass(this.#truth.value);
    const predicted = this.#chosenClass(this.#predicted.value);
    const errorsOnly = this.#errorsOnly.value;
    const search = this.#search.value;
    const rows = shownPredictions(data, { search, errorsOnly, truth, predicted });
    this.#confusion.choose(truth !== null && predicted !== null ? { truth, predicted } : null);
    this.#table.setRows(rows);
    const isFiltered = search.trim() !== '' || errorsOnly || truth !== null || predicted !== null;
    this.#clear.element.hidden = !isFiltered;
    this.#shownText.textContent = isFiltered
      ? t('{0} of {1} shown', rows.length, data.predicted.length)
      : formatCount(rows.length, t('series'), t('series'));
    if (!rows.includes(this.#cursor)) this.#cursor = -1;
    else this.#table.moveTo(this.#cursor);
    this.#drawDetail();
    this.#remember();
  }

  #clearFilter(): void {
    this.#search.value = '';
    this.#errorsOnly.value = false;
    this.#truth.value = ANY;
    this.#predicted.value = ANY;
    this.#applyFilter();
    this.context.announce(t('All series are shown.'));
  }

  #open(index: number, what: 'saliency' | 'text'): void {
    void this.context.attempt(this.context.remote.open({ index, what }));
  }

  #json(): unknown {
    const data = this.#data;
    if (!data) return null;
    const { file, program, model, classNames, accuracy, confusion } = data;
    return {
      file,
      program,
      model,
      classNames,
      accuracy,
      confusion,
      predictions: this.#table.rows.map((row) => ({
        series: row + 1,
        line: data.lines[row],
        truth: classNames[data.truth[row]] ?? null,
        predicted: classNames[data.predicted[row]],
        probabilities: classNames.map((_, kind) => probabilityOf(data, row, kind)),
      })),
    };
  }

  #remember(): void {
    const data = this.#data;
    if (!data || !this.#isRestored) return;
    const nameOf = (value: string): string | null => data.classNames[this.#chosenClass(value) ?? -1] ?? null;
    this.context.keep({
      search: this.#search.value,
      errorsOnly: this.#errorsOnly.value,
      truth: nameOf(this.#truth.value),
      predicted: nameOf(this.#predicted.value),
      order: this.#table.order,
      cursor: this.#cursor,
      scroll: this.#table.scrollTop,
    });
  }
}

function hasLabels({ truth }: PredictionsData): boolean {
  return truth.some((kind) => kind >= 0);
}

function leastWidth(columns: readonly SizedColumn[]): number {
  return columns.reduce((sum, { least }) => sum + least, SCROLL_BAR);
}

function verdict(right: boolean | null): Node | string {
  if (right === null) return '';
  return right
    ? element('span', { title: t('right'), 'aria-label': t('right'), role: 'img' }, '✓')
    : element('span', { class: 'problem', title: t('wrong'), 'aria-label': t('wrong'), role: 'img' }, '✗');
}

function readOrder(kept: unknown): SortOrder | null {
  const order = kept as Partial<SortOrder> | null | undefined;
  return typeof order?.column === 'string' ? { column: order.column, descending: order.descending === true } : null;
}
