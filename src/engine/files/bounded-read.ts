import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { throwIfCanceled, V2SError } from '../errors';
import { fileError } from './atomic';

/** Bytes that are asked for at once. */
const CHUNK_BYTES = 2 ** 20;

/** A pipe without a writer would keep the opening of it waiting for ever; a terminal would become that of the process. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

export interface BoundedRead {
  /** more is an error */
  maxBytes: number;
  signal?: AbortSignal;
  /** what was tried, in the message of an error; default `read` */
  doing?: string;
}

/**
 * Opens a file that anybody may have made, for reading. Links are followed, but only to a regular file: what devices, pipes, sockets
 * and folders would do to a reader is not known before it has happened.
 * @throws V2SError `file.not-regular`, `file.*`
 */
export async function openRegularFile(path: string, doing = 'read'): Promise<{ handle: FileHandle; size: number }> {
  let handle: FileHandle | null = null;
  try {
    // Before opening, which alone does something to some devices; and afterwards, because the file may be another one by then.
    refuseIrregular(await stat(path), path, doing);
    handle = await open(path, FLAGS);
    const stats = await handle.stat();
    refuseIrregular(stats, path, doing);
    return { handle, size: stats.size };
  } catch (error) {
    await handle?.close();
    throw error instanceof V2SError ? error : fileError(error, path, doing);
  }
}

function refuseIrregular(stats: Stats, path: string, doing: string): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  throw new V2SError(
    'file.not-regular',
    `Cannot ${doing} ${path}: it is not a regular file but a device, a pipe or a socket. Copy what it gives into a file first.`,
  );
}

/**
 * The whole content of a regular file, or an error when it is larger than `maxBytes`. What the file says of its size is not believed:
 * the reading ends at the limit even when the file grows.
 * @throws V2SError `file.too-large`, `file.not-regular`, `file.*`; CanceledError
 */
export async function readBounded(path: string, { maxBytes, signal, doing = 'read' }: BoundedRead): Promise<Buffer> {
  throwIfCanceled(signal);
  const { handle, size } = await openRegularFile(path, doing);
  try {
    if (size > maxBytes) throw tooLarge(path, doing, maxBytes);
    // One byte more than it should have tells a file that has grown.
    let bytes = Buffer.allocUnsafeSlow(Math.min(size, maxBytes) + 1);
    let filled = 0;
    for (;;) {
      throwIfCanceled(signal);
      if (filled === bytes.length) {
        const larger = Buffer.allocUnsafeSlow(Math.min(maxBytes + 1, Math.max(2 * filled, filled + CHUNK_BYTES)));
        bytes.copy(larger);
        bytes = larger;
      }
      const { bytesRead } = await handle.read(bytes, filled, Math.min(CHUNK_BYTES, bytes.length - filled), null);
      if (bytesRead === 0) return bytes.subarray(0, filled);
      filled += bytesRead;
      if (filled > maxBytes) throw tooLarge(path, doing, maxBytes);
    }
  } catch (error) {
    throw error instanceof Error && 'code' in error && !(error instanceof V2SError)
      ? fileError(error, path, doing)
      : error;
  } finally {
    await handle.close();
  }
}

/** As `readBounded`, as UTF-8 text. */
export async function readBoundedText(path: string, options: BoundedRead): Promise<string> {
  return (await readBounded(path, options)).toString('utf8');
}

function tooLarge(path: string, doing: string, maxBytes: number): V2SError {
  return new V2SError(
    'file.too-large',
    `Cannot ${doing} ${path}: it is larger than the ${maxBytes} bytes that a file of its kind may have.`,
  );
}
