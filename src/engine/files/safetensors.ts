import { V2SError } from '../errors';

/**
 * The safetensors format (an 8-byte little-endian header length, a JSON header, raw little-endian data): tensors and string
 * metadata, readable by any safetensors library. Only F32, F64, I32, U32 and U8 occur in our files.
 */
type TensorArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

export interface StoredTensor {
  shape: number[];
  data: TensorArray;
}

export interface SafetensorsFile {
  tensors: Map<string, StoredTensor>;
  metadata: Record<string, string>;
}

const KINDS = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;
type Kind = keyof typeof KINDS;

/** Room for the history of 100,000 epochs; the format itself allows 100 MB. */
const MAX_HEADER_BYTES = 32 * 2 ** 20;

function kindOf(data: TensorArray): Kind {
  const found = (Object.keys(KINDS) as Kind[]).find((kind) => data instanceof KINDS[kind]);
  if (!found) throw new TypeError('unsupported tensor data');
  return found;
}

const elementsOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Serializes tensors in the order given; data of every tensor starts at a multiple of 8 bytes. */
export function encodeSafetensors(file: SafetensorsFile): Uint8Array {
  const header: Record<string, unknown> = {};
  if (Object.keys(file.metadata).length > 0) header['__metadata__'] = file.metadata;
  // Widest first keeps every tensor aligned to its own element size without gaps, which the format forbids.
  const entries = [...file.tensors].sort((a, b) => b[1].data.BYTES_PER_ELEMENT - a[1].data.BYTES_PER_ELEMENT);
  let offset = 0;
  for (const [name, { shape, data }] of entries) {
    header[name] = { dtype: kindOf(data), shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  let json = Buffer.from(JSON.stringify(header), 'utf8');
  const padding = (8 - (json.length % 8)) % 8;
  json = Buffer.concat([json, Buffer.alloc(padding, 0x20)]);
  const bytes = new Uint8Array(8 + json.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  let at = 8 + json.length;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Parses and validates; every tensor is a copy. As the format demands, the tensors lie one behind the other without gap or overlap
 * and fill the file, so that the copies together are no larger than it.
 * @param what names the file in errors
 * @throws V2SError `safetensors.corrupt` on anything truncated or inconsistent
 */
export function decodeSafetensors(bytes: Uint8Array, what: string): SafetensorsFile {
  const corrupt = (why: string): V2SError =>
    new V2SError(
      'safetensors.corrupt',
      `${what} is not a valid safetensors file: ${why}. It may be truncated or damaged.`,
    );
  if (bytes.length < 8) throw corrupt(`it has ${bytes.length} bytes, fewer than the 8 of the header length`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw corrupt(`its header claims ${length} bytes, more than the ${MAX_HEADER_BYTES} that a header may have`);
  if (8n + length > BigInt(bytes.length))
    throw corrupt(`its header claims ${length} bytes, but the file has ${bytes.length}`);
  const dataStart = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, dataStart)));
  } catch {
    throw corrupt('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw corrupt('its header is not an object');
  const places: { name: string; shape: number[]; kind: Kind; from: number; to: number }[] = [];
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header as Record<string, unknown>)) {
    if (typeof value !== 'object' || value === null) throw corrupt(`entry ${JSON.stringify(name)} is not an object`);
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== 'string') throw corrupt(`metadata ${JSON.stringify(key)} is not a string`);
        metadata[key] = text;
      }
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = value as { dtype: unknown; shape: unknown; data_offsets: unknown };
    if (typeof dtype !== 'string' || !Object.hasOwn(KINDS, dtype))
      throw corrupt(`tensor ${JSON.stringify(name)} has type ${String(dtype)}`);
    const whole = (list: unknown): list is number[] =>
      Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
    if (!whole(shape) || !whole(offsets) || offsets.length !== 2)
      throw corrupt(`tensor ${JSON.stringify(name)} has no valid shape`);
    const kind = dtype as Kind;
    const [from, to] = offsets as [number, number];
    if (to - from !== elementsOf(shape) * KINDS[kind].BYTES_PER_ELEMENT || dataStart + to > bytes.length)
      throw corrupt(`tensor ${JSON.stringify(name)} lies at bytes ${from}-${to} of ${bytes.length - dataStart}`);
    places.push({ name, shape, kind, from, to });
  }
  let end = 0;
  for (const { name, from, to } of [...places].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end)
      throw corrupt(`tensor ${JSON.stringify(name)} begins at byte ${from}, but the one before it ends at byte ${end}`);
    end = to;
  }
  if (dataStart + end !== bytes.length)
    throw corrupt(`its tensors end at byte ${end}, but its data have ${bytes.length - dataStart} bytes`);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape, kind, from, to } of places) {
    // Not bytes.slice: that of a Buffer shares its memory.
    const copy = new Uint8Array(bytes.subarray(dataStart + from, dataStart + to));
    tensors.set(name, { shape, data: new KINDS[kind](copy.buffer, 0, elementsOf(shape)) });
  }
  return { tensors, metadata };
}
