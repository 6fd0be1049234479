import type { PredictionsView } from '../../src/protocol/panels/predictions';
import { VirtualTable, type VirtualTableOptions } from '../shared/charts/virtual-table';
import { element, onResize } from '../shared/dom';
import type { SortOrder } from '../shared/model/table';
import { t } from '../shared/strings';
import type { ClassLook } from './class-name';
import { fitsClasses, predictionColumns } from './prediction-columns';

/** The predictions as a table, which has a column for every class where there is room. */
export class PredictionTable {
  /** Wide tables scroll sideways as a whole, head and rows together. */
  readonly element: HTMLElement;
  readonly #table: VirtualTable;
  #shown: { data: PredictionsView; look: ClassLook } | null = null;
  #width = 0;
  #hasClassColumns = false;

  /** @param options.onScroll told that another part of the rows is in the window */
  constructor({
    onScroll,
    ...options
  }: Pick<VirtualTableOptions, 'order' | 'onOrder' | 'onActivate' | 'onCursor'> & { onScroll(): void }) {
    this.#table = new VirtualTable({
      label: t('Predictions. Arrow keys move, Enter opens the saliency.'),
      rowHeight: 26,
      ...options,
    });
    this.#table.element.addEventListener('scroll', onScroll, { passive: true, capture: true });
    this.element = element('div', { class: 'table-frame' }, this.#table.element);
    onResize(this.element, (width) => {
      this.#width = width;
      if (!this.#shown) return;
      const { data, look } = this.#shown;
      if (fitsClasses(data, look, width) !== this.#hasClassColumns) this.#draw(data, look);
    });
  }

  get order(): SortOrder | null {
    return this.#table.order;
  }
  /** positions in the file, as they are shown */
  get rows(): readonly number[] {
    return this.#table.rows;
  }
  get scrollTop(): number {
    return this.#table.scrollTop;
  }
  set scrollTop(top: number) {
    this.#table.scrollTop = top;
  }

  set(data: PredictionsView, look: ClassLook): void {
    this.#shown = { data, look };
    this.#width = this.element.clientWidth;
    this.#draw(data, look);
  }

  setRows(rows: readonly number[]): void {
    this.#table.setRows(rows);
  }

  moveTo(row: number): void {
    this.#table.moveTo(row);
  }

  #draw(data: PredictionsView, look: ClassLook): void {
    this.#hasClassColumns = fitsClasses(data, look, this.#width);
    const { columns, leastWidth } = predictionColumns(data, look, this.#hasClassColumns);
    this.#table.element.style.minWidth = `${leastWidth}px`;
    this.#table.set(columns, this.#table.rows);
  }
}
