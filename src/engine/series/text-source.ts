import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { throwIfCanceled, V2SError } from '../errors';
import { fileError } from '../files/atomic';
import { openRegularFile } from '../files/bounded-read';
import { gzipReader, handleReader, isGzip, memoryReader, type ByteReader } from './byte-readers';
import { isCompressed } from './names';
import { SeriesFileError } from './series-error';
import type { Encoding, ReadLimits } from './types';

const CHUNK_BYTES = 2 ** 20;

/** Looking further down: pieces at equal distances, each long enough for some whole lines. */
const FURTHER = { pieces: 32, bytes: 2 ** 16, most: 2 ** 18, lines: 8 };

/** First bytes of file kinds that people mistake for text, and what to say. */
const BINARY_SIGNATURES: [number[], string][] = [
  [[0x1f, 0x8b], 'this is a gzip archive; give it the extension .gz after its own, or unpack it'],
  [
    [0x50, 0x4b, 0x03, 0x04],
    'this is a zip archive or an Excel workbook; unpack it, or export the sheet as CSV (a NumPy archive has the extension .npz)',
  ],
  [[0xd0, 0xcf, 0x11, 0xe0], 'this is an old Excel workbook; export the sheet as CSV'],
  [[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], 'this is a NumPy array; give it the extension .npy'],
  [[0x89, 0x48, 0x44, 0x46], 'this is an HDF5 file; export the series as CSV'],
  [[0x50, 0x41, 0x52, 0x31], 'this is a Parquet file; export the series as CSV'],
];

export interface TextSourceOptions {
  encoding?: Encoding | 'auto';
  limits: ReadLimits;
  signal?: AbortSignal;
  onProgress?: (bytesRead: number, total: number) => void;
}

/**
 * A file read once from beginning to end in pieces of at most 1 MiB: decoded to UTF-8 without byte order mark, hashed on the
 * way. Neither the file nor its text is ever held whole, but for a compressed file of a few MiB.
 */
export class TextSource {
  /** bytes read so far */
  bytes = 0;
  /** the encoding, known after the first piece */
  encoding: Encoding = 'utf-8';
  /** bytes of text that there should be; 0 where that is not known before the end */
  readonly total: number;
  readonly #hash = createHash('sha256');

  private constructor(
    readonly file: string,
    private readonly reader: ByteReader,
    private readonly options: TextSourceOptions,
  ) {
    this.total = reader.total;
  }

  /** @throws V2SError `file.*` when the file cannot be opened, SeriesFileError `series.limit` when it is too large */
  static async open(file: string, options: TextSourceOptions): Promise<TextSource> {
    throwIfCanceled(options.signal);
    let handle: FileHandle | null = null;
    try {
      const regular = await openRegularFile(file);
      handle = regular.handle;
      const packed = isCompressed(file) && (await isGzip(handle));
      const reader = packed ? await gzipReader(file, handle, regular.size) : handleReader(handle, regular.size);
      const source = new TextSource(file, reader, options);
      source.#checkSize(Math.max(source.total, regular.size));
      return source;
    } catch (error) {
      await handle?.close();
      throw readError(error, file);
    }
  }

  /**
   * The content of a file that is at hand, for example an unsaved document.
   * @param file the name its content has
   * @throws SeriesFileError `series.limit`
   */
  static of(file: string, bytes: Uint8Array, options: TextSourceOptions): TextSource {
    const source = new TextSource(file, memoryReader(bytes), options);
    source.#checkSize(source.total);
    return source;
  }

  async close(): Promise<void> {
    await this.reader.close();
  }

  /**
   * Some whole lines from the part of the file that has not been read, spread over it evenly; none where it cannot be looked at, as
   * that of a pipe. To be asked for after the first piece.
   */
  async further(): Promise<string[]> {
    const { at } = this.reader;
    const left = this.total - this.bytes;
    if (!at || left <= 0) return [];
    const distance = Math.max(FURTHER.bytes, Math.ceil(left / FURTHER.pieces / 2) * 2);
    const decoder = new TextDecoder(this.encoding);
    const lines: string[] = [];
    for (let position = this.bytes; position < this.total; position += distance) {
      throwIfCanceled(this.options.signal);
      // Without the first and the last, which may be parts of lines.
      let whole: string[] = [];
      for (let length = FURTHER.bytes; whole.length === 0 && length <= FURTHER.most; length *= 2) {
        const bytes = await at(position - (position % 2), Math.min(length, distance));
        whole = decoder
          .decode(bytes)
          .split(/\r\n|\n|\r/)
          .slice(1, -1);
        if (bytes.length < length) break;
      }
      lines.push(...whole.slice(0, FURTHER.lines));
    }
    return lines;
  }

  /** SHA-256 of the file as it lies on the disk, hexadecimal; to be asked for once, after the last piece. */
  async sha256(): Promise<string> {
    return (await this.reader.sha256?.()) ?? this.#hash.digest('hex');
  }

  /**
   * The file as UTF-8; each piece is valid only until the next is asked for.
   * @throws SeriesFileError `series.binary`, `series.encoding`, `series.limit`; V2SError `file.*`; CanceledError
   */
  async *pieces(): AsyncGenerator<Buffer> {
    const chunk = Buffer.allocUnsafe(this.total > 0 ? Math.min(CHUNK_BYTES, this.total) : CHUNK_BYTES);
    let decode: ((bytes: Buffer, last: boolean) => Buffer) | null = null;
    for (;;) {
      throwIfCanceled(this.options.signal);
      const bytes = await this.#read(chunk);
      throwIfCanceled(this.options.signal);
      this.bytes += bytes.length;
      this.#checkSize(this.bytes);
      this.#hash.update(bytes);
      const { done, total } = this.reader.progress?.() ?? { done: this.bytes, total: this.total };
      this.options.onProgress?.(done, total);
      decode ??= this.#begin(bytes);
      const text = decode(bytes, bytes.length === 0);
      if (text.length > 0) yield text;
      if (bytes.length === 0) return;
    }
  }

  /** Fills the chunk as far as the file goes. */
  async #read(chunk: Buffer): Promise<Buffer> {
    let filled = 0;
    try {
      while (filled < chunk.length) {
        const bytesRead = await this.reader.read(chunk, filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
    } catch (error) {
      throw readError(error, this.file);
    }
    return chunk.subarray(0, filled);
  }

  #checkSize(bytes: number): void {
    const { maxBytes } = this.options.limits;
    if (bytes > maxBytes)
      throw new SeriesFileError(
        'series.limit',
        { file: this.file },
        `the file is larger than the limit "maxBytes" of ${maxBytes} bytes. Raise the limit or split the file.`,
      );
  }

  /** Settles the encoding from the first piece. */
  #begin(first: Buffer): (bytes: Buffer, last: boolean) => Buffer {
    const wanted = this.options.encoding ?? 'auto';
    const found = sniffEncoding(first);
    for (const [signature, explanation] of BINARY_SIGNATURES)
      if (signature.every((byte, i) => first[i] === byte))
        throw new SeriesFileError('series.binary', { file: this.file }, `expected a text file; ${explanation}.`);
    this.encoding = wanted === 'auto' ? found : wanted;
    if (this.encoding === 'utf-8') {
      if (first.includes(0))
        throw new SeriesFileError(
          'series.binary',
          { file: this.file },
          'expected a text file, found zero bytes, which only a binary file has.',
        );
      let mark = first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf ? 3 : 0;
      return (bytes) => {
        const text = bytes.subarray(mark);
        mark = 0;
        return text;
      };
    }
    const decoder = new TextDecoder(this.encoding, { fatal: true });
    return (bytes, last) => {
      try {
        return Buffer.from(decoder.decode(bytes, { stream: !last }), 'utf8');
      } catch (error) {
        throw new SeriesFileError(
          'series.encoding',
          { file: this.file },
          `expected ${this.encoding} text, found bytes that are not. Save the file as UTF-8, or set the option "encoding".`,
          { cause: error },
        );
      }
    };
  }
}

/** UTF-16 by its byte order mark or by zero bytes in every other place, else UTF-8 (checked row by row later). */
function sniffEncoding(first: Buffer): Encoding {
  if (first[0] === 0xff && first[1] === 0xfe) return 'utf-16le';
  if (first[0] === 0xfe && first[1] === 0xff) return 'utf-16be';
  const looked = Math.min(first.length, 256) & ~1;
  if (looked < 4) return 'utf-8';
  const zeros = [0, 0];
  for (let i = 0; i < looked; i++) if (first[i] === 0) zeros[i & 1]++;
  const many = 0.4 * looked;
  if (zeros[1] >= many && zeros[0] === 0) return 'utf-16le';
  if (zeros[0] >= many && zeros[1] === 0) return 'utf-16be';
  return 'utf-8';
}

function readError(error: unknown, file: string): Error {
  if (error instanceof SeriesFileError) return error;
  const cause = error instanceof V2SError ? (error.cause ?? error) : error;
  const { code } = cause as { code?: unknown };
  if (code === 'EACCES' || code === 'EPERM')
    return new SeriesFileError('file.eacces', { file }, 'cannot be read: permission denied.', { cause: error });
  return error instanceof V2SError ? error : fileError(error, file, 'read');
}
