import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../src/engine/math/random';
import { BoundEstimator, targetRiskBound } from '../../../src/engine/theory/bound';
import { ranks, spearman } from '../../../src/engine/math/rank-correlation';
import { rootSquaredRisk, softmaxRows, sourceRisk } from '../../../src/engine/theory/risk';
import { wasserstein1 } from '../../../src/engine/theory/wasserstein1';

const close = (found: number, expected: number, tolerance = 1e-6) =>
  assert.ok(Math.abs(found - expected) <= tolerance, `${found}, expected ${expected}`);

test('the risk of the paper by hand: right, undecided, wrong', () => {
  close(rootSquaredRisk(Float32Array.of(1, 0, 0), [0], 1, 3), 0);
  close(rootSquaredRisk(Float32Array.of(0.5, 0.5), [1], 1, 2), Math.SQRT1_2);
  close(rootSquaredRisk(Float32Array.of(1, 0), [1], 1, 2), Math.SQRT2);
  // mean of the per-sample roots, not the root of the mean
  close(rootSquaredRisk(Float32Array.of(1, 0, 1, 0), [0, 1], 2, 2), Math.SQRT2 / 2);
  // softmax of (ln 3, 0) is (3/4, 1/4)
  close(sourceRisk(Float32Array.of(Math.log(3), 0), [0], 1, 2), Math.hypot(0.25, 0.25));
  close(softmaxRows(Float32Array.of(500, 500, -500), 1, 3)[1], 0.5);
  assert.throws(() => rootSquaredRisk(Float32Array.of(1, 0), [2], 1, 2), /Label 2 of row 1/);
  assert.throws(() => rootSquaredRisk(Float32Array.of(1, 0), [0, 1], 1, 2), /2 labels for 1 rows/);
});

test('lemma 1: moving logits changes the outputs by at most 2 sqrt(K) W_1', () => {
  const random = new Random(3);
  const [n, k] = [40, 6];
  for (let trial = 0; trial < 20; trial++) {
    const a = Float32Array.from({ length: n * k }, () => 3 * random.gaussian());
    const b = a.map((value) => value + 0.3 * random.gaussian());
    const [fa, fb] = [softmaxRows(a, n, k), softmaxRows(b, n, k)];
    let change = 0;
    for (let i = 0; i < n; i++)
      change += Math.hypot(...Array.from({ length: k }, (_, c) => fa[i * k + c] - fb[i * k + c])) / n;
    // Small moves leave every vector nearest to its own copy, so that W_1 pairs them as this loop does.
    assert.ok(change <= 2 * Math.sqrt(k) * wasserstein1(a, n, b, n, k));
  }
});

test('the bound adds the source risk and the distance term', () => {
  close(targetRiskBound({ sourceRisk: 0.25, k: 36, w1: 2 }), 24.25);
  assert.throws(() => targetRiskBound({ sourceRisk: NaN, k: 36, w1: 2 }), /sourceRisk/);
  const random = new Random(2);
  const k = 4;
  const source = { logits: Float32Array.from({ length: 50 * k }, () => random.gaussian()), n: 50 };
  const estimator = new BoundEstimator(source, k, 0.2, { projections: 50, splits: 3 });
  const target = { logits: source.logits.slice(0, 20 * k).map((value) => value + 1), n: 20 };
  const moved = estimator.estimate(target);
  assert.equal(moved.w1.splits.values.length, 3);
  close(moved.bound, 0.2 + 2 * 2 * moved.w1.value);
  assert.ok(moved.swd.distance > 0.5 && moved.swd.error > 0 && moved.swd.error < moved.swd.distance);
  // the figures of an epoch are these
  assert.deepEqual(estimator.figures(target), { swd: moved.swd.distance, w1: moved.w1.value, bound: moved.bound });
  close(estimator.estimate(source).swd.distance, 0);
  assert.equal(estimator.estimate(source).swd.error, 0);
});

test('Spearman by hand, with ties, and without an order', () => {
  assert.deepEqual([...ranks([10, 30, 20, 20])], [1, 4, 2.5, 2.5]);
  assert.equal(spearman([1, 2, 3], [10, 20, 90]), 1);
  assert.equal(spearman([1, 2, 3], [9, 2, 1]), -1);
  close(spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])!, 0.8);
  // scipy.stats.spearmanr([1, 2, 2, 3], [1, 3, 2, 4]) = 0.9486832980505138
  close(spearman([1, 2, 2, 3], [1, 3, 2, 4])!, 0.9486832980505138, 1e-12);
  assert.equal(spearman([1, 1], [1, 2]), null);
});
