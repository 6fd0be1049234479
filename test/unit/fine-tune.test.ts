import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { LOG_MEL } from '../../src/engine/acoustic/front-end';
import { openFusedModel, type FusedModel } from '../../src/engine/acoustic/fused-model';
import type { Tensors } from '../../src/engine/acoustic/model';
import { readModelFolder, writeModelFolder } from '../../src/engine/acoustic/store';
import { weightsSha256 } from '../../src/engine/acoustic/weights';
import {
  DenseHead,
  fineTune,
  fineTunedLogitsOf,
  holdsFineTuneCheckpoint,
  parseFineTuneOptions,
  readFineTuned,
  writeFineTuned,
  type FineTuneHooks,
  type FineTuneResult,
} from '../../src/engine/baselines';
import { CancelledError, V2SError } from '../../src/engine/errors';
import { Random } from '../../src/engine/math/random';
import { argmax } from '../../src/engine/math/softmax';
import { parseReprogramOptions, reprogram } from '../../src/engine/reprogram';
import type { SeriesDataset } from '../../src/engine/series';
import { randomModel } from './support/random-model';

const K = 7;
const LENGTH = 14_000;
const scratch = mkdtempSync(join(tmpdir(), 'v2s-fine-tune-'));
after(() => rm(scratch, { recursive: true, force: true }));

const hasCode = (code: string) => (error: unknown) => error instanceof V2SError && error.code === code;

/** Noisy sines of one frequency per class. */
function dataset(each: number, seed: number): SeriesDataset {
  const random = new Random(seed);
  const classNames = ['slow', 'fast'];
  const series = classNames.flatMap((label, c) =>
    Array.from({ length: each }, (_, i) => ({
      label,
      row: c * each + i + 1,
      values: Float64Array.from({ length: LENGTH }, (_, t) => 1.4 * Math.sin((0.1 + c) * t) + 0.1 * random.gaussian()),
    })),
  );
  return {
    name: 'sines',
    file: `/data/sines-${seed}.tsv`,
    sha256: `${seed}`.repeat(64),
    series,
    classNames,
    notes: [],
    format: { labelColumn: 1 } as SeriesDataset['format'],
  };
}

const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
const OPTIONS = parseFineTuneOptions({ epochs: 3, batchSize: 4, validation: 0.25, learningRate: 0.005 });

async function withModel<T>(work: (model: FusedModel) => Promise<T>): Promise<T> {
  const model = await openFusedModel(card, weights, { threads: 1, batchLimit: 8 });
  try {
    return await work(model);
  } finally {
    await model.close();
  }
}

const run = (hooks: FineTuneHooks = {}, options = OPTIONS): Promise<FineTuneResult> =>
  withModel((model) => fineTune(options, model, dataset(4, 1), dataset(2, 2), hooks));

test('the dense head: gradients by logits and parameters are those of finite differences', () => {
  const random = new Random(3);
  const gaussians = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.gaussian());
  const parameters: Tensors = new Map([
    ['head.kernel', { shape: [4, 3], data: gaussians(12) }],
    ['head.bias', { shape: [3], data: gaussians(3) }],
  ]);
  const zeros: Tensors = new Map(
    [...parameters].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]),
  );
  const head = new DenseHead(parameters);
  const logits = gaussians(8);
  const dLogits = new Float32Array(8);
  head.differentiate(logits, 4, 2, 0.5, dLogits, zeros);
  const check = (values: Float32Array, gradient: Float32Array, i: number): void => {
    const kept = values[i];
    const at = (shift: number): number => {
      values[i] = kept + shift;
      return 0.5 * head.loss(logits, 4, 2);
    };
    const slope = (at(0.01) - at(-0.01)) / 0.02;
    values[i] = kept;
    assert.ok(Math.abs(slope - gradient[i]) < 1e-3, `${slope}, ${gradient[i]}`);
  };
  for (let i = 4; i < 8; i++) check(logits, dLogits, i);
  for (const [name, { data }] of parameters) data.forEach((_, i) => check(data, zeros.get(name)!.data, i));
  assert.deepEqual([...dLogits.subarray(0, 4)], [0, 0, 0, 0]);
});

test('fine-tuning lowers the loss, changes every weight but the statistics, and gives the model back as it was', async () => {
  const before = weightsSha256(weights);
  const heard = await withModel(async (model) => {
    const result = await fineTune(OPTIONS, model, dataset(4, 1), dataset(2, 2));
    assert.equal(await model.checksum(), before);
    return result;
  });
  assert.deepEqual([heard.model.sha256Before, heard.model.sha256After], [before, before]);
  assert.equal(weightsSha256(weights), before);
  const { fineTuned } = heard;
  const losses = fineTuned.description.history.map(({ train }) => train.loss);
  assert.equal(losses.length, 3);
  assert.ok(losses[2] < 0.5 * losses[0], losses.join(', '));
  assert.ok(heard.test!.accuracy >= 0.75, `${heard.test!.accuracy}`);
  assert.deepEqual(
    heard.test!.confusion.map((row) => row[0] + row[1]),
    [2, 2],
  );
  assert.equal(fineTuned.description.placement.replicas, 1);
  for (const [name, { data }] of weights) {
    const same = fineTuned.weights.get(name)!.data.every((value, i) => value === data[i]);
    assert.equal(same, /^bn\d\.(mean|variance)$/.test(name), name);
  }
  // Side by side: the same seed holds the same series out for reprogramming.
  const options = parseReprogramOptions({ epochs: 1, validation: 0.25, replicas: 1 });
  const reprogrammed = await withModel((model) => reprogram(options, model, dataset(4, 1), null));
  assert.equal(reprogrammed.validation!.series, heard.validation!.series);
});

test('the same seed gives the same weights, resumed or not, wherever it stopped', async () => {
  const whole = await run();
  const sha = (result: FineTuneResult): string =>
    weightsSha256(new Map([...result.fineTuned.weights, ...result.fineTuned.head]));
  const checkpoint = join(scratch, 'resumed', 'checkpoint.safetensors');
  for (let starts = 0; ; starts++) {
    const controller = new AbortController();
    let steps = 0;
    // The first stop is before any epoch is whole, the later ones within an epoch.
    const onStep = (): void => {
      if (++steps === 1 + 2 * starts) controller.abort();
    };
    try {
      const resumed = await run({ checkpoint, signal: controller.signal, onStep });
      assert.equal(sha(resumed), sha(whole));
      assert.deepEqual(resumed.test, whole.test);
      assert.ok(starts > 1, `${starts} interruptions`);
      break;
    } catch (error) {
      assert.ok(error instanceof CancelledError, String(error));
      assert.equal(await holdsFineTuneCheckpoint(checkpoint), starts > 0);
    }
  }
  assert.notEqual(
    sha(await run({}, { ...OPTIONS, epochs: 1, seed: 2 })),
    sha(await run({}, { ...OPTIONS, epochs: 1 })),
  );
  await assert.rejects(run({ checkpoint }, { ...OPTIONS, seed: 2 }), hasCode('finetune.resume'));
  await writeFile(checkpoint, new Uint8Array(100));
  await assert.rejects(run({ checkpoint }), hasCode('checkpoint.corrupt'));
});

test('a fine-tuned folder: round trip, its logits, and what belongs together', async () => {
  const source = join(scratch, 'source');
  const written = await writeModelFolder(source, { card, weights });
  const { fineTuned, test: result } = await run();
  const folder = join(scratch, 'tuned');
  const tunedCard = await writeFineTuned(folder, written, fineTuned);
  assert.equal(tunedCard.id, 'random-att-rnn-fine-tuned-sines');
  assert.equal((await readModelFolder(source)).card.weightsSha256, written.weightsSha256);
  const { model: stored, fineTuned: back } = await readFineTuned(folder);
  assert.deepEqual(back, fineTuned);
  const data = dataset(2, 2);
  const model = await openFusedModel(stored.card, stored.weights, { threads: 1 });
  const values = data.series.map((series) => series.values);
  const { logits, k } = await fineTunedLogitsOf(model, back, values);
  await model.close();
  assert.equal(k, 2);
  const right = data.series.filter(({ label }, i) => data.classNames[argmax(logits, i * k, k)] === label).length;
  assert.equal(right / data.series.length, result!.accuracy);
  await assert.rejects(readFineTuned(source), hasCode('finetuned.missing'));
  await writeModelFolder(folder, { card: written, weights });
  await assert.rejects(readFineTuned(folder), hasCode('finetuned.checksum'));
});

test('options and data that cannot be used are named', async () => {
  assert.throws(() => parseFineTuneOptions({ epochs: 0 }), hasCode('options.invalid'));
  assert.equal(parseFineTuneOptions().learningRate, 0.001);
  const one = { ...dataset(2, 1), classNames: ['slow'] };
  await withModel((model) => assert.rejects(fineTune(OPTIONS, model, one, null), hasCode('reprogram.classes')));
});
