import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Random } from '../../../src/engine/math/random';
import { slicedWasserstein2 } from '../../../src/engine/theory/sliced-wasserstein';
import { estimateWasserstein1, wasserstein1 } from '../../../src/engine/theory/wasserstein1';

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
      const found = wasserstein1(a, b, n, k);
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
  assert.ok(Math.abs(wasserstein1(a, b, n, k) - Math.hypot(...shift)) < 1e-5);
});

test('Wasserstein-1 keeps the axioms of a metric', () => {
  const [n, k] = [6, 2];
  const sample = fc
    .array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: n * k, maxLength: n * k })
    .map((list) => Float32Array.from(list));
  fc.assert(
    fc.property(sample, sample, sample, (a, b, c) => {
      const ab = wasserstein1(a, b, n, k);
      assert.ok(ab >= 0);
      assert.ok(wasserstein1(a, a, n, k) < 1e-9);
      assert.ok(Math.abs(ab - wasserstein1(b, a, n, k)) < 1e-9);
      assert.ok(wasserstein1(a, c, n, k) <= ab + wasserstein1(b, c, n, k) + 1e-9);
    }),
    { seed: 2, numRuns: 200 },
  );
});

test('equal sub-samples: seeded draws with their spread, one exact distance when nothing is left to draw', () => {
  const random = new Random(6);
  const [na, nb, k] = [60, 40, 5];
  const a = gaussian(na, k, random);
  const b = gaussian(nb, k, random, 1);
  const estimate = estimateWasserstein1(a, na, b, nb, k, { seed: 1, draws: 4 });
  assert.equal(estimate.size, 40);
  assert.equal(estimate.values.length, 4);
  assert.equal(new Set(estimate.values).size, 4);
  assert.ok(estimate.min <= estimate.mean && estimate.mean <= estimate.max && estimate.deviation > 0);
  assert.deepEqual(estimateWasserstein1(a, na, b, nb, k, { seed: 1, draws: 4 }), estimate);
  assert.notDeepEqual(estimateWasserstein1(a, na, b, nb, k, { seed: 2, draws: 4 }).values, estimate.values);

  const whole = estimateWasserstein1(b, nb, a.subarray(0, nb * k), nb, k, { seed: 1 });
  assert.deepEqual(whole.values, [wasserstein1(b, a.subarray(0, nb * k), nb, k)]);
  assert.equal(whole.deviation, 0);
});

test('the sliced distance never exceeds W_2, which W_1 never exceeds either', () => {
  const random = new Random(7);
  const [n, k] = [30, 4];
  const a = gaussian(n, k, random);
  const far = a.map((value, i) => value + (i % k === 0 ? 100 : 0));
  // For a translation W_1 = W_2 = 100: SWD is smaller by about sqrt(k).
  const swd = slicedWasserstein2(a, n, far, n, k, { projections: 2000, seed: 1 });
  assert.ok(swd < wasserstein1(a, far, n, k));
  assert.ok(Math.abs(swd - 100 / Math.sqrt(k)) < 3);
});
