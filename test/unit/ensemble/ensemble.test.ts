import test from 'node:test';
import assert from 'node:assert/strict';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { LOG_MEL } from '../../../src/engine/audio/front-end';
import { drawMembers } from '../../../src/engine/ensemble/draw-members';
import { EnsembleHead } from '../../../src/engine/ensemble/head';
import { fitMapping, membersOnly, type LabeledLogits } from '../../../src/engine/ensemble/mapping';
import { memberLogits } from '../../../src/engine/ensemble/member-logits';
import { SAMPLER } from '../../../src/engine/ensemble/sampler';
import { curvePoints, learningCurve, memberShares, pruneMembers } from '../../../src/engine/ensemble/selection';
import { fitTemperature } from '../../../src/engine/ensemble/temperature';
import { Random } from '../../../src/engine/math/random';
import { buildRendering } from '../../../src/engine/rendering/build';
import { renderingSchema } from '../../../src/engine/rendering/description';
import { silentEdge } from '../../../src/engine/rendering/placement';
import { measureTrain } from '../../../src/engine/rendering/train-statistics';
import { randomModel } from '../support/random-model';
import { walks } from '../support/renderings';

const TRAIN = walks(10, 80);
const STATISTICS = measureTrain(TRAIN);
const draw = (count: number, seed = 7, sampler = SAMPLER) =>
  drawMembers({ seed, count, sampler, train: TRAIN, statistics: STATISTICS, edge: silentEdge(LOG_MEL) });

test('members: reproducible, each by itself, valid, small, in proportion', () => {
  const members = draw(40);
  assert.deepEqual(draw(13), members.slice(0, 13));
  assert.notDeepEqual(draw(1, 8), draw(1, 7));
  for (const member of members) assert.deepEqual(renderingSchema.parse(JSON.parse(JSON.stringify(member))), member);
  assert.ok(JSON.stringify(members).length < 60_000);
  const kinds = (count: number): number[] =>
    SAMPLER.kinds.map(([kind]) => members.slice(0, count).filter((member) => member.kind === kind).length);
  assert.deepEqual(kinds(40), [14, 14, 12]);
  assert.deepEqual(kinds(3).sort(), [1, 1, 1]);
  for (const count of [0, 1001, 2.5]) assert.throws(() => draw(count), { code: 'ensemble.members' });
});

test('members as replicas: a single one leaves the silent edge free, and every series fits', () => {
  const members = draw(60, 3, { ...SAMPLER, kinds: [['replicas', 1]] });
  let single = 0;
  for (const member of members) {
    assert.ok(member.kind === 'replicas');
    const { placement } = renderingSchema.parse(member) as typeof member;
    const end = placement.start + (placement.replicas - 1) * placement.interval + placement.slot;
    assert.ok(end <= 16_000 && placement.slot <= placement.interval);
    if (placement.replicas > 1) continue;
    single++;
    assert.equal(placement.start, Math.min(1024, 16_000 - placement.slot));
  }
  assert.ok(single > 3, `${single} single replicas`);
});

test('series of one value, of one constant, and longer than the clip can be drawn for and heard', () => {
  for (const train of [[Float64Array.of(1), Float64Array.of(2)], [new Float64Array(9).fill(2)], walks(2, 20_000)]) {
    const statistics = measureTrain(train);
    const clip = new Float32Array(16_000);
    for (const member of drawMembers({ seed: 1, count: 12, sampler: SAMPLER, train, statistics, edge: 1024 })) {
      buildRendering(renderingSchema.parse(member), statistics).render(train[0], new Map(), clip);
      assert.ok(clip.every(Number.isFinite), member.kind);
    }
  }
});

test('member logits: any batch and number of threads say the same as one clip at a time; progress and cancellation', async () => {
  const { card, weights } = randomModel('att-rnn', LOG_MEL, 6);
  const members = draw(5).map((description) => ({
    rendering: buildRendering(description, STATISTICS),
    parameters: new Map(),
  }));
  const series = TRAIN.slice(0, 7);
  const model = await openFusedModel(card, weights, { threads: 2, batchLimit: 16 });
  try {
    const progress: number[] = [];
    const logits = await memberLogits(model, members, series, { onProgress: (done) => progress.push(done) });
    assert.deepEqual(progress, [16, 32, 35]);
    assert.equal(logits.length, 7 * 5 * 6);
    const clip = new Float32Array(16_000);
    for (const [i, p] of [
      [0, 0],
      [6, 0],
      [2, 3],
      [6, 4],
    ]) {
      members[p].rendering.render(series[i], new Map(), clip);
      const alone = await model.logits(clip, 1);
      alone.forEach((z, k) => assert.ok(Math.abs(z - logits[(i * 5 + p) * 6 + k]) < 1e-4, `series ${i}, member ${p}`));
    }
    const abort = new AbortController();
    const canceled = memberLogits(model, members, series, { signal: abort.signal, onProgress: () => abort.abort() });
    await assert.rejects(canceled, { code: 'canceled' });
    await assert.rejects(memberLogits(model, members, [...series, Float64Array.of(NaN)]), { code: 'rendering.value' });
    assert.equal((await memberLogits(model, members, [])).length, 0);
  } finally {
    await model.close();
  }
});

/** Logits of members of 5 and 3 words in turn; those in `telling` know the class, as far as the noise lets them. */
function synthetic(n: number, members: number, telling: number[], seed: number, noise = 1): LabeledLogits {
  const random = new Random(seed);
  const words = Array.from({ length: members }, (_, p) => (p % 2 === 0 ? 5 : 3));
  const labels = Array.from({ length: n }, (_, i) => i % 3);
  const logits = labels.flatMap((label) =>
    words.flatMap((count, p) => {
      const level = 10 * random.gaussian();
      return Array.from(
        { length: count },
        (_, k) => level + noise * random.gaussian() + (telling.includes(p) && k === label ? 1.5 : 0),
      );
    }),
  );
  return { logits: Float32Array.from(logits), words, labels, classes: 3 };
}

test('mapping: scores, shares and gradients are one affine function; a level of a member says nothing', async () => {
  const data = synthetic(60, 6, [1, 4], 1);
  const { mapping, leaveOneOut } = await fitMapping(data);
  const head = new EnsembleHead(mapping);
  const z = Float64Array.from(data.logits.subarray(3 * head.width, 4 * head.width));
  const scores = head.scores(data.logits, 3 * head.width);
  for (let c = 0; c < 3; c++) {
    const shares = head.shares(z, c);
    assert.equal(shares.length, 6);
    assert.ok(Math.abs(shares.reduce((a, b) => a + b) + mapping.intercept[c] - scores[c]) < 1e-12);
    const slopes = new Float32Array(head.width);
    head.backward(
      [0, 1, 2].map((other) => (other === c ? 1 : 0)),
      0,
      slopes,
    );
    slopes.forEach((slope, at) => {
      const moved = z.slice();
      moved[at] += 0.5;
      assert.ok(Math.abs((head.scores(moved, 0)[c] - scores[c]) / 0.5 - slope) < 1e-7);
    });
  }
  const raised = z.map((value, f) => value + (f < 5 ? 100 : 0));
  head.scores(raised, 0).forEach((score, c) => assert.ok(Math.abs(score - scores[c]) < 1e-4));
  const probabilities = head.probabilities(z, 0, new Float64Array(3));
  assert.ok(Math.abs(probabilities.reduce((a, b) => a + b) - 1) < 1e-12);
  assert.ok(leaveOneOut.accuracy > 0.8 && leaveOneOut.logLoss < 0.6, JSON.stringify(leaveOneOut.accuracy));
  await assert.rejects(fitMapping({ ...data, classes: 1 }), { code: 'ensemble.shape' });
  await assert.rejects(fitMapping({ ...data, words: [5] }), { code: 'ensemble.shape' });
  await assert.rejects(fitMapping(data, AbortSignal.abort()), { code: 'canceled' });
});

test('the mapping of logits that never vary knows the class frequencies only', async () => {
  const { mapping } = await fitMapping({
    logits: new Float32Array(50).fill(3),
    words: [5],
    labels: [0, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    classes: 2,
  });
  const scores = new EnsembleHead(mapping).scores(Float32Array.of(1, 2, 3, 4, 5), 0);
  assert.ok(Math.abs(scores[0] + 0.8) < 1e-6 && Math.abs(scores[1] - 0.8) < 1e-6);
});

test('probabilities are calibrated: on new series, their mean is the accuracy, and the log loss near the held-out one', async () => {
  const all = synthetic(900, 4, [0, 3], 5, 1.6);
  const head = new EnsembleHead(
    (await fitMapping({ ...all, logits: all.logits.slice(0, 300 * 16), labels: Array.from(all.labels).slice(0, 300) }))
      .mapping,
  );
  let confidence = 0;
  let correct = 0;
  for (let i = 300; i < 900; i++) {
    const probabilities = head.probabilities(all.logits, i * 16, new Float64Array(3));
    const best = Math.max(...probabilities);
    confidence += best / 600;
    if (probabilities[all.labels[i]] === best) correct += 1 / 600;
  }
  assert.ok(correct > 0.6 && correct < 0.95, `accuracy ${correct}`);
  assert.ok(Math.abs(confidence - correct) < 0.05, `accuracy ${correct}, confidence ${confidence}`);
});

test('temperature: the least log loss where it exists, no certainty where all are right, indifference where scores mislead', () => {
  const random = new Random(3);
  // Scores that are log odds of a coin: the temperature that makes them honest is 0.25.
  const scores: number[] = [];
  const labels = Array.from({ length: 20_000 }, () => {
    const odds = 2 * random.gaussian();
    scores.push(0.25 * odds, 0);
    return random.uniform() < 1 / (1 + Math.exp(-odds)) ? 0 : 1;
  });
  const { temperature } = fitTemperature(Float64Array.from(scores), labels, 2);
  assert.ok(Math.abs(temperature - 0.25) < 0.01, `${temperature}`);
  const right = fitTemperature(Float64Array.of(1, -1, -1, 1, 1, -1), [0, 1, 0], 2);
  assert.ok(Number.isFinite(right.logLoss));
  const perfect = fitTemperature(Float64Array.of(1, -1, -1, 1), [0, 1], 2);
  const certainty = 1 / (1 + Math.exp(-2 / perfect.temperature));
  assert.ok(Math.abs(certainty - 0.75) < 1e-6, `two series that are right give ${certainty}`);
  const wrong = fitTemperature(Float64Array.of(1, -1, -1, 1), [1, 0], 2);
  assert.ok(Math.abs(wrong.logLoss - Math.LN2) < 0.01);
});

test('selection: shares and pruning find the members that tell; the curve ends at the whole ensemble', async () => {
  const data = synthetic(90, 12, [2, 7], 9);
  const fitted = await fitMapping(data);
  const shares = memberShares(fitted, data);
  assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-9);
  assert.deepEqual(
    [...shares.keys()]
      .sort((a, b) => shares[b] - shares[a])
      .slice(0, 2)
      .sort(),
    [2, 7],
  );
  const { kept, fitted: pruned, rounds } = await pruneMembers(data);
  assert.ok(kept.includes(2) && kept.includes(7) && kept.length <= 6, `kept ${kept}`);
  assert.deepEqual(pruned.mapping, (await fitMapping(membersOnly(data, kept))).mapping);
  assert.deepEqual((await pruneMembers(data)).kept, kept);
  assert.deepEqual([rounds[0].members, rounds.at(-1)!.members], [12, 1]);
  const curve = await learningCurve(data);
  assert.deepEqual(
    curve.map(({ members }) => members),
    curvePoints(12),
  );
  assert.equal(curve.at(-1)!.accuracy, fitted.leaveOneOut.accuracy);
  assert.deepEqual(curvePoints(1), [1]);
  assert.deepEqual(curvePoints(80), [1, 2, 5, 10, 20, 50, 80]);
});
