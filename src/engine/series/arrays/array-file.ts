import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fromFdPromise, type Entry, type ZipFile } from 'yauzl';
import { throwIfCanceled } from '../../errors';
import { openRegularFile } from '../../files/bounded-read';
import { partsOf } from '../byte-readers';
import { SeriesFileError } from '../series-error';
import type { FileKind, LabelPlace, ReadLimits, ReadOptions } from '../types';
import { chooseArrays, labelNameOf, type ListedArray } from './choice';
import { openNpy, type ElementStream } from './npy';

export type ArrayKind = Extract<FileKind, 'npy' | 'npz'>;

/** A file of series in arrays, opened. */
export interface ArrayFile {
  /** bytes of the file */
  bytes: number;
  values: ElementStream;
  /** as they are written; null without an array of labels */
  labels: string[] | null;
  notes: string[];
  /** of the file, hexadecimal */
  sha256(): Promise<string>;
  close(): Promise<void>;
}

/** Arrays in an archive before it is no archive of series any more. */
const MOST_ARRAYS = 256;

/** @throws SeriesFileError `series.binary`, `series.array`, `series.labels`, `series.damaged`, `series.limit`; V2SError `file.*` */
export async function openArrayFile(
  path: string,
  kind: ArrayKind,
  { labels = 'auto', signal }: ReadOptions,
  limits: ReadLimits,
): Promise<ArrayFile> {
  throwIfCanceled(signal);
  const { handle, size } = await openRegularFile(path);
  const sha256 = async (): Promise<string> => {
    const hash = createHash('sha256');
    for await (const part of partsOf(handle)) {
      throwIfCanceled(signal);
      hash.update(part);
    }
    return hash.digest('hex');
  };
  try {
    if (size > limits.maxBytes)
      throw new SeriesFileError(
        'series.limit',
        { file: path },
        `the file is larger than the limit "maxBytes" of ${limits.maxBytes} bytes. Raise the limit or split the file.`,
      );
    const opened = kind === 'npy' ? await npy(path, handle, size, labels) : await npz(path, handle, size, labels);
    return { bytes: size, ...opened, sha256, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

type Opened = Pick<ArrayFile, 'values' | 'labels' | 'notes'>;

async function npy(path: string, handle: FileHandle, size: number, place: LabelPlace): Promise<Opened> {
  const values = await openNpy(path, size, partsOf(handle));
  const own = place === 'auto' ? labelFiles(path).find((candidate) => existsSync(candidate)) : undefined;
  if (own === undefined) {
    const looked = labelFiles(path).map((candidate) => basename(candidate)).join(', '); // prettier-ignore
    return { values, labels: null, notes: place === 'auto' ? [`No labels were found. They are looked for in ${looked}.`] : [] }; // prettier-ignore
  }
  const { handle: labelHandle, size: labelSize } = await openRegularFile(own);
  try {
    const stream = await openNpy(own, labelSize, partsOf(labelHandle));
    const labels = await labelsOf(own, stream, values.shape[0]);
    return { values, labels, notes: [`The labels were read from ${basename(own)}.`] };
  } finally {
    await labelHandle.close();
  }
}

/** Where the labels of an array may lie: NAME_y.npy, NAME_labels.npy, of X_train.npy y_train.npy, and y.npy beside X.npy. */
function labelFiles(path: string): string[] {
  const extension = extname(path);
  const stem = basename(path, extension);
  const swapped = labelNameOf(stem);
  const names = [`${stem}_y`, `${stem}_labels`, ...(swapped === null ? ['y'] : [swapped, swapped.replace(/y/, 'Y')])];
  return names.map((name) => join(dirname(path), `${name}${extension}`)).filter((candidate) => candidate !== path);
}

async function npz(path: string, handle: FileHandle, size: number, place: LabelPlace): Promise<Opened> {
  const zip = await zipOf(path, handle, size);
  const arrays: (ListedArray & { open: () => Promise<ElementStream> })[] = [];
  let unreadable: Error | null = null;
  for await (const entry of zip.eachEntry()) {
    if (!entry.fileName.endsWith('.npy')) continue;
    if (arrays.length === MOST_ARRAYS)
      throw new SeriesFileError('series.limit', { file: path }, `the archive has more than ${MOST_ARRAYS} arrays.`);
    const open = (): Promise<ElementStream> => openNpy(path, entry.uncompressedSize, piecesOf(path, zip, entry));
    const shape = await open().then(
      (stream) => stream.shape,
      (error: unknown) => {
        // Arrays of other kinds may lie beside the series.
        if (!(error instanceof SeriesFileError) || error.code !== 'series.array') throw error;
        unreadable ??= error;
        return null;
      },
    );
    if (shape) arrays.push({ name: entry.fileName.slice(0, -'.npy'.length), shape, open });
  }
  if (arrays.length === 0 && unreadable) throw unreadable;
  const chosen = chooseArrays(path, arrays, place);
  const values = await chosen.values.open();
  const labels = chosen.labels && (await labelsOf(path, await chosen.labels.open(), values.shape[0]));
  return { values, labels, notes: chosen.notes };
}

async function zipOf(path: string, handle: FileHandle, size: number): Promise<ZipFile> {
  try {
    // The archive is not closed: its handle belongs to whoever opened it.
    return await fromFdPromise(handle.fd, { autoClose: false, lazyEntries: true });
  } catch (error) {
    const problem = 'expected a NumPy archive (.npz), found a file that is none or is damaged.';
    throw new SeriesFileError(size === 0 ? 'series.empty' : 'series.binary', { file: path }, problem, { cause: error });
  }
}

async function* piecesOf(path: string, zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  try {
    for await (const piece of await zip.openReadStreamPromise(entry)) yield piece as Buffer;
  } catch (error) {
    throw new SeriesFileError(
      'series.damaged',
      { file: path },
      `the archive is damaged at ${JSON.stringify(entry.fileName)}. Copy or download it again.`,
      { cause: error },
    );
  }
}

/** @throws SeriesFileError `series.labels` unless there is one label for each series */
async function labelsOf(file: string, { shape, texts }: ElementStream, series: number): Promise<string[]> {
  const [count, ...rest] = shape;
  if (count === series && rest.every((n) => n === 1)) return await texts(count);
  throw new SeriesFileError(
    'series.labels',
    { file },
    `expected ${series} labels, one for each series, found an array of the shape [${shape.join(', ')}].`,
  );
}
