import { normalizeLabel } from './labels';
import type { CellParser } from './tokens';

/** What the cells of one column look like. */
export interface ColumnLook {
  /** cells that were looked at, and those of them that are not empty */
  cells: number;
  count: number;
  text: number;
  /** dates or times of day among the texts */
  dates: number;
  whole: number;
  fractions: number;
  distinct: number;
  /** numbers 0, 1, 2, … or 1, 2, 3, … down the first rows */
  counting: boolean;
  /** the same whole number in every row */
  constant: boolean;
  /** how the numbers go down the first rows: each above the one before, or none below it */
  rising: 'strictly' | 'weakly' | null;
  /** most digits behind the point; -1 for numbers with an exponent */
  decimals: number;
  /** row of the sample, from 0, that holds the first text; -1 if none does */
  firstText: number;
  /** 10 and 90 per cent of the numbers lie below these; NaN without numbers */
  low: number;
  high: number;
}

/** A date, a time of day, or both, as spreadsheets and loggers write them. */
const DATE =
  /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:[T ]+\d{1,2}:\d{2}.*)?$|^\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?$/;

/**
 * @param cells of one column, those of the first rows before those from further down
 * @param head number of cells of the first rows, which follow each other
 */
export function lookAt(cells: readonly string[], cellParser: CellParser, head = cells.length): ColumnLook {
  const look = { count: 0, text: 0, dates: 0, whole: 0, fractions: 0, firstText: -1 };
  const distinct = new Set<string | number>();
  const numbers: number[] = [];
  let decimals = 0;
  let [strictly, weakly] = [true, true];
  cells.forEach((cell, i) => {
    const value = cellParser.parse(cell);
    if (Number.isNaN(value)) return;
    if (value === null || !Number.isFinite(value)) {
      const label = normalizeLabel(cell, cellParser.decimal);
      if (label === null) return;
      look.count++;
      look.text++;
      distinct.add(label);
      if (DATE.test(label)) look.dates++;
      if (look.firstText < 0) look.firstText = i;
      return;
    }
    look.count++;
    distinct.add(value);
    if (numbers.length > 0 && i < head) {
      const before = numbers[numbers.length - 1];
      if (value <= before) strictly = false;
      if (value < before) weakly = false;
    }
    numbers.push(value);
    const point = cell.indexOf(cellParser.decimal);
    if (decimals >= 0)
      decimals = /e/i.test(cell) ? -1 : Math.max(decimals, point < 0 ? 0 : cell.trimEnd().length - point - 1);
    if (Number.isInteger(value)) look.whole++;
    else look.fractions++;
  });
  const counting =
    numbers.length === cells.length &&
    (numbers[0] === 0 || numbers[0] === 1) &&
    numbers.slice(0, head).every((value, i) => value === numbers[0] + i) &&
    distinct.size === numbers.length;
  const constant = distinct.size === 1 && look.whole === look.count;
  const sorted = numbers.sort((a, b) => a - b);
  const quantile = (share: number): number =>
    sorted.length === 0 ? Number.NaN : sorted[Math.round(share * (sorted.length - 1))];
  const rising = numbers.length < 2 || !weakly ? null : strictly ? 'strictly' : 'weakly';
  return {
    ...look,
    cells: cells.length,
    distinct: distinct.size,
    rising,
    decimals,
    counting,
    constant,
    low: quantile(0.1),
    high: quantile(0.9),
  };
}

/** Share of fractions up to which a column of whole numbers still counts as labels, of which some are spoiled. */
const SPOILED_SHARE = 0.05;

export const mostlyText = (look: ColumnLook): boolean => look.text > look.count / 2;
export const mostlyDates = (look: ColumnLook): boolean => look.dates > look.count / 2;
export const wholeNumbers = (look: ColumnLook): boolean =>
  look.count > 0 && look.fractions <= SPOILED_SHARE * look.count && !mostlyText(look);
export const allDistinct = (look: ColumnLook): boolean => look.count > 1 && look.distinct === look.count;

/** A column of labels: each of them names at least two rows on average, and there are at least two. */
export const repeats = (look: ColumnLook): boolean => look.distinct > 1 && look.distinct <= look.count / 2;
