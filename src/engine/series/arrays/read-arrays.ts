import { extname } from 'node:path';
import { throwIfCanceled } from '../../errors';
import { channelNote, chosenChannel } from '../channel';
import { normalizeLabel } from '../labels';
import type { SeriesBuilder } from '../series-builder';
import { SeriesFileError } from '../series-error';
import { CellParser } from '../tokens';
import type { ReadFormat, ReadLimits, ReadOptions } from '../types';
import { arrangementOf, type Arrangement } from './arrangement';
import type { ArrayFile, ArrayKind } from './array-file';

const KINDS: Record<string, ArrayKind> = { '.npy': 'npy', '.npz': 'npz' };

/** Whether a file holds series as arrays, by what is said of it or by its name. */
export function arrayKindOf(path: string, { kind }: ReadOptions): ArrayKind | null {
  if (kind !== undefined && kind !== 'auto') return Object.values(KINDS).find((known) => known === kind) ?? null;
  return KINDS[extname(path).toLowerCase()] ?? null;
}

/** What was made of an array file. */
export interface ArraysRead {
  format: ReadFormat;
  /** series of the file, of which some may have been read only */
  count: number;
  notes: string[];
  /** cells of the first series as texts, values before the label */
  rows: string[][];
}

/** Series whose cells are kept. */
const SHOWN = { rows: 20, cells: 200 };
const PROGRESS_EVERY = 2 ** 20;

/**
 * Reads series out of arrays. A series has the number of its place in the array, from 1, as its row, and its values are the columns.
 * @param most series that are read at most
 * @throws SeriesFileError naming series and value
 */
export async function readArrays(
  file: string,
  kind: ArrayKind,
  opened: ArrayFile,
  options: ReadOptions,
  builder: SeriesBuilder,
  limits: ReadLimits,
  most = Infinity,
): Promise<ArraysRead> {
  if (options.columns || (options.ignoredColumns?.length ?? 0) > 0)
    throw new SeriesFileError('series.column', { file }, 'columns can be chosen in tables only, not in arrays.');
  const arrangement = arrangementOf(file, opened.values.shape);
  const { series: count, channels, length } = arrangement;
  if (channels * length * 8 > limits.maxRowBytes)
    throw new SeriesFileError(
      'series.limit',
      { file },
      `a series has more bytes than the limit "maxRowBytes" of ${limits.maxRowBytes}. If the file really has such long series, raise the limit.`,
    );
  const named = { count: channels, names: null };
  const channel = chosenChannel(options.channel, named, file);
  const label = labelColumn(file, options, opened, arrangement);
  const format: ReadFormat = {
    ...{ kind, encoding: 'utf-8', delimiter: ',', decimal: '.', header: false, columnNames: null },
    labels: label !== null ? (label === 0 ? 'first' : label === length - 1 ? 'last' : label + 1) : opened.labels ? 'last' : 'none', // prettier-ignore
    labelColumn: label === null ? null : label + 1,
    ...{ ignoredColumns: [], valueColumns: null, missing: options.missing ?? [], timeStamps: false },
    ...{ channel: channel + 1, channels, channelNames: null },
  };
  const parser = new CellParser('.', options.missing);
  const missing = (options.missing ?? []).map(Number).filter((value) => !Number.isNaN(value));
  const all = new Float64Array(channels * length);
  const values = new Float64Array(length);
  const columnOf = (index: number): number => (label !== null && index >= label ? index + 2 : index + 1);
  const rows: string[][] = [];
  let since = 0;
  for (let i = 0; i < Math.min(count, most); i++) {
    throwIfCanceled(options.signal);
    await opened.values.numbers(all);
    let used = 0;
    let own = opened.labels?.[i] ?? null;
    for (let t = 0; t < length; t++) {
      const value = all[channel * arrangement.channelStride + t * arrangement.valueStride];
      if (t === label) own = String(value);
      else values[used++] = missing.includes(value) ? Number.NaN : value;
    }
    const name = own === null || parser.isMissing(own) ? null : normalizeLabel(own);
    const infinite = values.subarray(0, used).findIndex((value) => value === Infinity || value === -Infinity);
    if (infinite >= 0)
      throw new SeriesFileError(
        'series.infinite',
        { file, row: i + 1, column: columnOf(infinite) },
        `expected a finite number, found ${values[infinite]}. Correct the value, or make it NaN if it is missing.`,
      );
    if (rows.length < SHOWN.rows)
      rows.push([...Array.from(values.subarray(0, Math.min(used, SHOWN.cells)), String), ...(own === null ? [] : [own])]); // prettier-ignore
    builder.add(values, used, name, i + 1, columnOf);
    if (options.onProgress && ((since += used) > PROGRESS_EVERY || i === count - 1)) {
      since = 0;
      options.onProgress(Math.round((opened.bytes * (i + 1)) / count), opened.bytes);
    }
  }
  const said = channelNote(channel, named);
  const notes = [...opened.notes, arrangement.note, said].filter((note) => note !== null);
  return { format, count, notes, rows };
}

/** Column of the labels within the array itself, from 0; null where they are in an array of their own, or nowhere. */
function labelColumn(
  file: string,
  { labels: place = 'auto' }: ReadOptions,
  { labels }: ArrayFile,
  { channels, length }: Arrangement,
): number | null {
  // prettier-ignore
  if (labels || place === 'auto' || place === 'none') return null;
  if (typeof place === 'object')
    throw new SeriesFileError(
      'series.labels',
      { file },
      'the option "labels" names an array, but the file has only one.',
    );
  if (channels > 1)
    throw new SeriesFileError(
      'series.labels',
      { file },
      'an array of several channels has no column of labels. Save the labels in an array of their own.',
    );
  const column = place === 'first' ? 0 : place === 'last' ? length - 1 : place - 1;
  if (column < length) return column;
  throw new SeriesFileError(
    'series.labels',
    { file },
    `the option "labels" asks for column ${column + 1}, but the array has columns 1 to ${length}.`,
  );
}
