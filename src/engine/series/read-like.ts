import { throwIfCanceled } from '../errors';
import { arrayKindOf } from './arrays/read-arrays';
import { splitCells } from './cells';
import { looksLikeHeader, type Row } from './header-row';
import { commonWidth } from './label-column';
import { listed } from './labels';
import { limitsOf, openReader, readHead, readSeriesFile, type FileHead } from './read';
import { refuseByName } from './refused-kinds';
import { SeriesBuilder } from './series-builder';
import { SeriesFileError, shown } from './series-error';
import { sniffKind } from './sniff';
import { TextSource } from './text-source';
import { CellParser } from './tokens';
import {
  isArrays,
  optionsFrom,
  type FileKind,
  type ReadFormat,
  type ReadOptions,
  type SeriesDataset,
  type Understood,
} from './types';

/** How a data set was understood. */
export function understoodOf({ name, format, series }: SeriesDataset): Understood {
  let [shortest, longest] = [Infinity, 0];
  for (const { values } of series) {
    shortest = Math.min(shortest, values.length);
    longest = Math.max(longest, values.length);
  }
  return { ...format, name, shortest, longest };
}

const groupOf = (kind: FileKind): string =>
  isArrays(kind) ? 'arrays' : kind === 'ts' || kind === 'arff' ? kind : 'table';

/**
 * Reads a file as another was read: the labels, ignored columns, header, marks and channel are where they were there. Columns are found
 * by their names where both files name them, so that they may stand in another order; a file without labels is recognized by having one
 * column less. What differs is a note.
 * @param options what is said about this file; it goes before what is known of the other
 * @throws as `readSeriesFile`; SeriesFileError `series.columns` where columns are missing, `series.channel` for another number of channels
 */
export async function readLike(path: string, like: Understood, options: ReadOptions = {}): Promise<SeriesDataset> {
  refuseByName(path, options);
  const arrays = arrayKindOf(path, options);
  const head = arrays ? null : await headOf(path, options);
  const said = arrays ?? (options.kind && options.kind !== 'auto' ? options.kind : sniffKind(path, head!.lines));
  const notes: string[] = [];
  const { encoding: _, ...same } = optionsFrom(like);
  let known: ReadOptions;
  if (groupOf(said) !== groupOf(like.kind)) known = like.channels > 1 ? { channel: like.channel } : {};
  else if (arrays || said === 'ts') known = { ...same, channel: like.channels > 1 ? like.channel : undefined };
  else if (said === 'arff') known = arffOptions(path, head!, like, options, notes);
  else known = tableOptions(path, said, head!, like, options, notes);
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== 'auto'),
  );
  const missing = [...like.missing, ...(options.missing ?? [])];
  const dataset = await readSeriesFile(path, { ...known, kind: said, ...given, missing });
  if (dataset.format.channels !== like.channels)
    throw new SeriesFileError(
      'series.channel',
      { file: path },
      `expected the number of channels that ${like.name} has, ${like.channels}, found ${dataset.format.channels}.`,
    );
  return { ...dataset, notes: [...notes, ...dataset.notes, ...lengthNotes(dataset, like)] };
}

async function headOf(path: string, options: ReadOptions): Promise<FileHead> {
  throwIfCanceled(options.signal);
  const { onProgress: _, ...quiet } = options;
  const source = await TextSource.open(path, { ...quiet, limits: limitsOf(options) });
  try {
    return await readHead(source, limitsOf(options));
  } finally {
    await source.close();
  }
}

function lengthNotes(dataset: SeriesDataset, { name, shortest, longest }: Understood): string[] {
  const own = understoodOf(dataset);
  if (shortest !== longest || (own.shortest === longest && own.longest === longest)) return [];
  const length = own.shortest === own.longest ? `${own.longest}` : `${own.shortest} to ${own.longest}`;
  return [`The series have ${length} values, but those of ${name} have ${longest}.`];
}

/** Indices, from 0, of the columns that were read as values, in their order. */
function valueIndices({ valueColumns, ignoredColumns, labelColumn, columnNames }: ReadFormat): number[] {
  if (valueColumns) return valueColumns.map((column) => column - 1);
  const left = new Set([...ignoredColumns, labelColumn ?? 0]);
  return (columnNames ?? []).flatMap((_, i) => (left.has(i + 1) ? [] : [i]));
}

/** Names of the columns that were read as values, in their order, where the file gives names. */
export function valueNames(format: ReadFormat): string[] | null {
  const { columnNames } = format;
  return columnNames && valueIndices(format).map((index) => columnNames[index]);
}

/**
 * Finds the columns of one file in another by their names.
 * @returns null where the names have nothing in common
 * @throws SeriesFileError `series.columns` naming what is missing
 */
function byNames(
  path: string,
  row: number | undefined,
  names: readonly string[],
  like: Understood,
  notes: string[],
): ReadOptions | null {
  const theirs = like.columnNames!;
  const at = new Map(names.map((name, i) => [name, i]));
  const wanted = valueIndices(like).map((index) => theirs[index]);
  const unique = new Set(theirs).size === theirs.length && at.size === names.length;
  // Names that repeat tell nothing; equal rows of names still do.
  if (!unique) return names.join('\n') === theirs.join('\n') ? positions(like) : null;
  const missing = wanted.filter((name) => !at.has(name));
  const label = like.labelColumn === null ? null : theirs[like.labelColumn - 1];
  if (missing.length === wanted.length && !(label !== null && at.has(label))) return null;
  if (missing.length > 0)
    throw new SeriesFileError(
      'series.columns',
      { file: path, row },
      `expected the columns that ${like.name} has. The file has no column ${listed(missing, 4)}.`,
    );
  const indices = wanted.map((name) => at.get(name)!);
  const ignored = new Set(like.ignoredColumns.map((column) => theirs[column - 1]));
  const extra = names.filter((name) => !ignored.has(name) && name !== label && !wanted.includes(name));
  if (extra.length > 0) notes.push(`Columns that ${like.name} does not have were left out: ${listed(extra, 4)}.`);
  const labelAt = label === null ? -1 : (at.get(label) ?? -1);
  if (label !== null && labelAt < 0)
    notes.push(`The file has no column ${shown(label)}, so its series have no labels.`);
  if (indices.some((index, i) => i > 0 && index < indices[i - 1]))
    notes.push(`The columns are in another order than in ${like.name}. They were put in order by their names.`);
  else if (names.join('\n') === theirs.join('\n')) return positions(like);
  return { header: true, labels: labelAt < 0 ? 'none' : labelAt + 1, columns: indices.map((index) => index + 1) };
}

/** The same places as in the other file. */
function positions({ columnNames, labels, ignoredColumns, valueColumns }: Understood): ReadOptions {
  return { header: columnNames !== null, labels, ignoredColumns, columns: valueColumns ?? undefined };
}

function arffOptions(
  path: string,
  head: FileHead,
  like: Understood,
  options: ReadOptions,
  notes: string[],
): ReadOptions {
  const channel = like.channels > 1 ? like.channel : undefined;
  const reader = openReader(
    path,
    head.lines,
    [],
    { ...options, kind: 'arff' },
    new SeriesBuilder(path, limitsOf(options)),
  );
  try {
    for (const { text, row } of head.lines) reader.line(text, row);
  } catch (error) {
    // What is wrong with the rows is reported when they are read.
    if (!(error instanceof SeriesFileError)) throw error;
  }
  const found = byNames(path, undefined, reader.format().columnNames ?? [], like, notes);
  if (!found)
    throw new SeriesFileError(
      'series.columns',
      { file: path },
      `expected the attributes that ${like.name} has, ${listed(like.columnNames ?? [], 4)}, found ${listed(reader.format().columnNames ?? [], 4)}.`,
    );
  return { ...found, channel };
}

function tableOptions(
  path: string,
  kind: FileKind,
  head: FileHead,
  like: Understood,
  options: ReadOptions,
  notes: string[],
): ReadOptions {
  const lines = head.lines.filter(({ text }) => !/^\s*(?:[#%]|$)/.test(text) && !/^sep=.$/i.test(text.trim()));
  const split = (): Row[] =>
    lines.slice(0, 50).flatMap((line) => {
      try {
        const cells = splitCells(line, like.delimiter, path);
        if (cells.length > 2 && cells.at(-1)!.trim() === '') cells.pop();
        return [{ cells, row: line.row }];
      } catch {
        // A cell of several lines, or misplaced quotes: reported when the row is read.
        return [];
      }
    });
  const rows = split();
  // Written with other marks, the file is understood by itself but for its columns.
  if (kind !== like.kind || rows.length === 0 || commonWidth(rows) < 2)
    return { ...positions(like), header: undefined };
  const marks: ReadOptions = { delimiter: like.delimiter, decimal: like.decimal };
  const names = rows[0].cells.map((cell) => cell.trim());
  if (like.columnNames) {
    const found = byNames(path, rows[0].row, names, like, notes);
    if (found) return { ...marks, ...found };
  }
  const cellParser = new CellParser(like.decimal, options.missing);
  const header =
    options.header === undefined || options.header === 'auto' ? looksLikeHeader(rows, cellParser, []) : options.header;
  if (header && like.columnNames && names.length > 0)
    throw new SeriesFileError(
      'series.columns',
      { file: path, row: rows[0].row },
      `expected the columns that ${like.name} has, ${listed(like.columnNames, 4)}, found ${listed(names, 4)}.`,
    );
  return { ...marks, ...byWidth(path, header, rows, like, notes) };
}

/** Places in a file that does not name its columns: the same, or without the label where it has one column less. */
function byWidth(path: string, header: boolean, rows: readonly Row[], like: Understood, notes: string[]): ReadOptions {
  const width = commonWidth(header ? rows.slice(1) : rows);
  const labeled = like.labels !== 'none';
  const values = like.columnNames ? valueIndices(like).length : like.longest;
  const full = like.columnNames?.length ?? values + like.ignoredColumns.length + (labeled ? 1 : 0);
  const same: ReadOptions = { ...positions(like), header };
  if (like.columnNames) notes.push(`The file does not name its columns; they were read in the order of ${like.name}.`);
  const equal = like.columnNames !== null || like.shortest === like.longest;
  if (!equal || width === full) return same;
  const bare = `The file has no column of labels: its rows have ${width} cells, those of ${like.name} have ${full}.`;
  if (labeled && width === full - 1) {
    notes.push(bare);
    const label = like.labelColumn ?? full;
    const ignoredColumns = like.ignoredColumns.map((column) => (column > label ? column - 1 : column));
    const columns = like.valueColumns?.map((column) => (column > label ? column - 1 : column));
    return { header, labels: 'none', ignoredColumns, columns };
  }
  if (width === values && !like.valueColumns) {
    notes.push(bare);
    return { header, labels: 'none', ignoredColumns: [] };
  }
  if (like.columnNames)
    throw new SeriesFileError(
      'series.columns',
      { file: path, row: rows[0].row },
      `expected ${full} columns as in ${like.name}, found ${width}.`,
    );
  return same;
}
