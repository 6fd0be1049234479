import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { V2SError } from '../../../src/engine/errors';
import { decodeSafetensors, encodeSafetensors } from '../../../src/engine/files/safetensors';

const corrupt = (error: unknown): boolean => error instanceof V2SError && error.code === 'safetensors.corrupt';

/** A file with this header and this many bytes of data. */
function file(header: object, dataBytes: number): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes, 1)]);
}

const bytes = (from: number, to: number): object => ({ dtype: 'U8', shape: [to - from], data_offsets: [from, to] });

test('safetensors: tensors fill the data without gap or overlap, in any order of the header', () => {
  const { tensors } = decodeSafetensors(file({ b: bytes(4, 10), a: bytes(0, 4), none: bytes(4, 4) }, 10), 'f');
  assert.deepEqual(
    [...tensors].map(([name, { data }]) => [name, data.length]),
    [
      ['b', 6],
      ['a', 4],
      ['none', 0],
    ],
  );
  for (const [why, header] of [
    ['the same bytes twice', { a: bytes(0, 10), b: bytes(0, 10) }],
    ['an overlap', { a: bytes(0, 6), b: bytes(5, 10) }],
    ['a gap', { a: bytes(0, 4), b: bytes(5, 10) }],
    ['a gap at the beginning', { a: bytes(1, 10) }],
    ['bytes at the end', { a: bytes(0, 9) }],
    ['data without tensors', {}],
  ] as const)
    assert.throws(() => decodeSafetensors(file(header, 10), 'f'), corrupt, why);
});

test('safetensors: ten thousand tensors of the same bytes are refused before any is copied', () => {
  // 5.5 MB that took 13 GB: each tensor was a copy of all the data.
  const size = 2 ** 22;
  const header = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`t${i}`, bytes(0, size)]));
  const before = process.memoryUsage().arrayBuffers;
  const hostile = file(header, size);
  assert.throws(() => decodeSafetensors(hostile, 'f'), corrupt);
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 * hostile.length);
});

test('safetensors: a header of 2^53 bytes, or one larger than the file, is refused', () => {
  for (const length of [2n ** 53n, 2n ** 64n - 1n, 33n * 2n ** 20n, 100n]) {
    const hostile = Buffer.alloc(64);
    hostile.writeBigUInt64LE(length);
    assert.throws(() => decodeSafetensors(hostile, 'f'), corrupt, String(length));
  }
});

test('safetensors: the shipped models and what is written here keep the rules', () => {
  const root = join(__dirname, '..', 'models');
  const shipped = readdirSync(root, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.safetensors'));
  assert.ok(shipped.length > 0);
  for (const name of shipped) assert.ok(decodeSafetensors(readFileSync(join(root, name)), name).tensors.size > 0);
  const tensors = new Map([
    ['bytes', { shape: [3], data: new Uint8Array([1, 2, 3]) }],
    ['doubles', { shape: [2], data: new Float64Array([0.5, -1]) }],
    ['floats', { shape: [1, 1], data: new Float32Array([2]) }],
  ]);
  const back = decodeSafetensors(encodeSafetensors({ tensors, metadata: { a: 'b' } }), 'f');
  for (const [name, tensor] of tensors) assert.deepEqual(back.tensors.get(name), tensor);
});
