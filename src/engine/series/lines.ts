import { isAscii } from 'node:buffer';
import { LineAbridger, LONG_LINE_BYTES, type AbridgedLine } from './abridged-line';
import { SeriesFileError } from './series-error';

const LF = 10;
const CR = 13;

/** Receives a line without its end; `row` counts from 1. */
export type LineSink = (text: string, row: number) => void;

/**
 * Cuts UTF-8 pieces into lines ended by LF, CR LF or CR, the way editors count them. Memory is bounded by the longest line.
 */
export class LineSplitter {
  /** number of the line that comes next */
  row = 1;
  /** whether the last line had an end */
  terminated = true;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #carry: Buffer[] = [];
  #carried = 0;
  #swallowLineFeed = false;
  #abridger: LineAbridger | null = null;

  constructor(
    readonly file: string,
    readonly maxRowBytes: number,
    /** called before a line that has lost its middle; without it, lines are left whole */
    private readonly abridged?: (row: number, line: AbridgedLine, spoiled: boolean) => void,
  ) {}

  /** @throws SeriesFileError `series.limit` for a line that is too long, `series.encoding` for one that is not UTF-8 */
  push(piece: Buffer, sink: LineSink): void {
    let start = 0;
    if (this.#swallowLineFeed) {
      if (piece[0] === LF) start = 1;
      this.#swallowLineFeed = false;
    }
    // Positions of the next LF and CR; each is searched again only when passed, so every byte is looked at once per kind.
    let lineFeed = -1;
    let carriageReturn = -1;
    const next = (byte: number): number => {
      const at = piece.indexOf(byte, start);
      return at < 0 ? piece.length : at;
    };
    while (start < piece.length) {
      if (lineFeed < start) lineFeed = next(LF);
      if (carriageReturn < start) carriageReturn = next(CR);
      const end = Math.min(lineFeed, carriageReturn);
      if (end === piece.length) break;
      this.#emit(piece.subarray(start, end), sink);
      start = end + 1;
      if (end !== carriageReturn) continue;
      if (start === piece.length) this.#swallowLineFeed = true;
      else if (piece[start] === LF) start++;
    }
    if (start < piece.length) this.#keep(piece.subarray(start));
  }

  /** The last line, when it has no end of its own. */
  finish(sink: LineSink): void {
    this.terminated = this.#carried === 0;
    if (!this.terminated) this.#emit(Buffer.alloc(0), sink);
  }

  #keep(part: Buffer): void {
    this.#checkLength(this.#carried + part.length);
    this.#carried += part.length;
    if (this.#abridger) return this.#abridger.push(part);
    this.#carry.push(Buffer.from(part));
    if (!this.abridged || this.#carried < LONG_LINE_BYTES) return;
    this.#abridger = new LineAbridger(Buffer.concat(this.#carry));
    this.#carry = [];
  }

  #emit(part: Buffer, sink: LineSink): void {
    let line = part;
    this.#checkLength(this.#carried + part.length);
    if (!this.#abridger && this.abridged && this.#carried + part.length >= LONG_LINE_BYTES)
      this.#abridger = new LineAbridger(Buffer.concat([...this.#carry, part]));
    else if (this.#abridger) this.#abridger.push(part);
    else if (this.#carried > 0) line = Buffer.concat([...this.#carry, part]);
    if (this.#abridger) {
      const found = this.#abridger.finish();
      if (found.cells > 0) this.abridged!(this.row, found, this.#abridger.spoiled);
      line = found.line;
      this.#abridger = null;
    }
    this.#carry = [];
    this.#carried = 0;
    sink(this.#decode(line), this.row++);
  }

  #checkLength(bytes: number): void {
    if (bytes > this.maxRowBytes)
      throw new SeriesFileError(
        'series.limit',
        { file: this.file, row: this.row },
        `the row has more bytes than the limit "maxRowBytes" of ${this.maxRowBytes}. If the file really has such long rows, raise the limit.`,
      );
  }

  #decode(line: Buffer): string {
    if (isAscii(line)) return line.toString('latin1');
    try {
      return this.#decoder.decode(line);
    } catch (error) {
      // Comments may hold anything; archives have many in Latin-1.
      if (line[0] === 0x23 || line[0] === 0x25) return line.toString('latin1');
      throw new SeriesFileError(
        'series.encoding',
        { file: this.file, row: this.row },
        'expected UTF-8 text, found bytes that are not. Save the file as UTF-8, or set the option "encoding" to windows-1252.',
        { cause: error },
      );
    }
  }
}
