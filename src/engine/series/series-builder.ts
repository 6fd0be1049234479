import { fillGaps } from './gaps';
import { SeriesFileError } from './series-error';
import type { ReadLimits, Series } from './types';

/** A count and the first place it was met. */
interface Tally {
  values: number;
  series: number;
  row: number;
  column: number;
}

/** Collects the series of a file: treats missing values, keeps the limits, remembers what to report. */
export class SeriesBuilder {
  readonly series: Series[] = [];
  /** missing cells met, treated or cut off */
  readonly missing = { cells: 0, row: 0, column: 0 };
  #values = 0;
  #trailing: Tally | null = null;
  #leading: Tally | null = null;
  #interior: Tally | null = null;

  constructor(
    readonly file: string,
    readonly limits: ReadLimits,
  ) {}

  /**
   * @param values the first `count` entries are the series, NaN where missing; changed in place, then copied
   * @param columnOf column of the file, from 1, of a value's index
   * @throws SeriesFileError `series.empty` for a series without any value, `series.limit`
   */
  add(
    values: Float64Array,
    count: number,
    label: string | null,
    row: number,
    columnOf: (index: number) => number,
  ): void {
    const gaps = fillGaps(values, count);
    if (gaps.length === 0) {
      const found = count === 0 ? 'no values' : 'only missing values';
      throw new SeriesFileError(
        'series.empty',
        { file: this.file, row, column: columnOf(0) },
        `expected a series of numbers, found ${found}. Remove the row.`,
      );
    }
    this.#values += gaps.length;
    const { maxSeries, maxValues } = this.limits;
    if (this.series.length >= maxSeries) this.#tooMuch(row, 'series', 'maxSeries', maxSeries);
    if (this.#values > maxValues) this.#tooMuch(row, 'values', 'maxValues', maxValues);
    const note = (tally: Tally | null, amount: number, index: number): Tally | null => {
      if (amount === 0) return tally;
      const column = columnOf(index);
      if (this.missing.cells === 0 || (row === this.missing.row && column < this.missing.column))
        Object.assign(this.missing, { row, column });
      this.missing.cells += amount;
      tally ??= { values: 0, series: 0, row, column };
      tally.values += amount;
      tally.series++;
      return tally;
    };
    this.#leading = note(this.#leading, gaps.leading, 0);
    this.#interior = note(this.#interior, gaps.interior, gaps.firstInterior);
    this.#trailing = note(this.#trailing, gaps.trailing, gaps.length);
    this.series.push({ values: values.slice(0, gaps.length), label, row });
  }

  #tooMuch(row: number, what: string, name: keyof ReadLimits, limit: number): never {
    throw new SeriesFileError(
      'series.limit',
      { file: this.file, row },
      `the file has more ${what} than the limit "${name}" of ${limit}. Raise the limit or split the file.`,
    );
  }

  /** What was treated, as sentences. */
  notes(): string[] {
    const notes: string[] = [];
    const where = ({ values, series, row, column }: Tally): string =>
      `${values} in ${series} series, first in row ${row}, column ${column}`;
    if (this.#interior)
      notes.push(`Missing values inside the series were interpolated linearly (${where(this.#interior)}).`);
    if (this.#leading)
      notes.push(
        `Missing values at the beginning of the series were set to the first value that follows (${where(this.#leading)}).`,
      );
    if (this.#trailing)
      notes.push(
        `Missing values at the end of the series were left out, so these series are shorter (${where(this.#trailing)}).`,
      );
    let shortest = this.series[0];
    let longest = this.series[0];
    for (const one of this.series) {
      if (one.values.length < shortest.values.length) shortest = one;
      if (one.values.length > longest.values.length) longest = one;
    }
    if (shortest && shortest.values.length < longest.values.length)
      notes.push(
        `The series differ in length, from ${shortest.values.length} values (row ${shortest.row}) to ` +
          `${longest.values.length} (row ${longest.row}).`,
      );
    return notes;
  }
}
