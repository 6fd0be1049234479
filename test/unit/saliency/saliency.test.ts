import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { KAPRE_DB, LOG_MEL } from '../../../src/engine/audio/front-end';
import type { AcousticModel } from '../../../src/engine/acoustic/model';
import { Random } from '../../../src/engine/math/random';
import { CLIP_SAMPLES, overSeries, planPlacement, type Program } from '../../../src/engine/reprogram';
import {
  explain,
  framesToSamples,
  gradCam,
  gradientTimesInput,
  integratedGradients,
  occlusion,
} from '../../../src/engine/saliency';
import { targetGradient, targetScore } from '../../../src/engine/saliency/target-score';
import { reprogramClip } from '../../../src/engine/reprogram';
import { randomModel } from '../support/random-model';

const K = 9;
const LENGTH = 80;

/** A program with a random theta over a random acoustic model: saliency needs no training to be computed correctly. */
async function setUp(): Promise<{ model: AcousticModel; program: Program; values: Float64Array }> {
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  const model = await openFusedModel(card, weights, { threads: 1 });
  const random = new Random(5);
  const values = Float64Array.from({ length: LENGTH }, (_, i) => Math.sin(i / 5) + 0.3 * random.gaussian());
  const { placement } = planPlacement([values], 5, false);
  const theta = Float32Array.from({ length: CLIP_SAMPLES }, () => 0.1 * random.gaussian());
  const program = {
    description: {
      placement,
      classNames: ['left', 'right', 'up'],
      mapping: {
        kind: 'random',
        sourceWords: K,
        words: [
          [0, 3],
          [1, 4],
          [2, 8],
        ],
      },
    },
    theta,
    thetaInitial: theta,
    mappingWeights: null,
  } as unknown as Program;
  return { model, program, values };
}

test('Grad-CAM weighs channels by their mean gradient, drops the negative part and scales to 1', () => {
  const tap = { name: 'conv1', channels: 2, frames: 2, bins: 2 };
  const activation = Float32Array.from([1, 0, 2, 1, 0, 3, 4, 0]);
  const gradient = Float32Array.from([1, -1, 1, -1, 1, -1, 1, -1]);
  // weights 1 and -1: maps 1, 1, -3, 4
  assert.deepEqual([...gradCam(activation, gradient, tap)], [0.25, 0.25, 0, 1]);
});

test('frames go to the samples they hear: a constant stays constant, one frame covers its window only', () => {
  for (const frontEnd of [LOG_MEL, KAPRE_DB]) {
    const constant = framesToSamples(new Float64Array(125).fill(0.7), frontEnd);
    constant.forEach((value, i) => assert.ok(Math.abs(value - 0.7) < 1e-9, `sample ${i}: ${value}`));
    const single = new Float64Array(125);
    single[60] = 1;
    const curve = framesToSamples(single, frontEnd);
    const start = 60 * 128 - (frontEnd === KAPRE_DB ? 448 : 0);
    const heard = [...curve.keys()].filter((i) => curve[i] > 0);
    assert.ok(heard[0] > start && heard[heard.length - 1] < start + 1024);
    const center = heard.reduce((sum, i) => sum + i * curve[i], 0) / heard.reduce((sum, i) => sum + curve[i], 0);
    assert.ok(Math.abs(center - (start + 512)) < 2, `center ${center}`);
  }
});

test('integrated gradients add up to the difference of the scores with and without the series', async () => {
  const { model, program, values } = await setUp();
  const { placement } = program.description;
  const target = targetGradient(program, 1);
  const subject = { values, placement, theta: program.theta, target };
  const clip = new Float32Array(CLIP_SAMPLES);
  reprogramClip(values, placement, program.theta, clip);
  const withSeries = targetScore(target, await model.logits(clip, 1), 0);
  const without = targetScore(target, await model.logits(program.theta, 1), 0);
  const sum = (await integratedGradients(model, subject, 256)).reduce((a, b) => a + b, 0);
  assert.ok(
    Math.abs(sum - (withSeries - without)) < 0.02 * Math.abs(withSeries - without) + 1e-3,
    `${sum}, ${withSeries - without}`,
  );
  await model.close();
});

test('attributions are zero outside the copies; gradient x input is the slope along the series', async () => {
  const { model, program, values } = await setUp();
  const { placement } = program.description;
  const target = targetGradient(program, 0);
  const subject = { values, placement, theta: program.theta, target };
  const curves = [
    await gradientTimesInput(model, subject),
    await integratedGradients(model, subject),
    await occlusion(model, subject),
  ];
  for (const curve of curves) {
    const inside = new Set<number>();
    for (let r = 0; r < placement.replicas; r++)
      for (let i = 0; i < LENGTH; i++) inside.add(r * placement.interval + i);
    curve.forEach((value, i) => assert.ok(inside.has(i) || Math.abs(value) === 0, `sample ${i}`));
    assert.ok(overSeries(curve, LENGTH, placement).some((value) => value !== 0));
  }
  const score = async (factor: number): Promise<number> => {
    const clip = new Float32Array(CLIP_SAMPLES);
    reprogramClip(
      values.map((x) => factor * x),
      placement,
      program.theta,
      clip,
    );
    return targetScore(target, await model.logits(clip, 1), 0);
  };
  // d/df score(f x) at f = 1 is the sum of gradient x input; the data are standardized by the placement, so go through it.
  if (placement.offset === 0) {
    const slope = ((await score(1.002)) - (await score(0.998))) / 0.004;
    const sum = curves[0].reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - slope) < 0.05 * Math.abs(slope) + 0.01, `${sum}, ${slope}`);
  }
  await model.close();
});

test('an explanation has every part on its axes, for the predicted class and for a chosen one', async () => {
  const { model, program, values } = await setUp();
  const predicted = await explain(model, program, values, { method: 'occlusion' });
  assert.equal(predicted.target.label, predicted.prediction.label);
  assert.equal(predicted.reprogrammed.length, CLIP_SAMPLES);
  assert.equal(predicted.attention.length, 125);
  assert.deepEqual([predicted.mel.length, predicted.mel[0].length], [125, 80]);
  assert.deepEqual(Object.keys(predicted.cam), ['conv1', 'conv2']);
  assert.deepEqual(predicted.scaledActivations, ['conv2']);
  assert.deepEqual(Object.keys(predicted.on_series), ['attention', 'conv1', 'conv2', 'occlusion']);
  for (const curve of Object.values(predicted.on_series)) assert.equal(curve.length, LENGTH);
  assert.ok(Math.abs(predicted.prediction.probabilities.reduce((a, b) => a + b) - 1) < 1e-9);
  assert.ok(predicted.axes.melHertz[0] > 40 && predicted.axes.melHertz[79] < 8000);
  const other = program.description.classNames.find((name) => name !== predicted.prediction.label)!;
  const chosen = await explain(model, program, values, { targetClass: other });
  assert.equal(chosen.target.label, other);
  assert.notDeepEqual(chosen.cam.conv1, predicted.cam.conv1);
  await assert.rejects(explain(model, program, values, { targetClass: 'down' }), { code: 'explain.class' });
  await model.close();
});
