import { element, uniqueId } from '../dom';
import { moveCursor, scrollTo, visibleRows } from '../model/virtual-rows';

export interface VirtualListOptions {
  label: string;
  /** pixels of every item */
  itemHeight: number;
  /** least pixels of an item; items stand side by side where there is room; 0: one per row */
  itemWidth: number;
  /** roles of the list and of its items: list and rows of a table, or a box of options */
  roles: { list: string; item: string };
  /** makes the item; called only for items in the window */
  render(item: number): HTMLElement;
  /** Enter, or a double click */
  onActivate?(item: number): void;
  /** the cursor moved by keyboard or click */
  onCursor?(item: number): void;
  /** which items are in the window now, to fetch their data */
  onRange?(first: number, end: number): void;
}

/** A list or grid of any number of items, of which only those in the window exist as elements. */
export class VirtualList {
  /** scrolls; give it a height */
  readonly element: HTMLElement;
  readonly #canvas = element('div', { class: 'virtual-canvas', role: 'presentation' });
  readonly #shown = new Map<number, HTMLElement>();
  readonly #id = uniqueId('list');
  #count = 0;
  #columns = 1;
  #cursor = -1;
  #frame = 0;

  constructor(private readonly options: VirtualListOptions) {
    this.element = element(
      'div',
      { class: 'virtual-list', role: options.roles.list, tabindex: 0, 'aria-label': options.label },
      this.#canvas,
    );
    this.element.addEventListener('scroll', () => this.#schedule(), { passive: true });
    this.element.addEventListener('keydown', (event) => this.#onKey(event));
    this.element.addEventListener('focus', () => {
      if (this.#cursor < 0 && this.#count > 0) this.moveTo(0, false);
    });
    new ResizeObserver(() => this.#schedule()).observe(this.element);
  }

  get count(): number {
    return this.#count;
  }
  /** -1: none */
  get cursor(): number {
    return this.#cursor;
  }
  get scrollTop(): number {
    return this.element.scrollTop;
  }
  set scrollTop(top: number) {
    this.element.scrollTop = top;
    this.#schedule();
  }

  /** Shows so many items, all drawn anew. */
  reset(count: number): void {
    this.#count = count;
    if (this.#cursor >= count) this.#cursor = -1;
    this.refresh();
  }

  /** Draws every item in the window anew. */
  refresh(): void {
    for (const item of this.#shown.values()) item.remove();
    this.#shown.clear();
    this.#draw();
  }

  /** Draws one item anew if it is in the window. */
  refreshItem(item: number): void {
    const old = this.#shown.get(item);
    if (!old) return;
    const made = this.#make(item);
    old.replaceWith(made);
    this.#shown.set(item, made);
  }

  /** Puts the cursor on an item where it stands, without scrolling; -1: on none. */
  setCursor(item: number): void {
    const before = this.#cursor;
    this.#cursor = item;
    this.#markCursor(before);
    this.#markCursor(item);
    if (item >= 0) this.element.setAttribute('aria-activedescendant', `${this.#id}-${item}`);
    else this.element.removeAttribute('aria-activedescendant');
  }

  moveTo(item: number, tell = true): void {
    this.setCursor(item);
    const { itemHeight } = this.options;
    const row = Math.floor(item / this.#columns);
    this.element.scrollTop = scrollTo(row, this.element.scrollTop, this.element.clientHeight, itemHeight);
    this.#draw();
    if (tell) this.options.onCursor?.(item);
  }

  #markCursor(item: number): void {
    this.#shown.get(item)?.classList.toggle('cursor-item', item === this.#cursor);
    this.#shown.get(item)?.setAttribute('aria-selected', String(item === this.#cursor));
  }

  #onKey(event: KeyboardEvent): void {
    if (event.target !== this.element || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' && this.#cursor >= 0) {
      event.preventDefault();
      this.options.onActivate?.(this.#cursor);
      return;
    }
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.options.itemHeight)) * this.#columns;
    const next = moveCursor(event.key, Math.max(0, this.#cursor), this.#count, this.#columns, page);
    if (next === null) return;
    event.preventDefault();
    this.moveTo(next);
  }

  #schedule(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const { itemHeight, itemWidth, onRange } = this.options;
    const width = this.element.clientWidth;
    const height = this.element.clientHeight;
    if (width === 0 || height === 0) return;
    const columns = itemWidth > 0 ? Math.max(1, Math.floor(width / itemWidth)) : 1;
    if (columns !== this.#columns) {
      this.#columns = columns;
      for (const item of this.#shown.values()) item.remove();
      this.#shown.clear();
    }
    this.#canvas.style.height = `${Math.ceil(this.#count / columns) * itemHeight}px`;
    const rows = visibleRows(this.element.scrollTop, height, itemHeight, Math.ceil(this.#count / columns));
    const first = rows.first * columns;
    const end = Math.min(this.#count, rows.end * columns);
    for (const [item, shown] of this.#shown)
      if (item < first || item >= end) {
        shown.remove();
        this.#shown.delete(item);
      }
    for (let item = first; item < end; item++) {
      const shown = this.#shown.get(item);
      if (shown) this.#place(shown, item);
      else {
        const made = this.#make(item);
        this.#shown.set(item, made);
        this.#canvas.append(made);
      }
    }
    onRange?.(first, end);
  }

  #make(item: number): HTMLElement {
    const { roles, render, onActivate } = this.options;
    const made = render(item);
    made.classList.add('virtual-item');
    made.id = `${this.#id}-${item}`;
    made.setAttribute('role', roles.item);
    if (roles.item === 'row') made.setAttribute('aria-rowindex', String(item + 2));
    else {
      made.setAttribute('aria-posinset', String(item + 1));
      made.setAttribute('aria-setsize', String(this.#count));
    }
    made.setAttribute('aria-selected', String(item === this.#cursor));
    made.classList.toggle('cursor-item', item === this.#cursor);
    made.addEventListener('click', () => this.moveTo(item));
    if (onActivate) made.addEventListener('dblclick', () => onActivate(item));
    this.#place(made, item);
    return made;
  }

  #place(shown: HTMLElement, item: number): void {
    const share = 100 / this.#columns;
    const column = item % this.#columns;
    const top = Math.floor(item / this.#columns) * this.options.itemHeight;
    shown.style.top = `${top}px`;
    shown.style.left = `${column * share}%`;
    shown.style.width = `${share}%`;
    shown.style.height = `${this.options.itemHeight}px`;
  }
}
