import { SeriesFileError, shown } from './series-error';
import type { Decimal, Series, SeriesDataset } from './types';

// A whole number without a superfluous zero in front ("007" is a code, not the number 7), optional fraction, optional exponent.
const NUMERIC_LABEL = /^[+-]?(?:0|[1-9]\d*)(?:\.(\d*))?(?:[eE]([+-]?)\d+)?$/;
/** What spreadsheets write where they have no value or could not compute one. */
const NO_LABEL = /^(?:\?|[+-]?nan|null|<na>|n\/a|#(?:n\/?a|value!|ref!|div\/0!|name\?|num!|null!|spill!|calc!))$/i;
/** Decimal digits that a double always keeps; longer labels stay as they are written, so that none are merged. */
const EXACT_DIGITS = 15;

/**
 * The label as text, the same for all spellings of one number: "1.0000000e+00", "1.0", "+1" and "1" are "1"; "-0.0" is "0".
 * Codes such as "007", "1e3" (no point, no sign in the exponent) or numbers too long for a double are kept as written.
 * @returns null for an empty cell, "?", "NaN", "null", "N/A" and the errors of spreadsheets, such as "#N/A"
 */
export function normalizeLabel(cell: string, decimal: Decimal = '.'): string | null {
  const text = cell.trim();
  if (text === '' || NO_LABEL.test(text)) return null;
  const pointed = decimal === ',' ? text.replace(',', '.') : text;
  const match = NUMERIC_LABEL.exec(pointed);
  if (!match) return text;
  const [, fraction, exponentSign] = match;
  if (fraction === undefined && exponentSign === '') return text;
  const mantissa = pointed.replace(/[eE].*$/, '').replace(/^[+-]/, '');
  const significant = withoutTrailingZeros(mantissa).replace('.', '').replace(/^0+/, '');
  const value = Number(pointed);
  if (significant.length > EXACT_DIGITS || !Number.isFinite(value)) return text;
  return String(value === 0 ? 0 : value);
}

/** Without the zeros at the end of a fraction. */
function withoutTrailingZeros(number: string): string {
  if (!number.includes('.')) return number;
  let end = number.length;
  while (number[end - 1] === '0') end--;
  return number.slice(0, end);
}

/** The number a normalized label is, or null for text. */
export function labelNumber(label: string): number | null {
  return NUMERIC_LABEL.test(label) ? Number(label) : null;
}

const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Order of labels: numbers by value before text; text with its runs of digits by value ("class 2" before "class 10"). */
export function compareLabels(a: string, b: string): number {
  const numberA = labelNumber(a);
  const numberB = labelNumber(b);
  if (numberA !== null && numberB !== null) return numberA - numberB || byCode(a, b);
  if (numberA !== null || numberB !== null) return numberA !== null ? -1 : 1;
  const partsA = a.match(/\d+|\D+/g) ?? [];
  const partsB = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(partsA.length, partsB.length); i++) {
    const [x, y] = [partsA[i], partsB[i]];
    const order = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : byCode(x, y);
    if (order !== 0) return order;
  }
  return partsA.length - partsB.length || byCode(a, b);
}

/** The labels that occur, sorted naturally. */
export function classNamesOf(series: readonly Series[]): string[] {
  const names = new Set<string>();
  for (const { label } of series) if (label !== null) names.add(label);
  return [...names].sort(compareLabels);
}

/** The first few names, for a message. */
export function listed(names: readonly string[], limit = 12): string {
  const head = names.slice(0, limit).map(shown).join(', ');
  return names.length > limit ? `${head} and ${names.length - limit} more` : head;
}

/**
 * Makes sure that every series has a label.
 * @throws SeriesFileError `series.label-missing` naming the first row without one
 */
export function requireLabels(dataset: SeriesDataset): void {
  const bare = dataset.series.find(({ label }) => label === null);
  if (!bare) return;
  const { file, format, classNames } = dataset;
  const advice =
    classNames.length === 0
      ? 'The file seems to have no labels. If it has, set the option "labels" to their column.'
      : 'Give it a label or remove the row.';
  const location = { file, row: bare.row, column: format.labelColumn ?? undefined };
  throw new SeriesFileError('series.label-missing', location, `expected a class label, found none. ${advice}`);
}

/**
 * Makes sure that both parts are labeled and that TEST has no class that TRAIN lacks.
 * @throws SeriesFileError `series.label-missing`, or `series.label-unseen` naming the label, its file and row
 */
export function checkLabels(train: SeriesDataset, test: SeriesDataset): void {
  requireLabels(train);
  requireLabels(test);
  const known = new Set(train.classNames);
  const unseen = test.series.find(({ label }) => label !== null && !known.has(label));
  if (!unseen) return;
  throw new SeriesFileError(
    'series.label-unseen',
    { file: test.file, row: unseen.row, column: test.format.labelColumn ?? undefined },
    `the label ${shown(unseen.label!)} does not occur in ${train.file}, whose labels are ${listed(train.classNames)}. ` +
      'Remove the row, correct the label, or check that both files have their labels in the same column.',
  );
}
