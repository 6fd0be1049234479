import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { LOG_MEL } from '../../../src/engine/audio/front-end';
import { openFusedModel, type FusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import type { Tensors } from '../../../src/engine/acoustic/model';
import { readModelFolder, writeModelFolder } from '../../../src/engine/acoustic/store';
import { weightsSha256 } from '../../../src/engine/acoustic/weights';
import {
  DenseHead,
  fineTune,
  fineTunedLogitsOf,
  holdsFineTuneCheckpoint,
  parseFineTuneOptions,
  readFineTuned,
  writeFineTuned,
  type FineTuneEpoch,
  type FineTuneHooks,
  type FineTuneResult,
} from '../../../src/engine/baselines';
import { CanceledError, V2SError } from '../../../src/engine/errors';
import { decodeSafetensors } from '../../../src/engine/files/safetensors';
import { Random } from '../../../src/engine/math/random';
import { argmax } from '../../../src/engine/math/softmax';
import { silentEdge } from '../../../src/engine/rendering/placement';
import { parseReprogramOptions, reprogram } from '../../../src/engine/reprogram';
import type { SeriesDataset } from '../../../src/engine/series';
import { randomModel } from '../support/random-model';
import { TSV_FORMAT } from '../support/series-files';

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
    format: TSV_FORMAT,
  };
}

const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
const OPTIONS = parseFineTuneOptions({ epochs: 3, batchSize: 4, validation: 0.25, learningRate: 0.005, replicas: 1 });

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

const sha = ({ fineTuned }: FineTuneResult): string =>
  weightsSha256(new Map([...fineTuned.weights, ...fineTuned.head]));

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
  const options = parseReprogramOptions({ method: 'theta', epochs: 1, validation: 0.25, replicas: 1 });
  const reprogrammed = await withModel((model) => reprogram(options, model, dataset(4, 1), null));
  assert.equal(reprogrammed.validation!.series, heard.validation!.series);
});

test('the same seed gives the same weights, resumed or not, wherever it stopped', async () => {
  const whole = await run();
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
      assert.ok(error instanceof CanceledError, String(error));
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

test('cross-validation holds out the same series as reprogramming does, small validation parts too', async () => {
  const train = dataset(5, 1);
  const { series } = train;
  /** A single replica begins where the front end hears it. */
  const start = silentEdge(card.frontEnd);
  /** Which series every call of `logits` hears, by one value of each. */
  const heard = async (work: (model: FusedModel) => Promise<unknown>): Promise<number[][]> =>
    await withModel(async (model) => {
      const calls: number[][] = [];
      const logits = model.logits.bind(model);
      model.logits = async (clips, n) => {
        calls.push(
          Array.from({ length: n }, (_, i) =>
            series.findIndex(({ values }) => Math.fround(values[99]) === clips[i * (clips.length / n) + start + 99]),
          ),
        );
        return await logits(clips, n);
      };
      await work(model);
      return calls;
    });
  for (const parts of [
    { folds: 3, validation: 0.1 },
    { folds: 0, validation: 0.2 },
  ]) {
    const options = { ...parts, epochs: 2, batchSize: 4, seed: 5 };
    const byFineTuning = await heard((model) => fineTune(parseFineTuneOptions(options), model, train, null));
    // Under the mask theta leaves the values of the series as they are.
    const alike = parseReprogramOptions({ ...options, method: 'theta', replicas: 1, mask: true });
    // Pieces of any size: who is heard, and in which order, counts.
    const byReprogramming = await heard((model) => reprogram(alike, model, train, null));
    assert.deepEqual(byFineTuning.flat(), byReprogramming.flat());
    const folds = byFineTuning.slice(0, -1).filter((_, call) => call % 2 === 0);
    assert.equal(folds.length, parts.folds || 1);
    assert.deepEqual(
      folds.flat().sort((a, b) => a - b),
      parts.folds ? series.map((_, i) => i) : folds[0],
    );
    assert.deepEqual(byFineTuning.at(-1)!.length, 10);
  }
});

test('cross-validation keeps an epoch of low held-out loss, in a training on all of TRAIN, resumed or not', async () => {
  // Labels that say nothing of the series: all that can be learned is overfitting.
  const random = new Random(21);
  const train = dataset(20, 1);
  for (const one of train.series) one.values = one.values.map(() => random.gaussian());
  const options = { ...OPTIONS, epochs: 6, batchSize: 8, learningRate: 0.04, folds: 2 };
  const start = (hooks: FineTuneHooks, changed = {}): Promise<FineTuneResult> =>
    withModel((model) => fineTune({ ...options, ...changed }, model, train, null, hooks));
  const epochs: FineTuneEpoch[] = [];
  const whole = await start({ onEpoch: (event) => epochs.push(event) });

  const held = [1, 2].map((fold) => epochs.filter((event) => event.fold === fold).map(({ validation }) => validation!));
  const pooled = held[0].map(({ loss }, e) => (loss + held[1][e].loss) / 2);
  const lowest = pooled.indexOf(Math.min(...pooled)) + 1;
  // Of epochs within one standard error the last is kept (test/unit/reprogram/parts.test.ts).
  const best = whole.bestEpoch;
  assert.ok(lowest <= best && best < options.epochs, `${best}: ${pooled.join(', ')}`);
  assert.ok(pooled[best - 1] < pooled[options.epochs - 1], pooled.join(', '));
  assert.equal(whole.validation!.series, 40);
  assert.ok(Math.abs(whole.validation!.loss - pooled[best - 1]) < 1e-12);
  const { training, history } = whole.fineTuned.description;
  assert.deepEqual([training.trainingSeries, training.validationSeries, history.length], [40, 40, best]);
  assert.ok(whole.notes.includes(`Cross-validation over 2 folds chose epoch ${best} of 6.`), whole.notes.join());
  const places = epochs.map(({ phase, fold, epoch }) => `${phase} ${fold} ${epoch}`);
  const upTo = (last: number, place: string): string[] => Array.from({ length: last }, (_, e) => `${place} ${e + 1}`);
  assert.deepEqual(places, [...upTo(6, 'folds 1'), ...upTo(6, 'folds 2'), ...upTo(best, 'training null')]);
  assert.deepEqual(
    epochs.map(({ done, total }) => [done, total]),
    epochs.map((_, e) => [e + 1, 18]),
  );

  const plain = join(scratch, 'all-of-train.safetensors');
  const stop = new AbortController();
  const onEpoch = ({ epoch }: FineTuneEpoch): void => (epoch === best ? stop.abort() : undefined);
  const unselected = { folds: 0, validation: 0 };
  await assert.rejects(start({ checkpoint: plain, signal: stop.signal, onEpoch }, unselected), CanceledError);
  const { tensors } = decodeSafetensors(await readFile(plain), plain);
  for (const [name, { data }] of [...whole.fineTuned.weights, ...whole.fineTuned.head])
    assert.deepEqual(tensors.get(`parameters/${name}`)!.data, data, name);

  const checkpoint = join(scratch, 'folds.safetensors');
  const stops = ['folds 1 2', 'folds 1 6', 'folds 2 3', 'folds 2 6', 'training null 1'];
  const seen: string[] = [];
  for (const place of [...stops, null]) {
    const controller = new AbortController();
    const resumed = start({
      checkpoint,
      signal: controller.signal,
      onEpoch({ phase, fold, epoch }) {
        seen.push(`${phase} ${fold} ${epoch}`);
        if (seen.at(-1) === place) controller.abort();
      },
    });
    if (place !== null) await assert.rejects(resumed, CanceledError);
    else {
      assert.equal(sha(await resumed), sha(whole));
      const { description } = (await resumed).fineTuned;
      assert.deepEqual(description, whole.fineTuned.description);
    }
  }
  assert.deepEqual(seen, places, 'no epoch was trained twice');
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
  assert.throws(() => parseFineTuneOptions({ folds: 1 }), hasCode('options.invalid'));
  assert.equal(parseFineTuneOptions().learningRate, 0.001);
  assert.equal(parseFineTuneOptions().replicas, parseReprogramOptions().replicas, 'both hear the same by default');
  const one = { ...dataset(2, 1), classNames: ['slow'] };
  await withModel((model) => assert.rejects(fineTune(OPTIONS, model, one, null), hasCode('reprogram.classes')));
});
