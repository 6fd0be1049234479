// Series in arrays: files that NumPy wrote (test/fixtures/series), and hostile ones.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  previewSeriesFile,
  readLike,
  readSeriesFile,
  siblingTestFile,
  understoodOf,
  type ReadOptions,
} from '../../../src/engine/series';
import { scratch, seriesError } from '../support/series-files';

const FIXTURES = 'test/fixtures/series';
const at = (name: string): string => join(FIXTURES, name);
type Cube = number[][][];
const expected = async (): Promise<{ X: Cube; half: Cube; single: Cube }> => JSON.parse(await readFile(at('expected.json'), 'utf8')); // prettier-ignore
const channelOf = (cube: Cube, channel: number): number[][] => cube.map((series) => series[channel]);

async function read(name: string, options: ReadOptions = {}) {
  const { series, notes, format, sha256 } = await readSeriesFile(at(name), options);
  assert.equal(sha256, createHash('sha256').update(await readFile(at(name))).digest('hex')); // prettier-ignore
  const preview = await previewSeriesFile(at(name), options);
  assert.deepEqual([preview.problem, preview.format, preview.seriesCount], [null, format, series.length], name);
  return { values: series.map(({ values }) => [...values]), labels: series.map(({ label }) => label), notes: notes.join('\n'), format }; // prettier-ignore
}

test('arrays as NumPy writes them', async () => {
  const { X, half, single } = await expected();
  for (const channel of [1, 2]) {
    const { values, labels, notes } = await read('channels.npz', { channel });
    assert.deepEqual([values, labels.slice(0, 2)], [channelOf(single, channel - 1), ['rest', 'walk']]);
    assert.match(notes, new RegExp(`Channel ${channel} of 2 was read`));
    const last = await read('last.npy', { channel });
    assert.deepEqual([last.values, last.labels[0]], [channelOf(half, channel - 1), null]);
    assert.match(last.notes, /shape \[6, 5, 2\].*last axis/);
    assert.match(last.notes, /No labels were found\. They are looked for in last_y\.npy/);
  }
  const plain = await read('plain.npz');
  assert.deepEqual([plain.values, plain.labels.slice(0, 2)], [channelOf(X, 0), ['0', '1']]);
  assert.match(plain.notes, /"X_train" was read\. Others were not: "X_test"/);
  const other = await read('plain.npz', { labels: { name: 'y_test' } });
  assert.deepEqual(other.labels.slice(0, 2), ['1', '0']);
  // Big-endian, column by column, byte strings in a file beside it.
  const fortran = await read('fortran.npy');
  assert.deepEqual([fortran.values, fortran.labels.slice(0, 2)], [channelOf(X, 0), ['a', 'bb']]);
  assert.match(fortran.notes, /labels were read from fortran_y\.npy/);
  // Labels in a column of the array itself.
  const column = await read('fortran.npy', { labels: 'first' });
  assert.deepEqual(
    column.values,
    channelOf(X, 0).map((row) => row.slice(1)),
  );
  assert.deepEqual(
    column.labels,
    channelOf(X, 0).map(([label]) => String(label)),
  );
  assert.deepEqual((await read('fortran.npy', { labels: 'none' })).labels[0], null);
  // Missing values.
  const gap = await read('fortran.npy', { missing: [String(X[1][0][2])] });
  assert.ok(Math.abs(gap.values[1][2] - (X[1][0][1] + X[1][0][3]) / 2) < 1e-12);
  assert.match(gap.notes, /interpolated linearly \(1 in 1 series, first in row 2, column 3\)/);
});

test('what an array file says of itself holds for others', async (t) => {
  const write = await scratch(t);
  const folder = dirname(await write('x', ''));
  for (const name of ['X_TRAIN.npz', 'X_TEST.npz']) await copyFile(at('channels.npz'), join(folder, name));
  const train = join(folder, 'X_TRAIN.npz');
  assert.equal(await siblingTestFile(train), join(folder, 'X_TEST.npz'));
  const said = understoodOf(await readSeriesFile(train, { channel: 2 }));
  const like = await readLike(join(folder, 'X_TEST.npz'), JSON.parse(JSON.stringify(said)));
  assert.deepEqual(like.series, (await readSeriesFile(train, { channel: 2 })).series);
  assert.equal((await seriesError(readLike(at('fortran.npy'), said))).code, 'series.channel');
  // A table for a program of arrays, and the other way round.
  const table = understoodOf(await readSeriesFile(at('fortran.npy')));
  const csv = await write('a.csv', 'a,1,2,3,4,5\nbb,2,3,4,5,6\na,1,2,3,4,5\nbb,2,3,4,5,6\n');
  assert.deepEqual((await readLike(csv, table)).series[1].label, 'bb');
  assert.deepEqual((await readLike(at('fortran.npy'), understoodOf(await readSeriesFile(csv)))).series[1].label, 'bb');
});

test('what cannot be read says so', async (t) => {
  const write = await scratch(t);
  const npy = (descr: string, shape: string, data: Buffer): Buffer => {
    const header = `{'descr': ${descr}, 'fortran_order': False, 'shape': (${shape}), }\n`;
    const begin = Buffer.from('\x93NUMPY\x01\x00\0\0', 'latin1');
    begin.writeUInt16LE(header.length, 8);
    return Buffer.concat([begin, Buffer.from(header, 'latin1'), data]);
  };
  const floats = (...values: number[]): Buffer => Buffer.from(Float64Array.from(values).buffer);
  const cases: [string, Buffer, string, RegExp, ReadOptions?][] = [
    ['a.npy', Buffer.from('no array'), 'series.binary', /expected a NumPy array/],
    ['a.npy', Buffer.alloc(0), 'series.binary', /expected a NumPy array/],
    ['a.npy', npy("'<f8'", '2, 3', floats(1, 2, 3)), 'series.damaged', /cut off or is damaged/],
    ['a.npy', npy("'<f8'", '1000000, 1000000', floats(1)), 'series.damaged', /cut off/],
    ['a.npy', npy("'<f8'", '99999999999999999999, 3', floats(1)), 'series.damaged', /shape/],
    ['a.npy', npy("'<f8'", '0, 3', floats()), 'series.empty', /no elements/],
    ['a.npy', npy("'<f8'", '3,', floats(1, 2, 3)), 'series.array', /found \[3\]/],
    ['a.npy', npy("'<c16'", '1, 1', floats(1, 2)), 'series.array', /type "<c16"/],
    ['a.npy', npy("'<U2'", '1, 2', Buffer.alloc(16)), 'series.array', /found texts/],
    ['a.npy', npy("[('t', '<f8')]", '2,', floats(1, 2)), 'series.array', /"record"/],
    ['a.npy', npy("'<f8'", '1, 2', floats(1, Infinity)), 'series.infinite', /row 1, column 2: expected a finite/],
    ['a.npy', npy("'<f8'", '1, 2', floats(NaN, NaN)), 'series.empty', /row 1/],
    ['a.npy', npy("'<f8'", '1, 2', floats(1, 2)), 'series.labels', /columns 1 to 2/, { labels: 9 }],
    ['a.npy', npy("'<f8'", '1, 2', floats(1, 2)), 'series.limit', /maxRowBytes/, { limits: { maxRowBytes: 8 } }],
    ['a.npy', npy("'<f8'", '1, 2', floats(1, 2)), 'series.limit', /maxValues/, { limits: { maxValues: 1 } }],
    ['a.npy', npy("'<f8'", '1, 2', floats(1, 2)), 'series.limit', /maxBytes/, { limits: { maxBytes: 9 } }],
    ['a.npz', Buffer.from('PK no archive'), 'series.binary', /expected a NumPy archive/],
    ['a.npz', (await readFile(at('channels.npz'))).subarray(0, 400), 'series.binary', /damaged/],
    ['a.edf', Buffer.from('0       '), 'series.unsupported', /EDF.*X\.npy and y\.npy/],
    ['a.hea', Buffer.from('100 2 360'), 'series.unsupported', /WFDB/],
  ];
  for (const [name, bytes, code, message, options] of cases) {
    const path = await write(name, bytes);
    const error = await seriesError(readSeriesFile(path, options));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    if (code === 'series.limit') continue;
    const { problem } = await previewSeriesFile(path, options).catch((thrown: unknown) => ({ problem: thrown }));
    assert.equal((problem as { code?: string } | null)?.code, code);
  }
  const object = await seriesError(readSeriesFile(at('object.npy')));
  assert.match(object.message, /"\|O".*fill them up with NaN/);
  const changed = await readFile(at('channels.npz'));
  changed.fill(0x55, 100, 140);
  assert.equal((await seriesError(readSeriesFile(await write('b.npz', changed), { channel: 1 }))).code, 'series.damaged'); // prettier-ignore
  const wrong = await write('w.npy', npy("'<f8'", '2, 2', floats(1, 2, 3, 4)));
  await write('w_y.npy', npy("'<f8'", '3,', floats(1, 2, 3)));
  assert.match((await seriesError(readSeriesFile(wrong))).message, /w_y\.npy: expected 2 labels.*\[3\]/);
});
