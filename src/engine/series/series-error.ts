import { V2SError } from '../errors';

/** Where in a file something is wrong; rows and columns count from 1, a column is a cell of the row. */
export interface Location {
  file: string;
  row?: number;
  column?: number;
}

const MAX_SHOWN = 40;

/** A piece of the file in quotes, shortened, with control characters made visible. */
export function shown(text: string): string {
  const short = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return JSON.stringify(short);
}

function place({ file, row, column }: Location): string {
  const parts = [file];
  if (row !== undefined) parts.push(`row ${row}`);
  if (column !== undefined) parts.push(`column ${column}`);
  return parts.join(', ');
}

/** A series file that cannot be understood; the place is also kept as fields, for an editor's markers. */
export class SeriesFileError extends V2SError {
  readonly file: string;
  readonly row: number | null;
  readonly column: number | null;

  /** @param problem what was expected, what was found, what to do; it follows the place in the message */
  constructor(code: string, location: Location, problem: string, options?: ErrorOptions) {
    super(code, `${place(location)}: ${problem}`, options);
    this.file = location.file;
    this.row = location.row ?? null;
    this.column = location.column ?? null;
  }
}
