import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { munkres } from 'munkres';
import { Random } from '../../../src/engine/math/random';
import { slicedWasserstein2 } from '../../../src/engine/theory/sliced-wasserstein';
import { SourceHalves } from '../../../src/engine/theory/source-halves';
import { wasserstein1 } from '../../../src/engine/theory/wasserstein1';

const gaussian = (n: number, k: number, random: Random, mean = 0): Float32Array =>
  Float32Array.from({ length: n * k }, () => mean + random.gaussian());

function* permutations(items: number[]): Generator<number[]> {
  if (items.length === 0) yield [];
  for (const item of items)
    for (const rest of permutations(items.filter((other) => other !== item))) yield [item, ...rest];
}

function bruteForce(a: Float32Array, b: Float32Array, n: number, k: number): number {
  let least = Infinity;
  for (const permutation of permutations(Array.from({ length: n }, (_, i) => i))) {
    let sum = 0;
    permutation.forEach((j, i) => {
      sum += Math.hypot(...Array.from({ length: k }, (_, c) => a[i * k + c] - b[j * k + c]));
    });
    least = Math.min(least, sum / n);
  }
  return least;
}

test('Wasserstein-1 equals the least cost over all permutations', () => {
  const random = new Random(4);
  for (let n = 1; n <= 7; n++)
    for (const k of [1, 3, 12]) {
      const a = gaussian(n, k, random);
      // half-whole coordinates give many ties, the hard case of an assignment solver
      const b = gaussian(n, k, random, 0.5).map((value) => (k === 3 ? Math.round(value * 2) / 2 : value));
      const found = wasserstein1(a, n, b, n, k);
      assert.ok(Math.abs(found - bruteForce(a, b, n, k)) < 1e-9, `n ${n}, k ${k}`);
    }
});

test('the distance of a translated copy is the length of the translation', () => {
  const random = new Random(5);
  const [n, k] = [150, 8];
  const a = gaussian(n, k, random);
  const shift = Float32Array.from({ length: k }, () => random.gaussian());
  // The mean moves by ||shift||, and no plan can be cheaper than moving the mean (Jensen), whatever the order of the rows.
  const order = random.shuffle(Array.from({ length: n }, (_, i) => i));
  const b = new Float32Array(n * k);
  order.forEach((row, i) =>
    b.set(
      a.subarray(row * k, (row + 1) * k).map((value, c) => value + shift[c]),
      i * k,
    ),
  );
  assert.ok(Math.abs(wasserstein1(a, n, b, n, k) - Math.hypot(...shift)) < 1e-5);
});

test('Wasserstein-1 keeps the axioms of a metric', () => {
  const [n, k] = [6, 2];
  const sample = fc
    .array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: n * k, maxLength: n * k })
    .map((list) => Float32Array.from(list));
  fc.assert(
    fc.property(sample, sample, sample, (a, b, c) => {
      const ab = wasserstein1(a, n, b, n, k);
      assert.ok(ab >= 0);
      assert.ok(wasserstein1(a, n, a, n, k) < 1e-9);
      assert.ok(Math.abs(ab - wasserstein1(b, n, a, n, k)) < 1e-9);
      assert.ok(wasserstein1(a, n, c, n, k) <= ab + wasserstein1(b, n, c, n, k) + 1e-9);
    }),
    { seed: 2, numRuns: 200 },
  );
});

const repeated = (sample: Float32Array, n: number, k: number, times: number): Float32Array =>
  Float32Array.from({ length: n * times * k }, (_, at) => sample[Math.floor(at / k / times) * k + (at % k)]);

test('unequal sizes: the same as the assignment of every vector repeated to a common number', () => {
  const random = new Random(6);
  for (const [na, nb, k, isCoarse] of [
    [1, 7, 3, false],
    [4, 6, 2, false],
    [9, 12, 5, false],
    [7, 11, 3, false],
    [12, 8, 2, true],
    [14, 10, 40, false],
  ] as const) {
    const a = gaussian(na, k, random);
    // coarse coordinates: many ties, and vectors that occur several times
    const b = gaussian(nb, k, random, 0.5).map((value) => (isCoarse ? Math.round(value) : value));
    const common = na * nb;
    const [many, others] = [repeated(a, na, k, nb), repeated(b, nb, k, na)];
    const costs = Array.from({ length: common }, (_, i) =>
      Float64Array.from({ length: common }, (_, j) =>
        Math.hypot(...Array.from({ length: k }, (_, c) => many[i * k + c] - others[j * k + c])),
      ),
    );
    let expected = 0;
    for (const [i, j] of munkres(costs)) expected += costs[i][j] / common;
    const found = wasserstein1(a, na, b, nb, k);
    assert.ok(Math.abs(found - expected) < 1e-9, `${na} and ${nb}: ${found}, expected ${expected}`);
    assert.ok(Math.abs(wasserstein1(b, nb, a, na, k) - found) < 1e-12);
  }
});

test('on the line, unequal sizes: the area between the two distribution functions', () => {
  const random = new Random(8);
  for (const [na, nb] of [
    [17, 400],
    [400, 333],
  ]) {
    const [a, b] = [gaussian(na, 1, random), gaussian(nb, 1, random, 0.3)];
    const points = [...a, ...b].sort((x, y) => x - y);
    const below = (sample: Float32Array, x: number): number => sample.filter((value) => value <= x).length;
    let area = 0;
    for (let i = 1; i < points.length; i++)
      area += (points[i] - points[i - 1]) * Math.abs(below(a, points[i - 1]) / na - below(b, points[i - 1]) / nb);
    assert.ok(Math.abs(wasserstein1(a, na, b, nb, 1) - area) < 1e-6);
  }
});

test('halves: one figure whatever the number of splits; the floor of like is the distance itself', () => {
  const random = new Random(6);
  const k = 5;
  const source = { logits: gaussian(400, k, random), n: 400 };
  const like = { logits: gaussian(60, k, random), n: 60 };
  const halves = new SourceHalves(source, k, { seed: 1 });
  const found = halves.estimate(like);
  assert.deepEqual([found.clips, found.series, found.splits.values.length], [200, 60, 5]);
  assert.equal(found.value, halves.distance(like));
  assert.equal(found.value, found.splits.values[0]);
  assert.equal(new SourceHalves(source, k, { seed: 1, splits: 1 }).estimate(like).value, found.value);
  assert.notEqual(new SourceHalves(source, k, { seed: 2 }).distance(like), found.value);
  // A sample of the same distribution is as far away as one half is from the other, and neither is near 0.
  assert.ok(found.floor!.mean > 0.5 && Math.abs(found.splits.mean / found.floor!.mean - 1) < 0.15);
  const shifted = { ...like, logits: like.logits.map((value) => value + 3) };
  assert.ok(halves.estimate(shifted).value > found.floor!.mean + 10 * found.floor!.deviation);

  // more series than clips in a half are drawn from, for each split anew
  const many = halves.estimate({ logits: gaussian(500, k, random), n: 500 });
  assert.deepEqual([many.clips, many.series], [200, 200]);
  assert.equal(new Set(many.splits.values).size, 5);
  const one = new SourceHalves({ logits: source.logits.subarray(0, k), n: 1 }, k, { seed: 1 }).estimate(like);
  assert.deepEqual([one.clips, one.series, one.floor], [1, 1, null]);
  for (const options of [{ splits: 0 }, { size: 1.5 }])
    assert.throws(() => new SourceHalves(source, k, { seed: 1, ...options }), { code: 'theory.splits' });
});

test('the sliced distance never exceeds W_2, which W_1 never exceeds either', () => {
  const random = new Random(7);
  const [n, k] = [30, 4];
  const a = gaussian(n, k, random);
  const far = a.map((value, i) => value + (i % k === 0 ? 100 : 0));
  // For a translation W_1 = W_2 = 100: SWD is smaller by about sqrt(k).
  const swd = slicedWasserstein2(a, n, far, n, k, { projections: 2000, seed: 1 });
  assert.ok(swd < wasserstein1(a, n, far, n, k));
  assert.ok(Math.abs(swd - 100 / Math.sqrt(k)) < 3);
});
