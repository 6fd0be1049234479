import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { LOG_MEL } from '../../../src/engine/audio/front-end';
import { drawMembers } from '../../../src/engine/ensemble/draw-members';
import { fitMapping } from '../../../src/engine/ensemble/mapping';
import { memberLogits } from '../../../src/engine/ensemble/member-logits';
import { buildRendering } from '../../../src/engine/rendering/build';
import { SAMPLER } from '../../../src/engine/ensemble/sampler';
import { CanceledError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';
import { classifierOf, type Program } from '../../../src/engine/reprogram';
import { measureTrain } from '../../../src/engine/rendering/train-statistics';
import { explain, type Explanation } from '../../../src/engine/saliency';
import { perturbation } from '../../../src/engine/saliency/perturbation';
import { ClassScore } from '../../../src/engine/saliency/target-score';
import { gradientSum, scoresOf, type Subject } from '../../../src/engine/saliency/variants';
import { randomModel } from '../support/random-model';

const LENGTH = 40;
const K = 9;
const MEMBERS = 10;

/** A bump at one of three places, in noise. */
function bump(place: number, random: Random): Float64Array {
  return Float64Array.from(
    { length: LENGTH },
    (_, t) => (Math.abs(t - 8 - 12 * place) < 4 ? 2 : -0.4) + 0.3 * random.gaussian(),
  );
}

/** An ensemble that is drawn and fitted as a program of the method is. @param batchLimit of the model */
async function drawnEnsemble(batchLimit: number) {
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  const model = await openFusedModel(card, weights, { threads: 1, batchLimit });
  const random = new Random(3);
  const labels = Array.from({ length: 18 }, (_, i) => i % 3);
  const train = labels.map((label) => bump(label, random));
  const statistics = measureTrain(train);
  const drawn = drawMembers({ seed: 5, count: MEMBERS, sampler: SAMPLER, train, statistics, edge: 1024 });
  const description = {
    classNames: ['a', 'b', 'c'],
    members: drawn.map((rendering) => ({ rendering, mapping: null })),
    statistics,
  };
  const members = drawn.map(() => ({ parameters: new Map(), mappingWeights: null }));
  const program = { description, members, thetaInitial: null, ensemble: null } as unknown as Program;
  const mappingOf = async () => {
    const renderings = drawn.map((rendering) => ({
      rendering: buildRendering(rendering, statistics),
      parameters: new Map<string, Float32Array>(),
    }));
    const logits = await memberLogits(model, renderings, train);
    return (await fitMapping({ logits, words: drawn.map(() => K), labels, classes: 3 })).mapping;
  };
  const classifier = classifierOf({ ...program, ensemble: await mappingOf() });
  return { model, classifier, values: bump(1, random) };
}

test('an ensemble is explained by segment perturbation against the runner-up, with the parts of its members', async () => {
  const { model, classifier, values } = await drawnEnsemble(16);
  const progress: number[] = [];
  const found = await explain(model, classifier, values, {
    onProgress: (done, total) => progress.push(done / total),
  });
  assert.equal(found.method, 'perturbation');
  assert.ok(progress.length > 5 && progress.at(-1) === 1);
  const { count, shown, shares, leftOut } = found.members;
  assert.equal(count, MEMBERS);
  assert.ok(shares.every((share) => Math.abs(share) <= Math.abs(shares[shown])));
  for (const [name, positions] of Object.entries(leftOut))
    assert.equal(positions.length < MEMBERS, name in found.onSeries, name);

  // The map by its definition.
  const score = new ClassScore(classifier.head, found.target.index, found.contrast!.index);
  const subject: Subject = { model, classifier, values, score };
  const mean = values.reduce((a, b) => a + b) / LENGTH;
  const flat = new Float64Array(LENGTH).fill(mean);
  const map = found.onSeries.perturbation;
  assert.equal(map.resolution, 3);
  // 40 values make 16 segments; these are the second and the last.
  for (const [from, to] of [
    [3, 5],
    [38, 40],
  ]) {
    const without = values.map((x, i) => (i >= from && i < to ? mean : x));
    const only = values.map((x, i) => (i >= from && i < to ? x : mean));
    const [f, fWithout, fOnly, fFlat] = await scoresOf(subject, [values, without, only, flat]);
    for (let i = from; i < to; i++) assert.ok(Math.abs(map.values[i] - (f - fWithout + fOnly - fFlat)) < 1e-6);
  }
  await assert.rejects(perturbation(subject, { signal: AbortSignal.abort() }), CanceledError);
  // A score against another class is the opposite of the reverse, and the members' parts with the intercepts add up to it.
  const back = await perturbation({
    ...subject,
    score: new ClassScore(classifier.head, found.contrast!.index, found.target.index),
  });
  back.values.forEach((value, i) => assert.ok(Math.abs(value + map.values[i]) < 1e-6));
  await model.close();
});

test('maps of the best members come first, and those of all add up to the same as in one go', async () => {
  const { model, classifier, values } = await drawnEnsemble(16);
  const whole = await explain(model, classifier, values);
  const partials: Explanation[] = [];
  const refined = await explain(model, classifier, values, { onPartial: (partial) => partials.push(partial) });
  // The four best without and with the map that takes long, then the other six.
  assert.deepEqual(
    partials.map(({ members, onSeries }) => [members.heard.length, 'perturbation' in onSeries]),
    [
      [4, false],
      [4, true],
    ],
  );
  const { shares } = whole.members;
  const best = Array.from(shares.keys()).sort((a, b) => Math.abs(shares[b]) - Math.abs(shares[a]));
  assert.deepEqual(partials[0].members.heard, best.slice(0, 4));
  assert.deepEqual(
    refined.members.heard.toSorted((a, b) => a - b),
    [...shares.keys()],
  );
  assert.equal(refined.members.shown, whole.members.shown);
  assert.deepEqual(Object.keys(refined.onSeries).toSorted(), Object.keys(whole.onSeries).toSorted());
  for (const [name, { values: map, resolution }] of Object.entries(whole.onSeries)) {
    const most = Math.max(...map.map(Math.abs).filter((value) => !Number.isNaN(value)));
    assert.equal(refined.onSeries[name].resolution, resolution);
    refined.onSeries[name].values.forEach((value, i) =>
      assert.ok(Number.isNaN(map[i]) ? Number.isNaN(value) : Math.abs(value - map[i]) < 1e-4 * most, `${name} ${i}`),
    );
  }
  // A member alone has its own part of the map, and its own clip.
  const sum = new Float64Array(LENGTH);
  for (let member = 0; member < MEMBERS; member++) {
    const alone = await explain(model, classifier, values, { member });
    assert.deepEqual([alone.members.shown, alone.members.heard], [member, [member]]);
    assert.ok('conv1' in alone.onSeries && 'attention' in alone.onSeries);
    alone.onSeries.perturbation.values.forEach((value, i) => (sum[i] += Number.isNaN(value) ? 0 : value));
  }
  const { perturbation: map } = whole.onSeries;
  const most = Math.max(...map.values.map(Math.abs));
  sum.forEach((value, i) => assert.ok(Math.abs(value - map.values[i]) < 1e-4 * most, `${i}`));
  const four = await explain(model, classifier, values, { best: 4 });
  assert.deepEqual(four.members.heard, best.slice(0, 4));
  four.onSeries.perturbation.values.forEach((value, i) =>
    assert.ok(
      Math.abs(value - partials[1].onSeries.perturbation.values[i]) < 1e-4 * most || Number.isNaN(value),
      `${i}`,
    ),
  );
  const stopped = new AbortController();
  const canceled = explain(model, classifier, values, { signal: stopped.signal, onPartial: () => stopped.abort() });
  await assert.rejects(canceled, CanceledError);
  await model.close();
});

test('the gradient through all members is the same however many clips the model keeps, and that of the scores', async () => {
  const random = new Random(9);
  const sums: Float64Array[] = [];
  for (const batchLimit of [8, 32]) {
    const { model, classifier, values } = await drawnEnsemble(batchLimit);
    const subject: Subject = { model, classifier, values, score: new ClassScore(classifier.head, 0, 2) };
    const variants = [values, values.map((x) => 0.5 * x), values.map((x) => x + 0.1)];
    sums.push(await gradientSum(subject, variants, [1, 2, -0.5]));
    if (batchLimit === 32) {
      const slopes = await gradientSum(subject, [values], [1]);
      const way = values.map(() => random.gaussian());
      // A drawn ensemble is rough: a step of 1e-3 already leaves the slope behind.
      const step = 5e-5;
      const [more, less] = await scoresOf(subject, [
        values.map((x, i) => x + step * way[i]),
        values.map((x, i) => x - step * way[i]),
      ]);
      const along = slopes.reduce((sum, d, i) => sum + d * way[i], 0);
      const difference = (more - less) / (2 * step);
      assert.ok(Math.abs(along - difference) < 0.1 * Math.abs(along), `${along} ${difference}`);
    }
    await model.close();
  }
  const most = Math.max(...sums[0].map(Math.abs));
  assert.ok(most > 0);
  sums[0].forEach((value, i) => assert.ok(Math.abs(value - sums[1][i]) < 1e-3 * most, `${value} ${sums[1][i]}`));
});
