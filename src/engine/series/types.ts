/** A column: its number, from 1, or its name in the header. */
export type ColumnRef = number | string;

/** Columns of a table: a list in the order that is wanted, or all from one to another. */
export type ColumnChoice = ColumnRef[] | { from: ColumnRef; to: ColumnRef };

/** File formats of labeled series collections. */
export type FileKind = 'csv' | 'tsv' | 'txt' | 'ts' | 'arff';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** Separator of the cells of a row; a blank stands for any run of blanks and tabs. */
export type Delimiter = ',' | ';' | '\t' | '|' | ' ';

/** Mark between whole and fractional digits. */
export type Decimal = '.' | ',';

/** Where the labels are; a number is a column counted from 1, a name is looked up in the header. */
export type LabelPlace = 'auto' | 'none' | 'first' | 'last' | number | { name: string };

/** One univariate series. */
export interface Series {
  /** the samples in time order, all finite */
  values: Float64Array;
  /** class label as normalized text; null where the file gives none */
  label: string | null;
  /** line of the file, from 1, on which the series begins */
  row: number;
}

/** How a file was understood. Handing `optionsFrom(format)` back reads the same file in the same way. */
export interface ReadFormat {
  kind: FileKind;
  encoding: Encoding;
  delimiter: Delimiter;
  decimal: Decimal;
  /** whether the first row names the columns (tables); .ts and .arff always have a header of their own */
  header: boolean;
  /** names of the columns, where the file gives names */
  columnNames: string[] | null;
  /** resolved place of the labels */
  labels: 'none' | 'first' | 'last' | number;
  /** column of the labels, from 1; null without labels or when rows differ in length and the label ends each row */
  labelColumn: number | null;
  /** columns, from 1, that are neither label nor value, for example a running index */
  ignoredColumns: number[];
  /** columns of the values, from 1, where they were chosen or put in order; null for all others in the order of the file */
  valueColumns: number[] | null;
  /** tokens that meant a missing value, in addition to the usual ones */
  missing: string[];
  /** channel that was read, from 1 */
  channel: number;
  /** number of channels of the file */
  channels: number;
  /** whether the file gives a time stamp with each value */
  timeStamps: boolean;
}

/** Sizes at which reading stops with the error `series.limit` rather than exhaust the machine. */
export interface ReadLimits {
  /** bytes of the file */
  maxBytes: number;
  /** bytes of one row */
  maxRowBytes: number;
  /** values of all series together (8 bytes of memory each) */
  maxValues: number;
  maxSeries: number;
}

export const DEFAULT_LIMITS: Readonly<ReadLimits> = {
  maxBytes: 2 ** 32,
  maxRowBytes: 64 * 2 ** 20,
  maxValues: 100_000_000,
  maxSeries: 1_000_000,
};

/** Everything that may be said about a file; whatever is left out or `auto` is found from its name and content. */
export interface ReadOptions {
  kind?: FileKind | 'auto';
  encoding?: Encoding | 'auto';
  delimiter?: Delimiter | 'auto';
  decimal?: Decimal | 'auto';
  header?: boolean | 'auto';
  labels?: LabelPlace;
  /** columns to leave out; in place of the detected ones */
  ignoredColumns?: ColumnRef[];
  /** columns of the values; the label may be among them, and is none then */
  columns?: ColumnChoice;
  /** channel of a multivariate file, from 1 */
  channel?: number;
  /** tokens that mean a missing value, in addition to the usual ones (see tokens.ts); letter case does not matter */
  missing?: string[];
  limits?: Partial<ReadLimits>;
  signal?: AbortSignal;
  /** called after each piece of the file */
  onProgress?: (bytesRead: number, total: number) => void;
}

/** A whole series file. */
export interface SeriesDataset {
  /** name of the data set, from the file's name */
  name: string;
  /** the path as it was given */
  file: string;
  /** SHA-256 of the file's bytes, hexadecimal */
  sha256: string;
  series: Series[];
  /** the labels that occur, sorted naturally */
  classNames: string[];
  /** what was treated or deserves attention, as sentences: gaps, trailing missing values, ambiguous columns */
  notes: string[];
  format: ReadFormat;
}

/** The options that make a file be read as `format` says. */
export function optionsFrom(format: ReadFormat): ReadOptions {
  const { kind, encoding, delimiter, decimal, header, labels, ignoredColumns, valueColumns, missing, channel } = format;
  const table = kind !== 'ts' && kind !== 'arff';
  return table
    ? {
        kind,
        encoding,
        delimiter,
        decimal,
        header,
        labels,
        ignoredColumns,
        columns: valueColumns ?? undefined,
        missing,
      }
    : { kind, encoding, labels, ignoredColumns, columns: valueColumns ?? undefined, channel, missing };
}
