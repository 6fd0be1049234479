import { listed } from './labels';
import { SeriesFileError, shown } from './series-error';
import type { ColumnChoice, ColumnRef } from './types';

/** What columns are looked up in. */
export interface ColumnTable {
  file: string;
  /** row of the file in which the columns are counted */
  row: number;
  width: number;
  names: readonly string[] | null;
}

/**
 * Index, from 0, of a column that an option asks for; names are looked up as they are, then without regard to letter case.
 * @throws SeriesFileError `series.labels` for the option "labels", else `series.column`
 */
export function columnIndex(ref: ColumnRef, option: string, { file, row, width, names }: ColumnTable): number {
  const code = option === 'labels' ? 'series.labels' : 'series.column';
  if (typeof ref === 'number') {
    if (Number.isInteger(ref) && ref >= 1 && ref <= width) return ref - 1;
    throw new SeriesFileError(
      code,
      { file, row },
      `the option "${option}" asks for column ${ref}, but the row has columns 1 to ${width}.`,
    );
  }
  if (!names)
    throw new SeriesFileError(
      code,
      { file },
      `the option "${option}" asks for the column ${shown(ref)}, but the file has no header. Give the column's number, or set the option "header" to true.`,
    );
  const exact = names.indexOf(ref);
  if (exact >= 0) return exact;
  const like = names.findIndex((other) => other.toLowerCase() === ref.trim().toLowerCase());
  if (like >= 0) return like;
  throw new SeriesFileError(
    code,
    { file },
    `the option "${option}" asks for the column ${shown(ref)}; the header has ${listed(names, 8)}.`,
  );
}

/**
 * Indices, from 0, of the columns that the option "columns" asks for, in its order.
 * @throws SeriesFileError `series.column`
 */
export function chosenColumns(choice: ColumnChoice, table: ColumnTable): number[] {
  if (Array.isArray(choice)) return choice.map((ref) => columnIndex(ref, 'columns', table));
  const [from, to] = [choice.from, choice.to].map((ref) => columnIndex(ref, 'columns', table));
  if (from > to)
    throw new SeriesFileError(
      'series.column',
      { file: table.file },
      `the option "columns" asks for the columns from ${from + 1} to ${to + 1}. The first must come before the last.`,
    );
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
