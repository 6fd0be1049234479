import * as z from 'zod';

/**
 * How series files are read and how they were understood, declared once: what a person says (`readOptionsSchema`), what the reader made of
 * a file (`readFormatSchema`), and what a program keeps of its TRAIN file (`understoodSchema`).
 */

/** File formats of labeled series collections. */
export const FILE_KINDS = ['csv', 'tsv', 'txt', 'ts', 'arff', 'npy', 'npz'] as const;
const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
/** Separator of the cells of a row; a blank stands for any run of blanks and tabs. */
const DELIMITERS = [',', ';', '\t', '|', ' '] as const;
/** Mark between whole and fractional digits. */
const DECIMALS = ['.', ','] as const;

const column = z.int().min(1);
/** A column: its number, from 1, or its name in the header. */
const columnRefSchema = z.union([column, z.string()]);

/** Everything that may be said about a file; whatever is left out is found from its name and content. */
export const readOptionsSchema = z.object({
  kind: z.enum(FILE_KINDS).optional(),
  encoding: z.enum(ENCODINGS).optional(),
  delimiter: z.enum(DELIMITERS).optional(),
  decimal: z.enum(DECIMALS).optional(),
  header: z.boolean().optional(),
  /** a number is a column counted from 1, a name is looked up in the header */
  labels: z.union([z.enum(['none', 'first', 'last']), column, z.object({ name: z.string() })]).optional(),
  /** columns to leave out; in place of the detected ones */
  ignoredColumns: z.array(columnRefSchema).optional(),
  /** columns of the values; the label may be among them, and is none then */
  columns: z.union([z.array(columnRefSchema), z.object({ from: columnRefSchema, to: columnRefSchema })]).optional(),
  /** channel of a multivariate file: its number, from 1, or its name */
  channel: z.union([column, z.string()]).optional(),
  /** tokens that mean a missing value, in addition to the usual ones (see tokens.ts); letter case does not matter */
  missing: z.array(z.string()).optional(),
});

/** How a file was understood. Handing it back as options reads the same file in the same way. */
export const readFormatSchema = z.object({
  kind: z.enum(FILE_KINDS),
  encoding: z.enum(ENCODINGS),
  delimiter: z.enum(DELIMITERS),
  decimal: z.enum(DECIMALS),
  /** whether the first row names the columns (tables); .ts and .arff always have a header of their own */
  header: z.boolean(),
  /** names of the columns, where the file gives names */
  columnNames: z.array(z.string()).nullable(),
  /** resolved place of the labels */
  labels: z.union([z.enum(['none', 'first', 'last']), column]),
  /** column of the labels, from 1; null without labels or when rows differ in length and the label ends each row */
  labelColumn: column.nullable(),
  /** columns, from 1, that are neither label nor value, for example a running index */
  ignoredColumns: z.array(column),
  /** columns of the values, from 1, where they were chosen or put in order; null for all others in the order of the file */
  valueColumns: z.array(column).nullable(),
  /** tokens that meant a missing value, in addition to the usual ones */
  missing: z.array(z.string()),
  /** channel that was read, from 1 */
  channel: column,
  /** number of channels of the file */
  channels: column,
  /** names of the channels, where the file gives names */
  channelNames: z.array(z.string()).nullable(),
  /** whether the file gives a time stamp with each value */
  timeStamps: z.boolean(),
});
export type ReadFormat = z.infer<typeof readFormatSchema>;

/** How a file was understood, whole; it tells how others are to be read alike. */
export const understoodSchema = readFormatSchema.extend({
  /** name of the data set */
  name: z.string(),
  /** values of its shortest and its longest series */
  shortest: z.int().min(0),
  longest: z.int().min(1),
});
export type Understood = z.infer<typeof understoodSchema>;
