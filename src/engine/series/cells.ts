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
