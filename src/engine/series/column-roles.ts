import { allDistinct, mostlyDates, mostlyText, wholeNumbers, type ColumnLook } from './column-look';
import { namesRows, oddColumns } from './column-names';

/** The columns of a table as their names and cells show them. */
export interface ColumnTraits {
  names: readonly string[] | null;
  /** number of columns; rows of differing length share this many at their front */
  width: number;
  /** what the cells of a column look like, by its index from 0 */
  look: (index: number) => ColumnLook;
  /** whether the values of the table are measured rather than counted */
  fractional: boolean;
  /** rows that were looked at */
  rows: number;
}

/** Columns at each end that are looked at where there are too many to look at all. */
export const EDGE = 8;
const LOOKED_AT = 600;
/** With fewer rows than this, whole numbers that differ may do so by chance. */
const FEW_ROWS = 5;
/** So many rows that numbers rise by chance only once in thousands of tables. */
const RISING_ROWS = 8;
/** Columns of whole numbers between fractions that are worth a note, if they are no more than this. */
const FEW_COLUMNS = 3;
/** How many times the spread of the others a column must lie beside them to be of another kind. */
const OUTLYING = 10;

/** Indices of the columns worth looking at: all of a narrow table, else those at its ends and those with names of their own. */
export function examined({ width, names }: ColumnTraits): number[] {
  const odd = names ? oddColumns(names) : null;
  const all = Array.from({ length: width }, (_, i) => i);
  return width <= LOOKED_AT
    ? all
    : all.filter(
        (i) => i < EDGE || i >= width - EDGE || odd?.has(i) || (names && namesRows(names[i]) && names[i] !== ''),
      );
}

/** How many times the spread of all the other columns a column of numbers lies beside them; 0 where it is among them. */
function distance(index: number, traits: ColumnTraits, others: readonly number[]): number {
  const { low, high } = traits.look(index);
  if (Number.isNaN(low)) return 0;
  let [bottom, top] = [Infinity, -Infinity];
  for (const other of others) {
    if (other === index) continue;
    const look = traits.look(other);
    if (look.low < bottom) bottom = look.low;
    if (look.high > top) top = look.high;
  }
  if (!(top > bottom)) return 0;
  return Math.max(0, low - top, bottom - high) / (top - bottom);
}

/** Why a column is no value, or why it might be none. */
interface Suspicion {
  column: number;
  /** left out, or read as a value and only reported */
  leftOut: boolean;
  /** it numbers, names or dates the rows */
  names: boolean;
}

/**
 * Columns that do not seem to hold values, apart from the label: those whose names or cells number, name or date the rows, and those
 * unlike all others.
 * @param label column of the labels, from 0; -1 without
 */
export function suspiciousColumns(traits: ColumnTraits, label: number): Suspicion[] {
  const { names, look, fractional, rows } = traits;
  const candidates = examined(traits).filter((index) => index !== label);
  const odd = names ? oddColumns(names) : null;
  const usual = candidates.filter((index) => !odd?.has(index));
  const allWhole = (index: number): boolean => wholeNumbers(look(index)) && look(index).fractions === 0;
  const fewWhole = usual.filter((index) => allWhole(index) && look(index).low !== 0).length <= FEW_COLUMNS;
  // Two columns of numbers of the rows widen the range that each is compared with.
  const middle = usual.slice(2, -2);
  const inner = middle.map((index) => look(index).decimals);
  const written = inner.length >= 2 && inner.every((decimals) => decimals === inner[0]) ? inner[0] : null;
  const found: Suspicion[] = [];
  candidates.forEach((index) => {
    const own = look(index);
    if (own.count === 0) return;
    const edge = index === candidates[0] || index === candidates[candidates.length - 1];
    const whole = allWhole(index);
    const distinct = allDistinct(own) && own.count === own.cells && rows >= FEW_ROWS;
    const add = (leftOut: boolean, naming: boolean): void => void found.push({ column: index, leftOut, names: naming });
    const name = names?.[index] ?? null;
    if (name !== null && namesRows(name) && (name.trim() !== '' || index === 0)) {
      // An unnamed first column, or one called "no", may be a value all the same.
      const bare = name.trim() === '' || !odd?.has(index);
      if (!bare || mostlyText(own) || allDistinct(own)) return add(true, true);
      return add(edge && fractional && whole, true);
    }
    if (mostlyDates(own)) return add(true, true);
    if (mostlyText(own)) return odd?.has(index) || (edge && distinct) ? add(true, true) : undefined;
    const away = distance(index, traits, usual);
    const far = away > OUTLYING;
    if (odd?.has(index)) {
      if (fractional ? whole || far : distinct || far) return add(true, false);
      return add(false, false);
    }
    if (fractional && whole && distinct) return add(edge, true);
    // Times and other numbers of the rows rise from row to row.
    const rising = own.count >= RISING_ROWS && own.count === own.cells;
    if (rising && own.rising === 'strictly' && distinct) return add(edge, true);
    if (far) return add(edge && whole && distinct, false);
    // Many series begin or end with 0.
    const telling = own.distinct > 1 || own.low !== 0;
    const close =
      (fractional && whole && telling && (edge || fewWhole)) ||
      (edge && telling && own.distinct === 1) ||
      (edge && rising && own.rising === 'weakly' && own.distinct > 1) ||
      (edge && away > 1) ||
      (whole && distinct && !middle.includes(index) && middle.length >= 3 && distance(index, traits, middle) > 1) ||
      (!middle.includes(index) && telling && written !== null && own.decimals !== written);
    if (close && rows >= FEW_ROWS) return add(false, false);
  });
  return found;
}

const MAX_NAMED = 6;

/** The columns by number and name, for a note. */
function listOf(columns: readonly number[], names: readonly string[] | null): string {
  const one = (index: number): string =>
    names?.[index]?.trim() ? `${index + 1} (${JSON.stringify(names[index])})` : String(index + 1);
  const shownColumns = columns.slice(0, MAX_NAMED).map(one).join(', ');
  return columns.length > MAX_NAMED ? `${shownColumns} and ${columns.length - MAX_NAMED} more` : shownColumns;
}

/** What was made of the columns that are unlike the others, as sentences. */
export function columnNotes(found: readonly Suspicion[], names: readonly string[] | null): string[] {
  const notes: string[] = [];
  const say = (
    fits: (one: Suspicion) => boolean,
    one: (list: string) => string,
    many: (list: string) => string,
  ): void => {
    const columns = found.filter(fits).map(({ column }) => column);
    if (columns.length > 0) notes.push((columns.length === 1 ? one : many)(listOf(columns, names)));
  };
  say(
    ({ leftOut, names: naming }) => leftOut && naming,
    (list) =>
      `Column ${list} only numbers or names the rows and was left out. To keep it, set the option "ignoredColumns" to [].`,
    (list) =>
      `Columns ${list} only number or name the rows and were left out. To keep them, set the option "ignoredColumns" to [].`,
  );
  say(
    ({ leftOut, names: naming }) => leftOut && !naming,
    (list) =>
      `Column ${list} is unlike the other columns and was left out. To keep it, set the option "ignoredColumns" to [].`,
    (list) =>
      `Columns ${list} are unlike the other columns and were left out. To keep them, set the option "ignoredColumns" to [].`,
  );
  say(
    ({ leftOut }) => !leftOut,
    (list) =>
      `Column ${list} is unlike the other columns but was read as a value. If it is not a value, set the option "ignoredColumns".`,
    (list) =>
      `Columns ${list} are unlike the other columns but were read as values. If they are not values, set the option "ignoredColumns".`,
  );
  return notes;
}
