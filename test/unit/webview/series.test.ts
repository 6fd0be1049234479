import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SeriesThumb } from '../../../src/protocol/panels/series';
import {
  chunks,
  curvePath,
  parseSearch,
  readValue,
  seriesTable,
  shownSeries,
  timeOf,
  valuesWanted,
} from '../../../webview/series/series-model';
import { ThumbLoader } from '../../../webview/series/thumb-loader';

const classes = ['1', '2', 'upward shift'].map((name) => ({ name, count: 3 }));
// Series 10 has no label.
const view = { count: 10, classes, labels: Int32Array.of(0, 1, 2, 0, 1, 2, 0, 1, 2, -1) };
const all = { search: '', hidden: new Set<number>(), order: 'file' as const };

function thumb(index: number, values: number[] = [1, 2], more: Partial<SeriesThumb> = {}): SeriesThumb {
  return {
    index,
    line: index + 2,
    label: null,
    length: values.length,
    min: Math.min(...values),
    max: Math.max(...values),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    values: Float32Array.from(values),
    reduced: false,
    ...more,
  };
}

test('searches by class, number and range; a number is also a class of this name', () => {
  assert.deepEqual(parseSearch(' #12 20-10  Shift'), {
    ranges: [
      { from: 12, to: 12, text: '#12' },
      { from: 10, to: 20, text: '20-10' },
    ],
    words: ['shift'],
  });
  const found = (search: string): number[] => shownSeries(view, { ...all, search });
  assert.deepEqual(found(''), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(found('UPWARD shift'), [2, 5, 8]);
  assert.deepEqual(found('upward down'), []);
  assert.deepEqual(found('#2'), [1], 'with the sign only the number counts');
  assert.deepEqual(found('2'), [1, 4, 7], 'series 2 is one of class 2');
  assert.deepEqual(found('3-5 upward'), [2]);
  assert.deepEqual(found('9-99'), [8, 9]);
});

test('hidden classes are left out, also the one without label; order by class keeps the file order within', () => {
  assert.deepEqual(shownSeries(view, { ...all, hidden: new Set([0, 3]) }), [1, 2, 4, 5, 7, 8]);
  assert.deepEqual(shownSeries(view, { ...all, order: 'class' }), [0, 3, 6, 1, 4, 7, 2, 5, 8, 9]);
});

test('a hundred thousand series are searched, filtered and ordered', () => {
  const count = 100_000;
  const many = { count, classes, labels: Int32Array.from({ length: count }, (_, i) => i % 3) };
  const shown = shownSeries(many, { search: 'shift', hidden: new Set([0]), order: 'class' });
  assert.equal(shown.length, 33_333);
});

test('reduced series: every sample lies in exactly the part that is read for it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 300 }), (parts, more) => {
      const length = 2 * parts + 1 + more;
      const values = Float32Array.from({ length: 2 * parts }, (_, i) => i);
      let expected = 0;
      while (expected < length) {
        const { from, to, low, high } = readValue({ values, length, reduced: true }, expected);
        assert.equal(from, expected);
        assert.ok(to >= from && to < length);
        assert.equal(high, low + 1);
        for (let time = from; time <= to; time++)
          assert.equal(readValue({ values, length, reduced: true }, time).from, from);
        const center = timeOf({ values, length, reduced: true }, low);
        assert.ok(center >= from - 1 && center <= to + 1, 'drawn where it belongs');
        expected = to + 1;
      }
    }),
    { numRuns: 40 },
  );
  assert.deepEqual(readValue(thumb(0, [5, 6, 7]), 1), { from: 1, to: 1, low: 6, high: 6 });
});

test('a curve is broken where values are missing, and a value alone is a dot', () => {
  const path = curvePath(
    thumb(0, [1, NaN, 2, 3]),
    (time) => 10 * time,
    (value) => value,
  );
  assert.equal(path, 'M0.0,1.0h0.01M20.0,2.0L30.0,3.0');
});

test('asks for two values per pixel column, in few sizes', () => {
  assert.equal(valuesWanted(100), 256);
  assert.equal(valuesWanted(120), 256);
  assert.equal(valuesWanted(0), 16);
  assert.equal(valuesWanted(9000), 4000);
});

test('the table has a row per series; no number is an empty cell', () => {
  const { header, rows } = seriesTable([thumb(4, [1, 3], { label: '=1+1' }), thumb(5, [NaN])]);
  assert.deepEqual(header, ['series', 'line', 'class', 'length', 'min', 'max', 'mean']);
  assert.deepEqual(rows, [
    [5, 6, '=1+1', 2, 1, 3, 2],
    [6, 7, null, 1, null, null, null],
  ]);
  assert.deepEqual(chunks([1, 2, 3], 2), [[1, 2], [3]]);
});

/** A host whose answers are given when the test says so. */
function slowHost() {
  const asked: { indices: number[]; width: number; answer(thumbs?: SeriesThumb[]): Promise<void>; fail(): void }[] = [];
  const loaded: number[][] = [];
  const errors: unknown[] = [];
  const loader = new ThumbLoader({
    fetch: (indices, width) =>
      new Promise((resolve, reject) =>
        asked.push({
          indices,
          width,
          answer: async (thumbs = indices.map((index) => thumb(index))) => {
            resolve(thumbs);
            await new Promise(setImmediate);
          },
          fail: () => reject(new Error('gone')),
        }),
      ),
    onLoaded: (indices) => loaded.push([...indices]),
    onError: (error) => errors.push(error),
    batch: 3,
    capacity: 6,
  });
  return { loader, asked, loaded, errors };
}

test('loads what is wanted last, one request at a time, each series once', async () => {
  const { loader, asked, loaded } = slowHost();
  loader.want([0, 1, 2, 3], 64);
  assert.deepEqual(
    asked.map(({ indices }) => indices),
    [[0, 1, 2]],
  );
  loader.want([50, 51], 64); // scrolled past 3 to ..
  loader.want([2, 90], 64); // .. and past these
  await asked[0].answer();
  assert.deepEqual(asked[1].indices, [90], '3, 50 and 51 were never asked for, 2 is there');
  await asked[1].answer();
  assert.equal(asked.length, 2);
  assert.deepEqual(loaded, [[0, 1, 2], [90]]);
  assert.equal(loader.get(90)?.index, 90);
});

test('fetches reduced pictures anew when more values are wanted, complete ones never', async () => {
  const { loader, asked } = slowHost();
  loader.want([0, 1], 64);
  await asked[0].answer([thumb(0), thumb(1, [1, 2], { reduced: true, length: 900 })]);
  loader.want([0, 1], 32);
  assert.equal(asked.length, 1, 'finer than wanted is good');
  loader.want([0, 1], 128);
  assert.deepEqual(asked[1].indices, [1]);
  assert.equal(asked[1].width, 128);
});

test('forgets the oldest beyond its capacity, never what is wanted, and everything when the file is read anew', async () => {
  const { loader, asked, loaded } = slowHost();
  for (let first = 0; first < 12; first += 3) {
    loader.want([first, first + 1, first + 2], 64);
    await asked[asked.length - 1].answer();
  }
  assert.equal(loader.get(0), undefined);
  assert.ok(loader.get(11) && loader.get(6));
  loader.want([20], 64);
  loader.clear();
  await asked[asked.length - 1].answer();
  assert.equal(loader.get(20), undefined, 'a reply to the old file is not kept');
  assert.equal(loader.get(11), undefined);
  assert.equal(loaded.length, 4);
});

test('tells a failure once and asks again when something is wanted again; a short answer does not loop', async () => {
  const { loader, asked, errors } = slowHost();
  loader.want([0], 64);
  asked[0].fail();
  await new Promise(setImmediate);
  assert.equal(errors.length, 1);
  assert.equal(asked.length, 1);
  loader.want([0], 64);
  await asked[1].answer([]);
  assert.equal(asked.length, 2);
  assert.equal(loader.get(0), undefined);
});
