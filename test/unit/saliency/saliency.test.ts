import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { KAPRE_DB, LOG_MEL } from '../../../src/engine/audio/front-end';
import type { AcousticModel } from '../../../src/engine/acoustic/model';
import { CanceledError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';
import { ClassHead } from '../../../src/engine/reprogram/mapping';
import { CLIP_SAMPLES, classifierOf, place, planPlacement } from '../../../src/engine/reprogram';
import type { Placement, Program } from '../../../src/engine/reprogram';
import { explain } from '../../../src/engine/saliency';
import { gradientTimesInput, occlusion, smoothGrad } from '../../../src/engine/saliency/attribution';
import { CAM_VARIANTS, classActivationMap, scaledToOne } from '../../../src/engine/saliency/class-activation';
import { framesToSamples } from '../../../src/engine/saliency/clip-axis';
import { integratedGradients } from '../../../src/engine/saliency/integrated-gradients';
import { explainMembers, type MemberMaps, type MemberPart } from '../../../src/engine/saliency/members';
import { replicaSpans, sumOverSeries } from '../../../src/engine/saliency/series-axis';
import { ClassScore } from '../../../src/engine/saliency/target-score';
import { meanOf, scoresOf, type Subject } from '../../../src/engine/saliency/variants';
import { randomModel } from '../support/random-model';

const K = 9;
const LENGTH = 80;
const CLASS_NAMES = ['left', 'right', 'up'];
const WORDS = [
  [0, 3],
  [1, 4],
  [2, 8],
];

/** A program with a random theta: saliency needs no training to be computed correctly. */
function programOf(placement: Placement, seed = 6): Program {
  const random = new Random(seed);
  const theta = Float32Array.from({ length: CLIP_SAMPLES }, () => 0.1 * random.gaussian());
  const mapping = { kind: 'random', sourceWords: K, words: WORDS };
  const description = {
    classNames: CLASS_NAMES,
    members: [{ rendering: { kind: 'replicas', contour: null, placement, theta: null }, mapping }],
    statistics: null,
  };
  return {
    description,
    members: [{ parameters: new Map([['theta', theta]]), mappingWeights: null }],
    thetaInitial: theta,
    ensemble: null,
  } as unknown as Program;
}

const thetaOf = (program: Program): Float32Array => program.members[0].parameters.get('theta')!;

/** The paper's equation 1, without a rendering. */
function reprogramClip(values: ArrayLike<number>, placement: Placement, theta: Float32Array, out: Float32Array): void {
  place(values, placement, out);
  for (let i = 0; i < CLIP_SAMPLES; i++) out[i] += theta[i];
}

function noisySine(length: number): Float64Array {
  const random = new Random(5);
  return Float64Array.from({ length }, (_, i) => Math.sin(i / 5) + 0.3 * random.gaussian());
}

const openModel = (): Promise<AcousticModel> => {
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  return openFusedModel(card, weights, { threads: 1 });
};

async function setUp() {
  const values = noisySine(LENGTH);
  const { placement } = planPlacement([values], 5, false);
  return { model: await openModel(), program: programOf(placement), placement, values };
}

const subjectOf = (model: AcousticModel, program: Program, values: Float64Array, target: number): Subject => {
  const classifier = classifierOf(program);
  return { model, classifier, values, score: new ClassScore(classifier.head, target) };
};

const total = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0);
const near = (a: number, b: number, tolerance: number, what = ''): void =>
  assert.ok(Math.abs(a - b) <= tolerance, `${what} ${a}, ${b}`);

test('class activation maps: the variants by hand', () => {
  const tap = { channels: 2 };
  const activation = Float32Array.from([1, 0, 2, 1, 0, 3, 4, 0]);
  const even = Float32Array.from([1, -1, 1, -1, 1, -1, 1, -1]);
  // Weights 1 and -1: maps 1, 1, -3, 4.
  assert.deepEqual([...scaledToOne(classActivationMap('grad-cam', activation, even, tap))], [0.25, 0.25, 0, 1]);
  const gradient = Float32Array.from([2, 5, -1, 3, 7, -1, 0.5, -1]);
  const maps = CAM_VARIANTS.map((variant) => [...classActivationMap(variant, activation, gradient, tap)]);
  assert.deepEqual(maps, [
    // Means 2.125 and 1.5 of the gradients.
    [2.125, 5.75, 4.5, 8.5],
    [2, 3, 0, 2],
    [2, 1, 0, 2],
    [2, 1, -3, 2],
  ]);
  assert.deepEqual([...scaledToOne(Float32Array.from([1, -4]))], [0.25, -1]);
  assert.deepEqual([...scaledToOne(new Float32Array(3))], [0, 0, 0]);
});

test('class activation maps: gradients alike in all cells make Grad-CAM and HiResCAM one, positive ones LayerCAM, too', () => {
  const random = new Random(3);
  const tap = { channels: 4 };
  const activation = Float32Array.from({ length: 240 }, () => Math.max(0, random.gaussian()));
  const channels = Float32Array.from({ length: 4 }, () => random.gaussian());
  const maps = (gradient: Float32Array) =>
    CAM_VARIANTS.map((variant) => classActivationMap(variant, activation, gradient, tap));
  const alike = activation.map((_, i) => channels[i % 4]);
  const [grad, , hires, signed] = maps(alike);
  grad.forEach((value, i) => near(value, hires[i], 1e-6));
  hires.forEach((value, i) => assert.equal(value, Math.max(0, signed[i])));
  // What the cells add up to is the product of activation and gradient.
  near(
    total(signed),
    activation.reduce((sum, a, i) => sum + a * alike[i], 0),
    1e-4,
  );
  const [positive, layer, high] = maps(alike.map(Math.abs));
  positive.forEach((value, i) => near(value, layer[i], 1e-6));
  high.forEach((value, i) => near(value, layer[i], 1e-6));
});

test('frames go to the samples they hear: a constant stays constant, one frame covers its window only', () => {
  for (const frontEnd of [LOG_MEL, KAPRE_DB]) {
    const constant = framesToSamples(frontEnd)(new Float64Array(125).fill(0.7));
    constant.forEach((value, i) => assert.ok(Math.abs(value - 0.7) < 1e-9, `sample ${i}: ${value}`));
    const single = new Float64Array(125);
    single[60] = 1;
    const curve = framesToSamples(frontEnd)(single);
    const start = 60 * 128 - (frontEnd === KAPRE_DB ? 448 : 0);
    const heard = [...curve.keys()].filter((i) => curve[i] > 0);
    assert.ok(heard[0] > start && heard[heard.length - 1] < start + 1024);
    const center = heard.reduce((sum, i) => sum + i * curve[i], 0) / heard.reduce((sum, i) => sum + curve[i], 0);
    assert.ok(Math.abs(center - (start + 512)) < 2, `center ${center}`);
  }
});

test('from the clip to the series: replicas add up, samples are shared, and what no sample belongs to is left out', () => {
  const nan = NaN;
  const of = (list: number[]): Float32Array => Float32Array.from(list);
  const curve = [1, 2, 4, 8, 16, 32];
  // Two replicas of two values; the third was cut off.
  const cut = sumOverSeries(curve, 3, { of: of([0, 1, nan, 0, 1, nan]), valuesPerSample: 1 });
  assert.deepEqual([...cut], [9, 18, NaN]);
  // Two values pass during a sample.
  const dense = sumOverSeries(curve.slice(0, 2), 4, { of: of([0.5, 2.5]), valuesPerSample: 2 });
  assert.deepEqual([...dense], [0.5, 0.5, 1, 1]);
  // Three values stretched over six samples, from the middle of the first to that of the last.
  const stretched = { of: of([0, 0.4, 0.8, 1.2, 1.6, 2]), valuesPerSample: 0.4 };
  const sum = sumOverSeries(curve, 3, stretched);
  near(total(sum), 63, 1e-9);
  // The second sample lies over the border at 0.5 by a quarter.
  near(sum[0], 1 + 0.75 * 2, 1e-5);
  // Where it passes: the third value was cut off, and of the last one only a window is heard.
  const spans = replicaSpans({ of: of([nan, 0, 1, 0, 1, nan]), valuesPerSample: 1 }, 3);
  assert.deepEqual(spans, { starts: [1, 3], length: 2, heard: [0, 2] });
  const { heard } = replicaSpans({ of: of([1, 1.5, 2]), valuesPerSample: 0.5 }, 4);
  assert.deepEqual(heard, [1.25, 2.75]);
});

test('replicas of a program as a rendering: the clip of the program, and the transposed product', () => {
  const random = new Random(8);
  const cases = [
    { longest: 80, length: 80, replicas: 5 },
    { longest: 80, length: 50, replicas: 1 },
    { longest: 700, length: 900, replicas: 22 },
    { longest: 40_000, length: 40_000, replicas: 1 },
    { longest: 37_001, length: 5_003, replicas: 1 },
  ];
  for (const { longest, length, replicas } of cases) {
    const train = Float64Array.from({ length: longest }, () => 3 + 2 * random.gaussian());
    const { placement } = planPlacement([train], replicas, false);
    const program = programOf(placement);
    const { rendering, parameters } = classifierOf(program).members[0];
    const baseline = placement.offset;
    const values = Float64Array.from({ length }, () => 3 + 2 * random.gaussian());
    const [clip, expected, empty] = [0, 1, 2].map(() => new Float32Array(CLIP_SAMPLES));
    rendering.render(values, parameters, clip);
    reprogramClip(values, placement, thetaOf(program), expected);
    assert.deepEqual(clip, expected);
    rendering.render(new Float64Array(length).fill(baseline), parameters, empty);
    empty.forEach((sample, i) => near(sample, thetaOf(program)[i], 1e-6));
    const dClip = Float32Array.from({ length: CLIP_SAMPLES }, () => random.gaussian());
    const back = rendering.pullback(values, parameters, dClip);
    const along = clip.reduce((sum, sample, i) => sum + (sample - empty[i]) * dClip[i], 0);
    const across = back.reduce((sum, d, i) => sum + d * (values[i] - baseline), 0);
    near(across, along, 1e-4 * (1 + Math.abs(along)), `${length} of ${longest}`);
    // A value that the clip does not hold has no place, and no part in it.
    const { of, valuesPerSample } = rendering.positions(length);
    assert.equal(valuesPerSample, 1 / placement.rate);
    const heard = sumOverSeries(new Float64Array(CLIP_SAMPLES), length, { of, valuesPerSample });
    heard.forEach((value, i) => Number.isNaN(value) && assert.equal(back[i], 0));
    const unheard = heard.filter(Number.isNaN).length;
    assert.equal(unheard, Math.max(0, length - placement.interval / placement.rate), `${length} of ${longest}`);
  }
});

test('the score explained is the one classified by, and its gradient is exact; a contrast is a difference', () => {
  const random = new Random(4);
  const weights = Float32Array.from({ length: 3 * K }, () => 0.3 * random.gaussian());
  const logits = Float64Array.from({ length: 2 * K }, () => 2 * random.gaussian());
  for (const learned of [null, weights]) {
    const mapping = { kind: learned ? 'learned' : 'random', sourceWords: K, words: WORDS } as const;
    const head = new ClassHead(mapping, learned);
    const scores = [...head.scores(logits, K)];
    for (const contrast of [null, 0]) {
      const score = new ClassScore(head, 1, contrast);
      near(score.value(logits, K), scores[1] - (contrast === null ? 0 : scores[contrast]), 1e-12);
      const gradient = new Float32Array(2 * K).fill(7);
      score.gradient(logits, K, gradient);
      assert.ok(gradient.subarray(0, K).every((value) => value === 7));
      for (let k = K; k < 2 * K; k++) {
        const at = (step: number): number =>
          score.value(
            logits.map((z, i) => (i === k ? z + step : z)),
            K,
          );
        near(gradient[k], (at(1e-4) - at(-1e-4)) / 2e-4, 1e-5, `logit ${k}`);
      }
    }
  }
});

test('integrated gradients add up to the difference of the scores with and without the series', async () => {
  const { model, program, placement, values } = await setUp();
  const subject = subjectOf(model, program, values, 1);
  const clip = new Float32Array(CLIP_SAMPLES);
  reprogramClip(values, placement, thetaOf(program), clip);
  const withSeries = subject.score.value(await model.logits(clip, 1), 0);
  // Without its shape: every value is the mean.
  reprogramClip(new Float64Array(LENGTH).fill(meanOf(values)), placement, thetaOf(program), clip);
  const without = subject.score.value(await model.logits(clip, 1), 0);
  const { values: attributions, completeness } = await integratedGradients(subject);
  near(completeness.difference, withSeries - without, 1e-5);
  near(completeness.sum, total(attributions), 1e-9);
  near(completeness.gap, Math.abs(completeness.sum / completeness.difference - 1), 1e-9);
  assert.ok(completeness.complete && completeness.gap < 0.05, `gap ${completeness.gap}`);
  // A score as far from the series as from the baseline: no number of points makes the gap relatively small.
  const zero = { ...subject, values: new Float64Array(LENGTH).fill(2) };
  const flat = await integratedGradients(zero);
  assert.deepEqual([flat.completeness.gap, flat.completeness.points, total(flat.values)], [0, 32, 0]);
  const signal = AbortSignal.abort();
  await assert.rejects(integratedGradients(subject, signal), CanceledError);
  await model.close();
});

test('gradient x input is the slope along the series; SmoothGrad is a mean of such slopes; occlusion is a fall of the score', async () => {
  const { model, program, values } = await setUp();
  const subject = subjectOf(model, program, values, 0);
  const { classifier, score } = subject;
  const [member] = classifier.members;
  const { rendering, parameters } = member;
  const baseline = meanOf(values);
  const clip = new Float32Array(CLIP_SAMPLES);
  rendering.render(values, parameters, clip);
  const logits = await model.logits(clip, 1);
  const dLogits = new Float32Array(K);
  score.gradient(logits, 0, dLogits);
  const { input } = await model.tap(clip, 1, dLogits, { input: true });
  const map = gradientTimesInput(member, values, input!);
  const scaled = (factor: number): Float64Array => values.map((x) => baseline + factor * (x - baseline));
  // d/df score(baseline + f (x - baseline)) at f = 1 is the sum of gradient x input.
  const [more, less] = await scoresOf(subject, [scaled(1.002), scaled(0.998)]);
  const slope = (more - less) / 0.004;
  near(total(map), slope, 0.05 * Math.abs(slope) + 0.01);
  // A series of hardly any range has hardly any noise.
  const slight = { ...subject, values: values.map((x) => 1 + 1e-3 * x) };
  rendering.render(slight.values, parameters, clip);
  score.gradient(await model.logits(clip, 1), 0, dLogits);
  const at = await model.tap(clip, 1, dLogits, { input: true });
  const smooth = await smoothGrad(slight);
  const slopes = gradientTimesInput(member, slight.values, at.input!);
  const most = Math.max(...slopes.map(Math.abs));
  assert.ok(most > 0);
  slopes.forEach((value, i) => near(smooth[i], value, 0.02 * most));
  const [seed1, again, seed2] = [
    await smoothGrad(subject),
    await smoothGrad(subject, { seed: 1 }),
    await smoothGrad(subject, { seed: 2 }),
  ];
  assert.deepEqual(seed1, again);
  assert.notDeepEqual(seed1, seed2);
  // 80 values make 40 windows of four, each two values after the one before; the first begins outside.
  const { values: fall, width } = await occlusion(subject);
  assert.equal(width, 4);
  const without = (from: number, to: number): Float64Array => Float64Array.from(values).fill(baseline, from, to);
  const [whole, first, second, third] = await scoresOf(subject, [values, without(0, 3), without(1, 5), without(3, 7)]);
  near(fall[0], whole - first, 1e-5);
  near(fall[2], whole - (first + second) / 2, 1e-5);
  near(fall[4], whole - (second + third) / 2, 1e-5);
  await model.close();
});

test('an explanation has every part on its axes, for the predicted class and for a chosen one', async () => {
  const { model, program, placement, values } = await setUp();
  const predicted = await explain(model, classifierOf(program), values, { method: 'occlusion' });
  assert.equal(predicted.target.label, predicted.prediction.label);
  assert.equal(predicted.reprogrammed.length, CLIP_SAMPLES);
  assert.equal(predicted.attention!.length, 125);
  assert.deepEqual(predicted.mel.shape, [125, 80]);
  assert.deepEqual(Object.keys(predicted.cam), ['conv1', 'conv2']);
  assert.deepEqual(predicted.scaledActivations, ['conv2']);
  assert.deepEqual(Object.keys(predicted.onSeries), ['attention', 'conv1', 'conv2', 'occlusion']);
  for (const { values: curve } of Object.values(predicted.onSeries)) assert.equal(curve.length, LENGTH);
  // A frame hears 1,024 samples, a cell of conv1 five frames, one of conv2 nine; occlusion removes four values at once.
  const resolutions = Object.values(predicted.onSeries).map(({ resolution }) => resolution);
  assert.deepEqual(resolutions, [1024, 1024 + 4 * 128, 1024 + 8 * 128, 4]);
  assert.deepEqual(predicted.members, { count: 1, heard: [0], shown: 0, shares: Float64Array.of(1), leftOut: {} });
  const { start, interval, replicas } = placement;
  const starts = Array.from({ length: replicas }, (_, r) => start + r * interval);
  assert.deepEqual(predicted.axes.replicas, { starts, length: LENGTH, heard: [0, LENGTH] });
  assert.ok(Math.abs(total(predicted.prediction.probabilities) - 1) < 1e-9);
  assert.ok(predicted.axes.melHertz[0] > 40 && predicted.axes.melHertz[79] < 8000);
  const other = program.description.classNames.find((name) => name !== predicted.prediction.label)!;
  const chosen = await explain(model, classifierOf(program), values, { targetClass: other });
  assert.equal(chosen.target.label, other);
  assert.notDeepEqual(chosen.cam.conv1, predicted.cam.conv1);
  await assert.rejects(explain(model, classifierOf(program), values, { targetClass: 'down' }), {
    code: 'explain.class',
  });
  const scores = classifierOf(program)
    .head.scores(await model.logits(chosen.reprogrammed, 1), 0)
    .slice();
  // Compared with the runner-up unless something else is asked for.
  const rest = scores.map((value, c) => (c === chosen.target.index ? -Infinity : value));
  assert.equal(chosen.contrast!.index, rest.indexOf(Math.max(...rest)));
  near(chosen.target.score, scores[chosen.target.index] - scores[chosen.contrast!.index], 1e-6);
  const alone = await explain(model, classifierOf(program), values, { targetClass: other, contrast: null });
  near(alone.target.score, scores[chosen.target.index], 1e-6);
  assert.equal(alone.contrast, null);
  await assert.rejects(explain(model, classifierOf(program), values, { contrast: 'down' }), { code: 'explain.class' });
  await assert.rejects(explain(model, classifierOf(program), values, { contrast: predicted.target.label }), {
    code: 'explain.contrast',
  });
  // What speaks for one class against another is the opposite of what speaks for the other.
  const compare = (targetClass: string, contrast: string) =>
    explain(model, classifierOf(program), values, {
      targetClass,
      contrast,
      cam: 'signed-hires-cam',
      method: 'gradient-x-input',
    });
  const [forth, back] = [await compare('left', 'up'), await compare('up', 'left')];
  near(forth.target.score, -back.target.score, 1e-6);
  for (const name of ['conv1', 'conv2', 'gradient-x-input'])
    forth.onSeries[name].values.forEach((value, i) =>
      near(value, -back.onSeries[name].values[i], 1e-4 * (1e-3 + Math.abs(value)), name),
    );
  forth.cam.conv1.data.forEach((value, i) => near(value, -back.cam.conv1.data[i], 1e-3));
  await model.close();
});

test('maps of several members: one is the explanation itself, several add up, and too coarse ones are named and left out', async () => {
  const model = await openModel();
  const values = noisySine(9000);
  const member = (program: Program, share: number): MemberPart => ({
    member: classifierOf(program).members[0],
    dLogits: Float32Array.from({ length: K }, (_, k) => (k === 1 ? share : 0)),
    share,
  });
  const fine = planPlacement([values], 1, false).placement;
  // 40,000 values on the clip: a frame hears 2,560 of them, more than a quarter of the series.
  const coarse = planPlacement([new Float64Array(40_000)], 1, false).placement;
  const [a, b, c] = [
    member(programOf(fine, 1), 0.25),
    member(programOf(fine, 2), 0.5),
    member(programOf(coarse, 3), 0.25),
  ];
  const cam = 'signed-hires-cam';
  const alone: MemberMaps[] = [];
  for (const one of [a, b, c]) alone.push(await explainMembers(model, [one], values, { cam, input: true }));
  const all = await explainMembers(model, [a, b, c], values, { cam, input: true });
  const names = ['attention', 'conv1', 'conv2'];
  assert.deepEqual(all.leftOut, Object.fromEntries(names.map((name) => [name, [2]])));
  assert.deepEqual(Object.keys(alone[2].maps), ['gradient-x-input']);
  assert.deepEqual(alone[0].leftOut, {});
  for (const name of [...names, 'gradient-x-input']) {
    const parts = alone.map(({ maps }) => maps[name]).filter((map) => map !== undefined);
    all.maps[name].values.forEach((value, j) =>
      near(value, total(parts.map((part) => part.values[j])), 1e-6 + 1e-4 * Math.abs(value), name),
    );
    assert.equal(all.maps[name].resolution, Math.max(...parts.map(({ resolution }) => resolution)));
  }
  assert.deepEqual([all.maps.attention.resolution, all.maps['gradient-x-input'].resolution], [1024, 2.5]);
  // The series fills a part of the second; its part of the attention is at most the members' shares.
  const heard = total(all.maps.attention.values);
  assert.ok(heard > 0 && heard < 0.75, `attention ${heard}`);

  // A member with the score of a program is that program's explanation.
  const program = programOf(fine, 1);
  const explanation = await explain(model, classifierOf(program), values, {
    targetClass: 'up',
    contrast: null,
    cam,
    method: 'gradient-x-input',
  });
  const dLogits = new Float32Array(K);
  new ClassScore(classifierOf(program).head, 2).gradient(await model.logits(explanation.reprogrammed, 1), 0, dLogits);
  const single = await explainMembers(model, [{ ...a, dLogits, share: 1 }], values, { cam, input: true });
  for (const [name, map] of Object.entries(explanation.onSeries)) assert.deepEqual(single.maps[name], map, name);
  await model.close();
});
