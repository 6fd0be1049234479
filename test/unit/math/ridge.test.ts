import test from 'node:test';
import assert from 'node:assert/strict';
import { fitRidge, type RidgeProblem } from '../../../src/engine/math/ridge';
import { Random } from '../../../src/engine/math/random';

const close = (found: number, expected: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(found - expected) <= tolerance * (1 + Math.abs(expected)), `${what}: ${found}, not ${expected}`);

/** The numbers that scikit-learn was given: a linear congruential generator, shifted by class in the first two features. */
function referenceProblem(n: number, d: number, classes: number): RidgeProblem {
  let state = 1;
  const features = Float64Array.from({ length: n * d }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 3 * (state / 2 ** 32 - 0.5) + 0.3;
  });
  const targets = new Float64Array(n * classes).fill(-1);
  for (let i = 0; i < n; i++) {
    targets[i * classes + (i % classes)] = 1;
    features[i * d] += 0.8 * (i % classes);
    features[i * d + 1] -= i % classes === 1 ? 0.5 : 0;
  }
  return { features, n, d, targets, targetCount: classes, strengths: [0.1, 1, 10, 100, 1000] };
}

/** scikit-learn 1.9.1, RidgeCV over these strengths: its mean leave-one-out errors, its choice and its coefficients. */
const REFERENCE = {
  wide: {
    size: [14, 40, 3] as const,
    errors: [0.7444432483714672, 0.7434957791119787, 0.7846926629432331, 0.9451561263728185, 1.0147802602440898],
    strength: 1,
    intercept: [0.22437227676053184, -0.6733594876206569, -0.5510127891398753],
    weights: {
      0: [-0.2524750122247698, 0.06963790187443143, 0.1828371103503385],
      5: [-0.03590118632685166, -0.19126037629049422, 0.2271615626173459],
    },
  },
  tall: {
    size: [40, 14, 3] as const,
    errors: [1.500813871419584, 1.4252569416256369, 1.1427513969924592, 0.9377890061703057, 0.9311609252752305],
    strength: 1000,
    intercept: [-0.2862808161435452, -0.33950585777992137, -0.37421332607653335],
    weights: {
      0: [-0.015019865865211788, -0.0012219734369834567, 0.01624183930219525],
      5: [-0.0057667022254723165, 0.00012891429927662165, 0.005637787926195694],
    },
  },
};

for (const [name, { size, errors, strength, intercept, weights }] of Object.entries(REFERENCE))
  test(`scikit-learn finds the same errors, strength and coefficients (${name})`, async () => {
    const [n, d, classes] = size;
    const fit = await fitRidge(referenceProblem(n, d, classes));
    assert.equal(fit.strength, strength);
    for (const trial of fit.trials)
      close(trial.error, errors[Math.round(Math.log10(trial.strength)) + 1], 1e-9, `error at ${trial.strength}`);
    for (const [f, row] of Object.entries(weights))
      row.forEach((weight, c) => close(fit.weights[Number(f) * classes + c], weight, 1e-9, `weight ${f}, ${c}`));
    // scikit-learn's intercept belongs to features that are not centered.
    intercept.forEach((expected, c) => {
      let found = fit.intercept[c];
      for (let f = 0; f < d; f++) found -= fit.means[f] * fit.weights[f * classes + c];
      close(found, expected, 1e-9, `intercept ${c}`);
    });
  });

/** The fit without series `out`, predicted there, by Gaussian elimination of the normal equations. */
function refitWithout(problem: RidgeProblem, out: number, strength: number): number[] {
  const { features, n, d, targets, targetCount } = problem;
  const rows = Array.from({ length: n }, (_, i) => i).filter((i) => i !== out);
  const mean = (x: Float64Array, width: number, f: number): number =>
    rows.reduce((sum, i) => sum + x[i * width + f], 0) / rows.length;
  const means = Array.from({ length: d }, (_, f) => mean(features, d, f));
  return Array.from({ length: targetCount }, (_, c) => {
    const level = mean(targets, targetCount, c);
    const a = means.map((meanA, f) => [
      ...means.map((meanB, g) =>
        rows.reduce(
          (sum, i) => sum + (features[i * d + f] - meanA) * (features[i * d + g] - meanB),
          f === g ? strength : 0,
        ),
      ),
      rows.reduce((sum, i) => sum + (features[i * d + f] - meanA) * (targets[i * targetCount + c] - level), 0),
    ]);
    for (let k = 0; k < d; k++)
      for (let r = 0; r < d; r++) {
        if (r === k) continue;
        const factor = a[r][k] / a[k][k];
        for (let col = k; col <= d; col++) a[r][col] -= factor * a[k][col];
      }
    return a.reduce((sum, row, f) => sum + (row[d] / row[f]) * (features[out * d + f] - means[f]), level);
  });
}

test('closed-form leave-one-out is the refit without one, on either side, also for degenerate features', async () => {
  const random = new Random(2);
  for (const [n, d] of [
    [9, 23],
    [23, 9],
    [12, 12],
    [2, 5],
    [6, 1],
    [3, 1],
  ]) {
    const features = Float64Array.from({ length: n * d }, () => random.gaussian());
    // One constant feature, one that is twice another: singular without the penalty.
    for (let i = 0; i < n && d > 5; i++) {
      features[i * d + 2] = 4;
      features[i * d + 3] = 2 * features[i * d];
    }
    const targets = Float64Array.from({ length: n * 2 }, () => random.gaussian());
    for (const strength of [1e-3, 0.5, 200]) {
      const problem = { features, n, d, targets, targetCount: 2, strengths: [strength] };
      const fit = await fitRidge({ ...problem, features: features.slice() });
      for (let i = 0; i < n; i++)
        refitWithout(problem, i, strength).forEach((expected, c) =>
          close(fit.leaveOneOut[2 * i + c], expected, 1e-7, `${n} x ${d}, strength ${strength}, series ${i}`),
        );
    }
  }
});

test('the choice: least error or highest accuracy, the stronger of equals; wrong input and cancellation are refused', async () => {
  const problem = referenceProblem(14, 40, 3);
  const byAccuracy = await fitRidge({ ...problem, features: problem.features.slice() }, { choose: 'accuracy' });
  const best = Math.max(...byAccuracy.trials.map(({ accuracy }) => accuracy));
  const equals = byAccuracy.trials.filter(({ accuracy }) => accuracy === best);
  const least = equals.reduce((a, b) => (b.error < a.error ? b : a));
  assert.equal(byAccuracy.strength, least.strength);
  const nothing = { features: new Float64Array(12), n: 4, d: 3, targets: new Float64Array(4), targetCount: 1 };
  assert.equal((await fitRidge({ ...nothing, strengths: [1, 10, 5] })).strength, 10);
  await assert.rejects(fitRidge({ ...nothing, strengths: [0] }), { code: 'ridge.value' });
  await assert.rejects(fitRidge({ ...nothing, n: 3, strengths: [1] }), { code: 'ridge.shape' });
  await assert.rejects(fitRidge({ ...nothing, features: new Float64Array(12).fill(NaN), strengths: [1] }), {
    code: 'ridge.value',
  });
  await assert.rejects(fitRidge({ ...nothing, strengths: [1] }, { signal: AbortSignal.abort() }), {
    code: 'canceled',
  });
});
