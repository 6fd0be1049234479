import { SeriesFileError, shown } from './series-error';
import { CellParser, explainCell } from './tokens';
import type { Decimal } from './types';

/** Parses the cells of a row into one reused array, with errors that name the place. */
export class ValueParser {
  /** the first `count` entries are the values of the current row, NaN where missing */
  values = new Float64Array(1024);
  count = 0;
  /** column, from 1, of each value of the current row */
  columns = new Int32Array(1024);
  readonly #cells: CellParser;

  constructor(
    readonly file: string,
    readonly decimal: Decimal,
    extraMissing: readonly string[] | undefined,
  ) {
    this.#cells = new CellParser(decimal, extraMissing);
  }

  begin(): void {
    this.count = 0;
  }

  readonly columnOf = (index: number): number => (this.count === 0 ? 1 : this.columns[Math.min(index, this.count - 1)]);

  /**
   * Appends a value.
   * @throws SeriesFileError `series.value` for a cell that is no number, `series.infinite` for one that is too large
   */
  push(cell: string, row: number, column: number): void {
    const value = this.#cells.parse(cell);
    if (value === null || value === Infinity || value === -Infinity) this.#refuse(cell, value, row, column);
    if (this.count === this.values.length) this.#grow();
    this.values[this.count] = value;
    this.columns[this.count++] = column;
  }

  #grow(): void {
    const values = new Float64Array(2 * this.count);
    const columns = new Int32Array(2 * this.count);
    values.set(this.values);
    columns.set(this.columns);
    this.values = values;
    this.columns = columns;
  }

  #refuse(cell: string, value: number | null, row: number, column: number): never {
    const location = { file: this.file, row, column };
    const found = shown(cell.trim());
    if (value === null)
      throw new SeriesFileError(
        'series.value',
        location,
        `expected a number, found ${found}.${explainCell(cell, this.decimal)}`,
      );
    throw new SeriesFileError(
      'series.infinite',
      location,
      `expected a finite number, found ${found}. Correct the value, or write "?" if it is missing.`,
    );
  }
}
