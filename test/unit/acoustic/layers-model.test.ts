import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as layersModel, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { isMovingStatistic } from '../../../src/engine/acoustic/architecture';
import { KAPRE_DB, LOG_MEL } from '../../../src/engine/audio/front-end';
import {
  importKerasLayers,
  importTfjsLayers,
  outlineTfjsLayers,
} from '../../../src/engine/acoustic/import/layers-import';
import type { Tensors, TrainableAcousticModel } from '../../../src/engine/acoustic/model';
import { NETWORKS } from '../../../src/engine/acoustic/training/network-names';
import { openAcousticModel } from '../../../src/engine/acoustic/open-model';
import { readModelFolder, writeModelFolder } from '../../../src/engine/acoustic/store';
import { openTfjsRuntime } from '../../../src/engine/acoustic/tfjs/backend';
import { openTfjsModel } from '../../../src/engine/acoustic/tfjs/tfjs-model';
import { openUntrainedModel } from '../../../src/engine/acoustic/training/untrained-model';
import { V2SError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';
import { classifierOf, parseReprogramOptions, reprogram } from '../../../src/engine/reprogram';
import { explain } from '../../../src/engine/saliency';
import type { SeriesDataset } from '../../../src/engine/series';
import { drawWeights, saveKerasModel, saveLayersModel, weightsOf } from '../support/layers-files';
import { randomClips } from '../support/random-model';
import { thetaOf } from '../support/theta-program';
import { TSV_FORMAT } from '../support/series-files';

const SAMPLES = 16000;
const LABELS = ['up', 'down', 'left', 'right', 'stop'];
const K = LABELS.length;
const root = mkdtempSync(join(tmpdir(), 'v2s-layers-'));
after(() => rm(root, { recursive: true, force: true }));

const withCode =
  (code: string, ...parts: string[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof V2SError, String(error));
    assert.equal(error.code, code, error.message);
    for (const part of parts) assert.ok(error.message.includes(part), `"${error.message}" lacks "${part}"`);
    return true;
  };
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
const gaussians = (n: number, seed: number): Float32Array => {
  const random = new Random(seed);
  return Float32Array.from({ length: n }, () => random.gaussian());
};

type Apply = { apply(x: SymbolicTensor | SymbolicTensor[]): unknown };
const after1 = (layer: Apply, ...x: SymbolicTensor[]): SymbolicTensor =>
  layer.apply(x.length === 1 ? x[0] : x) as SymbolicTensor;

/** Two-dimensional, the frames second: strides, dilation, depthwise convolution, pooling, and what training disturbs. */
function imageModel(): LayersModel {
  const x = input({ shape: [80, 125, 1], name: 'mel' });
  let y = after1(layers.conv2d({ name: 'wide', filters: 3, kernelSize: [3, 5], strides: 2, padding: 'same' }), x);
  y = after1(layers.batchNormalization({ name: 'norm', momentum: 0.9 }), y);
  y = after1(
    layers.conv2d({ name: 'dilated', filters: 4, kernelSize: 3, dilationRate: [1, 2], activation: 'tanh' }),
    y,
  );
  y = after1(layers.depthwiseConv2d({ name: 'each', kernelSize: 3, depthMultiplier: 2, strides: [2, 2] }), y);
  y = after1(layers.averagePooling2d({ name: 'pool', poolSize: 2 }), y);
  y = after1(layers.dropout({ name: 'drop', rate: 0.5 }), y);
  y = after1(layers.flatten({ name: 'flat' }), y);
  return layersModel({
    inputs: x,
    outputs: after1(layers.dense({ name: 'words', units: K, activation: 'softmax' }), y),
    name: 'image',
  });
}

/** One-dimensional with attention: dilated convolution over time, a weight for each frame, their weighted sum. */
function attentionModel(): LayersModel {
  const x = input({ shape: [125, 80], name: 'mel' });
  const y = after1(
    layers.conv1d({ name: 'time', filters: 6, kernelSize: 5, dilationRate: 4, padding: 'same', activation: 'tanh' }),
    x,
  );
  const scores = after1(layers.flatten({ name: 'flat' }), after1(layers.dense({ name: 'scores', units: 1 }), y));
  const attention = after1(layers.softmax({ name: 'attention' }), scores);
  const context = after1(layers.dot({ name: 'context', axes: [1, 1] }), attention, y);
  const logits = after1(layers.dense({ name: 'words', units: K }), context);
  return layersModel({
    inputs: x,
    outputs: after1(layers.softmax({ name: 'probabilities' }), logits),
    name: 'attentive',
  });
}

async function withSavedModel(make: () => LayersModel, name: string): Promise<{ path: string; own: LayersModel }> {
  (await openTfjsRuntime({ backend: 'wasm' })).select();
  const own = make();
  const drawn = drawWeights(own, 3);
  weightsOf(own).forEach((weight, i) => weight.write(tf.tensor(drawn[i], weight.shape)));
  return { path: await saveLayersModel(join(root, name), own), own };
}

/** Slope along the gradient itself, against its squared length; averaged over two steps. */
async function assertSlope(
  value: (step: number) => Promise<number>,
  gradient: Float32Array,
  change: number,
  tolerance: number,
  what: string,
): Promise<void> {
  const slope = dot(gradient, gradient);
  if (slope < 1e-9) return; // a weight that changes nothing, as the bias of scores that a softmax compares
  const step = change / slope;
  const numeric = ((await value(step)) - (await value(-step))) / (2 * step);
  const error = Math.abs(numeric - slope) / slope;
  assert.ok(error <= tolerance, `${what}: gradient ${slope}, finite difference ${numeric}, relative error ${error}`);
}

async function assertGradients(model: TrainableAcousticModel, tolerance: number): Promise<void> {
  const n = 2;
  const k = model.card.sourceLabels.length;
  const clips = randomClips(n, SAMPLES, 4);
  const upstream = gaussians(n * k, 5);
  await model.forward(clips, n);
  const { input: each, weights } = await model.backward(upstream, { input: 'each', weights: true });
  const moved = (step: number): Float32Array => clips.map((sample, i) => sample + step * each![i]);
  await assertSlope(async (step) => dot(await model.logits(moved(step), n), upstream), each!, 0.02, tolerance, 'input');
  await model.forward(clips, n);
  const { input: sum } = await model.backward(upstream, { input: 'sum' });
  sum!.forEach((value, i) =>
    assert.ok(Math.abs(value - each![i] - each![SAMPLES + i]) <= 1e-4 * (1 + Math.abs(value))),
  );

  const held = await model.weights();
  for (const [name, { shape, data }] of weights!) {
    const along = (step: number): Tensors =>
      new Map([...held, [name, { shape, data: held.get(name)!.data.map((value, i) => value + step * data[i]) }]]);
    const value = async (step: number): Promise<number> => {
      await model.setWeights(along(step));
      return dot(await model.logits(clips, n), upstream);
    };
    await assertSlope(value, data, 0.02, tolerance, name);
  }
  await model.setWeights(held);

  const clip = clips.slice(0, SAMPLES);
  const both = await model.tap(clips, n, upstream, { input: true });
  both.input!.forEach((value, i) => assert.ok(Math.abs(value - each![i]) <= 1e-4 * (1 + Math.abs(value))));
  const taps = await model.tap(clip, 1, upstream.slice(0, k));
  for (const [i, { activation, gradient }] of taps.convolutions.entries()) {
    const packed = both.convolutions[i];
    activation.forEach((value, j) => assert.ok(Math.abs(value - packed.activation[j]) <= 1e-4 * (1 + Math.abs(value))));
    gradient!.forEach((value, j) => assert.ok(Math.abs(value - packed.gradient![j]) <= 1e-4 * (1 + Math.abs(value))));
  }
  for (const { tap, activation, gradient } of taps.convolutions) {
    assert.equal(activation.length, tap.frames * tap.bins * tap.channels, tap.name);
    assert.equal(gradient!.length, activation.length, tap.name);
    assert.ok(
      gradient!.some((value) => value !== 0),
      tap.name,
    );
  }
  const alone = await model.logits(clip, 1);
  taps.logits.forEach((value, i) => assert.ok(Math.abs(value - alone[i]) < 1e-4));
}

test('an imported image model: outputs of the library, gradients, batch statistics, taps with the frames first', async () => {
  const { path, own } = await withSavedModel(imageModel, 'image');
  const imported = await importTfjsLayers(path, {
    frontEnd: LOG_MEL,
    labels: LABELS,
    taps: ['wide', 'each'],
    tfjs: { backend: 'wasm' },
  });
  assert.equal(imported.card.layers!.inputLayout, 'bins-frames-1');
  const folder = join(root, 'image-model');
  await writeModelFolder(folder, imported);
  const stored = await readModelFolder(folder);
  assert.deepEqual(stored.card, imported.card);
  const model = await openTfjsModel(stored.card, stored.weights, { topology: stored.topology, backend: 'wasm' });
  assert.equal(await model.checksum(), stored.card.weightsSha256);
  assert.deepEqual(model.taps, [
    { name: 'wide', frames: 63, bins: 40, channels: 3 },
    { name: 'each', frames: 29, bins: 18, channels: 8 },
  ]);

  const clip = randomClips(1, SAMPLES, 8);
  const taps = await model.tap(clip, 1);
  const mel = tf.transpose(tf.tensor(taps.features, [1, 125, 80]), [0, 2, 1]);
  const wanted = (own.predict(tf.reshape(mel, [1, 80, 125, 1])) as tf.Tensor).dataSync();
  const exponentials = taps.logits.map(Math.exp);
  const total = exponentials.reduce((a, b) => a + b);
  wanted.forEach((probability, i) => assert.ok(Math.abs(probability - exponentials[i] / total) < 1e-5));
  // The library's own output of the tapped layer, its axes [bin][frame][channel] exchanged.
  const wide = layersModel({ inputs: own.inputs, outputs: own.getLayer('wide').output as SymbolicTensor });
  const layer = tf.transpose(wide.predict(tf.reshape(mel, [1, 80, 125, 1])) as tf.Tensor4D, [0, 2, 1, 3]).dataSync();
  taps.convolutions[0].activation.forEach((value, i) => assert.ok(Math.abs(value - layer[i]) < 1e-4));

  await assertGradients(model, 0.02);

  // Batch statistics: repeatable in spite of the Dropout, and the moving ones move by the layer's own momentum.
  const clips = randomClips(4, SAMPLES, 9);
  const before = await model.weights();
  const first = await model.trainForward(clips, 4);
  const { weights: moved } = await model.backward(gaussians(4 * K, 1), { input: 'none', weights: true });
  assert.deepEqual([...moved!.keys()].sort(), [...before.keys()].sort());
  const now = await model.weights();
  for (const name of before.keys()) {
    const same = now.get(name)!.data.every((value, i) => value === before.get(name)!.data[i]);
    assert.equal(same, !isMovingStatistic(name), name);
    if (isMovingStatistic(name)) assert.deepEqual(moved!.get(name)!.data, now.get(name)!.data);
  }
  await model.setWeights(before);
  assert.deepEqual(await model.trainForward(clips, 4), first);
  await model.close();
});

test('an imported one-dimensional model with attention is reprogrammed and explained, and stays as it is', async () => {
  const { path } = await withSavedModel(attentionModel, 'attentive');
  const imported = await importTfjsLayers(path, { frontEnd: KAPRE_DB, attention: 'attention', labels: LABELS });
  assert.deepEqual(imported.card.layers!.taps, ['time']);
  const model = await openAcousticModel(imported, { batchLimit: 8 });
  await assertGradients(model, 0.01);

  const random = new Random(2);
  const series = Array.from({ length: 8 }, (_, i) => ({
    label: i % 2 === 0 ? 'a' : 'b',
    row: i + 1,
    values: Float64Array.from({ length: 60 }, (_, t) => Math.sin(0.2 * (1 + (i % 2)) * t) + 0.1 * random.gaussian()),
  }));
  const train: SeriesDataset = {
    name: 'sines',
    file: 'sines.tsv',
    sha256: 'ab'.repeat(32),
    series,
    classNames: ['a', 'b'],
    notes: [],
    format: TSV_FORMAT,
  };
  const options = parseReprogramOptions({ method: 'theta', epochs: 2, batchSize: 8, replicas: 2, validation: 0 });
  const { model: checksums, program } = await reprogram(options, model, train, null);
  assert.equal(checksums.sha256Before, imported.card.weightsSha256);
  assert.equal(checksums.sha256After, imported.card.weightsSha256);
  assert.ok(thetaOf(program).some((value, i) => value !== program.thetaInitial![i]));

  const explanation = await explain(model, classifierOf(program), series[0].values);
  assert.equal(explanation.attention!.length, 125);
  assert.ok(Math.abs(explanation.attention!.reduce((a, b) => a + b) - 1) < 1e-5);
  const { shape, data } = explanation.cam.time;
  assert.deepEqual(shape, [125, 80]);
  // Frames alone: the same for all 80 bins.
  assert.equal(data.length, 125 * 80);
  data.forEach((value, i) => assert.equal(value, data[i - (i % 80)]));
  assert.equal(explanation.onSeries.time.values.length, 60);
  await model.close();
});

for (const network of NETWORKS)
  test(`${network}: gradients, and a network of strides is explained on the grid of the features`, async () => {
    const about = {
      formatVersion: 1 as const,
      id: network,
      title: network,
      frontEnd: LOG_MEL,
      sourceLabels: LABELS,
      source: { name: 'none', license: 'none', split: 'none' },
      test: null,
      training: {},
      license: 'none',
    };
    const options = { seed: 1, batchLimit: 4, threads: 1, kernels: 'simd' as const };
    const { model, card } = await openUntrainedModel(network, about, options);
    const clips = randomClips(4, SAMPLES, 6);
    const upstream = gaussians(4 * K, 7);
    await model.forward(clips, 4);
    const { input: each } = await model.backward(upstream, { input: 'each' });
    const moved = (step: number): Float32Array => clips.map((sample, i) => sample + step * each![i]);
    // A small step, since thousands of ReLUs have their kinks near.
    await assertSlope(async (step) => dot(await model.logits(moved(step), 4), upstream), each!, 0.02, 0.05, 'input');

    // A step along the gradient of all weights together, with the statistics of the batch.
    await model.trainForward(clips, 4);
    const { weights } = await model.backward(upstream, { input: 'none', weights: true });
    const held = await model.weights();
    const names = [...held.keys()].filter((name) => !isMovingStatistic(name));
    const slope = names.reduce((sum, name) => sum + dot(weights!.get(name)!.data, weights!.get(name)!.data), 0);
    const step = 0.02 / slope;
    const value = async (sign: number): Promise<number> => {
      const along = new Map(held);
      for (const name of names) {
        const { shape, data } = held.get(name)!;
        along.set(name, { shape, data: data.map((w, i) => w + sign * step * weights!.get(name)!.data[i]) });
      }
      await model.setWeights(along);
      return dot(await model.trainForward(clips, 4), upstream);
    };
    const numeric = ((await value(1)) - (await value(-1))) / (2 * step);
    assert.ok(Math.abs(numeric - slope) / slope < 0.05, `weights: gradient ${slope}, finite difference ${numeric}`);
    assert.equal(
      card.parameters,
      [...held.values()].reduce((sum, { data }) => sum + data.length, 0),
    );
    assert.deepEqual(
      model.taps.map(({ name }) => name),
      card.layers!.taps,
    );
    await model.close();
  });

test('the same model from a Keras file gives the same weights and layers', async () => {
  const { path, own } = await withSavedModel(imageModel, 'both');
  const options = { frontEnd: LOG_MEL, labels: LABELS, tfjs: { backend: 'wasm' as const } };
  const fromTfjs = await importTfjsLayers(path, options);
  const keras = await saveKerasModel(join(root, 'both.h5'), own);
  const fromKeras = await importKerasLayers(keras, options);
  assert.equal(fromKeras.card.weightsSha256, fromTfjs.card.weightsSha256);
  assert.deepEqual(fromKeras.card.layers, fromTfjs.card.layers);
  assert.deepEqual(fromKeras.card.layers!.taps, ['wide', 'dilated', 'each']);
  await assert.rejects(
    importKerasLayers(keras, { ...options, frontEnd: { ...LOG_MEL, hop: 160 } }),
    withCode('model.input', '[80, 125, 1]', '100 frames of 80'),
  );
  await assert.rejects(importKerasLayers(join(root, 'no.h5'), options), withCode('file.enoent', 'no.h5'));
});

test('what cannot be imported is refused with the reason', async () => {
  const { path } = await withSavedModel(attentionModel, 'refused');
  const options = { frontEnd: LOG_MEL, labels: LABELS, tfjs: { backend: 'wasm' as const } };
  const refused = async (given: object, code: string, ...parts: string[]): Promise<void> =>
    assert.rejects(importTfjsLayers(path, { ...options, ...given }), withCode(code, ...parts));
  await refused(
    { frontEnd: { ...LOG_MEL, melBins: 40 } },
    'model.input',
    '[125, 80]',
    '125 frames of 40 mel bins',
    'JSON file',
  );
  await refused({ labels: ['one', 'two'] }, 'model.labels', 'source words (2)', 'outputs', '(5)');
  await refused({ taps: ['conv9'] }, 'model.taps', '"conv9"', 'time, scores');
  await refused({ taps: ['context'] }, 'model.taps', 'context', '[6]');
  await refused({ taps: ['mel'] }, 'model.taps', 'mel is the input', '[125, 80]');
  await refused({ taps: [] }, 'model.taps', 'No layer was chosen', 'time, scores');
  await refused({ attention: 'time' }, 'model.attention', '[125, 6]');

  const changed = async (name: string, change: (text: string) => string): Promise<string> => {
    const folder = join(root, name);
    await mkdir(folder);
    for (const part of ['group1-shard1of2.bin', 'group1-shard2of2.bin'])
      await copyFile(join(root, 'refused', part), join(folder, part));
    await writeFile(join(folder, 'model.json'), change(await readFile(path, 'utf8')));
    return join(folder, 'model.json');
  };
  const unknown = await changed('unknown-layer', (text) => text.replace('"Conv1D"', '"Spectrogram"'));
  await assert.rejects(importTfjsLayers(unknown, options), withCode('model.topology', 'Spectrogram', unknown));
  const graph = await changed('graph', (text) => text.replace('"layers-model"', '"graph-model"'));
  await assert.rejects(importTfjsLayers(graph, options), withCode('tfjs.file', 'GraphModel', 'tfjs_layers_model'));
  const sigmoid = await changed('sigmoid', (text) => {
    const json = JSON.parse(text) as {
      modelTopology: { config: { layers: { config: object; class_name: string }[] } };
    };
    const last = json.modelTopology.config.layers.at(-1)!;
    last.class_name = 'Activation';
    Object.assign(last.config, { activation: 'sigmoid' });
    return JSON.stringify(json);
  });
  await assert.rejects(importTfjsLayers(sigmoid, options), withCode('model.output', '"sigmoid"'));
  type Json = {
    modelTopology: { config: { layers: { config?: Record<string, unknown>; class_name: string }[] } };
    weightsManifest: { paths: string[] }[];
  };
  const edited = async (name: string, change: (json: Json) => void): Promise<string> =>
    await changed(name, (text) => {
      const json = JSON.parse(text) as Json;
      change(json);
      return JSON.stringify(json);
    });
  const before = process.memoryUsage().rss;
  const huge = await edited('huge', ({ modelTopology }) => {
    for (const { config } of modelTopology.config.layers)
      for (const key of ['units', 'filters']) if (key in config!) config![key] = 1e9;
  });
  for (const reading of [() => importTfjsLayers(huge, options), () => outlineTfjsLayers(huge, options.tfjs)])
    await assert.rejects(reading, withCode('model.weights', '1000000000'));
  assert.ok(process.memoryUsage().rss - before < 300 * 2 ** 20, 'nothing was allocated');
  const bare = await edited('bare', ({ modelTopology }) => delete modelTopology.config.layers.at(-1)!.config);
  await assert.rejects(importTfjsLayers(bare, options), withCode('model.topology', bare));
  const empty = await edited('empty', ({ modelTopology }) => Object.assign(modelTopology.config, { layers: [null] }));
  await assert.rejects(importTfjsLayers(empty, options), withCode('model.topology', empty));
  const deep = await changed('deep', (text) =>
    text.replace('"config":', `"config":{"x":${'['.repeat(1e5)}${']'.repeat(1e5)}},"other":`),
  );
  await assert.rejects(importTfjsLayers(deep, options), (error) => error instanceof V2SError);
  for (const outside of [
    '../refused/group1-shard1of2.bin',
    '/etc/hostname',
    'a/../../refused/group1-shard1of2.bin',
    '.',
  ])
    await assert.rejects(
      importTfjsLayers(
        await edited(`outside-${outside.length}`, ({ weightsManifest }) => (weightsManifest[0].paths[0] = outside)),
        options,
      ),
      withCode('tfjs.file', JSON.stringify(outside)),
    );
  const short = await changed('short', (text) => text);
  await writeFile(join(root, 'short', 'group1-shard2of2.bin'), Buffer.alloc(10));
  await assert.rejects(importTfjsLayers(short, options), withCode('tfjs.file', 'group1-shard2of2.bin'));
  await rm(join(root, 'short', 'group1-shard2of2.bin'));
  await assert.rejects(importTfjsLayers(short, options), withCode('file.enoent', 'group1-shard2of2.bin'));
});

test('a damaged folder is found out when it is read', async () => {
  const { path } = await withSavedModel(attentionModel, 'sound');
  const imported = await importTfjsLayers(path, { frontEnd: LOG_MEL, labels: LABELS, tfjs: { backend: 'wasm' } });
  const folder = join(root, 'damaged');
  const topology = join(folder, 'topology.json');
  const again = async (): Promise<void> => void (await writeModelFolder(folder, imported));
  await again();
  const text = await readFile(topology, 'utf8');
  await writeFile(topology, text.replace('"dilation_rate": [\n', '"dilation_rate":  [\n'));
  await assert.rejects(readModelFolder(folder), withCode('model.checksum', topology));
  await rm(topology);
  await assert.rejects(readModelFolder(folder), withCode('file.enoent', topology));
  await again();
  const card = JSON.parse(await readFile(join(folder, 'card.json'), 'utf8')) as Record<string, unknown>;
  delete card.layers;
  await writeFile(join(folder, 'card.json'), JSON.stringify(card));
  await assert.rejects(readModelFolder(folder), withCode('model.card', '"layers"'));

  const stored = { ...imported, weights: new Map(imported.weights) };
  stored.weights.delete('time/kernel');
  await assert.rejects(openAcousticModel(stored), withCode('model.weights', 'time/kernel', '[5, 80, 6]'));
});
