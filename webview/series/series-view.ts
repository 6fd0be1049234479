import type { SeriesThumb, SeriesView as SeriesData, seriesPanel } from '../../src/protocol/panels/series';
import { Legend } from '../shared/charts/legend';
import { button } from '../shared/controls/button';
import { classCount, seriesCount, valueCount } from '../shared/counts';
import { debounced, element } from '../shared/dom';
import { fileStem } from '../shared/model/export-text';
import { formatInteger } from '../shared/model/format';
import { errorCode, errorMessage } from '../shared/page';
import type { PanelContext, PanelView } from '../shared/panel';
import { t } from '../shared/strings';
import { themeClassColors } from '../shared/theme';
import { FormatDetails } from './format-details';
import { SeriesDetail } from './series-detail';
import { chunks, classOf, seriesJson, seriesTable, shownSeries } from './series-model';
import { SeriesToolbar, type KeptToolbar } from './series-toolbar';
import { TileList } from './tile-list';

interface Kept extends KeptToolbar {
  /** names of the classes that are switched off; null stands for series without a label */
  hidden: (string | null)[];
  /** position in the file of the series under the cursor, -1: none */
  cursor: number;
  scroll: number;
  formatOpen: boolean;
}

/** Values that a request for the numbers alone asks for: the least there is. */
const NO_PICTURE = 8;
const MAX_PER_REQUEST = 500;

/** All series of a file as small curves, and one of them large. */
export class SeriesView implements PanelView<SeriesData> {
  readonly element: HTMLElement;
  readonly #title = element('h1', {});
  readonly #facts = element('span', { class: 'muted' });
  readonly #shownText = element('span', { class: 'muted', role: 'status' });
  readonly #toolbar: SeriesToolbar;
  readonly #legend = new Legend(() => this.#applyFilter());
  readonly #format: FormatDetails;
  readonly #list: TileList;
  readonly #none = element('div', { class: 'none-found', hidden: true });
  readonly #detail: SeriesDetail;
  #data: SeriesData | null = null;
  #shown: number[] = [];
  /** by class, and after them that of series without a label */
  #colors: string[] = [];
  #isRestored = false;
  readonly #rememberSoon = debounced(() => this.#remember(), 250);

  constructor(private readonly context: PanelContext<typeof seriesPanel.host, Kept>) {
    const { restored, remote } = context;
    this.#toolbar = new SeriesToolbar(
      restored,
      () => this.#applyFilter(),
      () => {
        this.#list.setSize(this.#toolbar.size);
        this.#remember();
      },
    );
    this.#format = new FormatDetails(restored.formatOpen === true, () => this.#remember());
    this.#list = new TileList({
      size: this.#toolbar.size,
      fetch: async (indices, width) => (await remote.page({ indices, width })).series,
      onError: (error) => context.notice(errorMessage(error), errorCode(error)),
      look: (index) => this.#look(index),
      onOpen: (index) => this.#open(index, 'saliency'),
      onCursor: (index) => this.#setCursor(index),
      onScroll: this.#rememberSoon,
      onLoaded: (indices) => {
        if (indices.has(this.#detail.index)) this.#detail.loaded();
      },
    });
    this.#detail = new SeriesDetail({
      onOpen: (index, what) => this.#open(index, what),
      coarse: (index) => this.#list.thumb(index),
      fine: async (index, width) => (await context.attempt(remote.page({ indices: [index], width })))?.series[0],
    });
    this.#none.append(
      element('p', {}, t('No series matches.')),
      button(t('Clear Search and Filter'), () => this.#clearFilter()).element,
    );
    const figure = element('div', { class: 'figure' }, this.#list.element, this.#none, this.#detail.element);
    const exports = context.exportButtons({
      name: () => [this.#data?.fileName ?? 'series', 'series'],
      picture: () => figure,
      csv: () => this.#saveTable(),
      json: () => (this.#data ? seriesJson(this.#data, this.#shown) : null),
    });
    const starters = element('div', { class: 'actions' }, ...this.#starters());
    this.element = element(
      'div',
      { class: 'view' },
      element('header', { class: 'head' }, this.#title, this.#facts, this.#shownText, starters),
      element('div', { class: 'toolbar' }, ...this.#toolbar.elements, element('span', { class: 'spacer' }), exports),
      this.#legend.element,
      this.#format.element,
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
    if (isStale) {
      this.#list.clear();
      this.#detail.clear();
    }
    this.#title.textContent = data.fileName;
    this.#facts.textContent = factsText(data);
    this.#format.set(data);
    this.#drawColors(data, isOtherFile ? [] : undefined);
    if (isOtherFile) this.#detail.select(-1);
    if (!this.#isRestored) {
      this.#isRestored = true;
      const { cursor, scroll } = this.context.restored;
      if (typeof cursor === 'number' && cursor < data.count) this.#detail.select(cursor);
      this.#applyFilter();
      if (typeof scroll === 'number') this.#list.scrollTop = scroll;
    } else this.#applyFilter();
  }

  #starters(): HTMLElement[] {
    const starters: [string, string, 'reprogram' | 'classify' | 'tsne'][] = [
      [t('Reprogram…'), t('Reprogram an acoustic model for this file'), 'reprogram'],
      [t('Classify…'), t('Classify the series of this file with a program'), 'classify'],
      [t('t-SNE'), t('Show which series the model finds alike'), 'tsne'],
    ];
    return starters.map(
      ([label, title, what]) =>
        button(label, () => void this.context.attempt(this.context.remote.start({ what })), { title }).element,
    );
  }

  /** @param hidden classes that are switched off; without it, those that are now */
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
    this.#detail.set(data, this.#colors);
  }

  #restoredHidden(data: SeriesData): number[] {
    const { hidden } = this.context.restored;
    if (!Array.isArray(hidden)) return [];
    return hidden.map((name: unknown) =>
      name === null ? data.classes.length : data.classes.findIndex((kind) => kind.name === name),
    );
  }

  #look(index: number): { className: string | null; classIndex: number; color: string } {
    const kind = this.#data ? classOf(this.#data, index) : 0;
    return {
      className: this.#data?.classes[kind]?.name ?? null,
      classIndex: kind,
      color: this.#colors[kind] ?? this.context.theme.muted,
    };
  }

  #applyFilter(): void {
    const data = this.#data;
    if (!data) return;
    const { search, order } = this.#toolbar;
    this.#shown = shownSeries(data, { search, hidden: this.#legend.hidden, order });
    this.#shownText.textContent =
      this.#shown.length === data.count ? '' : t('{0} of {1} shown', this.#shown.length, data.count);
    this.#none.hidden = this.#shown.length > 0;
    const cursor = this.#list.show(this.#shown, this.#detail.index);
    if (cursor !== this.#detail.index) this.#setCursor(cursor);
    this.#remember();
  }

  #clearFilter(): void {
    this.#toolbar.clearSearch();
    if (this.#data) this.#drawColors(this.#data, []);
    this.#applyFilter();
    this.#list.element.focus();
  }

  #setCursor(index: number): void {
    this.#detail.select(index);
    this.#rememberSoon();
  }

  #open(index: number, what: 'saliency' | 'text'): void {
    if (index >= 0) void this.context.attempt(this.context.remote.open({ index, what }));
  }

  async #saveTable(): Promise<{ saved: boolean }> {
    const thumbs: SeriesThumb[] = [];
    for (const indices of chunks(this.#shown, MAX_PER_REQUEST))
      thumbs.push(...(await this.context.remote.page({ indices, width: NO_PICTURE })).series);
    const name = fileStem(this.#data?.fileName ?? '', 'series');
    return await this.context.remote.saveTable({ name, ...seriesTable(thumbs) });
  }

  #remember(): void {
    const data = this.#data;
    if (!data || !this.#isRestored) return;
    const { search, order, size } = this.#toolbar;
    this.context.keep({
      search,
      hidden: [...this.#legend.hidden].map((i) => data.classes[i]?.name ?? null),
      order,
      size,
      cursor: this.#detail.index,
      scroll: this.#list.scrollTop,
      formatOpen: this.#format.open,
    });
  }
}

function factsText({ count, shortest, longest, classes }: SeriesData): string {
  const parts = [seriesCount(count)];
  if (shortest !== longest) parts.push(t('{0} to {1} values', formatInteger(shortest), formatInteger(longest)));
  else
    parts.push(
      count === 1
        ? valueCount(longest)
        : longest === 1
          ? t('1 value each')
          : t('{0} values each', formatInteger(longest)),
    );
  parts.push(classes.length === 0 ? t('no labels') : classCount(classes.length));
  return parts.join(' · ');
}
