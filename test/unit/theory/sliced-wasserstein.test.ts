import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  SlicedWassersteinReference,
  slicedWasserstein2,
  squaredWasserstein2OnLine,
  unitProjections,
} from '../../../src/engine/theory/sliced-wasserstein';

/** Deterministic samples without a random generator, so that other programs can make the same ones. */
const wave = (n: number, k: number, scale: number, shift: number): Float32Array =>
  Float32Array.from({ length: n * k }, (_, i) => scale * Math.sin(1.7 * i * i + 0.3 * i) + shift * ((i % k) + 1));

/** The definition, word for word: for every direction, the integral of the squared difference of the quantile functions. */
function bruteForce(
  a: Float32Array,
  na: number,
  b: Float32Array,
  nb: number,
  k: number,
  directions: Float64Array,
): number {
  const project = (sample: Float32Array, n: number, p: number): number[] =>
    Array.from({ length: n }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < k; j++) sum += sample[i * k + j] * directions[p * k + j];
      return sum;
    }).sort((x, y) => x - y);
  const count = directions.length / k;
  let total = 0;
  for (let p = 0; p < count; p++) {
    const sortedA = project(a, na, p);
    const sortedB = project(b, nb, p);
    // Cells of width 1 / (na * nb): inside one, both quantile functions are constant.
    for (let cell = 0; cell < na * nb; cell++)
      total += (sortedA[Math.floor(cell / nb)] - sortedB[Math.floor(cell / na)]) ** 2 / (na * nb);
  }
  return Math.sqrt(total / count);
}

test('sliced Wasserstein-2 equals its definition, unequal sizes included', () => {
  for (const [na, nb, k] of [
    [6, 6, 3],
    [7, 4, 5],
    [1, 9, 2],
    [12, 8, 1],
  ]) {
    const a = wave(na, k, 2, 0.1);
    const b = wave(nb, k, 1, -0.4);
    // 37 is not a multiple of the number of directions projected at once
    const expected = bruteForce(a, na, b, nb, k, unitProjections(k, 37, 5));
    const found = slicedWasserstein2(a, na, b, nb, k, { projections: 37, seed: 5 });
    assert.ok(Math.abs(found - expected) < 1e-12, `${na} and ${nb} vectors of ${k}: ${found}, expected ${expected}`);
  }
});

test("sliced Wasserstein-2 equals POT's", () => {
  // ot.sliced_wasserstein_distance of POT 0.9.7.post1 for the same samples, `projections` being unitProjections(k, 50, 1).T
  const options = { projections: 50, seed: 1 };
  const equal = slicedWasserstein2(wave(30, 4, 2, 0.1), 30, wave(30, 4, 1, -0.4), 30, 4, options);
  assert.ok(Math.abs(equal - 1.6093130589778124) < 1e-12);
  const unequal = slicedWasserstein2(wave(25, 7, 2, 0.1), 25, wave(40, 7, 1, -0.4), 40, 7, options);
  assert.ok(Math.abs(unequal - 2.253770179564161) < 1e-12);
});

test('the distance of shifted copies follows from the shift alone', () => {
  const [n, k, projections, seed] = [40, 6, 500, 3];
  const a = wave(n, k, 3, 0);
  const shift = [0.5, -1, 2, 0, 0.25, 1];
  const b = a.map((value, i) => value + shift[i % k]);
  // Every projection of b is that of a moved by <u, shift>, so SWD^2 is the mean of <u, shift>^2.
  const directions = unitProjections(k, projections, seed);
  let squares = 0;
  for (let p = 0; p < projections; p++)
    squares += shift.reduce((sum, value, j) => sum + value * directions[p * k + j], 0) ** 2;
  const found = slicedWasserstein2(a, n, b, n, k, { projections, seed });
  assert.ok(Math.abs(found - Math.sqrt(squares / projections)) < 1e-6);
  // and in the limit of many directions ||shift|| / sqrt(k)
  const limit = Math.hypot(...shift) / Math.sqrt(k);
  assert.ok(Math.abs(found / limit - 1) < 0.05);
});

test('in one dimension the sliced distance is W_2 itself', () => {
  const a = Float32Array.of(0, 1, 4);
  const b = Float32Array.of(7, 3, 5);
  assert.ok(Math.abs(slicedWasserstein2(a, 3, b, 3, 1, { projections: 10, seed: 1 }) - Math.sqrt(34 / 3)) < 1e-12);
  // {0, 1} against {0, 0, 3}: quantiles differ by 1 on a sixth of the mass, by 2 on a third
  assert.ok(Math.abs(squaredWasserstein2OnLine(Float64Array.of(0, 1), Float64Array.of(0, 0, 3)) - 1.5) < 1e-12);
});

test('sliced Wasserstein-2 keeps the axioms of a metric', () => {
  const k = 3;
  const sample = fc
    .array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: k, maxLength: 8 * k })
    .map((list) => {
      const n = Math.floor(list.length / k);
      return { n, values: Float32Array.from(list.slice(0, n * k)) };
    });
  const options = { projections: 16, seed: 11 };
  fc.assert(
    fc.property(sample, sample, sample, (a, b, c) => {
      const ab = slicedWasserstein2(a.values, a.n, b.values, b.n, k, options);
      const ba = slicedWasserstein2(b.values, b.n, a.values, a.n, k, options);
      const bc = slicedWasserstein2(b.values, b.n, c.values, c.n, k, options);
      const ac = slicedWasserstein2(a.values, a.n, c.values, c.n, k, options);
      assert.ok(ab >= 0);
      assert.equal(slicedWasserstein2(a.values, a.n, a.values, a.n, k, options), 0);
      assert.ok(Math.abs(ab - ba) < 1e-9);
      assert.ok(ac <= ab + bc + 1e-9);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('directions are unit vectors, fixed by the seed, and shared by every call of a reference', () => {
  const directions = unitProjections(5, 100, 9);
  for (let p = 0; p < 100; p++) {
    const norm = Math.hypot(...directions.subarray(p * 5, p * 5 + 5));
    assert.ok(Math.abs(norm - 1) < 1e-12);
  }
  assert.deepEqual(unitProjections(5, 100, 9), directions);
  assert.deepEqual(unitProjections(5, 40, 9), directions.slice(0, 200));
  assert.notDeepEqual(unitProjections(5, 100, 10), directions);
  const a = wave(9, 5, 1, 0);
  const b = wave(14, 5, 2, 0.2);
  const reference = new SlicedWassersteinReference(a, 9, 5, { projections: 100, seed: 9 });
  assert.equal(reference.estimate(b, 14).distance, slicedWasserstein2(a, 9, b, 14, 5, { projections: 100, seed: 9 }));
  assert.equal(reference.estimate(b, 14).distance, reference.estimate(b, 14).distance);
});

test('samples that no distance can be computed of are refused with their place', () => {
  const options = { projections: 4, seed: 1 };
  const good = wave(3, 2, 1, 0);
  const bad = Float32Array.of(1, 2, 3, NaN);
  const code = (expected: string) => (error: { code?: string }) => error.code === expected;
  assert.throws(() => slicedWasserstein2(good, 3, bad, 2, 2, options), /NaN in row 2, column 2/);
  assert.throws(() => slicedWasserstein2(good, 3, good, 2, 2, options), code('theory.shape'));
  assert.throws(() => slicedWasserstein2(good, 3, new Float32Array(0), 0, 2, options), code('theory.empty'));
  assert.throws(() => slicedWasserstein2(good, 3, good, 3, 2, { projections: 0, seed: 1 }), code('theory.projections'));
});

test('the Monte-Carlo error is that of other directions', () => {
  const [n, k, projections] = [50, 6, 100];
  const a = wave(n, k, 2, 0.1);
  const b = wave(n, k, 1, -0.4);
  const found = Array.from({ length: 60 }, (_, seed) =>
    new SlicedWassersteinReference(a, n, k, { projections, seed }).estimate(b, n),
  );
  const mean = found.reduce((sum, { distance }) => sum + distance, 0) / found.length;
  const spread = Math.sqrt(found.reduce((sum, { distance }) => sum + (distance - mean) ** 2, 0) / (found.length - 1));
  const error = found.reduce((sum, estimate) => sum + estimate.error, 0) / found.length;
  assert.ok(error > 0.75 * spread && error < 1.33 * spread, `${error}, spread ${spread}`);
});
