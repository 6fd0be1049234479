import { select } from '../shared/controls/choices';
import { searchField } from '../shared/controls/inputs';
import { debounced } from '../shared/dom';
import { t } from '../shared/strings';
import type { SeriesOrder } from './series-model';
import type { TileSize } from './tile-sizes';

/** What of the toolbar is kept over a reload. */
export interface KeptToolbar {
  search: string;
  order: SeriesOrder;
  size: TileSize;
}

/** Which series are searched for, in which order and size they are shown. */
export class SeriesToolbar {
  readonly elements: readonly HTMLElement[];
  readonly #search;
  readonly #order;
  readonly #size;

  /** @param restored what was kept; every part may be missing or of another shape */
  constructor(restored: { [K in keyof KeptToolbar]?: unknown }, onFilter: () => void, onSize: () => void) {
    this.#search = searchField(
      t('Search: class name, series number or range'),
      t('Class, 12 or 10-20'),
      typeof restored.search === 'string' ? restored.search : '',
      debounced(onFilter, 120),
    );
    this.#order = select(
      t('Order'),
      [
        { value: 'file', text: t('As in the file') },
        { value: 'class', text: t('By class') },
      ],
      restored.order === 'class' ? 'class' : 'file',
      onFilter,
    );
    this.#size = select(
      t('Size'),
      [
        { value: 'small', text: t('Small') },
        { value: 'medium', text: t('Medium') },
        { value: 'large', text: t('Large') },
      ],
      restored.size === 'small' || restored.size === 'large' ? restored.size : 'medium',
      onSize,
    );
    this.elements = [this.#search.element, this.#order.element, this.#size.element];
  }

  get search(): string {
    return this.#search.value;
  }
  get order(): SeriesOrder {
    return this.#order.value === 'class' ? 'class' : 'file';
  }
  get size(): TileSize {
    return this.#size.value as TileSize;
  }

  clearSearch(): void {
    this.#search.value = '';
  }
}
