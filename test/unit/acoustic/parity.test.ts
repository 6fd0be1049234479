// Kernels and TensorFlow.js models against numbers that an independent program computed (test/fixtures/parity/make.py).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { openKernelFeatures } from '../../../src/engine/acoustic/fused/kernel-features';
import type { AcousticModel } from '../../../src/engine/acoustic/model';
import { importKerasAttentionRnn } from '../../../src/engine/acoustic/import/keras-attention-rnn';
import { readModelFolder } from '../../../src/engine/acoustic/store';
import { openTfjsModel } from '../../../src/engine/acoustic/tfjs/tfjs-model';
import { TfjsFeatures } from '../../../src/engine/acoustic/tfjs/features';
import { openTfjsRuntime } from '../../../src/engine/acoustic/tfjs/backend';
import { KAPRE_DB, LOG_MEL } from '../../../src/engine/audio/front-end';
import { decodeSafetensors } from '../../../src/engine/files/safetensors';

const { tensors } = decodeSafetensors(
  readFileSync('test/fixtures/parity/expected.safetensors'),
  'expected.safetensors',
);

function expected(name: string): Float32Array {
  const data = tensors.get(name)?.data;
  assert.ok(data instanceof Float32Array, name);
  return data;
}

/** Largest deviation, as a part of the largest expected magnitude. */
function deviation(actual: ArrayLike<number>, wanted: Float32Array): number {
  assert.equal(actual.length, wanted.length);
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) {
    worst = Math.max(worst, Math.abs(actual[i] - wanted[i]));
    largest = Math.max(largest, Math.abs(wanted[i]));
  }
  return worst / largest;
}

function assertNear(actual: ArrayLike<number>, name: string, tolerance: number): void {
  const found = deviation(actual, expected(name));
  assert.ok(found <= tolerance, `${name} deviates by ${found} of its largest value, more than ${tolerance}`);
}

const CLIPS = 3;

/** Everything an implementation computes of one shipped model. */
async function assertParity(id: string, model: AcousticModel): Promise<void> {
  const { samples } = model.card.frontEnd;
  const clips = expected('clips');
  assertNear(await model.logits(clips, CLIPS), `${id}.logits`, 2e-4);
  const upstream = expected(`${id}.upstream`);
  const each = new Float32Array(CLIPS * upstream.length);
  for (let i = 0; i < CLIPS; i++) each.set(upstream, i * upstream.length);
  const { attention, convolutions } = await model.tap(clips, CLIPS, each);
  assertNear(attention!, `${id}.attention`, 2e-4);
  if (id === 'att-rnn-asc') {
    const { activation, gradient } = convolutions.at(-1)!;
    const cells = activation.length / CLIPS;
    assertNear(activation.subarray(0, cells), `${id}.last_convolution`, 2e-4);
    assertNear(gradient!.subarray(0, cells), `${id}.last_convolution_gradient`, 1e-3);
  }
  await model.forward(clips.slice(0, samples), 1);
  const { input } = await model.backward(upstream, { input: 'sum' });
  assertNear(input!, `${id}.input_gradient`, 2e-3);
}

for (const id of ['att-rnn-asc', 'unet-att-rnn-asc'])
  test(`${id} computes the reference logits, attention and gradients, on the kernels and in TensorFlow.js`, async () => {
    const { card, weights } = await readModelFolder(`models/${id}`);
    for (const open of [
      () => openFusedModel(card, weights, { threads: 1 }),
      () => openFusedModel(card, weights, { threads: 2 }),
      () => openTfjsModel(card, weights, { backend: 'wasm' }),
    ]) {
      const model = await open();
      try {
        await assertParity(id, model);
      } finally {
        await model.close();
      }
    }
  });

test('both front ends give the reference features, on the kernels and in TensorFlow.js', async () => {
  const runtime = await openTfjsRuntime({ backend: 'wasm' });
  runtime.select();
  for (const frontEnd of [LOG_MEL, KAPRE_DB]) {
    const clips = expected('clips').slice(0, 2 * frontEnd.samples);
    const kernels = await openKernelFeatures(frontEnd, 2);
    const operations = new TfjsFeatures(runtime.tf, frontEnd);
    assertNear(kernels.features(clips, 2), `${frontEnd.kind}.features`, 1e-4);
    assertNear(operations.features(clips, 2), `${frontEnd.kind}.features`, 1e-4);
    kernels.dispose();
    operations.dispose();
  }
});

test('a Keras file is imported and gives the reference outputs, on the kernels and in TensorFlow.js', async () => {
  const { card, weights } = await importKerasAttentionRnn('test/fixtures/parity/keras-attention-rnn.h5');
  assert.deepEqual(card.frontEnd, LOG_MEL);
  assert.equal(card.sourceLabels.length, 12);
  const file = 'test/fixtures/parity/keras-expected.safetensors';
  const outputs = decodeSafetensors(readFileSync(file), file).tensors;
  const wanted = (name: string): Float32Array => outputs.get(name)!.data as Float32Array;
  const clips = expected('clips');
  for (const open of [
    () => openFusedModel(card, weights, { threads: 1 }),
    () => openTfjsModel(card, weights, { backend: 'wasm' }),
  ]) {
    const model = await open();
    const { attention } = await model.tap(clips.slice(0, card.frontEnd.samples), 1);
    assert.ok(deviation(await model.logits(clips, CLIPS), wanted('logits')) <= 1e-3, model.implementation);
    assert.ok(deviation(attention!, wanted('attention').slice(0, 125)) <= 1e-3, model.implementation);
    await model.close();
  }
});

test('the reference would notice a model that is slightly wrong', async () => {
  const { card, weights } = await readModelFolder('models/att-rnn-asc');
  const changed = new Map(weights);
  const { shape, data } = weights.get('lstm1.forward.bias')!;
  changed.set('lstm1.forward.bias', { shape, data: data.map((value) => value + 0.01) });
  const model = await openFusedModel(card, changed, { threads: 1 });
  const logits = await model.logits(expected('clips'), CLIPS);
  await model.close();
  assert.ok(deviation(logits, expected('att-rnn-asc.logits')) > 1e-3);
});
