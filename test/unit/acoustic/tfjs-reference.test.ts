import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import * as h5wasm from 'h5wasm';
import * as tf from '@tensorflow/tfjs-core';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { KAPRE_DB, LOG_MEL } from '../../../src/engine/audio/front-end';
import { importKerasAttentionRnn } from '../../../src/engine/acoustic/import/keras-attention-rnn';
import { readKerasFile } from '../../../src/engine/acoustic/import/keras-hdf5';
import { openTfjsRuntime } from '../../../src/engine/acoustic/tfjs/backend';
import { TfjsFrontEnd } from '../../../src/engine/acoustic/tfjs/front-end';
import { openTfjsModel } from '../../../src/engine/acoustic/tfjs/tfjs-model';
import { runNetwork } from '../../../src/engine/acoustic/tfjs/attention-rnn-network';
import { weightShapes } from '../../../src/engine/acoustic/architecture';
import { readNpy, readNpyFloats } from '../support/npy';
import { randomModel } from '../support/random-model';

const reference = resolve(process.cwd(), '../shared/data/reference');
const H5 = join(reference, 'attrnn-gsc/model-attRNN.h5');
const expected = (name: string): { shape: number[]; data: Float32Array } =>
  readNpyFloats(join(reference, 'attrnn-gsc/expected', `${name}.npy`));
/** The same architecture as Keras saves it, of our own making (test/fixtures/parity). */
const OWN = 'test/fixtures/parity/keras-attention-rnn.h5';
const CLIPS = 16;

function withoutReference(t: TestContext): boolean {
  if (existsSync(H5)) return false;
  t.skip(`${H5} not present`);
  return true;
}

function assertNear(actual: ArrayLike<number>, wanted: Float32Array, tolerance: number, what: string): void {
  assert.equal(actual.length, wanted.length, what);
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) worst = Math.max(worst, Math.abs(actual[i] - wanted[i]));
  assert.ok(worst <= tolerance, `${what} deviates by ${worst}, more than ${tolerance}`);
}

test('the imported Keras model gives the reference outputs at every stage', async (t) => {
  if (withoutReference(t)) return;
  const { card, weights } = await importKerasAttentionRnn(H5);
  assert.deepEqual(card.frontEnd, LOG_MEL);
  assert.equal(card.sourceLabels.length, 36);
  assert.equal(card.parameters, 201247);
  assert.deepEqual([...weights.keys()].sort(), [...weightShapes(card).keys()].sort());

  const clips = readNpyFloats(join(reference, 'v2s/clips.npy')).data;
  const runtime = await openTfjsRuntime({ backend: 'wasm' });
  const frontEnd = new TfjsFrontEnd(runtime.tf, card.frontEnd);
  const held = new Map([...weights].map(([name, { shape, data }]) => [name, tf.tensor(data, shape, 'float32')]));
  tf.tidy(() => {
    const features = frontEnd.features(tf.tensor2d(clips, [CLIPS, card.frontEnd.samples]));
    // The expected logmel minus its mean, divided by its deviation: of a largest magnitude near 4, so of logmel's own precision.
    assertNear(features.dataSync(), expected('logmel_standardized').data, 5e-3, 'features');
    const outputs = runNetwork(runtime.tf, 'att-rnn', held, features);
    const stages = {
      conv: [outputs.normalized.get('conv2')!, 5e-3],
      query: [outputs.query, 5e-3],
      attention: [outputs.attention, 1e-4],
      context: [outputs.context, 5e-3],
      dense1: [outputs.dense1, 5e-3],
      dense2: [outputs.dense2, 5e-3],
      logits: [outputs.logits, 5e-3],
      softmax: [tf.softmax(outputs.logits), 1e-4],
    } as const;
    for (const [name, [tensor, tolerance]] of Object.entries(stages))
      assertNear(tensor.dataSync(), expected(name).data, tolerance, name);
    outputs.lstm.forEach((layer, i) =>
      assertNear(layer.dataSync().slice(0, 125 * 128), expected(`lstm${i + 1}_clip0`).data, 5e-3, `lstm${i + 1}`),
    );
    const { data: labels } = readNpy(join(reference, 'v2s/labels.npy'));
    assert.deepEqual([...tf.argMax(outputs.logits, 1).dataSync()], Array.from(labels, Number));
  });
  tf.dispose([...held.values()]);
  frontEnd.dispose();
});

test('the imported Keras model gives the reference logits on the kernels', async (t) => {
  if (withoutReference(t)) return;
  const { card, weights } = await importKerasAttentionRnn(H5);
  const model = await openFusedModel(card, weights, { threads: 1 });
  const clips = readNpyFloats(join(reference, 'v2s/clips.npy')).data;
  assertNear(await model.logits(clips, CLIPS), expected('logits').data, 5e-3, 'logits');
  const first = await model.tap(clips.slice(0, card.frontEnd.samples), 1);
  assertNear(first.attention!, expected('attention').data.slice(0, first.attention!.length), 1e-4, 'attention');
  assertNear(first.features, expected('logmel_standardized').data.slice(0, first.features.length), 5e-3, 'features');
  await model.close();
});

test('the three spoken words are recognized, whichever backend computes', async (t) => {
  if (withoutReference(t)) return;
  const { labels } = JSON.parse(await readFile(join(reference, 'v2s/val_labels.json'), 'utf8')) as { labels: string[] };
  const { card, weights } = await importKerasAttentionRnn(H5, { labels, id: 'gsc', source: { name: 'GSC v2' } });
  assert.equal(card.source.name, 'GSC v2');
  assert.equal(card.source.license, 'unknown');
  const words = ['eight', 'five', 'follow'];
  const clips = Float32Array.from(words.flatMap((word) => [...expected(`word_${word}_16k`).data]));
  const logitsOf = async (backend: 'wasm' | 'cpu', n: number): Promise<Float32Array> => {
    const model = await openTfjsModel(card, weights, { backend });
    assert.match(model.engine, new RegExp(`^tfjs-${backend} `));
    assert.equal(await model.checksum(), card.weightsSha256);
    const first = clips.subarray(0, n * card.frontEnd.samples);
    const logits = await model.logits(first, n);
    await model.close();
    await assert.rejects(model.logits(first, n), { code: 'acoustic.closed' });
    return logits;
  };
  const logits = await logitsOf('wasm', words.length);
  assertNear(await logitsOf('cpu', 1), logits.slice(0, labels.length), 1e-3, 'logits of cpu');
  const k = labels.length;
  const heard = words.map((_, i) => {
    const row = [...logits.subarray(i * k, (i + 1) * k)];
    return labels[row.indexOf(Math.max(...row))];
  });
  assert.deepEqual(heard, words);
});

test('the kapre-db front end gives the reference features', async (t) => {
  if (withoutReference(t)) return;
  const clips = readNpyFloats(join(reference, 'v2s/clips.npy')).data;
  const { tf: api } = await openTfjsRuntime({ backend: 'wasm' });
  const frontEnd = new TfjsFrontEnd(api, KAPRE_DB);
  api.tidy(() => {
    const features = frontEnd.features(api.tensor2d(clips, [CLIPS, KAPRE_DB.samples]));
    assertNear(features.dataSync(), expected('kapre-frontend/mel_db_normalized').data, 5e-3, 'features');
  });
  frontEnd.dispose();
});

test('a silent clip has features of 0 and a finite gradient in both front ends', async () => {
  for (const frontEnd of [LOG_MEL, KAPRE_DB]) {
    const { card, weights } = randomModel('att-rnn', frontEnd, 6);
    const model = await openTfjsModel(card, weights, { backend: 'wasm' });
    const silence = new Float32Array(frontEnd.samples);
    assert.ok((await model.tap(silence, 1)).features.every((value) => value === 0));
    await model.forward(silence, 1);
    const { input } = await model.backward(new Float32Array(6).fill(1), { input: 'sum' });
    assert.ok(input!.every((value) => Number.isFinite(value)));
    await model.close();
  }
});

/** Copies of the reference file with one thing changed, in a folder that is removed. */
async function withChangedFile(
  change: (path: string) => Promise<void> | void,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-keras-'));
  try {
    const path = join(folder, 'model.h5');
    await copyFile(OWN, path);
    await change(path);
    await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes a small HDF5 file with the library under test's own writer: a model_config and no weights. */
async function writeModelConfig(path: string, config: unknown, withWeights = true): Promise<void> {
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File('/written.h5', 'w');
  if (config !== undefined) file.create_attribute('model_config', JSON.stringify(config));
  if (withWeights) file.create_group('model_weights');
  file.close();
  await writeFile(path, FS.readFile('/written.h5'));
  FS.unlink('/written.h5');
}

test('a file that is no attention-RNN is refused with what is wrong', async () => {
  const config = (await readKerasFile(OWN)).modelConfig as ModelConfig;
  const changed = (change: (layers: Map<string, LayerConfig>) => void): ModelConfig => {
    const copy = structuredClone(config);
    const layers = new Map<string, LayerConfig>();
    const visit = (list: LayerConfig[]): void =>
      list.forEach((layer) => {
        layers.set(layer.name, layer);
        if (layer.config.layers) visit(layer.config.layers);
      });
    visit(copy.config.layers);
    change(layers);
    return copy;
  };
  const cases: [string, (path: string) => Promise<void> | void, string, RegExp][] = [
    ['text', (path) => writeFile(path, 'not a model'), 'keras.hdf5', /is not an HDF5 file/],
    ['truncated', (path) => truncate(path, 5000), 'keras.hdf5', /truncated or damaged/],
    ['weights only', (path) => writeModelConfig(path, undefined), 'keras.model', /attribute model_config is missing/],
    ['no weights', (path) => writeModelConfig(path, config, false), 'keras.model', /group model_weights is missing/],
    [
      'empty weights',
      (path) => writeModelConfig(path, config),
      'keras.weights',
      /no weights of its output layer output/,
    ],
    [
      'another network',
      (path) =>
        writeModelConfig(
          path,
          changed((layers) =>
            layers.forEach((layer) => layer.class_name === 'Bidirectional' && (layer.class_name = 'GRU')),
          ),
        ),
      'keras.architecture',
      /expected the layers Conv2D - BatchNormalization/,
    ],
    [
      'a hard sigmoid',
      (path) =>
        writeModelConfig(
          path,
          changed((layers) => {
            (layers.get('both_1')!.config['layer'] as LayerConfig).config['recurrent_activation'] = 'hard_sigmoid';
          }),
        ),
      'keras.architecture',
      /layer both_1 \(lstm2\) has layer.config.recurrent_activation = "hard_sigmoid", expected "sigmoid"/,
    ],
    [
      'other connections',
      (path) =>
        writeModelConfig(
          path,
          changed((layers) => {
            layers.get('context')!.inbound_nodes = [
              [
                ['weigh', 0, 0, {}],
                ['both', 0, 0, {}],
              ],
            ];
          }),
        ),
      'keras.architecture',
      /layer context \(context\) reads attention and lstm1, expected attention and lstm2/,
    ],
    [
      'another transform',
      (path) =>
        writeModelConfig(
          path,
          changed((layers) => {
            layers.get('stft')!.inbound_nodes = [
              ['waveform', 0, 0, { frame_length: 400, frame_step: 160, fft_length: 512 }],
            ];
          }),
        ),
      'keras.front-end',
      /frame_length of its short-time Fourier transform is 400, expected 1024/,
    ],
    [
      'another mel matrix',
      (path) =>
        writeModelConfig(
          path,
          changed((layers) => {
            const [[, , , call]] = layers.get('mel')!.inbound_nodes as [[string, number, number, { b: number[][] }]];
            call.b[100][30] += 0.01;
          }),
        ),
      'keras.front-end',
      /at spectrum bin 100, band 30 it has 0\.01/,
    ],
  ];
  for (const [name, change, code, message] of cases)
    await withChangedFile(change, async (path) => {
      await assert.rejects(importKerasAttentionRnn(path), (error: { code: string; message: string }) => {
        assert.equal(error.code, code, `${name}: ${error.message}`);
        assert.match(error.message, message, name);
        return true;
      });
    });
  await assert.rejects(importKerasAttentionRnn('test/fixtures/parity/nothing.h5'), { code: 'file.enoent' });
  await assert.rejects(importKerasAttentionRnn(OWN, { labels: ['yes', 'no'] }), {
    code: 'model.labels',
    message: /number of source words \(2\) differs from the number of outputs of the model in .* \(12\)/,
  });
});

interface LayerConfig {
  class_name: string;
  name: string;
  config: Record<string, unknown> & { layers?: LayerConfig[] };
  inbound_nodes: unknown[];
}
interface ModelConfig {
  config: { layers: LayerConfig[] };
}
