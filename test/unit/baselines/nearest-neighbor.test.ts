import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { referenceLines } from '../../../src/engine/baselines';
import { euclidean, nearestNeighbors, chooseWindow, windowSteps } from '../../../src/engine/baselines/nearest-neighbor';
import { squaredTimeWarping } from '../../../src/engine/baselines/time-warping';
import { CanceledError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';
import { readTrainTest } from '../../../src/engine/series';
import { LinearModel } from '../support/linear-model';

/** The recursion word for word, over the whole table. */
function byDefinition(a: ArrayLike<number>, b: ArrayLike<number>, window: number): number {
  const reach = Math.max(window, Math.abs(a.length - b.length));
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(Infinity));
  table[0][0] = 0;
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++)
      if (Math.abs(i - j) <= reach)
        table[i][j] = (a[i - 1] - b[j - 1]) ** 2 + Math.min(table[i - 1][j - 1], table[i - 1][j], table[i][j - 1]);
  return table[a.length][b.length];
}

test('time warping by hand and by its definition; the limit ends the search and changes nothing below it', () => {
  // the peak is one step later: warping pays nothing for it, the diagonal pays twice
  assert.equal(squaredTimeWarping([0, 1, 0, 0], [0, 0, 1, 0], 4), 0);
  assert.equal(squaredTimeWarping([0, 1, 0, 0], [0, 0, 1, 0], 0), 2);
  assert.equal(squaredTimeWarping([1, 2, 3], [1, 2, 2, 3], 0), 0);
  assert.equal(squaredTimeWarping([3], [1, 2, 5], 9), 4 + 1 + 4);
  const random = new Random(2);
  for (let trial = 0; trial < 300; trial++) {
    const [a, b] = [0, 1].map(() => Float64Array.from({ length: 1 + random.below(12) }, () => random.gaussian()));
    const window = random.below(12);
    const expected = byDefinition(a, b, window);
    assert.ok(Math.abs(squaredTimeWarping(a, b, window) - expected) < 1e-12);
    assert.ok(Math.abs(squaredTimeWarping(a, b, window, expected * 1.001) - expected) < 1e-12);
    assert.equal(squaredTimeWarping(a, b, window, expected * 0.999), Infinity);
    assert.ok(squaredTimeWarping(a, b, window + 1) <= expected + 1e-12);
  }
});

test('nearest neighbors by hand: own class left out, the first of equals, unequal lengths stretched', async () => {
  const series = [
    [0, 0],
    [0, 1],
    [5, 5],
    [5, 6],
  ].map((values) => Float64Array.from(values));
  const train = { series, labels: [0, 1, 1, 1] };
  const distance = euclidean(train);
  assert.deepEqual([...(await nearestNeighbors(train, series, distance, true))], [1, 0, 1, 1]);
  assert.deepEqual([...(await nearestNeighbors(train, series, distance, false))], [0, 1, 1, 1]);
  // as far from the first as from the second
  assert.deepEqual([...(await nearestNeighbors(train, [Float64Array.of(0, 0.5)], distance, false))], [0]);
  assert.deepEqual([...(await nearestNeighbors(train, [Float64Array.of(5, 5, 5, 5)], distance, false))], [1]);
  assert.deepEqual(
    [0, 1, 20].map((percent) => windowSteps(percent, 96)),
    [0, 0, 19],
  );
});

test('the window is the narrowest of the best by leave-one-out', async () => {
  // Class 0 has one peak, class 1 two peaks close together, at places of their own: only warping finds the kin.
  const peaks = (...places: number[]): Float64Array => {
    const values = new Float64Array(20);
    for (const place of places) values[place] = 1;
    return values;
  };
  const train = {
    series: [peaks(4), peaks(6), peaks(8), peaks(4, 10), peaks(6, 12), peaks(8, 14)],
    labels: [0, 0, 0, 1, 1, 1],
  };
  const { percent, accuracy } = await chooseWindow(train);
  assert.equal(accuracy, 1);
  assert.equal(windowSteps(percent, 20), 2);
});

const UCR = resolve('../shared/data/ucr');

test('published figures of the UCR archive', { skip: existsSync(UCR) ? false : `${UCR} is not here` }, async () => {
  // Error rates of the archive's table of 2018: ED, DTW without a window.
  for (const [name, ed, dtw] of [
    ['ECG200', 0.88, 0.77],
    ['GunPoint', 0.9133, 0.9067],
  ] as const) {
    const paths = ['TRAIN', 'TEST'].map((part) => join(UCR, name, `${name}_${part}.tsv`));
    const { train, test: held } = await readTrainTest(paths[0], paths[1]);
    const lines = await referenceLines(train, held, null, { timeWarping: true, replicas: 1 });
    const of = (line: string): number => lines.find((found) => found.name === line)!.test!;
    assert.ok(Math.abs(of('euclidean') - ed) < 5e-5, name);
    assert.ok(Math.abs(of('dtw-full') - dtw) < 5e-5, name);
    const chosen = lines.find((found) => found.name === 'dtw-window')!;
    // the archive's learned window of both is 0
    assert.deepEqual([chosen.window, chosen.test], [0, of('euclidean')]);
  }
});

test('the linear probe reads what the model says without a theta; the majority; time warping only when wanted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-baseline-'));
  try {
    const random = new Random(4);
    // the class is whether the series rises or falls; three fall for every one that rises
    const file = async (name: string, n: number) => {
      const lines = Array.from({ length: n }, (_, i) => {
        const slope = i % 4 === 0 ? 1 : -1;
        const values = Array.from({ length: 30 }, (_, t) => slope * (t - 14.5) * 0.1 + 0.1 * random.gaussian());
        return [slope > 0 ? 'up' : 'down', ...values.map((value) => value.toFixed(5))].join('\t');
      });
      await writeFile(join(folder, name), `${lines.join('\n')}\n`);
      return join(folder, name);
    };
    const { train, test: held } = await readTrainTest(await file('A_TRAIN.tsv', 16), await file('A_TEST.tsv', 8));
    const model = new LinearModel(6, 1);
    const lines = await referenceLines(train, held, model, { timeWarping: false, replicas: 10 });
    assert.deepEqual(
      lines.map(({ name, leaveOneOut, test: onTest, window }) => [name, leaveOneOut, onTest, window]),
      [
        ['majority', 0.75, 0.75, null],
        ['euclidean', 1, 1, null],
        ['linear-probe', 1, 1, null],
      ],
    );
    assert.equal(model.heard, 24);
    const without = await referenceLines(train, null, null, { timeWarping: true, replicas: 10 });
    assert.deepEqual(
      without.map(({ name, test: onTest }) => [name, onTest]),
      [
        ['majority', null],
        ['euclidean', null],
        ['dtw-window', null],
        ['dtw-full', null],
      ],
    );
    const signal = AbortSignal.abort();
    await assert.rejects(
      referenceLines(train, held, model, { timeWarping: true, replicas: 10 }, { signal }),
      CanceledError,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
