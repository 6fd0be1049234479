// The background process, asked as the extension host asks it, with a shipped acoustic model.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { TrainableAcousticModel } from '../../../src/engine/acoustic/model';
import { openAcousticModel } from '../../../src/engine/acoustic/open-model';
import { readModelFolder, type ModelFolder } from '../../../src/engine/acoustic/store';
import { fineTune, parseFineTuneOptions, writeFineTuned } from '../../../src/engine/baselines';
import { Random } from '../../../src/engine/math/random';
import {
  classifierOf,
  classify,
  parseReprogramOptions,
  reprogram,
  writeProgram,
  type Program,
} from '../../../src/engine/reprogram';
import { CHECK_SEED, checkMaps, explain } from '../../../src/engine/saliency';
import { randomizedWeights } from '../../../src/engine/saliency/sanity-check';
import { readSeriesFile, type SeriesDataset } from '../../../src/engine/series';
import { boundOfProgram, openEpochTheory, requireSourceLogits } from '../../../src/engine/theory';
import { isCanceled, RemoteError } from '../../../src/protocol/rpc';
import { withBackground } from '../support/background';

const MODELS = join(process.cwd(), 'models');
const MODEL = join(MODELS, 'att-rnn-asc');

/** A file of slow and fast sines in noise. */
async function writeSines(path: string, n: number): Promise<void> {
  const random = new Random(3);
  const lines = Array.from({ length: n }, (_, i) => {
    const values = Array.from({ length: 40 }, (_, t) => Math.sin(t / (i % 2 ? 2 : 7)) + 0.1 * random.gaussian());
    return [i % 2 ? 'fast' : 'slow', ...values.map((value) => value.toFixed(6))].join(',');
  });
  await writeFile(path, `${lines.join('\n')}\n`);
}

/** A file of sines, a program for it through the shipped model, and both of them. */
async function withProgram(
  work: (given: {
    folder: string;
    file: string;
    train: SeriesDataset;
    path: string;
    program: Program;
    stored: ModelFolder;
    model: TrainableAcousticModel;
  }) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-background-'));
  const stored = await readModelFolder(MODEL);
  const model = await openAcousticModel(stored, { threads: 2 });
  try {
    const file = join(folder, 'Sines_TRAIN.csv');
    await writeSines(file, 12);
    const train = await readSeriesFile(file);
    const { program } = await reprogram(
      parseReprogramOptions({ method: 'theta', epochs: 2, replicas: 5 }),
      model,
      train,
      null,
    );
    const path = join(folder, 'Sines.v2s.safetensors');
    await writeProgram(path, program);
    await work({ folder, file, train, path, program, stored, model });
  } finally {
    await model.close();
    await rm(folder, { recursive: true });
  }
}

test('checks of the maps: as the engine finds them, with progress; canceled they stop; kept they come at once', async () => {
  await withProgram(async ({ file, train, path, program, stored, model }) => {
    await withBackground([MODELS], async (remote) => {
      const question = { file, program: path, index: 3, target: 'fast' };
      const canceling = new AbortController();
      const canceled = remote.checkSaliency(question, {
        signal: canceling.signal,
        onProgress: () => canceling.abort(),
      });
      await assert.rejects(canceled, isCanceled);

      const shares: number[] = [];
      const found = await remote.checkSaliency(question, {
        onProgress: ({ done, total }) => shares.push(done / total),
      });
      assert.ok(shares.length > 5 && shares.at(-1) === 1, shares.join(' '));
      assert.ok(shares.every((share, i) => i === 0 || share > shares[i - 1]));
      const randomized = await openAcousticModel({ ...stored, weights: randomizedWeights(stored.weights, CHECK_SEED) });
      const expected = await checkMaps(model, randomized, classifierOf(program), train.series[3].values, {
        targetClass: 'fast',
        methods: ['gradient-x-input', 'integrated-gradients', 'occlusion', 'perturbation'],
        seed: CHECK_SEED,
      }).finally(() => randomized.close());
      assert.deepEqual(
        found.maps.map(({ source }) => source),
        Object.keys(expected.faithfulness),
      );
      for (const { source, deletion, insertionArea, correlation } of found.maps) {
        const { saliency } = expected.faithfulness[source];
        deletion.forEach((value, i) => assert.ok(Math.abs(value - saliency.deletion[i]) < 1e-4, source));
        assert.ok(Math.abs(insertionArea - saliency.insertionArea) < 1e-4, source);
        const other = expected.sanity.correlation[source];
        assert.ok(correlation === null ? other === null : Math.abs(correlation - other!) < 0.01, source);
      }
      assert.equal(found.target, 'fast');
      const again: unknown[] = [];
      assert.deepEqual(await remote.checkSaliency(question, { onProgress: (share) => again.push(share) }), found);
      assert.deepEqual(again, []);

      const beyond = remote.checkSaliency({ ...question, index: 12 });
      await assert.rejects(beyond, (error) => error instanceof RemoteError && error.code === 'series.index');
      const unknown = remote.checkSaliency({ ...question, target: 'medium' });
      await assert.rejects(unknown, (error) => error instanceof RemoteError && error.code === 'explain.class');
    });
  });
});

test('layouts: the fine-tuned model of the same data is found beside the program, in trusted workspaces only', async () => {
  await withProgram(async ({ folder, file, train, path, stored, model }) => {
    await withBackground([MODELS], async (remote) => {
      const options = { projection: 'pca' as const, dimensions: 2 as const, perplexity: 3, seed: 1 };
      const embed = async () => await remote.embed({ file, program: path, options, most: 100 });
      const alone = await embed();
      assert.deepEqual([alone.fineTuned, alone.layouts.map(({ stage }) => stage)], [null, ['before', 'after']]);
      const out = join(folder, 'Sines-fine-tuned');
      // Stopped in VS Code, it leaves a checkpoint where its model will be.
      const stop = new AbortController();
      const stopped = remote.fineTune({ file, program: path }, { signal: stop.signal, onProgress: () => stop.abort() });
      await assert.rejects(stopped, isCanceled);
      // Whoever stops it is told at once; the epoch under way ends a little later.
      while ((await readdir(out)).includes('run.lock')) await setTimeout(50);
      assert.deepEqual(await readdir(out), ['checkpoint.safetensors']);
      await rm(out, { recursive: true });

      const { fineTuned } = await fineTune(parseFineTuneOptions({ epochs: 1 }), model, train, null);
      await writeFineTuned(out, stored.card, fineTuned);
      // One of other data is left alone, and one that is damaged is named.
      const other = { ...fineTuned, description: { ...fineTuned.description, classNames: ['a', 'b'] } };
      await writeFineTuned(join(folder, 'other'), stored.card, other);
      await mkdir(join(folder, 'damaged'));
      await writeFile(join(folder, 'damaged', 'head.safetensors'), 'no tensors');
      const three = await embed();
      assert.equal(three.fineTuned, out);
      assert.deepEqual(
        three.layouts.map(({ stage, epoch }) => [stage, epoch === null]),
        [
          ['before', false],
          ['after', false],
          ['fine_tuned', true],
        ],
      );
      assert.ok(three.layouts.every(({ coordinates }) => coordinates.length === 24));
      // The others stay where they are: all are turned onto the layout after reprogramming.
      assert.deepEqual(three.layouts[1].coordinates, alone.layouts[1].coordinates);
      assert.deepEqual(three.predicted, alone.predicted);
      assert.ok(
        three.notes.some((note) => note.includes('damaged')),
        three.notes.join(),
      );

      await remote.configure({ modelRoots: [MODELS], threads: 2, trusted: false });
      assert.equal((await embed()).fineTuned, null);
    });
  });
});

test('bound and comparison are those of the engine; labels that the program does not know are named', async () => {
  await withProgram(async ({ folder, file, train, path, program, model }) => {
    await withBackground([MODELS], async (remote) => {
      const found = await remote.bound({ file, program: path });
      const expected = await boundOfProgram(program, model, await requireSourceLogits(MODEL), train);
      for (const [name, a, b] of [
        ['source risk', found.sourceRisk, expected.sourceRisk],
        ['w1', found.w1.mean, expected.w1.value],
        ['swd', found.swd, expected.swd.distance],
        ['bound', found.bound, expected.bound],
        ['target risk', found.targetRisk!, expected.targetRisk!],
      ] as const)
        assert.ok(Math.abs(a - b) < 1e-3 * Math.abs(b), `${name}: ${a}, ${b}`);

      const shares: number[] = [];
      const options = { epochs: 2, replicas: 5 };
      const compared = await remote.compareModel(
        { file, model: MODEL, options },
        { onProgress: ({ done, total }) => shares.push(done / total) },
      );
      assert.ok(
        Math.abs(compared.bound.bound - expected.bound) < 1e-3 * expected.bound,
        'the same training, the same bound',
      );
      assert.ok(shares.length > 0 && shares.every((share) => share > 0 && share <= 1), shares.join(' '));

      const other = join(folder, 'other.csv');
      await writeFile(other, (await readFile(file, 'utf8')).replaceAll('slow', 'medium'));
      const refused = remote.bound({ file: other, program: path });
      await assert.rejects(refused, (error) => error instanceof RemoteError && /medium/.test(error.message));
    });
  });
});

test('the theory of an epoch is that of the program its outputs are of', async () => {
  await withProgram(async ({ file, train, program, model }) => {
    const { description } = program;
    const values = train.series.map((series) => series.values);
    const logits = await classifierOf(program).logits(model, values);
    const { predictions } = await classify(program, model, train);
    const probabilities = Float32Array.from(predictions.flatMap((prediction) => [...prediction.probabilities]));
    const labels = train.series.map(({ label }) => description.classNames.indexOf(label!));
    const measure = await openEpochTheory(MODEL);
    const found = measure!({ logits, probabilities, labels });
    const source = await requireSourceLogits(MODEL);
    const expected = await boundOfProgram(program, model, source, train);
    assert.ok(Math.abs(found.swd - expected.swd.distance) < 1e-6);
    assert.equal(found.w1, expected.w1.value);
    assert.equal(found.bound, expected.bound);
    assert.ok(Math.abs(found.target_risk - expected.targetRisk!) < 1e-6);
    assert.ok(found.target_risk > 0 && found.target_risk < found.bound, file);
  });
});

test('saliency: neighbors are explained in advance, and every answer is that of the engine', async () => {
  await withProgram(async ({ file, train, path, program, model }) => {
    await withBackground([MODELS], async (remote) => {
      // Forward, a jump, backward, another class, and requests that overtake each other.
      const asked = [0, 1, 2, 9, 8, 7].map((index) => ({ index, target: index === 2 ? 'slow' : null }));
      for (const { index, target } of asked) {
        const ask = () => remote.saliency({ file, program: path, at: { index }, target, method: 'gradient-x-input' });
        const dropped = new AbortController();
        const other = remote.saliency(
          { file, program: path, at: { index: index + 1 }, target, method: 'gradient-x-input' },
          { signal: dropped.signal },
        );
        const [found, again] = [ask(), ask()];
        dropped.abort();
        await assert.rejects(other, isCanceled);
        const answer = (await found)!;
        assert.deepEqual(await again, answer);
        const { target: explained, onSeries } = await explain(
          model,
          classifierOf(program),
          train.series[index].values,
          {
            targetClass: target ?? undefined,
            method: 'gradient-x-input',
          },
        );
        assert.deepEqual([answer.index, answer.line, answer.target], [index, index + 1, explained.label]);
        const curve = answer.explanation.onSeries.find(({ source }) => source === 'gradient-x-input')!;
        const { values, resolution } = onSeries['gradient-x-input'];
        values.forEach((value, i) => assert.ok(Math.abs(curve.values[i] - value) < 1e-4));
        assert.equal(curve.resolution, resolution);
      }
      const beyond = remote.saliency({ file, program: path, at: { index: 12 }, target: null, method: 'grad-cam' });
      await assert.rejects(beyond, (error) => error instanceof RemoteError && error.code === 'series.index');
    });
  });
});
