import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import type { FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, gunzip } from 'node:zlib';
import { SeriesFileError } from './series-error';

const CHUNK_BYTES = 2 ** 20;
/** Up to this size a compressed file is unpacked into memory, so that any place of it can be looked at; a larger one is a stream. */
const HELD_BYTES = 8 * 2 ** 20;

/** Where the bytes of a text come from. */
export interface ByteReader {
  /** bytes there should be; 0 where that is known only at the end */
  readonly total: number;
  /** Bytes at a place of their own, whatever has been read; null where that cannot be done. */
  readonly at: ((position: number, length: number) => Promise<Buffer>) | null;
  /** Fills the chunk from `offset` on as far as bytes are at hand; 0 at the end. */
  read(chunk: Buffer, offset: number): Promise<number>;
  /** how far the reading is, where that is not told by the bytes that were read */
  progress?(): { done: number; total: number };
  /** SHA-256 of the file as it lies on the disk, where its bytes are others than those that are read */
  sha256?(): Promise<string>;
  close(): Promise<void>;
}

export function handleReader(handle: FileHandle, total: number): ByteReader {
  const at = async (position: number, length: number): Promise<Buffer> => {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  };
  return {
    total,
    at,
    read: async (chunk, offset) => (await handle.read(chunk, offset, chunk.length - offset, null)).bytesRead,
    close: () => handle.close(),
  };
}

export function memoryReader(bytes: Uint8Array): ByteReader {
  let at = 0;
  return {
    total: bytes.length,
    at: async (position, length) => Buffer.from(bytes.subarray(position, position + length)),
    read: async (chunk, offset) => {
      const part = bytes.subarray(at, at + chunk.length - offset);
      chunk.set(part, offset);
      at += part.length;
      return part.length;
    },
    close: async () => undefined,
  };
}

/** Whether a file begins as gzip does. */
export async function isGzip(handle: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
  return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
}

/**
 * The unpacked content of a gzip file: held in memory where it is small, else unpacked piece by piece.
 * @param size of the file
 * @throws SeriesFileError `series.damaged` here or from `read`
 */
export async function gzipReader(file: string, handle: FileHandle, size: number): Promise<ByteReader> {
  if (size <= HELD_BYTES) {
    const packed = Buffer.alloc(size);
    const { bytesRead } = await handle.read(packed, 0, size, 0);
    const bytes = packed.subarray(0, bytesRead);
    try {
      const unpacked = await promisify(gunzip)(bytes, { maxOutputLength: HELD_BYTES });
      const sha256 = async (): Promise<string> => createHash('sha256').update(bytes).digest('hex');
      return { ...memoryReader(unpacked), sha256, close: () => handle.close() };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw damaged(file, error);
    }
  }
  return gunzipStream(file, handle, size);
}

function gunzipStream(file: string, handle: FileHandle, size: number): ByteReader {
  let position = 0;
  const packed = Readable.from(
    (async function* () {
      for await (const part of partsOf(handle)) {
        position += part.length;
        yield part;
      }
    })(),
  );
  const unpacking = createGunzip({ chunkSize: CHUNK_BYTES });
  // An error comes out of the reading, too.
  pipeline(packed, unpacking, () => undefined);
  const pieces = unpacking[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let left: Buffer = Buffer.alloc(0);
  return {
    total: 0,
    at: null,
    async read(chunk, offset) {
      while (left.length === 0) {
        const next = await pieces.next().catch((error: unknown) => Promise.reject(damaged(file, error)));
        if (next.done) return 0;
        left = next.value;
      }
      const copied = left.copy(chunk, offset);
      left = left.subarray(copied);
      return copied;
    },
    progress: () => ({ done: Math.min(position, size), total: size }),
    async sha256() {
      const hash = createHash('sha256');
      for await (const part of partsOf(handle)) hash.update(part);
      return hash.digest('hex');
    },
    async close() {
      unpacking.destroy();
      packed.destroy();
      await handle.close();
    },
  };
}

export async function* partsOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function damaged(file: string, cause: unknown): SeriesFileError {
  const problem = 'expected a whole gzip file, found one that is damaged or cut off. Copy or download it again.';
  return new SeriesFileError('series.damaged', { file }, problem, { cause });
}
