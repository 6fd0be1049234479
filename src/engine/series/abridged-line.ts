/** A line without its middle. */
export interface AbridgedLine {
  line: Buffer;
  /** cells that were left out */
  cells: number;
  /** bytes that were left out */
  bytes: number;
}

/** Cells that are kept at the beginning, and at the end, where a label may be. */
const KEPT = { front: 20_000, back: 50 };
/** Bytes of a line that can have more cells. Header and rows differ in bytes, but are cut at the same cells. */
export const LONG_LINE_BYTES = 2 * (KEPT.front + KEPT.back);
/** Bytes of the end of a line that are surely enough for the cells that are kept of it. */
const BACK_BYTES = 2 ** 14;
/** Bytes by which the separator is found. */
const SAMPLE_BYTES = 2 ** 14;

const [TAB, BLANK] = [9, 32];
const SEPARATORS = [',', ';', '\t', '|', ' '].map((sign) => sign.charCodeAt(0));
/** Quotes, a colon between channels and the backslash of "\n" between them: what is left out must not hold one. */
const TELLING = Buffer.from(`"':\\()`, 'latin1');

/**
 * A very long line that is looked at without being held: the first cells and the last ones are kept, and those between are counted. All
 * rows of a table are cut at the same columns.
 */
export class LineAbridger {
  /** whether what was left out tells more than values, so that the line must be read whole */
  spoiled = false;
  readonly #isSeparator = new Uint8Array(256);
  readonly #isTelling = new Uint8Array(256);
  readonly #runs: boolean;
  #front: Buffer[] = [];
  #back = Buffer.alloc(0);
  /** separators passed, in all and in the part that is kept in front */
  #passed = 0;
  #wasSeparator = true;
  #dropped = 0;
  #droppedCells = 0;

  constructor(start: Buffer) {
    const sample = start.subarray(0, SAMPLE_BYTES);
    const counts = new Uint32Array(256);
    for (const byte of sample) counts[byte]++;
    let separator = SEPARATORS[0];
    for (const sign of SEPARATORS) if (counts[sign] > counts[separator] && sign !== BLANK) separator = sign;
    if (counts[separator] === 0) separator = BLANK;
    this.#runs = separator === BLANK;
    this.#isSeparator[separator] = 1;
    if (this.#runs) this.#isSeparator[TAB] = 1;
    for (const byte of TELLING) this.#isTelling[byte] = 1;
    this.push(start);
  }

  push(part: Buffer): void {
    let at = 0;
    if (this.#passed < KEPT.front) {
      while (at < part.length && this.#passed < KEPT.front) this.#look(part[at++]);
      this.#front.push(Buffer.from(part.subarray(0, at)));
    }
    if (at === part.length) return;
    const rest = part.subarray(at);
    const joined = this.#back.length === 0 ? rest : Buffer.concat([this.#back, rest]);
    const surplus = Math.max(0, joined.length - BACK_BYTES);
    this.#drop(joined.subarray(0, surplus));
    this.#back = Buffer.from(joined.subarray(surplus));
  }

  finish(): AbridgedLine {
    // From the end back to the separator before the cells that are kept.
    let at = this.#back.length;
    for (let left = KEPT.back; at > 0; at--)
      if (this.#isSeparator[this.#back[at - 1]] === 1 && !(this.#runs && this.#isSeparator[this.#back[at]] === 1))
        if (--left < 0) break;
    this.#drop(this.#back.subarray(0, at));
    return {
      line: Buffer.concat([...this.#front, this.#back.subarray(at)]),
      cells: this.#droppedCells,
      bytes: this.#dropped,
    };
  }

  /** Counts what is left out. Local variables: this runs over every byte of the row. */
  #drop(bytes: Buffer): void {
    const isSeparator = this.#isSeparator;
    const isTelling = this.#isTelling;
    const runs = this.#runs;
    let was = this.#wasSeparator ? 1 : 0;
    let cells = 0;
    let telling = 0;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      const separates = isSeparator[byte];
      if (separates === 1 && !(runs && was === 1)) cells++;
      was = separates;
      telling |= isTelling[byte];
    }
    this.#wasSeparator = was === 1;
    this.#passed += cells;
    this.#droppedCells += cells;
    this.#dropped += bytes.length;
    if (telling === 1) this.spoiled = true;
  }

  /** Counts the separators; in a table of blanks, runs of them. */
  #look(byte: number): void {
    const separates = this.#isSeparator[byte] === 1;
    if (separates && !(this.#runs && this.#wasSeparator)) this.#passed++;
    this.#wasSeparator = separates;
  }
}
