import { throwIfCanceled } from '../errors';
import type { AbridgedLine } from './abridged-line';
import { ArffReader } from './arff';
import { openArrayFile, type ArrayKind } from './arrays/array-file';
import { arrayKindOf, readArrays } from './arrays/read-arrays';
import { DelimitedReader } from './delimited';
import { classNamesOf } from './labels';
import { LineSplitter } from './lines';
import { datasetName } from './names';
import type { SeriesReader } from './reader';
import { refuseByName } from './refused-kinds';
import { SeriesBuilder } from './series-builder';
import { SeriesFileError } from './series-error';
import { SktimeReader } from './sktime';
import { headerKind, sniffKind, type Line } from './sniff';
import { TextSource } from './text-source';
import { DEFAULT_LIMITS, type ReadLimits, type ReadOptions, type SeriesDataset } from './types';

/** The beginning of a file, from which its layout is found: this many rows, or this much text and two whole rows. */
const HEAD = { rows: 200, bytes: 4 * 2 ** 20 };

export function limitsOf(options: ReadOptions): ReadLimits {
  return { ...DEFAULT_LIMITS, ...options.limits };
}

/**
 * The reader for a file that begins with the given lines.
 * @param further whole lines from further down the file, by which labels are found in files sorted by class
 * @throws SeriesFileError when no reader can make sense of them
 */
export function openReader(
  file: string,
  head: readonly Line[],
  further: readonly string[],
  options: ReadOptions,
  builder: SeriesBuilder,
): SeriesReader {
  const kind = options.kind && options.kind !== 'auto' ? options.kind : sniffKind(file, head);
  if (kind === 'ts') return new SktimeReader(file, options, builder);
  if (kind === 'arff') return new ArffReader(file, options, builder);
  if (kind === 'npy' || kind === 'npz')
    throw new SeriesFileError('series.binary', { file }, 'arrays are read from a file, not from text.');
  return new DelimitedReader(file, kind, head, further, options, builder);
}

/** The first lines of a file, collected until they suffice to find its layout. */
class Head {
  readonly lines: Line[] = [];
  #firstRow = 0;
  #header: boolean | null = null;

  readonly add = (text: string, row: number): void => {
    this.lines.push({ text, row });
    // Files with a header of their own may have thousands of header lines.
    if (this.#header === null && !/^\s*(?:[#%]|$)/.test(text)) this.#header = headerKind([{ text, row }]) !== null;
    if (this.#header && this.#firstRow === 0 && /^\s*@data\b/i.test(text)) this.#firstRow = this.lines.length;
  };

  /** @param bytes of the file read so far */
  suffices(bytes: number): boolean {
    const rows = this.lines.length - this.#firstRow;
    const begun = !this.#header || this.#firstRow > 0;
    // The first row of a table may name the columns.
    const fewest = this.#header ? 1 : 2;
    return begun && (rows >= HEAD.rows || (bytes >= HEAD.bytes && rows >= fewest));
  }
}

/** The beginning of a file, and what there is to find its layout by. */
export interface FileHead {
  lines: readonly Line[];
  /** whether the lines are the whole file */
  complete: boolean;
  /** whether the last line has an end */
  terminated: boolean;
  /** whole lines from further down the file */
  further: string[];
  /** by row: lines that have lost their middle */
  abridged: ReadonlyMap<number, AbridgedLine>;
  /** whether one of them must be read whole */
  spoiled: boolean;
}

/**
 * Reads the beginning of a file.
 * @param abridge whether very long lines may lose their middle
 * @throws as `readSeriesFile`
 */
export async function readHead(source: TextSource, limits: ReadLimits, abridge = false): Promise<FileHead> {
  const head = new Head();
  const abridged = new Map<number, AbridgedLine>();
  let spoiled = false;
  const note = (row: number, line: AbridgedLine, isSpoiled: boolean): void => {
    abridged.set(row, line);
    spoiled ||= isSpoiled;
  };
  const splitter = new LineSplitter(source.file, limits.maxRowBytes, abridge ? note : undefined);
  for await (const piece of source.pieces()) {
    splitter.push(piece, head.add);
    if (!head.suffices(source.bytes)) continue;
    if (source.total > 0 && source.bytes >= source.total) break;
    const further = abridged.size > 0 ? [] : await source.further();
    return { lines: head.lines, complete: false, terminated: true, further, abridged, spoiled };
  }
  splitter.finish(head.add);
  const { terminated } = splitter;
  return { lines: head.lines, complete: true, terminated, further: [], abridged, spoiled };
}

/**
 * Reads a series file of any supported format in one pass, as a stream: memory holds the values, not the text.
 * @param path .csv, .tsv, .txt, .ts (sktime, aeon) or .arff, also compressed (.gz), .npy or .npz; other names are judged by their content
 * @throws SeriesFileError naming file, row, column, what was expected and what was found; V2SError `file.*`; CanceledError
 */
export async function readSeriesFile(path: string, options: ReadOptions = {}): Promise<SeriesDataset> {
  refuseByName(path, options);
  const kind = arrayKindOf(path, options);
  if (kind) return await readArrayFile(path, kind, options);
  return readSource(await TextSource.open(path, { ...options, limits: limitsOf(options) }), options);
}

/**
 * Reads the content of a series file that is at hand, for example an unsaved document.
 * @param name path or name the content has; its extension and the data set's name are taken from it
 * @throws as `readSeriesFile`
 */
export async function readSeriesBytes(
  name: string,
  bytes: Uint8Array,
  options: ReadOptions = {},
): Promise<SeriesDataset> {
  return readSource(TextSource.of(name, bytes, { ...options, limits: limitsOf(options) }), options);
}

async function readSource(source: TextSource, options: ReadOptions): Promise<SeriesDataset> {
  const path = source.file;
  const limits = limitsOf(options);
  const builder = new SeriesBuilder(path, limits);
  try {
    const splitter = new LineSplitter(path, limits.maxRowBytes);
    const head = new Head();
    let reader: SeriesReader | null = null;
    const begin = async (): Promise<SeriesReader> => {
      const opened = openReader(path, head.lines, await source.further(), options, builder);
      for (const { text, row } of head.lines) opened.line(text, row);
      head.lines.length = 0;
      return opened;
    };
    const toReader = (text: string, row: number): void => reader!.line(text, row);
    for await (const piece of source.pieces()) {
      splitter.push(piece, reader ? toReader : head.add);
      if (!reader && head.suffices(source.bytes)) reader = await begin();
    }
    splitter.finish(reader ? toReader : head.add);
    reader ??= await begin();
    reader.finish(splitter.terminated);
    throwIfCanceled(options.signal);
    const { series } = builder;
    const classNames = classNamesOf(series);
    return {
      name: datasetName(path),
      file: path,
      sha256: await source.sha256(),
      series,
      classNames,
      notes: [...reader.notes(), ...builder.notes(), ...labelNotes(series, classNames)],
      format: { ...reader.format(), encoding: source.encoding },
    };
  } finally {
    await source.close();
  }
}

async function readArrayFile(path: string, kind: ArrayKind, options: ReadOptions): Promise<SeriesDataset> {
  const limits = limitsOf(options);
  const opened = await openArrayFile(path, kind, options, limits);
  try {
    const builder = new SeriesBuilder(path, limits);
    const { format, notes } = await readArrays(path, kind, opened, options, builder, limits);
    const sha256 = await opened.sha256();
    const { series } = builder;
    const classNames = classNamesOf(series);
    const all = [...notes, ...builder.notes(), ...labelNotes(series, classNames)];
    return { name: datasetName(path), file: path, sha256, series, classNames, notes: all, format };
  } finally {
    await opened.close();
  }
}

/** Oddities of the labels as a whole. */
function labelNotes(series: SeriesDataset['series'], classNames: readonly string[]): string[] {
  const notes: string[] = [];
  const bare = series.filter(({ label }) => label === null);
  if (classNames.length > 0 && bare.length > 0)
    notes.push(`${bare.length} series have no label (first: row ${bare[0].row}).`);
  if (classNames.length === 1 && series.length > 1)
    notes.push(`All series have the same label, ${JSON.stringify(classNames[0])}.`);
  if (classNames.length === series.length && series.length >= 4)
    notes.push('Every series has a label of its own; check that the labels are in the column that was taken.');
  const written = new Map<string, string>();
  for (const name of classNames) {
    const other = written.get(name.toLowerCase());
    if (other !== undefined) {
      const odd = series.find(({ label }) => label === name)!;
      notes.push(
        `The labels ${JSON.stringify(other)} and ${JSON.stringify(name)} (row ${odd.row}) differ in letter case only and are two classes.`,
      );
    } else written.set(name.toLowerCase(), name);
  }
  const maybe = classNames.find((name) => /^(?:na|none|nil|missing|unknown|-|--)$/i.test(name));
  if (maybe !== undefined && classNames.length > 1)
    notes.push(
      `The label ${JSON.stringify(maybe)} (row ${series.find(({ label }) => label === maybe)!.row}) is a class like the others. If it means that the label is missing, set the option "missing" to it.`,
    );
  const isNumber = (name: string): boolean => Number.isFinite(Number(name));
  const text = classNames.find((name) => !isNumber(name));
  if (text !== undefined && classNames.some(isNumber)) {
    const odd = series.find(({ label }) => label === text)!;
    notes.push(`Some labels are numbers and some are text (for example ${JSON.stringify(text)}, row ${odd.row}).`);
  }
  return notes;
}
