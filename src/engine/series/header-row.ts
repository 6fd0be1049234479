import type { CellParser } from './tokens';

/** A record of a table, taken apart. */
export interface Row {
  cells: string[];
  row: number;
}

/** Header names of the label column, in order of preference, in lower case. */
const LABEL_NAMES = [
  'label',
  'labels',
  'class',
  'target',
  'class_label',
  'classlabel',
  'class label',
  'class_name',
  'classes',
  'category',
  'y',
];
/** Header names of a first column that only numbers or names the rows. */
const INDEX_NAMES = ['', 'unnamed: 0', 'index', 'idx', 'id', 'row', 'sample', 'series', 'case', 'no', 'nr', '#'];

const lowered = (cell: string): string => cell.trim().toLowerCase();

/** Share of fractional numbers from which the values of a table count as measured rather than counted. */
export const FRACTIONAL = 0.05;
const CELLS_PER_ROW = 64;

/** Share of inner cells that are numbers with a fraction; at most 64 cells of each row are looked at. */
export function fractionalShare(rows: readonly Row[], cellParser: CellParser): number {
  let numbers = 0;
  let fractions = 0;
  for (const { cells } of rows) {
    const step = Math.max(1, Math.floor(cells.length / CELLS_PER_ROW));
    for (let i = 1; i < cells.length - 1; i += step) {
      const value = cells[i].trim() === '' ? null : cellParser.parse(cells[i]);
      if (value === null || !Number.isFinite(value)) continue;
      numbers++;
      if (!Number.isInteger(value)) fractions++;
    }
  }
  return numbers === 0 ? 0 : fractions / numbers;
}

/** Index, from 0, of the column that a header calls a label; -1 if none. */
export function namedLabelColumn(names: readonly string[]): number {
  const keys = names.map(lowered);
  for (const name of LABEL_NAMES) {
    const at = keys.indexOf(name);
    if (at >= 0) return at;
  }
  return -1;
}

/** Whether a header calls the first column a mere index of the rows. */
export function namedIndexColumn(names: readonly string[]): boolean {
  return INDEX_NAMES.includes(lowered(names[0] ?? ''));
}

/**
 * Whether the first row of a table names its columns: a label column by name, no number at all, or numbers that count the
 * columns (0, 1, 2, … as written by data frames) over rows of fractions.
 * @param notes receives a sentence where the header consists of numbers
 */
export function looksLikeHeader(rows: readonly Row[], cellParser: CellParser, notes: string[]): boolean {
  const [{ cells: first }, ...rest] = rows;
  const numberAt = (cell: string): number | null => (cell.trim() === '' ? null : cellParser.parse(cell));
  const named = namedLabelColumn(first);
  if (named >= 0 && !rest.some(({ cells }) => lowered(cells[named] ?? '') === lowered(first[named]))) return true;
  const filled = first.filter((cell) => cell.trim() !== '');
  if (!filled.some((cell) => numberAt(cell) !== null)) return true;
  if (rest.length === 0) return false;

  // One cell, at either end, may name the label column; the others must rise in equal steps.
  const textAt = first.findIndex((cell) => numberAt(cell) === null);
  if (textAt > 0 && textAt < first.length - 1) return false;
  const ticks = first.filter((_, i) => i !== textAt).map(numberAt);
  if (ticks.length < 3 || ticks.some((tick) => tick === null || !Number.isFinite(tick))) return false;
  const [start, second] = ticks as number[];
  const step = second - start;
  const even = (ticks as number[]).every((tick, i) => Math.abs(tick - (start + i * step)) <= 1e-6 * Math.abs(step));
  if (!(step > 0) || !even) return false;
  const counts = step === 1 && (start === 0 || start === 1) && fractionalShare(rest, cellParser) > FRACTIONAL;
  const namesNumbers =
    textAt >= 0 &&
    first[textAt].trim() !== '' &&
    rest.every(({ cells }) => numberAt(cells[textAt === 0 ? 0 : cells.length - 1] ?? '') !== null);
  if (!counts && !namesNumbers) return false;
  notes.push(
    `Row ${rows[0].row} (${first.slice(0, 4).join(' ')} …) was read as a header. If it is a series, set the option "header" to false.`,
  );
  return true;
}
