import { namedLabelColumn } from './column-names';
import type { CellParser } from './tokens';

/** A record of a table, taken apart. */
export interface Row {
  cells: string[];
  /** line of the file, from 1; 0 for rows from further down, whose line is not known */
  row: number;
}

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
      // Of a long row only some cells are there.
      const cell = cells[i] as string | undefined;
      const value = !cell || cell.trim() === '' ? null : cellParser.parse(cell);
      if (value === null || !Number.isFinite(value)) continue;
      numbers++;
      if (!Number.isInteger(value)) fractions++;
    }
  }
  return numbers === 0 ? 0 : fractions / numbers;
}

/** Rows that are compared with a first row of rising or falling numbers. */
const COMPARED_ROWS = 100;
/** Share of the other rows that may look as orderly as a header does. */
const ORDERLY_SHARE = 0.1;
/** So many numbers that rise or fall by chance only once in sixty rows. */
const TELLING_TICKS = 5;
const CERTAIN_TICKS = 8;

/** Whether numbers rise or fall throughout, and whether they do so in equal steps. */
function orderOf(numbers: readonly number[]): 'even' | 'monotone' | null {
  if (numbers.length < 3 || !numbers.every(Number.isFinite)) return null;
  const step = numbers[1] - numbers[0];
  if (step === 0) return null;
  for (let i = 2; i < numbers.length; i++) if (!((numbers[i] - numbers[i - 1]) * Math.sign(step) > 0)) return null;
  const even = numbers.every(
    (tick, i) => Math.abs(tick - (numbers[0] + i * step)) <= 1e-6 * Math.max(Math.abs(step), Math.abs(tick) * 1e-6),
  );
  return even ? 'even' : 'monotone';
}

/**
 * Whether the first row of a table names its columns: it has no number at all, or its numbers count the columns (indices, times,
 * wavelengths) and its texts occur nowhere else in their columns.
 * @param notes receives a sentence where the header consists of numbers, and where the decision was close
 */
export function looksLikeHeader(rows: readonly Row[], cellParser: CellParser, notes: string[]): boolean {
  const [{ cells: first, row }, ...others] = rows;
  const rest = others.slice(0, COMPARED_ROWS);
  const numberAt = (cell: string): number | null => (cell.trim() === '' ? null : cellParser.parse(cell));
  const shownFirst = first.slice(0, 4).join(' ') + (first.length > 4 ? ' …' : '');
  const taken = (): boolean => {
    notes.push(`Row ${row} (${shownFirst}) was read as a header. If it is a series, set the option "header" to false.`);
    return true;
  };
  const doubted = (): boolean => {
    notes.push(
      `Row ${row} (${shownFirst}) was read as a series, but it may be a header. If it is, set the option "header" to true.`,
    );
    return false;
  };

  const filled = first.filter((cell) => cell.trim() !== '');
  const numbers = filled.map(numberAt).filter((value) => value !== null);
  if (numbers.length === 0) return true;
  if (rest.length === 0) return false;

  const same = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();
  const column = (index: number): string[] => rest.map(({ cells }) => cells[index] ?? '');
  const isText = (cell: string): boolean => cell.trim() !== '' && numberAt(cell) === null;
  // A blank at an end, over a filled column, stands for the name of an index or of the labels.
  const blankName = (i: number): boolean =>
    first[i].trim() === '' && (i === 0 || i === first.length - 1) && column(i).every((cell) => cell.trim() !== '');
  const texts = first.flatMap((cell, i) => (isText(cell) || blankName(i) ? [i] : []));
  const fresh = (index: number): boolean => !column(index).some((cell) => same(cell, first[index]));
  const labelWord = namedLabelColumn(first);
  // A header may name everything but a few columns with a number ("label", "400nm", "7").
  if (labelWord >= 0 && fresh(labelWord) && numbers.length < texts.length && texts.every(fresh)) return taken();

  const ticks = first.filter((cell) => !isText(cell) && cell.trim() !== '').map((cell) => numberAt(cell)!);
  const order = orderOf(ticks);
  const inOrder = (index: number): boolean => texts.includes(index) || first[index].trim() === '';
  const orders = rest.map(({ cells }) =>
    orderOf(
      cells.filter((cell, i) => i < first.length && !inOrder(i) && cell.trim() !== '').map((c) => numberAt(c) ?? NaN),
    ),
  );
  const share = (fits: (order: 'even' | 'monotone' | null) => boolean): number =>
    orders.filter(fits).length / orders.length;
  const evenRows = share((one) => one === 'even');
  const orderlyRows = share((one) => one !== null);

  if (order === null) {
    // Two numbers are in no order; the word must do.
    if (ticks.length <= 2 && labelWord >= 0 && first[labelWord].trim().length > 1 && fresh(labelWord)) return taken();
    const word = labelWord >= 0 && fresh(labelWord);
    return word && texts.every(fresh) && (texts.length > 1 || namesNumbers(labelWord)) ? doubted() : false;
  }
  /** A text over numbers can only be a name, unless it is a damaged value; a blank cell names an index. */
  function namesNumbers(index: number): boolean {
    return column(index).every((cell) => numberAt(cell) !== null);
  }
  const unlikeRest = order === 'even' ? evenRows <= ORDERLY_SHARE : orderlyRows <= ORDERLY_SHARE;
  // A number over a column of texts: labels are texts, so the number is no label.
  const overTexts = first.some(
    (cell, i) => numberAt(cell) !== null && rest.length > 1 && column(i).filter(isText).length > 0.9 * rest.length,
  );
  if (overTexts && unlikeRest) return taken();
  if (texts.length === 0) {
    const [start, second] = ticks;
    const counts =
      order === 'even' &&
      second - start === 1 &&
      (start === 0 || start === 1) &&
      fractionalShare(rest, cellParser) > FRACTIONAL;
    if (counts) return taken();
    if (!unlikeRest) return false;
    if (ticks.length >= CERTAIN_TICKS || (order === 'even' && ticks.length >= TELLING_TICKS)) return taken();
    return order === 'even' || ticks.length >= TELLING_TICKS ? doubted() : false;
  }
  if (!texts.every(fresh)) {
    // A class may be called as its column is; so many numbers in order are no series all the same.
    if (!unlikeRest || ticks.length < 4) return false;
    return ticks.length >= TELLING_TICKS && (order === 'even' || ticks.length >= CERTAIN_TICKS) ? taken() : doubted();
  }
  const ends = texts.every((index) => index === 0 || index === first.length - 1);
  const naming = texts.every((index) => first[index].trim() !== '' && namesNumbers(index));
  if (naming && order === 'even' && (ends || labelWord >= 0)) return taken();
  // Labels that name several rows each; one that names only the first row is then unlike them.
  const labelsRepeat = texts.some((index) => {
    const names = column(index).filter((cell) => cell.trim() !== '');
    return names.length >= 4 && new Set(names).size <= names.length / 2;
  });
  const sure = ticks.length >= TELLING_TICKS || (ticks.length === 4 && (order === 'even' || labelsRepeat));
  if (unlikeRest && ticks.length >= CERTAIN_TICKS) return taken();
  if (unlikeRest && sure && (labelsRepeat || naming || labelWord >= 0 || order === 'even')) return taken();
  if (labelWord >= 0 && unlikeRest && rest.length > 1) return taken();
  // Among a few rows one may be in order by chance.
  if (!unlikeRest) return orderlyRows <= 0.5 && ticks.length >= 4 ? doubted() : false;
  return (ticks.length >= 4 || order === 'even') && rest.length > 1 ? doubted() : false;
}
