import type { z } from 'zod';
import type { FILE_KINDS, ReadFormat, readOptionsSchema } from '../../common/read-format';

export type { ReadFormat, Understood } from '../../common/read-format';

type Said = z.infer<typeof readOptionsSchema>;

/** Columns of a table: a list in the order that is wanted, or all from one to another. */
export type ColumnChoice = NonNullable<Said['columns']>;
/** A column: its number, from 1, or its name in the header. */
export type ColumnRef = NonNullable<Said['ignoredColumns']>[number];
export type FileKind = (typeof FILE_KINDS)[number];
export type Encoding = ReadFormat['encoding'];
export type Delimiter = ReadFormat['delimiter'];
export type Decimal = ReadFormat['decimal'];
/** Where the labels are; a number is a column counted from 1, a name is looked up in the header. */
export type LabelPlace = 'auto' | NonNullable<Said['labels']>;

/** One univariate series. */
export interface Series {
  /** the samples in time order, all finite */
  values: Float64Array;
  /** class label as normalized text; null where the file gives none */
  label: string | null;
  /** line of the file, from 1, on which the series begins */
  row: number;
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

/** What is said about a file; whatever is left out or `auto` is found from its name and content. */
export interface ReadOptions extends Omit<Said, 'kind' | 'encoding' | 'delimiter' | 'decimal' | 'header' | 'labels'> {
  kind?: FileKind | 'auto';
  encoding?: Encoding | 'auto';
  delimiter?: Delimiter | 'auto';
  decimal?: Decimal | 'auto';
  header?: boolean | 'auto';
  labels?: LabelPlace;
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

/** Whether series come as arrays of numbers rather than as text. */
export const isArrays = (kind: FileKind): boolean => kind === 'npy' || kind === 'npz';

/** The options that make a file be read as `format` says. */
export function optionsFrom(format: ReadFormat): ReadOptions {
  const { kind, encoding, delimiter, decimal, header, labels, ignoredColumns, valueColumns, missing, channel } = format;
  if (isArrays(kind))
    // Labels of an array of their own are found again.
    return { kind, labels: labels === 'none' || format.labelColumn !== null ? labels : 'auto', channel, missing };
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
