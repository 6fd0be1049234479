import type { Decimal } from './types';

/** Tokens, in lower case, that stand for a missing value. */
const MISSING = ['', '?', 'nan', '-nan', '+nan', 'na', 'n/a', '#n/a', 'null', 'none'];

const POINT_NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
// A digit must follow the comma: in "1, 2, 3" the commas are separators.
const COMMA_NUMBER = /^[+-]?(?:\d+(?:,\d+)?|,\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^[+-]?inf(?:inity)?$/i;

/** Reads cells as numbers by the strict decimal grammar: no hexadecimal, no grouping of digits, no units. */
export class CellParser {
  readonly #missing: Set<string>;
  readonly #quick: boolean;

  /** @param extraMissing further tokens that mean a missing value; letter case does not matter */
  constructor(
    readonly decimal: Decimal,
    extraMissing: readonly string[] = [],
  ) {
    this.#missing = new Set([...MISSING, ...extraMissing.map((token) => token.trim().toLowerCase())]);
    // An additional token may well be a number, for example -999.
    this.#quick = decimal === '.' && extraMissing.length === 0;
  }

  /** @returns the number; NaN for a missing value; plus or minus Infinity where infinite or too large for a double; null for anything else */
  parse(cell: string): number | null {
    // The usual cell needs no pattern: Number() accepts more than the grammar only where a letter other than e follows a zero
    // (0x, 0b, 0o), for "Infinity", and for blanks, none of which starts with a digit, a point or a minus and stays finite here.
    const code = cell.charCodeAt(0);
    if (this.#quick && ((code >= 48 && code <= 57) || code === 45 || code === 46)) {
      const value = +cell;
      if (value - value === 0 && (code !== 48 || !(cell.charCodeAt(1) > 57))) return value;
    }
    return this.#parseSlowly(cell.trim());
  }

  #parseSlowly(text: string): number | null {
    if (this.#missing.has(text.toLowerCase())) return Number.NaN;
    if (this.decimal === '.' ? POINT_NUMBER.test(text) : COMMA_NUMBER.test(text))
      return Number(this.decimal === '.' ? text : text.replace(',', '.'));
    if (INFINITE.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
    return null;
  }

  isMissing(cell: string): boolean {
    return this.#missing.has(cell.trim().toLowerCase());
  }
}

/** What is wrong with a cell that should have been a finite number, with advice where the cause is plain. */
export function explainCell(cell: string, decimal: Decimal): string {
  const text = cell.trim();
  if (text.includes(decimal === '.' ? ',' : '.'))
    return ` The decimal mark is "${decimal}" here. If the file uses the other one, set the option "decimal".`;
  if (/^[\u2212\u2012\u2013\u2014]/.test(text)) return ' Write the minus sign as a plain hyphen "-".';
  if (text.includes('%')) return ' Write plain numbers without a percent sign.';
  return '';
}
