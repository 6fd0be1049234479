import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KAPRE_DB, LOG_MEL, type FrontEnd } from '../../../src/engine/audio/front-end';
import { openTfjsRuntime } from '../../../src/engine/acoustic/tfjs/backend';
import { TfjsFeatures } from '../../../src/engine/acoustic/tfjs/features';
import { openKernelFeatures } from '../../../src/engine/acoustic/fused/kernel-features';
import { frontEndObstacle } from '../../../src/engine/acoustic/fused/stages/front-end-stage';
import { Random } from '../../../src/engine/math/random';
import { randomClips } from '../support/random-model';

/** Clips that fill no whole vector. */
const N = 5;

const FRONT_ENDS: FrontEnd[] = [
  LOG_MEL,
  KAPRE_DB,
  { ...LOG_MEL, hop: 160, melBins: 64, lowFrequency: 125, highFrequency: 7500, epsilon: 1e-3 },
  { ...KAPRE_DB, hop: 250, melBins: 40, range: 60 },
  { ...LOG_MEL, hop: 1024, melBins: 20 },
];

/** Largest difference, as a share of the largest value. */
function difference(actual: Float32Array, expected: Float32Array): number {
  assert.equal(actual.length, expected.length);
  let largest = 0;
  let error = 0;
  expected.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    error = Math.max(error, Math.abs(value - actual[i]));
  });
  assert.ok(largest > 0, 'nothing to compare');
  return error / largest;
}

for (const frontEnd of FRONT_ENDS) {
  const name = `${frontEnd.kind}, hop ${frontEnd.hop}, ${frontEnd.melBins} bins`;
  test(`front end alone (${name}): the kernels and TensorFlow.js agree, forward and backward`, async () => {
    assert.equal(frontEndObstacle(frontEnd), null);
    const runtime = await openTfjsRuntime({ backend: 'wasm' });
    runtime.select();
    const operations = new TfjsFeatures(runtime.tf, frontEnd);
    const kernels = await openKernelFeatures(frontEnd, N);
    const clips = randomClips(N, frontEnd.samples, 3);
    const features = operations.features(clips, N);
    assert.ok(difference(kernels.features(clips, N), features) < 1e-4);
    const random = new Random(6);
    const upstream = Float32Array.from(features, () => random.gaussian());
    const each = operations.backward(clips, N, upstream, 'each');
    assert.ok(difference(kernels.backward(clips, N, upstream, 'each'), each) < 2e-3);
    // Other clips in between: what the kernels held of these is gone, and is made anew.
    kernels.features(randomClips(2, frontEnd.samples, 9), 2);
    const sum = operations.backward(clips, N, upstream, 'sum');
    assert.ok(difference(kernels.backward(clips, N, upstream, 'sum'), sum) < 2e-3);
    operations.dispose();
    kernels.dispose();
  });
}

test('what the kernels cannot hear is named, and refused by them', async () => {
  for (const [frontEnd, obstacle] of [
    [{ ...LOG_MEL, melBins: 42 }, /42 mel bins/],
    [{ ...KAPRE_DB, hop: 125 }, /odd hop/],
    [{ ...LOG_MEL, hop: 2000 }, /gaps/],
    [{ ...LOG_MEL, highFrequency: 9000 }, /half the sample rate/],
  ] as [FrontEnd, RegExp][]) {
    assert.match(frontEndObstacle(frontEnd)!, obstacle);
    await assert.rejects(openKernelFeatures(frontEnd, 4), obstacle);
  }
});
