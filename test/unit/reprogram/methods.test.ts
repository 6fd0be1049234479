// Methods and renderings besides the paper's theta under replicas, and program files of both versions.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openAcousticModel } from '../../../src/engine/acoustic/open-model';
import { readModelFolder } from '../../../src/engine/acoustic/store';
import type { V2SError } from '../../../src/engine/errors';
import { CanceledError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';
import {
  classifierOf,
  classify,
  decodeProgram,
  encodeProgram,
  parseReprogramOptions,
  readProgram,
  reprogram,
  type ReprogramHooks,
  type ReprogramResult,
} from '../../../src/engine/reprogram';
import { AveragedHead } from '../../../src/engine/reprogram/averaged-head';
import { ClassHead } from '../../../src/engine/reprogram/mapping';
import { flattened, masked } from '../../../src/engine/reprogram/masking';
import type { EpochEvent } from '../../../src/engine/reprogram';
import { RunFolder, type RunConfig } from '../../../src/engine/runs';
import { readSeriesFile, type SeriesDataset } from '../../../src/engine/series';
import { LinearModel } from '../support/linear-model';
import { TSV_FORMAT } from '../support/series-files';
import { reprogramClip } from '../support/theta-program';

const K = 6;
const FIXTURES = 'test/fixtures/programs';
const scratch = mkdtempSync(join(tmpdir(), 'v2s-methods-'));
after(() => rm(scratch, { recursive: true, force: true }));

/** Noisy sines of one frequency per class. */
function sines(each: number, seed: number): SeriesDataset {
  const random = new Random(seed);
  const classNames = ['a', 'b'];
  const series = classNames.flatMap((label, c) =>
    Array.from({ length: each }, (_, i) => ({
      label,
      row: c * each + i + 1,
      values: Float64Array.from({ length: 40 }, (_, t) => 1.4 * Math.sin((c + 1) * 0.3 * t) + 0.1 * random.gaussian()),
    })),
  );
  const file = `sines-${seed}.tsv`;
  return { name: 'sines', file, sha256: 'ab'.repeat(32), series, classNames, notes: [], format: TSV_FORMAT };
}

type Given = Parameters<typeof parseReprogramOptions>[0];

async function run(given: Given, hooks: ReprogramHooks = {}, model = new LinearModel(K, 1)): Promise<ReprogramResult> {
  return await reprogram(parseReprogramOptions(given), model, sines(12, 1), sines(10, 2), hooks);
}

const folderFor = async (given: Given): Promise<RunFolder> => {
  const config: RunConfig = {
    formatVersion: 2,
    name: 'sines',
    created: new Date(0).toISOString(),
    train: { path: '/data/train', sha256: '' },
    test: null,
    read: {},
    model: { folder: '/models/linear', id: 'linear', weightsSha256: '', named: null },
    options: parseReprogramOptions(given),
    threads: null,
    out: '/data/out',
  };
  return await RunFolder.create(scratch, config, new Date());
};

for (const mapping of ['random', 'learned'])
  test(`a program of version 1 opens and classifies as the version that wrote it: ${mapping}`, async () => {
    const path = join(FIXTURES, `version-1-${mapping}.v2s.safetensors`);
    const program = await readProgram(path);
    const { method, read, statistics, ensemble, members, metrics, training } = program.description;
    assert.deepEqual([method, read, statistics, ensemble, members.length], ['theta', null, null, null, 1]);
    assert.equal(training.options.method, 'theta');
    assert.deepEqual(metrics.heldOut, { ...metrics.validation, series: 2, source: 'validation' });
    const dataset = await readSeriesFile(join(FIXTURES, 'version-1.csv'));
    const model = await openAcousticModel(await readModelFolder('models/att-rnn-asc'), { threads: 1 });
    try {
      const { predictions } = await classify(program, model, dataset);
      const then = (await readFile(join(FIXTURES, `version-1-${mapping}.predictions.csv`), 'utf8'))
        .trim()
        .split(/\r?\n/)
        .slice(1)
        .map((line) => line.split(',').slice(-2).map(Number));
      predictions.forEach(({ probabilities }, i) =>
        probabilities.forEach((p, c) => assert.ok(Math.abs(p - then[i][c]) < 1e-5, `series ${i}: ${p}, ${then[i][c]}`)),
      );
      // By the formulas of the first version, to the last bit.
      const head = new ClassHead(members[0].mapping!, program.members[0].mappingWeights);
      const clip = new Float32Array(16_000);
      for (const [i, { values }] of dataset.series.entries()) {
        reprogramClip(values, program, clip);
        const expected = head.probabilities(await model.logits(clip, 1), 0, new Float64Array(2));
        assert.deepEqual(predictions[i].probabilities, [...expected]);
      }
    } finally {
      await model.close();
    }
    const again = encodeProgram(program);
    assert.deepEqual(decodeProgram(again, 'p'), program, 'written anew as version 2');
  });

test('ensemble: learns, is told member by member, and its program classifies as the run did on TEST', async () => {
  const events: EpochEvent[] = [];
  const model = new LinearModel(K, 1);
  const result = await run({ members: 12 }, { onEpoch: (event) => events.push(event) }, model);
  assert.equal(result.program.description.method, 'ensemble');
  assert.equal(result.program.members.length, 12);
  assert.deepEqual([result.bestEpoch, result.program.thetaInitial], [null, null]);
  assert.ok(result.test!.accuracy > 0.9, `test accuracy ${result.test!.accuracy}`);
  assert.ok(result.leaveOneOut!.accuracy > 0.9);
  assert.deepEqual(result.program.description.metrics.heldOut, {
    ...{ accuracy: result.leaveOneOut!.accuracy, loss: result.leaveOneOut!.logLoss },
    ...{ series: 24, source: 'leave-one-out' },
  });
  assert.deepEqual(
    events.map(({ phase, epoch, epochs }) => [phase, epoch, epochs]),
    [1, 2, 5, 10, 12].map((members) => ['members', members, 12]),
  );
  // 24 series of TRAIN and 4 flat ones, then the 20 of TEST once, each through 12 members.
  assert.equal(model.heard, 12 * (24 + 4 + 20));
  const bytes = encodeProgram(result.program);
  assert.deepEqual(decodeProgram(bytes, 'p'), result.program);
  assert.deepEqual(encodeProgram((await run({ members: 12 }, {}, new LinearModel(K, 1, 64))).program), bytes);
  assert.notDeepEqual(encodeProgram((await run({ members: 12, seed: 2 })).program), bytes);
  const classified = await classify(decodeProgram(bytes, 'p'), model, sines(10, 2));
  assert.equal(classified.accuracy, result.test!.accuracy);
  assert.deepEqual(classified.confusion, result.test!.confusion);
  assert.ok(classified.calibrated);
});

test('ensemble: members auto draws 60, keeps all of them, and says so', async () => {
  const { program, notes, validation } = await run({ members: 'auto' });
  const { members, ensemble, metrics } = program.description;
  assert.equal(ensemble!.drawn, 60);
  assert.equal(members.length, 60);
  assert.ok(metrics.heldOut!.accuracy > 0.9);
  assert.match(notes.join(), /Members kept: all 60\./);
  assert.equal(metrics.heldOut!.source, 'leave-one-out');
  assert.equal(validation!.series, 24);
  assert.deepEqual(decodeProgram(encodeProgram(program), 'p'), program);
});

test('ensemble: a series without content speaks for no class, and taking content away lowers the score', async () => {
  const model = new LinearModel(K, 1);
  const { program } = await run({ members: 20 }, {}, model);
  const classifier = classifierOf(program);
  const { head } = classifier;
  const { series } = sines(10, 2);
  const values = series.map((one) => one.values);
  const whole = await classifier.logits(model, values);
  const flat = await classifier.logits(model, values.map(flattened));
  let lowered = 0;
  series.forEach(({ label }, i) => {
    const y = program.description.classNames.indexOf(label!);
    const before = head.scores(whole, i * head.width)[y];
    const without = head.scores(flat, i * head.width);
    assert.ok(Math.abs(without[0] - without[1]) < 0.5, `${without.join(' ')}`);
    if (without[y] < before) lowered++;
  });
  assert.equal(lowered, series.length);
});

test('ensemble: resumed equals uninterrupted, wherever it stopped; a checkpoint of other data is refused', async () => {
  const given = { members: 12 };
  const whole = encodeProgram((await run(given)).program);
  const { path } = await folderFor(given);
  let starts = 0;
  for (;;) {
    const folder = await RunFolder.open(path);
    const controller = new AbortController();
    const hooks = { store: folder, signal: controller.signal, onEpoch: () => controller.abort() };
    try {
      const { program } = await run(given, hooks);
      assert.deepEqual(encodeProgram(program), whole);
      break;
    } catch (error) {
      assert.ok(error instanceof CanceledError, String(error));
      // As a kill between the line of a batch and its checkpoint would leave it.
      if (starts++ % 2 === 0) await folder.appendMetrics({ phase: 'lost' });
    }
  }
  assert.ok(starts > 2, `${starts} interruptions`);
  const folder = await RunFolder.open(path);
  assert.deepEqual(
    (await folder.readMetrics()).map(({ epoch }) => epoch),
    [1, 2, 5, 10, 12],
  );
  assert.equal(await folder.readTheta(), null);
  const other = reprogram(parseReprogramOptions({ members: 12 }), new LinearModel(K, 1), sines(12, 9), null, {
    store: folder,
  });
  await assert.rejects(other, (error: V2SError) => error.code === 'checkpoint.other');
});

for (const rendering of ['carrier', 'pitch', 'formant'] as const)
  test(`theta under ${rendering}: its loss falls, it is stored, and is the same when it was interrupted`, async () => {
    const given: Given = { method: 'theta', rendering, epochs: 12, batchSize: 8, validation: 0, learningRate: 0.02 };
    const whole = await run(given);
    const losses = whole.program.description.history.map(({ train }) => train.loss);
    assert.ok(losses[11] < 0.9 * losses[0], `losses ${losses.join(' ')}`);
    const { parameters } = whole.program.members[0];
    assert.deepEqual([...parameters.keys()], rendering === 'carrier' ? ['theta', 'phi'] : ['theta']);
    const bytes = encodeProgram(whole.program);
    assert.deepEqual(decodeProgram(bytes, 'p'), whole.program);
    const folder = await folderFor(given);
    const controller = new AbortController();
    const onEpoch = ({ epoch }: EpochEvent): void => void (epoch === 5 && controller.abort());
    await assert.rejects(run(given, { store: folder, signal: controller.signal, onEpoch }), CanceledError);
    const resumed = await run(given, { store: await RunFolder.open(folder.path) });
    assert.deepEqual(encodeProgram(resumed.program), bytes);
  });

test('theta with members: each draws its own, their probabilities are averaged, and a stopped run goes on', async () => {
  const given: Given = { method: 'theta', members: 3, epochs: 3, batchSize: 12, validation: 0.1 };
  const events: EpochEvent[] = [];
  const whole = await run(given, { onEpoch: (event) => events.push(event) });
  assert.equal(whole.program.members.length, 3);
  const words = whole.program.description.members.map(({ mapping }) => JSON.stringify(mapping!.words));
  assert.equal(new Set(words).size > 1, true);
  // A small held-out part: a first training without it and the final one, for each member.
  assert.deepEqual(
    events.map(({ member }) => member),
    [1, 2, 3].flatMap((member) => new Array<number>(6).fill(member)),
  );
  assert.deepEqual([events.at(-1)!.done, events.at(-1)!.total], [18, 18]);
  const alone = await run({ ...given, members: 1 });
  assert.deepEqual(whole.program.members[0], alone.program.members[0]);
  const bytes = encodeProgram(whole.program);
  const folder = await folderFor(given);
  for (let stop = 2; ; stop += 5) {
    const controller = new AbortController();
    const onEpoch = ({ done }: EpochEvent): void => void (done >= stop && controller.abort());
    try {
      const { program } = await run(given, { store: folder, signal: controller.signal, onEpoch });
      assert.deepEqual(encodeProgram(program), bytes);
      break;
    } catch (error) {
      assert.ok(error instanceof CanceledError, String(error));
    }
  }
});

test('words per class: as many as asked for, at most as many as there are', async () => {
  const wordsOf = async (wordsPerClass: number, mapping: 'random' | 'frequency') => {
    const { program, notes } = await run({ method: 'theta', epochs: 1, wordsPerClass, mapping });
    return { words: program.description.members[0].mapping!.words.map(({ length }) => length), notes };
  };
  assert.deepEqual((await wordsOf(1, 'random')).words, [1, 1]);
  assert.deepEqual((await wordsOf(2, 'frequency')).words, [2, 2]);
  const many = await wordsOf(5, 'random');
  assert.deepEqual(many.words, [3, 3]);
  assert.match(many.notes.join(), /has 3 source words.*5 were asked for/);
});

test('averaged heads: probabilities are the mean, and the gradient is that of the scores', () => {
  const mapping = (words: number[][]) => new ClassHead({ kind: 'random', sourceWords: K, words }, null);
  const heads = [mapping([[0, 1], [2]]), mapping([[3], [0, 5]])];
  const head = new AveragedHead(heads);
  const random = new Random(3);
  const logits = Float64Array.from({ length: 2 * K + 1 }, () => 2 * random.gaussian());
  const mean = [0, 1].map((c) =>
    heads.reduce((sum, one, p) => sum + one.probabilities(logits, 1 + p * K, new Float64Array(2))[c] / 2, 0),
  );
  head.probabilities(logits, 1, new Float64Array(2)).forEach((p, c) => assert.ok(Math.abs(p - mean[c]) < 1e-12));
  assert.ok(Math.abs(head.loss(logits, 1, 0) + Math.log(mean[0])) < 1e-12);
  const gradient = new Float32Array(2 * K + 1);
  head.scores(logits, 1);
  head.backward([1, -2], 1, gradient);
  const value = (z: Float64Array): number => {
    const [a, b] = head.scores(z, 1);
    return a - 2 * b;
  };
  for (let f = 0; f < 2 * K; f++) {
    const [up, down] = [1e-4, -1e-4].map((step) => logits.map((z, i) => (i === f + 1 ? z + step : z)));
    assert.ok(Math.abs((value(up) - value(down)) / 2e-4 - gradient[f + 1]) < 1e-5, `logit ${f}`);
  }
});

test('masks keep values or set whole segments to the mean', () => {
  const random = new Random(4);
  const values = Float64Array.from({ length: 50 }, () => random.gaussian());
  const [mean] = flattened(values);
  let hidden = 0;
  for (let i = 0; i < 200; i++) {
    const out = masked(values, random);
    out.forEach((value, t) => assert.ok(value === values[t] || value === mean));
    hidden += out.filter((value) => value === mean).length / 50 / 200;
  }
  assert.ok(Math.abs(hidden - 0.5) < 0.08, `part hidden ${hidden}`);
  assert.equal(masked(Float64Array.of(1), random).length, 1);
});
