import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ModelCard } from '../../../src/engine/acoustic/card';
import { LOG_MEL } from '../../../src/engine/audio/front-end';
import type { Gradients, Tensors, TrainableAcousticModel } from '../../../src/engine/acoustic/model';
import { AUGMENTATION, NO_AUGMENTATION } from '../../../src/engine/acoustic/training/augmentation';
import type { Epoch } from '../../../src/engine/acoustic/training/checkpoint';
import { scoreLogits, smoothedCrossEntropy } from '../../../src/engine/acoustic/training/classification-loss';
import { sampleSourceLogits } from '../../../src/engine/acoustic/training/evaluate';
import { modelReadme } from '../../../src/engine/acoustic/training/model-readme';
import {
  averageWeights,
  clipGlobalNorm,
  copyTensors,
  scheduledRate,
} from '../../../src/engine/acoustic/training/optimizer';
import {
  TRAINING_OPTIONS,
  trainAcousticModel,
  type TrainingData,
  type TrainingOptions,
  type TrainingRun,
} from '../../../src/engine/acoustic/training/train';
import { weightsSha256 } from '../../../src/engine/acoustic/weights';
import type { SpeechClips } from '../../../src/engine/audio/speech-folder';
import { CanceledError, type V2SError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';

const SAMPLES = 400;
const BANDS = 8;
const K = 3;

const card: ModelCard = {
  formatVersion: 1,
  id: 'bands',
  title: 'Bands',
  architecture: 'att-rnn',
  hyperParameters: {},
  frontEnd: { ...LOG_MEL, samples: SAMPLES, hop: 40 },
  sourceLabels: ['low', 'middle', 'high'],
  parameters: 1,
  weightsSha256: '0'.repeat(64),
  source: { name: 'synthetic', license: 'none', split: 'none' },
  test: null,
  training: {},
  license: 'Apache-2.0',
};

/**
 * An analytic model for the loop around it: softmax regression on the standardized mean magnitudes of eight stretches of the
 * clip, with moving statistics as batch normalization has them. Gradients by hand.
 */
class BandModel implements TrainableAcousticModel {
  readonly card = card;
  readonly implementation = 'fused';
  readonly engine = 'analytic';
  readonly batchLimit = 16;
  readonly taps = [];
  #weights: Tensors = new Map([
    ['output.kernel', { shape: [BANDS, K], data: new Float32Array(BANDS * K) }],
    ['output.bias', { shape: [K], data: new Float32Array(K) }],
    ['bn1.mean', { shape: [1], data: new Float32Array(1) }],
  ]);
  #features: Float32Array[] = [];

  async logits(waveforms: Float32Array, n: number): Promise<Float32Array> {
    const { data: kernel } = this.#weights.get('output.kernel')!;
    const { data: bias } = this.#weights.get('output.bias')!;
    this.#features = Array.from({ length: n }, (_, i) => features(waveforms.subarray(i * SAMPLES, (i + 1) * SAMPLES)));
    const logits = new Float32Array(n * K);
    this.#features.forEach((x, i) => {
      for (let j = 0; j < K; j++)
        logits[i * K + j] = x.reduce((sum, value, b) => sum + value * kernel[b * K + j], bias[j]);
    });
    return logits;
  }
  forward = this.logits;
  readouts(): never {
    throw new Error('an analytic model has no hidden states');
  }
  async trainForward(waveforms: Float32Array, n: number): Promise<Float32Array> {
    await new Promise((resolve) => setImmediate(resolve)); // as worker threads: the caller goes on meanwhile
    return this.logits(waveforms, n);
  }
  async backward(dLogits: Float32Array): Promise<Gradients> {
    const kernel = new Float32Array(BANDS * K);
    const bias = new Float32Array(K);
    this.#features.forEach((x, i) => {
      for (let j = 0; j < K; j++) {
        bias[j] += dLogits[i * K + j];
        for (let b = 0; b < BANDS; b++) kernel[b * K + j] += x[b] * dLogits[i * K + j];
      }
    });
    const mean = this.#weights.get('bn1.mean')!.data[0];
    const moved = Float32Array.of(0.99 * mean + 0.01 * meanOfFirst(this.#features));
    const weights: Tensors = new Map([
      ['output.kernel', { shape: [BANDS, K], data: kernel }],
      ['output.bias', { shape: [K], data: bias }],
      ['bn1.mean', { shape: [1], data: moved }],
    ]);
    return { input: null, weights };
  }
  async setWeights(weights: Tensors): Promise<void> {
    this.#weights = copyTensors(weights);
  }
  weights = async (): Promise<Tensors> => copyTensors(this.#weights);
  checksum = async (): Promise<string> => weightsSha256(this.#weights);
  tap = (): never => assert.fail('not used');
  close = async (): Promise<void> => undefined;
}

const meanOfFirst = (rows: Float32Array[]): number => rows.reduce((sum, row) => sum + row[0] / rows.length, 0);

function features(waveform: Float32Array): Float32Array {
  const stretch = SAMPLES / BANDS;
  const x = Float32Array.from({ length: BANDS }, (_, b) =>
    waveform.subarray(b * stretch, (b + 1) * stretch).reduce((sum, value) => sum + Math.abs(value) / stretch, 0),
  );
  const mean = x.reduce((sum, value) => sum + value / BANDS, 0);
  const deviation = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2 / BANDS, 0));
  return x.map((value) => (value - mean) / (deviation + 1e-9));
}

/** Noise that is loudest early, in the middle, or late. */
function clips(n: number, seed: number): SpeechClips {
  const random = new Random(seed);
  const classes = Int32Array.from({ length: n }, (_, i) => i % K);
  const pcm = new Int16Array(n * SAMPLES);
  for (let i = 0; i < n; i++)
    for (let s = 0; s < SAMPLES; s++) {
      const loud = Math.exp(-(((s / SAMPLES - (classes[i] + 0.5) / K) / 0.15) ** 2));
      pcm[i * SAMPLES + s] = random.gaussian() * (2000 * loud + 300);
    }
  return {
    labels: card.sourceLabels,
    paths: Array.from(classes, (c, i) => `${c}/${i}.wav`),
    classes,
    pcm,
    samples: SAMPLES,
  };
}

const data: TrainingData = { train: clips(100, 1), validation: clips(60, 2), noises: [] };
const options: TrainingOptions = {
  ...TRAINING_OPTIONS,
  epochs: 6,
  batchSize: 16,
  learningRate: 0.05,
  augmentation: { ...AUGMENTATION, shift: 0.002, noise: 0 },
};

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'v2s-training-'));
});
after(() => rm(root, { recursive: true }));

test('training learns, keeps the best average, and repeats itself', async () => {
  const run = async (name: string, more: Partial<TrainingRun> = {}) => {
    const model = new BandModel();
    const epochs: Epoch[] = [];
    const checkpoint = join(root, name);
    const trained = await trainAcousticModel(model, data, options, {
      checkpoint,
      resume: false,
      onEpoch: (epoch) => epochs.push(epoch),
      ...more,
    });
    return { trained, epochs, model };
  };
  const { trained, epochs, model } = await run('a');
  const best = trained.history[trained.bestEpoch - 1];
  assert.ok(best.validationAccuracy > 0.95, `accuracy ${best.validationAccuracy}`);
  assert.ok(trained.history[5].trainLoss < trained.history[0].trainLoss);
  assert.equal(best.validationAccuracy, Math.max(...trained.history.map((epoch) => epoch.validationAccuracy)));
  assert.equal(epochs.length, 6);
  assert.equal(await model.checksum(), weightsSha256(trained.weights));
  // The statistics are those of unchanged training clips (96 of the 100), not what training left behind.
  const clean = Array.from(data.train.classes, (_, i) =>
    features(Float32Array.from(data.train.pcm.subarray(i * SAMPLES, (i + 1) * SAMPLES), (value) => value / 32768)),
  );
  assert.ok(Math.abs(trained.weights.get('bn1.mean')!.data[0] - meanOfFirst(clean)) < 0.06);
  const again = await run('b');
  assert.equal(weightsSha256(again.trained.weights), weightsSha256(trained.weights));

  // Stopped in the middle of the fourth epoch and resumed: the same weights, bit for bit.
  const stop = new AbortController();
  const interrupted = run('c', {
    signal: stop.signal,
    onBatch: (batch, _, epoch) => {
      if (epoch === 4 && batch === 2) stop.abort();
    },
  });
  await assert.rejects(interrupted, CanceledError);
  const resumed = await run('c', { resume: true });
  assert.deepEqual(
    resumed.epochs.map(({ epoch }) => epoch),
    [4, 5, 6],
  );
  assert.equal(weightsSha256(resumed.trained.weights), weightsSha256(trained.weights));
  const strip = (history: Epoch[]): object[] => history.map(({ seconds: _, ...rest }) => rest);
  assert.deepEqual(strip(resumed.trained.history), strip(trained.history));
});

test('a checkpoint of another training, or a damaged one, is refused', async () => {
  const checkpoint = join(root, 'refused');
  const short = { ...options, epochs: 1 };
  await trainAcousticModel(new BandModel(), data, short, { checkpoint, resume: false });
  const resume = (changed: Partial<TrainingOptions>, other = data): Promise<unknown> =>
    trainAcousticModel(new BandModel(), other, { ...short, ...changed }, { checkpoint, resume: true });
  await assert.rejects(resume({ learningRate: 0.1 }), /learningRate 0\.05, not 0\.1/);
  await assert.rejects(resume({ augmentation: NO_AUGMENTATION }), /augmentation/);
  await assert.rejects(resume({}, { ...data, train: clips(100, 3) }), /with data "/);
  await resume({});
  const bytes = await readFile(checkpoint);
  await writeFile(checkpoint, bytes.subarray(0, bytes.length - 9));
  await assert.rejects(resume({}), (error: V2SError) => error.code === 'safetensors.corrupt');
  await assert.rejects(
    trainAcousticModel(new BandModel(), data, short, { checkpoint: join(root, 'none'), resume: true }),
    (error: V2SError) => error.code === 'file.enoent',
  );
  assert.ok((await stat(checkpoint)).size > 0);
});

test('patience ends a training that no longer improves', async () => {
  const still = { ...options, learningRate: 0, patience: 2 };
  const run = { checkpoint: join(root, 'patience'), resume: false };
  const { history, bestEpoch } = await trainAcousticModel(new BandModel(), data, still, run);
  assert.deepEqual([history.length, bestEpoch], [3, 1]);
});

test('scores and the gradient of the loss, against definitions', () => {
  const logits = Float32Array.of(2, 0, -1, 0.5, 0.5, 3, 0, 0, 0);
  const classes = Int32Array.of(0, 2, 1);
  const scores = scoreLogits(logits, classes, 3);
  const softmax = (row: number): number[] => {
    const e = [0, 1, 2].map((j) => Math.exp(logits[row * 3 + j]));
    return e.map((value) => value / (e[0] + e[1] + e[2]));
  };
  const expected = [0, 1, 2].map((row) => ({
    loss: -Math.log(softmax(row)[classes[row]]),
    rmse: Math.hypot(...softmax(row).map((p, j) => p - (j === classes[row] ? 1 : 0))),
  }));
  assert.equal(scores.accuracy, 2 / 3);
  assert.ok(Math.abs(scores.loss - (expected[0].loss + expected[1].loss + expected[2].loss) / 3) < 1e-12);
  assert.ok(Math.abs(scores.rmse - (expected[0].rmse + expected[1].rmse + expected[2].rmse) / 3) < 1e-12);

  const gradient = new Float32Array(9);
  const ignored = new Float32Array(9);
  smoothedCrossEntropy(logits, classes, 3, 0.1, gradient);
  for (let i = 0; i < 9; i++) {
    const at = (step: number): number => {
      const moved = Float32Array.from(logits);
      moved[i] += step;
      return smoothedCrossEntropy(moved, classes, 3, 0.1, ignored);
    };
    assert.ok(Math.abs(gradient[i] - (at(1 / 128) - at(-1 / 128)) * 64) < 1e-5);
  }
});

test('schedule, clipping and averaging', () => {
  assert.equal(scheduledRate(0, 100, 10, 1), 0.1);
  assert.equal(scheduledRate(9, 100, 10, 1), 1);
  assert.equal(scheduledRate(10, 100, 10, 1), 1);
  assert.ok(Math.abs(scheduledRate(55, 100, 10, 1) - 0.5) < 1e-12);
  assert.ok(scheduledRate(99, 100, 10, 1) < 0.001);
  const gradients: Tensors = new Map([
    ['a', { shape: [1], data: Float32Array.of(6) }],
    ['b', { shape: [1], data: Float32Array.of(8) }],
  ]);
  assert.equal(clipGlobalNorm(gradients, ['a', 'b'], 5), 10);
  assert.deepEqual([gradients.get('a')!.data[0], gradients.get('b')!.data[0]], [3, 4]);
  gradients.get('a')!.data[0] = NaN;
  assert.throws(() => clipGlobalNorm(gradients, ['a', 'b'], 5), /diverged/);
  const one = (value: number): Tensors => new Map([['a', { shape: [1], data: Float32Array.of(value) }]]);
  const average = one(0);
  averageWeights(average, one(1), 0.5, 1_000_000);
  assert.equal(average.get('a')!.data[0], 0.5);
  averageWeights(average, one(3), 0, 0);
  assert.equal(average.get('a')!.data[0], 3);
});

test('source logits are the same number of each class, with their own labels', () => {
  const classes = Int32Array.from({ length: 300 }, (_, i) => (i < 10 ? 2 : i % 2));
  const logits = Float32Array.from({ length: 900 }, (_, i) => (i % 3 === classes[Math.floor(i / 3)] ? 1 : 0));
  const sample = sampleSourceLogits(logits, classes, 3, 60, 1);
  const counts = [0, 1, 2].map((c) => sample.labels.filter((label) => label === c).length);
  assert.deepEqual(counts, [20, 20, 10]);
  sample.labels.forEach((label, row) => assert.equal(sample.logits[row * 3 + label], 1));
  assert.deepEqual(sampleSourceLogits(logits, classes, 3, 60, 1), sample);
});

test('the README of a model says what its card says', () => {
  const text = modelReadme({
    ...card,
    source: {
      name: 'Words',
      license: 'CC BY 4.0',
      citation: 'A. Author 2021',
      url: 'https://example.org',
      split: 'by speaker',
    },
    test: { clips: 24, accuracy: 0.9375, loss: 0.25, rmse: 0.125 },
    training: {
      command: 'v2s models train words --out x',
      epochs: 2,
      bestEpoch: 2,
      seconds: 120,
      engine: 'e',
      sourceChanges: 're-encoded',
      history: { trainLoss: [1, 0.5], validationLoss: [1, 0.4], validationAccuracy: [0.5, 0.9] },
    },
  });
  for (const part of [
    '# Bands',
    'CC BY 4.0',
    'A. Author 2021',
    're-encoded',
    '| 24 | 93.75 % | 0.2500 | 0.1250 |',
    'v2s models train words --out x',
    '| 2 | 0.500 | 0.400 | 90.00 % |',
    'by speaker',
  ])
    assert.ok(text.includes(part), `lacks ${part}`);
  assert.ok(!text.includes('undefined'));
  assert.match(modelReadme(card), /Not evaluated on a test part/);
});
