import { parse } from 'csv-parse/sync';
import { SeriesFileError } from './series-error';
import type { Line } from './sniff';
import type { Delimiter } from './types';

/** Lines one quoted cell may span; more means that a quote was forgotten. */
const MAX_QUOTED_LINES = 100;

function countQuotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count;
}

/** Joins the lines of a table into records: a quoted cell may contain line ends. */
export class RecordJoiner {
  #open: Line | null = null;
  #lines = 0;

  constructor(
    readonly file: string,
    readonly delimiter: Delimiter | null,
  ) {}

  /**
   * @returns the record that the line completes, or null while a quoted cell is open
   * @throws SeriesFileError `series.quote`
   */
  push(text: string, row: number): Line | null {
    // A row of blank-separated numbers has no quoting.
    if (this.delimiter === ' ') return { text, row };
    // A comment may hold any number of quotes.
    if (!this.#open && /^\s*[#%]/.test(text)) return { text, row };
    const odd = text.includes('"') && countQuotes(text) % 2 === 1;
    if (!this.#open) {
      if (!odd) return { text, row };
      this.#open = { text, row };
      this.#lines = 1;
      return null;
    }
    this.#open.text += `\n${text}`;
    this.#lines++;
    if (this.#lines > MAX_QUOTED_LINES) this.finish();
    if (!odd) return null;
    const record = this.#open;
    this.#open = null;
    return record;
  }

  /** @throws SeriesFileError `series.quote` when a quoted cell is still open */
  finish(): void {
    if (this.#open)
      throw new SeriesFileError(
        'series.quote',
        { file: this.file, row: this.#open.row },
        'expected a closing quote ("), found none in this row or those that follow. Write a quote inside a quoted cell twice.',
      );
  }
}

/**
 * The cells of one record. Records with quotes go through csv-parse; splitting plain ones is about ten times as fast.
 * @throws SeriesFileError `series.quote` for misplaced quotes
 */
export function splitCells({ text, row }: Line, delimiter: Delimiter, file: string): string[] {
  if (delimiter === ' ') {
    const trimmed = text.trim();
    return trimmed === '' ? [] : trimmed.split(/[ \t]+/);
  }
  if (!text.includes('"')) return text.split(delimiter);
  try {
    const records: string[][] = parse(text, {
      delimiter,
      relax_column_count: true,
      trim: true,
      record_delimiter: '\n',
      skip_empty_lines: false,
      max_record_size: 0,
    });
    return records[0] ?? [];
  } catch (error) {
    const column = (error as { column?: unknown }).column;
    throw new SeriesFileError(
      'series.quote',
      { file, row, column: typeof column === 'number' ? column + 1 : undefined },
      `expected a cell in quotes to be written as "…" with inner quotes doubled. (${(error as Error).message})`,
      { cause: error },
    );
  }
}

/** Characters from which a row counts as long: its cells as an array of texts would take ten times the row. */
const LONG_ROW = 2 ** 20;
/** Cells at either end of a long row, and in between, that its layout is found from. */
const SAMPLED = { ends: 1000, between: 2000 };

/** Whether the cells of a row are better taken one by one. */
export const isLongRow = (text: string, delimiter: Delimiter): boolean =>
  text.length > LONG_ROW && delimiter !== ' ' && !text.includes('"');

/** Number of cells of a row without quotes. */
export function countCells(text: string, delimiter: Delimiter): number {
  let count = 1;
  for (let at = text.indexOf(delimiter); at >= 0; at = text.indexOf(delimiter, at + 1)) count++;
  return count;
}

/** Calls back with every cell of a row without quotes, in order. */
export function forEachCell(text: string, delimiter: Delimiter, cell: (text: string, index: number) => void): void {
  let start = 0;
  for (let index = 0; ; index++) {
    const at = text.indexOf(delimiter, start);
    cell(text.slice(start, at < 0 ? text.length : at), index);
    if (at < 0) return;
    start = at + 1;
  }
}

/** The cells of a row for finding its layout: of a long one those at its ends and some in between, the others are holes. */
export function sampleCells(record: Line, delimiter: Delimiter, file: string): string[] {
  if (!isLongRow(record.text, delimiter)) return splitCells(record, delimiter, file);
  const count = countCells(record.text, delimiter);
  const cells = new Array<string>(count);
  const every = Math.ceil(count / SAMPLED.between);
  forEachCell(record.text, delimiter, (text, i) => {
    if (i < SAMPLED.ends || i >= count - SAMPLED.ends || i % every === 0) cells[i] = text;
  });
  return cells;
}
