import { readFileSync } from 'node:fs';

export interface NpyArray {
  shape: number[];
  /** row-major, whatever the order in the file */
  data: Float32Array | Float64Array | Int32Array | BigInt64Array;
}

const TYPES = { '<f4': Float32Array, '<f8': Float64Array, '<i4': Int32Array, '<i8': BigInt64Array } as const;

/** Reads NumPy's .npy format, versions 1 to 3, little-endian floats and integers, C or Fortran order. */
export function readNpy(path: string): NpyArray {
  const bytes = readFileSync(path);
  if (bytes.subarray(1, 6).toString('latin1') !== 'NUMPY') throw new Error(`${path} is not a .npy file`);
  const wide = bytes[6] >= 2;
  const headerStart = wide ? 12 : 10;
  const dataStart = headerStart + (wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  const header = bytes.subarray(headerStart, dataStart).toString('latin1');
  const kind = /'descr': '([^']+)'/.exec(header)?.[1] as keyof typeof TYPES;
  const type = TYPES[kind];
  if (!type) throw new Error(`${path} has element type ${kind}`);
  const shape = [...(/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').matchAll(/\d+/g)].map(Number);
  const count = shape.reduce((product, n) => product * n, 1);
  const raw = bytes.buffer.slice(bytes.byteOffset + dataStart, bytes.byteOffset + bytes.length);
  const data = new type(raw, 0, count);
  if (!header.includes("'fortran_order': True") || shape.length < 2) return { shape, data };
  const ordered = new type(count);
  const index = shape.map(() => 0);
  for (let row = 0; row < count; row++) {
    let column = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) column = column * shape[axis] + index[axis];
    ordered[row] = data[column];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return { shape, data: ordered };
}

/** As readNpy, for files known to hold 32-bit floats. */
export function readNpyFloats(path: string): { shape: number[]; data: Float32Array } {
  const { shape, data } = readNpy(path);
  if (!(data instanceof Float32Array)) throw new Error(`${path} does not hold 32-bit floats`);
  return { shape, data };
}
