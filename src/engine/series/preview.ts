import { openArrayFile, type ArrayFile, type ArrayKind } from './arrays/array-file';
import { arrayKindOf, readArrays } from './arrays/read-arrays';
import { classNamesOf } from './labels';
import { datasetName } from './names';
import { limitsOf, openReader, readHead, type FileHead } from './read';
import type { SeriesReader } from './reader';
import { refuseByName } from './refused-kinds';
import { SeriesBuilder } from './series-builder';
import { SeriesFileError } from './series-error';
import { TextSource } from './text-source';
import type { ReadFormat, ReadLimits, ReadOptions } from './types';

const SHOWN_ROWS = 20;
const SHOWN_CELLS = 200;
/** Cells at the end of a row that are shown too: the label is often there. */
const SHOWN_LAST = 4;

interface PreviewRow {
  row: number;
  /** the first cells of the row as written */
  cells: string[];
  /** the last cells as written, 4 at most; some of `cells` may be among them */
  last: string[];
  /** number of all its cells */
  count: number;
}

/** What is understood of a file from its beginning. Everything in `format` can be corrected by handing it back as options. */
export interface SeriesPreview {
  file: string;
  name: string;
  /** size of the file; 0 where unknown */
  bytes: number;
  /** null when the layout could not be found; `problem` then says why */
  format: ReadFormat | null;
  /** the first rows, 20 at most, 200 cells each at most */
  rows: PreviewRow[];
  /** estimated from the beginning unless `complete` */
  seriesCount: number;
  /** whether the beginning that was read is the whole file */
  complete: boolean;
  /** of the series in the part that was read; null if there is none */
  lengths: { min: number; max: number } | null;
  /** labels of the part that was read, sorted naturally, with their numbers of series */
  classes: { label: string; count: number }[];
  /** missing values in the part that was read; row and column of the first, 0 if there is none */
  missing: { cells: number; row: number; column: number };
  /** assumptions and treatments, as sentences */
  notes: string[];
  /** the error that reading the file would end in, if the part that was read has one */
  problem: { code: string; message: string; row: number | null; column: number | null } | null;
}

/**
 * Looks at the beginning of a file (200 rows or 4 MiB) and reports how it would be read.
 * @throws V2SError `file.*` for an unreadable file; SeriesFileError `series.binary`, `series.encoding`, `series.typescript` for
 * one that is no series file at all; other errors are in `problem`
 */
export async function previewSeriesFile(path: string, options: ReadOptions = {}): Promise<SeriesPreview> {
  refuseByName(path, options);
  const kind = arrayKindOf(path, options);
  if (kind) return await previewArrays(path, kind, options);
  return await previewSource(() => TextSource.open(path, { ...options, limits: limitsOf(options) }), options);
}

/** The same for content that is at hand, for example an unsaved document; `name` is the path or name it has. */
export async function previewSeriesBytes(
  name: string,
  bytes: Uint8Array,
  options: ReadOptions = {},
): Promise<SeriesPreview> {
  const open = (): Promise<TextSource> =>
    Promise.resolve(TextSource.of(name, bytes, { ...options, limits: limitsOf(options) }));
  return await previewSource(open, options);
}

async function headOf(source: TextSource, limits: ReadLimits, abridge: boolean): Promise<FileHead> {
  try {
    return await readHead(source, limits, abridge);
  } finally {
    await source.close();
  }
}

async function previewSource(open: () => Promise<TextSource>, options: ReadOptions): Promise<SeriesPreview> {
  const limits = limitsOf(options);
  let source = await open();
  const path = source.file;
  let head = await headOf(source, limits, true);
  if (head.spoiled) {
    source = await open();
    head = await headOf(source, limits, false);
  }
  const { complete, terminated, further } = head;
  const preview = emptyPreview(path, source.total, complete);
  const builder = new SeriesBuilder(path, limits);
  let reader: SeriesReader | null = null;
  const refused = (error: unknown): void => {
    if (!(error instanceof SeriesFileError) || error.code === 'series.typescript') throw error;
    const { code, message, row, column } = error;
    preview.problem ??= { code, message, row, column };
  };
  try {
    reader = openReader(path, head.lines, further, options, builder);
  } catch (error) {
    refused(error);
    // Where only the labels are in doubt, the table can be shown for the user to point at them.
    if (preview.problem?.code === 'series.labels') reader = withoutLabels(path, head, further, options, builder);
  }
  try {
    for (const { text, row } of reader ? head.lines : []) reader!.line(text, row);
    if (complete) reader?.finish(terminated);
  } catch (error) {
    refused(error);
  }
  if (reader) {
    preview.format = { ...reader.format(), encoding: source.encoding };
    preview.rows = shownRows(reader, head);
    preview.notes = [...reader.notes(), ...builder.notes()];
    if (head.abridged.size > 0)
      preview.notes.push(
        'The rows are very long. Their beginnings and ends were looked at, and the values between were only counted.',
      );
  } else {
    preview.rows = head.lines
      .slice(0, SHOWN_ROWS)
      .map(({ text, row }) => ({ row, cells: [text.slice(0, 400)], last: [text.slice(0, 400)], count: 1 }));
  }
  describe(preview, builder, head);
  return preview;
}

function emptyPreview(file: string, bytes: number, complete: boolean): SeriesPreview {
  return {
    ...{ file, name: datasetName(file), bytes, format: null, rows: [], seriesCount: 0, complete, lengths: null },
    ...{ classes: [], missing: { cells: 0, row: 0, column: 0 }, notes: [], problem: null },
  };
}

/** Series of an array that are looked at, and values of them all. */
const LOOKED_AT = { series: 200, values: 2 ** 20 };

async function previewArrays(path: string, kind: ArrayKind, options: ReadOptions): Promise<SeriesPreview> {
  const limits = limitsOf(options);
  const preview = emptyPreview(path, 0, false);
  const builder = new SeriesBuilder(path, limits);
  let opened: ArrayFile | null = null;
  try {
    opened = await openArrayFile(path, kind, options, limits);
    const [count, ...rest] = opened.values.shape;
    const ofOne = rest.reduce((product, n) => product * n, 1);
    const most = Math.min(LOOKED_AT.series, Math.max(1, Math.floor(LOOKED_AT.values / ofOne)));
    preview.bytes = opened.bytes;
    preview.complete = count <= most;
    const { format, notes, rows } = await readArrays(path, kind, opened, options, builder, limits, most);
    preview.format = format;
    preview.notes = [...notes, ...builder.notes()];
    preview.rows = rows.map((cells, i) => ({
      row: i + 1,
      cells,
      last: cells.slice(-4),
      count: ofOne + (opened!.labels ? 1 : 0),
    }));
    describeSeries(preview, builder);
    preview.seriesCount = count;
  } catch (error) {
    if (!(error instanceof SeriesFileError)) throw error;
    const { code, message, row, column } = error;
    preview.problem = { code, message, row, column };
  } finally {
    await opened?.close();
  }
  return preview;
}

function withoutLabels(
  path: string,
  head: FileHead,
  further: readonly string[],
  options: ReadOptions,
  builder: SeriesBuilder,
): SeriesReader | null {
  try {
    return openReader(path, head.lines, further, { ...options, labels: 'none' }, builder);
  } catch (error) {
    if (error instanceof SeriesFileError) return null;
    throw error;
  }
}

function shownRows(reader: SeriesReader, head: FileHead): PreviewRow[] {
  const rows: PreviewRow[] = [];
  for (const line of head.lines) {
    if (rows.length === SHOWN_ROWS) break;
    let cells: string[] | null;
    try {
      cells = reader.cells(line);
    } catch {
      // A row with misplaced quotes is shown as it stands; the problem is reported by the reading itself.
      cells = [line.text];
    }
    if (!cells) continue;
    const count = cells.length + (head.abridged.get(line.row)?.cells ?? 0);
    rows.push({ row: line.row, cells: cells.slice(0, SHOWN_CELLS), last: cells.slice(-SHOWN_LAST), count });
  }
  return rows;
}

/** Fills in what the series that were read tell, and how many there may be. */
function describe(preview: SeriesPreview, builder: SeriesBuilder, head: FileHead): void {
  const { series } = builder;
  describeSeries(preview, builder, (row) => head.abridged.get(row)?.cells ?? 0);
  if (series.length === 0 || preview.complete || preview.bytes === 0) return;
  const textOf = (from: number): number =>
    head.lines.reduce(
      (sum, { text, row }) => sum + (row >= from ? text.length + 1 + (head.abridged.get(row)?.bytes ?? 0) : 0),
      0,
    );
  const dataBytes = preview.bytes - (textOf(0) - textOf(series[0].row));
  preview.seriesCount = Math.max(series.length, Math.round((series.length * dataBytes) / textOf(series[0].row)));
}

/** @param leftOut values of the series on a row that were only counted */
function describeSeries(
  preview: SeriesPreview,
  { series, missing }: SeriesBuilder,
  leftOut: (row: number) => number = () => 0,
): void {
  preview.missing = { ...missing };
  preview.seriesCount = series.length;
  if (series.length === 0) return;
  const lengths = { min: Infinity, max: 0 };
  // A piece of the file may hold more series than a function takes arguments.
  for (const { values, row } of series) {
    const length = values.length + leftOut(row);
    lengths.min = Math.min(lengths.min, length);
    lengths.max = Math.max(lengths.max, length);
  }
  preview.lengths = lengths;
  const counts = new Map<string, number>();
  for (const { label } of series) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  preview.classes = classNamesOf(series).map((label) => ({ label, count: counts.get(label)! }));
}

/**
 * Whether a file looks like a series file that can be opened, judged by a small part of it; never throws: what cannot be read does not
 * look like one. Use it before offering anything for a .ts file, which is usually TypeScript.
 */
export async function looksLikeSeriesFile(path: string): Promise<boolean> {
  try {
    const { problem } = await previewSeriesFile(path);
    return problem === null || problem.code === 'series.channel';
  } catch {
    return false;
  }
}
