import { SeriesFileError, shown } from '../series-error';

/** Elements of an array one after the other as they are asked for, in the order of C. */
export interface ElementStream {
  shape: readonly number[];
  /** Fills the values with the next elements. @throws SeriesFileError `series.damaged` when there are no more */
  numbers(into: Float64Array): Promise<void>;
  /** The next elements as texts. */
  texts(count: number): Promise<string[]>;
}

/** What the header of a .npy array says. */
interface NpyHeader {
  shape: number[];
  columnMajor: boolean;
  element: ElementType;
}

interface ElementType {
  bytes: number;
  /** null for texts */
  number: ((view: DataView, at: number) => number) | null;
  text: (view: DataView, at: number) => string;
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const MOST_HEADER = 2 ** 16;
const MOST_DIMENSIONS = 8;
/** Elements of an array that is written column by column are all held, each in 8 bytes. */
const MOST_TURNED = 2 ** 27;

/** Bytes in pieces, taken in the sizes that are needed. */
class Taker {
  readonly #pieces: AsyncIterator<Buffer>;
  #left: Buffer = Buffer.alloc(0);

  constructor(
    readonly file: string,
    pieces: AsyncIterable<Buffer>,
  ) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** As many bytes, valid until the next are taken. */
  async take(count: number): Promise<Buffer> {
    const parts = [];
    let missing = count;
    while (missing > 0) {
      if (this.#left.length === 0) {
        const { done, value } = await this.#pieces.next();
        if (done) throw cutOff(this.file);
        this.#left = value;
      }
      const part = this.#left.subarray(0, missing);
      this.#left = this.#left.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }
}

const cutOff = (file: string): SeriesFileError =>
  new SeriesFileError(
    'series.damaged',
    { file },
    'the array ends before all of its elements; the file was cut off or is damaged. Copy or download it again.',
  );

/**
 * An array in NumPy's format .npy, versions 1 to 3, of numbers, truth values or texts.
 * @param bytes of the array with its header
 * @throws SeriesFileError `series.binary` for something else, `series.array` for elements that cannot be read, `series.damaged`
 */
export async function openNpy(file: string, bytes: number, pieces: AsyncIterable<Buffer>): Promise<ElementStream> {
  const taker = new Taker(file, pieces);
  const begin = bytes < 10 ? Buffer.alloc(0) : Buffer.from(await taker.take(10));
  if (!begin.subarray(0, 6).equals(MAGIC))
    throw new SeriesFileError('series.binary', { file }, 'expected a NumPy array (.npy), found something else.');
  const long = begin[6] > 1;
  const headerBytes = long ? Buffer.concat([begin.subarray(8), await taker.take(2)]).readUInt32LE() : begin.readUInt16LE(8); // prettier-ignore
  const start = (long ? 12 : 10) + headerBytes;
  if (headerBytes > MOST_HEADER || start > bytes) throw cutOff(file);
  const { shape, columnMajor, element } = parseHeader(file, (await taker.take(headerBytes)).toString('latin1'));
  const count = shape.reduce((product, n) => product * n, 1);
  if (start + count * element.bytes > bytes) throw cutOff(file);
  const one = async <T>(most: number, read: (view: DataView, at: number, i: number) => T): Promise<void> => {
    const raw = await taker.take(most * element.bytes);
    const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
    for (let i = 0; i < most; i++) read(view, i * element.bytes, i);
  };
  const stream: ElementStream = {
    shape,
    async numbers(into) {
      const { number } = element;
      if (number) return await one(into.length, (view, at, i) => (into[i] = number(view, at)));
      throw new SeriesFileError(
        'series.array',
        { file },
        'expected an array of numbers, found texts. Convert it, for example with X.astype(float).',
      );
    },
    async texts(most) {
      const found: string[] = [];
      await one(most, (view, at) => found.push(element.text(view, at)));
      return found;
    },
  };
  return columnMajor && shape.length > 1 && element.number ? await turned(file, stream) : stream;
}

/** An array that is written column by column, read whole and handed out row by row. */
async function turned(file: string, { shape, numbers, texts }: ElementStream): Promise<ElementStream> {
  const count = shape.reduce((product, n) => product * n, 1);
  if (count > MOST_TURNED)
    throw new SeriesFileError(
      'series.limit',
      { file },
      `the array is written column by column (Fortran order) and has more than ${MOST_TURNED} values. Save it with np.ascontiguousarray.`,
    );
  const all = new Float64Array(count);
  await numbers(all);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, n) => product * n, 1));
  const index = shape.map(() => 0);
  return {
    shape,
    numbers(into) {
      for (let i = 0; i < into.length; i++) {
        into[i] = all[index.reduce((sum, n, axis) => sum + n * strides[axis], 0)];
        for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
      }
      return Promise.resolve();
    },
    texts,
  };
}

function parseHeader(file: string, header: string): NpyHeader {
  const descr = /'descr':\s{0,9}'([^']{0,40})'/.exec(header)?.[1];
  const shapeText = /'shape':\s{0,9}\(([\d, L]{0,200})\)/.exec(header)?.[1];
  const shape = shapeText?.split(',').flatMap((text) => (text.trim() === '' ? [] : [Number.parseInt(text, 10)]));
  const size = shape?.reduce((product, n) => product * n, 1) ?? Number.NaN;
  if (!shape || !Number.isSafeInteger(size) || shape.length > MOST_DIMENSIONS)
    throw new SeriesFileError('series.damaged', { file }, 'expected the shape of the array in its header, found none.');
  const element = elementType(descr);
  if (!element)
    throw new SeriesFileError(
      'series.array',
      { file },
      `expected an array of numbers or texts, found elements of the type ${shown(descr ?? 'record')}. ` +
        (descr?.includes('O')
          ? 'Series of differing length make an object array: fill them up with NaN, or save them as .ts.'
          : 'Convert it, for example with X.astype(float).'),
    );
  return { shape, columnMajor: /'fortran_order':\s{0,9}True/.test(header), element };
}

const MOST_TEXT_BYTES = 4096;

function elementType(descr: string | undefined): ElementType | null {
  const [, order, kind, size] = /^([<>|=]?)([a-zA-Z?])(\d{0,9})$/.exec(descr ?? '') ?? [];
  if (kind === undefined) return null;
  const little = order !== '>';
  const ofNumber = (bytes: number, number: (view: DataView, at: number) => number): ElementType => ({
    bytes,
    number,
    text: (view, at) => String(number(view, at)),
  });
  const wide = (signed: boolean) => (view: DataView, at: number) =>
    Number(signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little));
  const ofText = (bytes: number, text: (view: DataView, at: number) => string): ElementType | null =>
    bytes > 0 && bytes <= MOST_TEXT_BYTES ? { bytes, number: null, text } : null;
  switch (kind + size) {
    case 'f2':
      return ofNumber(2, (view, at) => half(view.getUint16(at, little)));
    case 'f4':
      return ofNumber(4, (view, at) => view.getFloat32(at, little));
    case 'f8':
      return ofNumber(8, (view, at) => view.getFloat64(at, little));
    case 'i1':
      return ofNumber(1, (view, at) => view.getInt8(at));
    case 'i2':
      return ofNumber(2, (view, at) => view.getInt16(at, little));
    case 'i4':
      return ofNumber(4, (view, at) => view.getInt32(at, little));
    case 'i8':
      return ofNumber(8, wide(true));
    case 'b1':
    case '?':
    case 'u1':
      return ofNumber(1, (view, at) => view.getUint8(at));
    case 'u2':
      return ofNumber(2, (view, at) => view.getUint16(at, little));
    case 'u4':
      return ofNumber(4, (view, at) => view.getUint32(at, little));
    case 'u8':
      return ofNumber(8, wide(false));
  }
  if (kind === 'S') return ofText(Number(size), (view, at) => bytesText(view, at, Number(size)));
  if (kind === 'U')
    return ofText(4 * Number(size), (view, at) => {
      let text = '';
      for (let i = 0; i < Number(size); i++) {
        const code = view.getUint32(at + 4 * i, little);
        if (code === 0) break;
        text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
      }
      return text;
    });
  return null;
}

function bytesText(view: DataView, at: number, size: number): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset + at, size);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? size : end);
}

/** A 16-bit float. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
