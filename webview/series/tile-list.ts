import type { SeriesThumb } from '../../src/protocol/panels/series';
import { VirtualList, type VirtualListOptions } from '../shared/charts/virtual-list';
import { t } from '../shared/strings';
import { valuesWanted } from './series-model';
import { seriesTile, type TileLook } from './series-tile';
import { ThumbLoader, type ThumbLoaderOptions } from './thumb-loader';
import { TILES, type TileSize } from './tile-sizes';

interface TileListOptions extends Pick<ThumbLoaderOptions, 'fetch' | 'onError'> {
  size: TileSize;
  /** how a series looks besides its curve */
  look(index: number): Omit<TileLook, 'index' | 'thumb'>;
  onOpen(index: number): void;
  onCursor(index: number): void;
  onScroll(): void;
  /** the curves of these series have come */
  onLoaded(indices: ReadonlySet<number>): void;
}

/** The series as tiles, of which only those in the window are fetched and drawn. Series are known by their position in the file. */
export class TileList {
  readonly #list: VirtualList;
  readonly #listOptions: VirtualListOptions;
  readonly #loader: ThumbLoader;
  #size: TileSize;
  #shown: readonly number[] = [];
  #range: [first: number, end: number] = [0, 0];

  constructor(private readonly options: TileListOptions) {
    this.#size = options.size;
    this.#loader = new ThumbLoader({ ...options, onLoaded: (indices) => this.#onLoaded(new Set(indices)) });
    this.#listOptions = {
      label: t('Series. Arrow keys move, Enter opens the saliency.'),
      itemHeight: TILES[this.#size].height,
      itemWidth: TILES[this.#size].width,
      roles: { list: 'listbox', item: 'option' },
      render: (position) => this.#render(this.#shown[position]),
      onActivate: (position) => options.onOpen(this.#shown[position]),
      onCursor: (position) => options.onCursor(this.#shown[position]),
      onRange: (first, end) => {
        this.#range = [first, end];
        this.#want();
      },
    };
    this.#list = new VirtualList(this.#listOptions);
    this.#list.element.addEventListener('scroll', () => options.onScroll(), { passive: true });
  }

  get element(): HTMLElement {
    return this.#list.element;
  }
  get scrollTop(): number {
    return this.#list.scrollTop;
  }
  set scrollTop(top: number) {
    this.#list.scrollTop = top;
  }

  /** The curve of a series, perhaps a coarser or finer one than is wanted now. */
  thumb(index: number): SeriesThumb | undefined {
    return this.#loader.get(index);
  }

  /** Forgets all curves: the file was read anew. */
  clear(): void {
    this.#loader.clear();
  }

  refresh(): void {
    this.#list.refresh();
  }

  /**
   * Shows these series and keeps the cursor on the one it is on.
   * @returns the series that is under the cursor now; -1: none
   */
  show(shown: readonly number[], cursor: number): number {
    this.#shown = shown;
    this.#list.element.hidden = shown.length === 0;
    // The list knows its cursor by position, which may mean another series now.
    const position = shown.indexOf(cursor);
    this.#list.setCursor(position);
    this.#list.reset(shown.length);
    if (position >= 0) {
      this.#list.moveTo(position, false);
      return cursor;
    }
    this.#list.setCursor(shown.length > 0 ? 0 : -1);
    return shown[0] ?? -1;
  }

  setSize(size: TileSize): void {
    this.#size = size;
    this.#listOptions.itemHeight = TILES[size].height;
    this.#listOptions.itemWidth = TILES[size].width;
    this.#list.refresh();
    if (this.#list.cursor >= 0) this.#list.moveTo(this.#list.cursor, false);
  }

  #want(): void {
    const [first, end] = this.#range;
    const pixels = 1.6 * TILES[this.#size].width;
    this.#loader.want(this.#shown.slice(first, end), valuesWanted(pixels));
  }

  #onLoaded(indices: ReadonlySet<number>): void {
    const [first, end] = this.#range;
    for (let position = first; position < end; position++)
      if (indices.has(this.#shown[position])) this.#list.refreshItem(position);
    this.options.onLoaded(indices);
  }

  #render(index: number): HTMLElement {
    return seriesTile({ index, thumb: this.#loader.get(index), ...this.options.look(index) });
  }
}
