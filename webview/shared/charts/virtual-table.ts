import { element, onResize, uniqueId } from '../dom';
import { nextOrder, sortedRows, type CellValue, type SortOrder } from '../model/table';
import { t } from '../strings';
import { VirtualList } from './virtual-list';

export interface TableColumn {
  id: string;
  title: string;
  /** share of the width, as CSS grid has it, for example `80px` or `minmax(120px, 2fr)` */
  width: string;
  numeric?: boolean;
  /** for sorting */
  value(row: number): CellValue;
  /** what is shown; the value as text if missing */
  show?(row: number): Node | string;
}

export interface VirtualTableOptions {
  label: string;
  rowHeight?: number;
  order?: SortOrder | null;
  onOrder?(order: SortOrder | null): void;
  /** Enter or double click on a row */
  onActivate?(row: number): void;
  onCursor?(row: number): void;
}

/** A table of any number of rows: sortable by its heads, moved through by keyboard. Rows are known by their number in the data. */
export class VirtualTable {
  readonly element: HTMLElement;
  readonly #list: VirtualList;
  readonly #head: HTMLElement;
  #columns: readonly TableColumn[] = [];
  #rows: readonly number[] = [];
  #order: SortOrder | null;
  #sorted: number[] = [];
  #template = '';

  constructor(private readonly options: VirtualTableOptions) {
    this.#order = options.order ?? null;
    this.#list = new VirtualList({
      label: options.label,
      itemHeight: options.rowHeight ?? 24,
      itemWidth: 0,
      roles: { list: 'rowgroup', item: 'row' },
      render: (position) => this.#renderRow(this.#sorted[position]),
      onActivate: (position) => options.onActivate?.(this.#sorted[position]),
      onCursor: (position) => options.onCursor?.(this.#sorted[position]),
    });
    this.#head = element('div', { class: 'table-head', role: 'row', 'aria-rowindex': 1 });
    this.element = element(
      'div',
      { class: 'virtual-table', role: 'grid', 'aria-label': options.label, id: uniqueId('table') },
      element('div', { role: 'rowgroup', class: 'table-head-group' }, this.#head),
      this.#list.element,
    );
    // The head is as wide as the rows, which share their place with a scroll bar of unknown width.
    onResize(this.#list.element, (width) => (this.#head.style.width = `${width}px`));
  }

  get order(): SortOrder | null {
    return this.#order;
  }
  /** rows as they are shown */
  get rows(): readonly number[] {
    return this.#sorted;
  }

  set(columns: readonly TableColumn[], rows: readonly number[]): void {
    this.#columns = columns;
    this.#template = columns.map(({ width }) => width).join(' ');
    if (this.#order && !columns.some(({ id }) => id === this.#order?.column)) this.#order = null;
    this.#drawHead();
    this.setRows(rows);
  }

  setRows(rows: readonly number[]): void {
    this.#rows = rows;
    this.element.setAttribute('aria-rowcount', String(rows.length + 1));
    this.#sort();
  }

  refresh(): void {
    this.#list.refresh();
  }

  /** Brings a row into the window and puts the cursor on it; nothing happens when the row is not shown. */
  moveTo(row: number): void {
    const position = this.#sorted.indexOf(row);
    if (position >= 0) this.#list.moveTo(position, false);
  }

  get scrollTop(): number {
    return this.#list.scrollTop;
  }
  set scrollTop(top: number) {
    this.#list.scrollTop = top;
  }

  #sort(): void {
    const columns = new Map(this.#columns.map((column) => [column.id, column]));
    const cursorRow = this.#sorted[this.#list.cursor];
    this.#sorted = sortedRows(this.#rows, this.#order, (row, id) => columns.get(id)?.value(row) ?? null);
    // The cursor is on a row of the data, wherever that row stands now.
    this.#list.setCursor(cursorRow === undefined ? -1 : this.#sorted.indexOf(cursorRow));
    this.#list.reset(this.#sorted.length);
  }

  #drawHead(): void {
    this.#head.style.gridTemplateColumns = this.#template;
    this.#head.replaceChildren(
      ...this.#columns.map((column) => {
        const sorted = this.#order?.column === column.id ? this.#order : null;
        const arrow = sorted ? (sorted.descending ? ' ▾' : ' ▴') : '';
        const sort = element(
          'button',
          { type: 'button', class: 'plain-button', title: t('Sort by {0}', column.title) },
          `${column.title}${arrow}`,
        );
        sort.addEventListener('click', () => {
          this.#order = nextOrder(this.#order, column.id);
          this.#drawHead();
          this.#sort();
          this.options.onOrder?.(this.#order);
          this.#head.querySelectorAll('button')[this.#columns.indexOf(column)]?.focus();
        });
        return element(
          'div',
          {
            role: 'columnheader',
            class: column.numeric ? 'numeric' : null,
            'aria-sort': sorted ? (sorted.descending ? 'descending' : 'ascending') : 'none',
          },
          sort,
        );
      }),
    );
  }

  #renderRow(row: number): HTMLElement {
    const made = element(
      'div',
      { class: 'table-row' },
      ...this.#columns.map((column) =>
        element(
          'div',
          { role: 'gridcell', class: column.numeric ? 'numeric' : null },
          column.show ? column.show(row) : String(column.value(row) ?? ''),
        ),
      ),
    );
    made.style.gridTemplateColumns = this.#template;
    return made;
  }
}
