import type { OutputKind } from '../files/outputs';
import type { ClassifyResult } from './classify';

export const PREDICTIONS_CSV: OutputKind = {
  name: 'a CSV file of predictions',
  begins: /^index,label,probability,truth,p:/,
};

/** Text that a spreadsheet would take for a formula, its wide forms included; a plain number, such as the label -1, is none. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/;
/**
 * Where the locale's list separator is a semicolon, a spreadsheet takes the file apart there, in the middle of what is quoted for
 * commas: what follows begins a cell of its own. The sign is optional so that a long gap without one is passed once, not again from
 * each of its characters.
 */
const GAP_AND_SIGN = /([;\s]+)([=+\-@\uff1d\uff0b\uff0d\uff20])?/g;
const SEPARATOR = /[;\t\r\n]/;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/**
 * One cell: quoted as RFC 4180 demands, and with an apostrophe in front where a spreadsheet would run it as a formula (labels and
 * names come from files of unknown origin).
 */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const first = FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  const inert = first.replace(GAP_AND_SIGN, (all, gap: string, sign?: string) =>
    sign !== undefined && SEPARATOR.test(gap) ? `${gap}'${sign}` : all,
  );
  return /[",;\t\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

/**
 * Predictions as CSV with a header: index (from 0), label, probability, truth (empty where unknown), and the probability of every
 * class as `p:CLASS`.
 */
export function predictionsCsv({ classNames, predictions }: ClassifyResult): string {
  const header = ['index', 'label', 'probability', 'truth', ...classNames.map((name) => `p:${name}`)];
  const rows = predictions.map(({ index, label, probability, truth, probabilities }) => [
    index,
    label,
    probability,
    truth ?? '',
    ...probabilities,
  ]);
  return [header, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}
