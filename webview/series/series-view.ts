import type { SeriesThumb, SeriesView as SeriesData, seriesPanel } from '../../src/protocol/panels/series';
import { Legend } from '../shared/charts/legend';
import { VirtualList, type VirtualListOptions } from '../shared/charts/virtual-list';
import { button, searchField, select } from '../shared/controls';
import { debounced, element } from '../shared/dom';
import { fileStem } from '../shared/model/export-text';
import { formatCount, formatNumber } from '../shared/model/format';
import { errorCode, errorMessage } from '../shared/page';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { themeClassColors } from '../shared/theme';
import { SeriesChart } from './series-chart';
import { chunks, classOf, seriesTable, shownSeries, valuesWanted, type SeriesOrder } from './series-model';
import { seriesTile } from './series-tile';
import { ThumbLoader } from './thumb-loader';

type Host = typeof seriesPanel.host;
interface Kept {
  search: string;
  /** names of the classes that are switched off; null stands for series without a label */
  hidden: (string | null)[];
  order: SeriesOrder;
  size: TileSize;
  /** position in the file of the series under the cursor, -1: none */
  cursor: number;
  scroll: number;
  formatOpen: boolean;
}

type TileSize = 'small' | 'medium' | 'large';
/** Pixels of a tile: its height, and the least width. */
const TILES: Record<TileSize, { height: number; width: number }> = {
  small: { height: 58, width: 132 },
  medium: { height: 88, width: 196 },
  large: { height: 140, width: 320 },
};
/** Values that a request for the numbers alone asks for: the least there is. */
const NO_PICTURE = 8;
const MOST_PER_REQUEST = 500;

/** All series of a file as small curves, and one of them large. */
export class SeriesView implements PanelView<SeriesData> {
  readonly element: HTMLElement;
  readonly #title = element('h1', {});
  readonly #facts = element('span', { class: 'muted' });
  readonly #shownText = element('span', { class: 'muted', role: 'status' });
  readonly #search;
  readonly #order;
  readonly #size;
  readonly #legend: Legend;
  readonly #format = element('details', { class: 'format' });
  readonly #list: VirtualList;
  readonly #listOptions: VirtualListOptions;
  readonly #none = element('div', { class: 'none-found', hidden: true });
  readonly #loader: ThumbLoader;
  readonly #chart: SeriesChart;
  readonly #detailText = element('p', { class: 'detail-text' });
  readonly #readout = element('span', { class: 'readout muted', 'data-picture': 'skip' });
  readonly #detail: HTMLElement;
  readonly #openers: ReturnType<typeof button>[];
  #data: SeriesData | null = null;
  #shown: number[] = [];
  #range: [number, number] = [0, 0];
  #colors: string[] = [];
  /** the series under the cursor: position in the file, and as finely as the chart can draw it */
  #cursor = -1;
  #fine: SeriesThumb | null = null;
  #isRestored = false;
  readonly #rememberSoon = debounced(() => this.#remember(), 250);
  readonly #filterSoon = debounced(() => this.#applyFilter(), 120);
  readonly #loadFineSoon = debounced(() => void this.#loadFine(), 120);

  constructor(private readonly context: PanelContext<Host, Kept>) {
    const { restored, remote } = context;
    const order: SeriesOrder = restored.order === 'class' ? 'class' : 'file';
    const size: TileSize = restored.size === 'small' || restored.size === 'large' ? restored.size : 'medium';
    this.#search = searchField(
      t('Search: class name, series number or range'),
      t('Class, 12 or 10-20'),
      typeof restored.search === 'string' ? restored.search : '',
      () => this.#filterSoon(),
    );
    this.#order = select(
      t('Order'),
      [
        { value: 'file', text: t('As in the file') },
        { value: 'class', text: t('By class') },
      ],
      order,
      () => this.#applyFilter(),
    );
    this.#size = select(
      t('Size'),
      [
        { value: 'small', text: t('Small') },
        { value: 'medium', text: t('Medium') },
        { value: 'large', text: t('Large') },
      ],
      size,
      () => this.#applySize(),
    );
    this.#legend = new Legend(() => this.#applyFilter());
    this.#loader = new ThumbLoader({
      fetch: async (indices, width) => (await remote.page({ indices, width })).series,
      onLoaded: (indices) => this.#onLoaded(indices),
      onError: (error) => context.notice(errorMessage(error), errorCode(error)),
    });
    this.#listOptions = {
      label: t('Series. Arrow keys move, Enter opens the saliency.'),
      itemHeight: TILES[size].height,
      itemWidth: TILES[size].width,
      roles: { list: 'listbox', item: 'option' },
      render: (position) => this.#renderTile(this.#shown[position]),
      onActivate: (position) => this.#open(this.#shown[position], 'saliency'),
      onCursor: (position) => this.#setCursor(this.#shown[position]),
      onRange: (first, end) => {
        this.#range = [first, end];
        this.#want();
      },
    };
    this.#list = new VirtualList(this.#listOptions);
    this.#list.element.addEventListener('scroll', () => this.#rememberSoon(), { passive: true });
    this.#chart = new SeriesChart((text) => this.#drawReadout(text));
    this.#drawReadout(null);
    this.#openers = [
      button(t('Saliency'), () => this.#open(this.#cursor, 'saliency'), {
        appearance: 'primary',
        title: t('Show the saliency of this series (Enter)'),
      }),
      button(t('Show in Text'), () => this.#open(this.#cursor, 'text'), {
        title: t('Show the line of this series in the text editor'),
      }),
    ];
    this.#detail = element(
      'section',
      { class: 'detail', 'aria-label': t('Selected series') },
      element(
        'div',
        { class: 'detail-head' },
        this.#detailText,
        this.#readout,
        element('span', { class: 'spacer' }),
        ...this.#openers.map((opener) => opener.element),
      ),
      this.#chart.element,
    );
    this.#format.open = restored.formatOpen === true;
    this.#format.addEventListener('toggle', () => this.#remember());
    const clear = button(t('Clear Search and Filter'), () => this.#clearFilter());
    this.#none.append(element('p', {}, t('No series matches.')), clear.element);
    const figure = element('div', { class: 'figure' }, this.#list.element, this.#none, this.#detail);
    const exports = context.exportButtons({
      name: () => [this.#data?.fileName ?? 'series', 'series'],
      picture: () => figure,
      csv: () => this.#saveTable(),
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
        this.#shownText,
        element('div', { class: 'actions' }, ...this.#starters()),
      ),
      element(
        'div',
        { class: 'toolbar' },
        this.#search.element,
        this.#order.element,
        this.#size.element,
        element('span', { class: 'spacer' }),
        exports,
      ),
      this.#legend.element,
      this.#format,
      figure,
    );
    context.onTheme(() => {
      if (this.#data) this.#drawColors(this.#data);
    });
  }

  update(data: SeriesData): void {
    const isOtherFile = this.#data !== null && this.#data.file !== data.file;
    const isStale = this.#data === null || isOtherFile || this.#data.version !== data.version;
    this.#data = data;
    if (isStale) this.#loader.clear();
    if (isStale) this.#fine = null;
    this.#title.textContent = data.fileName;
    this.#facts.textContent = facts(data);
    this.#drawFormat(data);
    this.#drawColors(data, isOtherFile ? [] : undefined);
    if (isOtherFile) this.#cursor = -1;
    if (!this.#isRestored) {
      this.#isRestored = true;
      const { cursor, scroll } = this.context.restored;
      if (typeof cursor === 'number' && cursor < data.count) this.#cursor = cursor;
      this.#applyFilter();
      if (typeof scroll === 'number') this.#list.scrollTop = scroll;
    } else this.#applyFilter();
  }

  #starters(): HTMLElement[] {
    const starters: [string, string, 'reprogram' | 'classify' | 'tsne'][] = [
      [t('Reprogram…'), t('Reprogram an acoustic model for this file'), 'reprogram'],
      [t('Classify…'), t('Classify the series of this file with a program'), 'classify'],
      [t('tSNE'), t('Show where the series lie among each other'), 'tsne'],
    ];
    return starters.map(
      ([label, title, what]) =>
        button(label, () => void this.context.attempt(this.context.remote.start({ what })), { title }).element,
    );
  }

  #drawReadout(text: string | null): void {
    this.#readout.textContent = text ?? t('Point at the curve, or press arrow keys on it, to read its values.');
  }

  #drawFormat(data: SeriesData): void {
    const notes = data.notes.length > 0 ? ` · ${formatCount(data.notes.length, t('note'), t('notes'))}` : '';
    this.#format.replaceChildren(
      element('summary', {}, t('How the file was read'), element('span', { class: 'muted' }, notes)),
      element(
        'dl',
        { class: 'facts' },
        ...data.format.flatMap(({ name, value }) => [element('dt', {}, name), element('dd', {}, value)]),
      ),
      element('ul', { class: 'notes' }, ...data.notes.map((note) => element('li', {}, note))),
    );
  }

  #drawColors(data: SeriesData, hidden?: number[]): void {
    const { theme } = this.context;
    this.#colors = [...themeClassColors(theme, data.classes.length), theme.muted];
    const unlabeled = data.count - data.classes.reduce((sum, { count }) => sum + count, 0);
    const entries = data.classes.map(({ name, count }, i) => ({ name, count, color: this.#colors[i] }));
    if (unlabeled > 0) entries.push({ name: t('no label'), count: unlabeled, color: theme.muted });
    this.#legend.set(entries, hidden ?? (this.#isRestored ? undefined : this.#restoredHidden(data)));
    // With a single kind of series there is nothing to choose.
    this.#legend.element.hidden = entries.length < 2;
    if (this.#isRestored) this.#list.refresh();
    this.#drawDetail();
  }

  #restoredHidden(data: SeriesData): number[] {
    const { hidden } = this.context.restored;
    if (!Array.isArray(hidden)) return [];
    return hidden.map((name: unknown) =>
      name === null ? data.classes.length : data.classes.findIndex((kind) => kind.name === name),
    );
  }

  #applyFilter(): void {
    const data = this.#data;
    if (!data) return;
    this.#shown = shownSeries(data, {
      search: this.#search.value,
      hidden: this.#legend.hidden,
      order: this.#order.value === 'class' ? 'class' : 'file',
    });
    this.#shownText.textContent =
      this.#shown.length === data.count ? '' : t('{0} of {1} shown', this.#shown.length, data.count);
    const isNone = this.#shown.length === 0;
    this.#none.hidden = !isNone;
    this.#list.element.hidden = isNone;
    // The list knows its cursor by position, which may mean another series now.
    const position = this.#shown.indexOf(this.#cursor);
    this.#list.setCursor(position);
    this.#list.reset(this.#shown.length);
    if (position >= 0) this.#list.moveTo(position, false);
    else {
      this.#list.setCursor(this.#shown.length > 0 ? 0 : -1);
      this.#setCursor(this.#shown[0] ?? -1);
    }
    this.#remember();
    this.#drawDetail();
  }

  #clearFilter(): void {
    this.#search.value = '';
    if (this.#data) this.#drawColors(this.#data, []);
    this.#applyFilter();
    this.#list.element.focus();
  }

  #applySize(): void {
    const { height, width } = TILES[this.#tileSize()];
    this.#listOptions.itemHeight = height;
    this.#listOptions.itemWidth = width;
    this.#list.refresh();
    if (this.#list.cursor >= 0) this.#list.moveTo(this.#list.cursor, false);
    this.#remember();
  }

  #tileSize(): TileSize {
    return this.#size.value as TileSize;
  }

  #want(): void {
    const [first, end] = this.#range;
    const pixels = 1.6 * TILES[this.#tileSize()].width;
    this.#loader.want(this.#shown.slice(first, end), valuesWanted(pixels));
  }

  #onLoaded(indices: readonly number[]): void {
    const loaded = new Set(indices);
    const [first, end] = this.#range;
    for (let position = first; position < end; position++)
      if (loaded.has(this.#shown[position])) this.#list.refreshItem(position);
    if (loaded.has(this.#cursor)) {
      this.#drawDetail();
      this.#loadFineSoon();
    }
  }

  #renderTile(index: number): HTMLElement {
    const data = this.#data;
    const kind = data ? classOf(data, index) : 0;
    return seriesTile({
      index,
      thumb: this.#loader.get(index),
      className: data?.classes[kind]?.name ?? null,
      classIndex: kind,
      color: this.#colors[kind] ?? this.context.theme.muted,
    });
  }

  #setCursor(index: number): void {
    this.#cursor = index;
    this.#fine = null;
    this.#drawDetail();
    this.#loadFineSoon();
    this.#rememberSoon();
  }

  /** Fetches the series under the cursor as finely as the chart can draw it, if what is there is coarser. */
  async #loadFine(): Promise<void> {
    const index = this.#cursor;
    const coarse = this.#loader.get(index);
    if (index < 0 || (coarse && !coarse.reduced)) return;
    const width = valuesWanted(this.#chart.plotWidth);
    const reply = await this.context.attempt(this.context.remote.page({ indices: [index], width }));
    if (index !== this.#cursor || !reply) return;
    this.#fine = reply.series[0] ?? null;
    this.#drawDetail();
  }

  #drawDetail(): void {
    const data = this.#data;
    const isOne = data !== null && this.#cursor >= 0 && this.#cursor < data.count;
    this.#detail.hidden = !isOne;
    if (!isOne) return;
    const kind = classOf(data, this.#cursor);
    const thumb = this.#fine ?? this.#loader.get(this.#cursor) ?? null;
    const parts = [
      t('Series {0}', this.#cursor + 1),
      data.classes[kind] ? t('class {0}', data.classes[kind].name) : t('no label'),
    ];
    if (thumb)
      parts.push(
        t('line {0}', thumb.line),
        formatCount(thumb.length, t('value'), t('values')),
        t('{0} to {1}, mean {2}', formatNumber(thumb.min), formatNumber(thumb.max), formatNumber(thumb.mean)),
      );
    this.#detailText.textContent = parts.join(' · ');
    this.#chart.set(thumb, this.#colors[kind] ?? this.context.theme.muted);
  }

  #open(index: number, what: 'saliency' | 'text'): void {
    if (index >= 0) void this.context.attempt(this.context.remote.open({ index, what }));
  }

  async #saveTable(): Promise<{ saved: boolean }> {
    const thumbs: SeriesThumb[] = [];
    for (const indices of chunks(this.#shown, MOST_PER_REQUEST))
      thumbs.push(...(await this.context.remote.page({ indices, width: NO_PICTURE })).series);
    const name = fileStem(this.#data?.fileName ?? '', 'series');
    return await this.context.remote.saveTable({ name, ...seriesTable(thumbs) });
  }

  #json(): unknown {
    const data = this.#data;
    if (!data) return null;
    const { labels, ...rest } = data;
    const name = (index: number): string | null => data.classes[labels[index]]?.name ?? null;
    return { ...rest, series: this.#shown.map((index) => ({ series: index + 1, class: name(index) })) };
  }

  #remember(): void {
    const data = this.#data;
    if (!data || !this.#isRestored) return;
    this.context.keep({
      search: this.#search.value,
      hidden: [...this.#legend.hidden].map((i) => data.classes[i]?.name ?? null),
      order: this.#order.value === 'class' ? 'class' : 'file',
      size: this.#tileSize(),
      cursor: this.#cursor,
      scroll: this.#list.scrollTop,
      formatOpen: this.#format.open,
    });
  }
}

function facts({ count, shortest, longest, classes }: SeriesData): string {
  const length =
    shortest === longest
      ? t('{0} each', formatCount(longest, t('value'), t('values')))
      : t('{0} to {1} values', shortest, longest);
  const kinds = classes.length === 0 ? t('no labels') : formatCount(classes.length, t('class'), t('classes'));
  return [formatCount(count, t('series'), t('series')), length, kinds].join(' · ');
}
