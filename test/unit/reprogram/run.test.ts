import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { CanceledError, V2SError } from '../../../src/engine/errors';
import { encodeSafetensors, decodeSafetensors } from '../../../src/engine/files/safetensors';
import { Random } from '../../../src/engine/math/random';
import { decodeCheckpoint } from '../../../src/engine/reprogram/checkpoint';
import {
  classify,
  decodeProgram,
  encodeProgram,
  parseReprogramOptions,
  predictionsCsv,
  readProgram,
  reprogram,
  writeProgram,
  type ReprogramHooks,
  type ReprogramResult,
} from '../../../src/engine/reprogram';
import { RunFolder, type RunConfig } from '../../../src/engine/runs';
import type { SeriesDataset } from '../../../src/engine/series';
import { LinearModel } from '../support/linear-model';
import { TSV_FORMAT } from '../support/series-files';
import { placementOf, thetaOf } from '../support/theta-program';

const K = 6;
const scratch = mkdtempSync(join(tmpdir(), 'v2s-reprogram-'));
after(() => rm(scratch, { recursive: true, force: true }));

const hasCode = (code: string | RegExp) => (error: unknown) =>
  error instanceof V2SError && (typeof code === 'string' ? error.code === code : code.test(error.code));

/** Noisy sines of one frequency per class. */
function dataset(classNames: string[], each: number, seed: number, length = 40): SeriesDataset {
  const random = new Random(seed);
  const series = classNames.flatMap((label, c) =>
    Array.from({ length: each }, (_, i) => ({
      label,
      row: c * each + i + 1,
      values: Float64Array.from({ length }, (_, t) => 1.4 * Math.sin((c + 1) * 0.3 * t) + 0.1 * random.gaussian()),
    })),
  );
  return {
    name: 'sines',
    file: `sines-${seed}.tsv`,
    sha256: 'ab'.repeat(32),
    series,
    classNames,
    notes: [],
    format: TSV_FORMAT,
  };
}

const config = (options: RunConfig['options']): RunConfig => ({
  formatVersion: 2,
  name: '../sines: a/b',
  created: new Date(0).toISOString(),
  train: { path: '/data/train', sha256: '' },
  test: null,
  read: {},
  model: { folder: '/models/linear', id: 'linear', weightsSha256: '', named: null },
  options,
  threads: null,
  out: '/data/out',
});

type Given = Parameters<typeof parseReprogramOptions>[0];

async function run(
  given: Given,
  hooks: ReprogramHooks = {},
  model = new LinearModel(K, 1),
  each = 12,
): Promise<ReprogramResult> {
  const options = parseReprogramOptions({ method: 'theta', epochs: 6, batchSize: 12, ...given });
  return await reprogram(options, model, dataset(['a', 'b'], each, 1), dataset(['a', 'b'], 10, 2), hooks);
}

test('a run learns, leaves the model as it is, and is the same bit for bit for the same seed only', async () => {
  const first = await run({ epochs: 30, validation: 0.25 });
  assert.equal(first.model.sha256Before, first.model.sha256After);
  assert.ok(first.test!.accuracy > 0.9, `test accuracy ${first.test!.accuracy}`);
  assert.equal(
    first.test!.confusion.flat().reduce((a, b) => a + b),
    20,
  );
  assert.equal(first.validation!.series, 6);
  const bytes = encodeProgram(first.program);
  assert.deepEqual(encodeProgram((await run({ epochs: 30, validation: 0.25 })).program), bytes);
  assert.notDeepEqual(encodeProgram((await run({ epochs: 30, validation: 0.25, seed: 2 })).program), bytes);
  // Batches beyond the model's limit are summed up: equal but for rounding.
  const large = await run({ epochs: 2 }, {}, new LinearModel(K, 1, 64));
  const small = await run({ epochs: 2 }, {}, new LinearModel(K, 1, 5));
  thetaOf(large.program).forEach((value, i) => assert.ok(Math.abs(value - thetaOf(small.program)[i]) < 1e-3));
});

test('mask, drop-out, weight decay and learned mapping act as documented', async () => {
  const masked = await run({ mask: true, replicas: 3 });
  const { slot, interval } = placementOf(masked.program);
  thetaOf(masked.program).forEach((value, i) => {
    const inSlot = Math.floor(i / interval) < 3 && i % interval < slot;
    assert.equal(value === 0, inSlot, `sample ${i}`);
  });
  const plain = await run({});
  const norm = ({ program }: ReprogramResult): number => Math.hypot(...thetaOf(program));
  assert.ok(norm(await run({ weightDecay: 5 })) < norm(plain));
  assert.notDeepEqual(thetaOf((await run({ dropout: 0.5 })).program), thetaOf(plain.program));
  const frequent = await run({ mapping: 'frequency' });
  const mappingOf = ({ program }: ReprogramResult) => program.description.members[0].mapping!;
  assert.equal(mappingOf(frequent).kind, 'frequency');
  assert.notDeepEqual(mappingOf(frequent).words, mappingOf(plain).words);
  assert.equal(frequent.program.members[0].mappingWeights, null);
  const learned = await run({ mapping: 'learned' });
  assert.equal(learned.program.members[0].mappingWeights!.length, 2 * K);
  assert.ok(learned.program.members[0].mappingWeights!.some((value) => value !== 0));
});

test('TEST is heard once, after the training; a small validation part is held out only for an estimate', async () => {
  const heard = async (
    given: Given,
    each: number,
  ): Promise<{ epochs: number[]; last: number; result: ReprogramResult }> => {
    const model = new LinearModel(K, 1);
    const epochs: number[] = [];
    const result = await run({ epochs: 2, ...given }, { onEpoch: () => epochs.push(model.heard) }, model, each);
    return { epochs, last: model.heard, result };
  };
  // 22 training and 2 validation series; then all 24, twice and once more at the end; the 20 of TEST.
  const small = await heard({}, 12);
  assert.deepEqual(small.epochs, [24, 48, 72, 96]);
  assert.equal(small.last, 96 + 24 + 20);
  assert.equal(small.result.validation!.series, 2);
  assert.equal(small.result.program.description.training.trainingSeries, 24);
  // The estimate is of the same epoch, from the training that left the series out.
  assert.deepEqual(
    small.result.program.description.history.map(({ validation }) => validation !== null),
    [true, true],
  );
  // Enough of them choose the epoch of the one training.
  const large = await heard({ validation: 0.5 }, 30);
  assert.deepEqual(large.epochs, [60, 120]);
  assert.equal(large.last, 120 + 30 + 20);
  assert.equal(large.result.validation!.series, 30);
  const none = await heard({ validation: 0 }, 12);
  assert.deepEqual(none.epochs, [24, 48]);
  assert.equal(none.result.validation, null);
});

test('small and odd training sets: documented treatments and clear errors', async () => {
  const options = parseReprogramOptions({ method: 'theta', epochs: 2 });
  const model = new LinearModel(K, 1);
  const single = await reprogram(options, model, dataset(['a', 'b', 'c'], 1, 1), null);
  assert.equal(single.validation, null);
  assert.equal(single.test, null);
  assert.equal(single.bestEpoch, 2);
  assert.match(single.notes.join(), /No class has two series/);
  const auto = parseReprogramOptions({ method: 'theta', epochs: 2, replicas: 'auto' });
  assert.match((await reprogram(auto, model, dataset(['a', 'b'], 1, 1), null)).notes.join(), /nothing to compare/);
  await assert.rejects(reprogram(options, model, dataset(['a'], 5, 1), null), hasCode('reprogram.classes'));
  await assert.rejects(reprogram(options, model, dataset([], 5, 1), null), hasCode('reprogram.empty'));
  const many = Array.from({ length: K + 1 }, (_, i) => `${i}`);
  await assert.rejects(reprogram(options, model, dataset(many, 2, 1), null), hasCode('mapping.classes'));
  const folds = parseReprogramOptions({ method: 'theta', epochs: 2, folds: 3 });
  await assert.rejects(reprogram(folds, model, dataset(['a', 'b'], 1, 1), null), hasCode('reprogram.folds'));
  const unseen = reprogram(options, model, dataset(['a', 'b'], 2, 1), dataset(['a', 'z'], 2, 2));
  await assert.rejects(
    unseen,
    (error: V2SError) => error.code === 'series.label-unseen' && /row 3.*"z"/.test(error.message),
  );
  const constant = dataset(['a', 'b'], 3, 1);
  for (const { values } of constant.series) values.fill(4);
  assert.ok(Number.isFinite((await reprogram(options, model, constant, null)).train.loss));
  assert.throws(() => parseReprogramOptions({ epochs: 0, seed: -1 }), hasCode('options.invalid'));
  const changing = new LinearModel(K, 1);
  changing.onForward = () => void (changing.held()[0] += 1);
  await assert.rejects(reprogram(options, changing, dataset(['a', 'b'], 2, 1), null), hasCode('model.changed'));
});

for (const [name, given, each] of [
  ['one split', { validation: 0.5, epochs: 5, dropout: 0.2, mapping: 'learned', batchSize: 30 }, 30],
  ['a small validation part, mapping by frequency', { validation: 0.1, epochs: 3, mapping: 'frequency' }, 12],
  ['folds and automatic replicas', { epochs: 3, folds: 2, replicas: 'auto' }, 12],
] as [string, Given, number][])
  test(`resumed equals uninterrupted, wherever it stopped: ${name}`, async () => {
    const whole = encodeProgram((await run(given, {}, new LinearModel(K, 1), each)).program);
    const options = parseReprogramOptions({ method: 'theta', batchSize: 12, ...given });
    const stopped = await RunFolder.create(scratch, config(options), new Date());
    let steps = 0;
    let starts = 0;
    for (;;) {
      const folder = await RunFolder.open(stopped.path);
      const controller = new AbortController();
      const model = new LinearModel(K, 1);
      // Stops within an epoch, a little later each time.
      let left = 4 + (starts % 3);
      model.onForward = () => {
        steps++;
        if (left-- === 0) controller.abort();
      };
      try {
        const { program } = await run(given, { store: folder, signal: controller.signal }, model, each);
        assert.deepEqual(encodeProgram(program), whole);
        assert.deepEqual(new Uint8Array(await readFile(folder.programPath)), whole);
        break;
      } catch (error) {
        assert.ok(error instanceof CanceledError, String(error));
        starts++;
        // As a kill between the line of an epoch and its checkpoint would leave it.
        if (starts % 2 === 0) await folder.appendMetrics({ phase: 'lost' });
      }
    }
    assert.ok(starts > 2, `${starts} interruptions`);
    const lines = (await readFile(join(stopped.path, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    const uninterrupted = await RunFolder.create(scratch, config(options), new Date());
    await run(given, { store: uninterrupted }, new LinearModel(K, 1), each);
    const untimed = (text: string): object => ({ ...(JSON.parse(text) as object), msPerStep: 0 });
    const expected = (await readFile(join(uninterrupted.path, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    assert.deepEqual(lines.map(untimed), expected.map(untimed));
    assert.deepEqual(
      (await readdir(stopped.path)).filter((file) => file.startsWith('theta_epoch_')),
      (await readdir(uninterrupted.path)).filter((file) => file.startsWith('theta_epoch_')),
    );
    assert.ok(steps > 0);
  });

test('replicas auto: every candidate that fits is compared out of sample, the lowest loss wins', async () => {
  const { program } = await run({ epochs: 4, replicas: 'auto' });
  const { replicaTrials } = program.description.training;
  assert.deepEqual(
    replicaTrials.map(({ replicas }) => replicas),
    [1, 3, 5, 10, 20, 400],
  );
  const best = replicaTrials.reduce((a, b) => (b.loss < a.loss ? b : a));
  assert.equal(placementOf(program).replicas, best.replicas);
});

test('program: round trip; every truncation and every damaged byte is an error; versions and models are checked', async () => {
  const { program } = await run({ epochs: 1, mapping: 'learned' });
  const bytes = encodeProgram(program);
  const back = decodeProgram(bytes, 'p');
  assert.deepEqual(back, program);
  const corrupt = hasCode(/^program\.(corrupt|format|version)$/);
  const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  for (let length = 0; length < bytes.length; length += length < header + 64 ? 1 : 997)
    assert.throws(() => decodeProgram(bytes.subarray(0, length), 'p'), corrupt, `${length} bytes`);
  const flip = fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
    const damaged = bytes.slice();
    damaged[at] ^= mask;
    try {
      // Blanks that pad the header carry nothing; whatever else is read must be what was written.
      assert.deepEqual(decodeProgram(damaged, 'p'), program);
    } catch (error) {
      if (!corrupt(error)) throw error;
    }
  });
  fc.assert(flip, { numRuns: 300 });
  const { tensors, metadata } = decodeSafetensors(bytes, 'p');
  const newer = encodeSafetensors({ tensors, metadata: { ...metadata, format_version: '3' } });
  assert.throws(
    () => decodeProgram(newer, 'p'),
    (error: V2SError) => error.code === 'program.version' && /version "3".*update/i.test(error.message),
  );
  assert.throws(() => decodeProgram(encodeSafetensors({ tensors, metadata: {} }), 'p'), hasCode('program.format'));

  const path = join(scratch, 'round', 'p.v2s.safetensors');
  await writeProgram(path, program);
  assert.deepEqual(await readProgram(path), program);
  await assert.rejects(
    classify(program, new LinearModel(K, 2), dataset(['a', 'b'], 1, 3)),
    (error: V2SError) => error.code === 'program.checksum' && /linear-1.*linear-2/.test(error.message),
  );
});

test('checkpoint: every truncation is an error that names the file; the run folder says what is wrong', async () => {
  const options = parseReprogramOptions({ method: 'theta', epochs: 2, batchSize: 12, mapping: 'learned' });
  const folder = await RunFolder.create(join(scratch, 'runs'), config(options), new Date(2026, 0, 31, 23, 59, 58));
  assert.match(folder.path, /runs[\\/]20260131-235958-_sines_a_b$/, 'names cannot leave the folder');
  await run({ epochs: 2, mapping: 'learned' }, { store: folder });
  const path = join(folder.path, 'checkpoint.safetensors');
  const bytes = await readFile(path);
  assert.equal(decodeCheckpoint(bytes, path).history.length, 2);
  const header = 8 + Number(bytes.readBigUInt64LE(0));
  for (let length = 0; length < bytes.length; length += length < header + 64 ? 7 : 9973)
    assert.throws(() => decodeCheckpoint(bytes.subarray(0, length), path), hasCode(/^checkpoint\.(corrupt|format)$/));
  await writeFile(path, bytes.subarray(0, bytes.length >> 1));
  await assert.rejects(
    run({ epochs: 2, mapping: 'learned' }, { store: await RunFolder.open(folder.path) }),
    (error: V2SError) => error.code === 'checkpoint.corrupt' && error.message.includes(path),
  );
  await assert.rejects(RunFolder.open(scratch), hasCode('run.missing'));
  await writeFile(join(folder.path, 'config.json'), '{"formatVersion":9}');
  await assert.rejects(RunFolder.open(folder.path), hasCode('run.version'));
  await writeFile(join(folder.path, 'config.json'), '{"formatVersion":1');
  await assert.rejects(RunFolder.open(folder.path), hasCode('run.config'));
});

test('a full or read-only disk is a clear error and leaves the old files whole', async (t: TestContext) => {
  const disk = join(scratch, 'disk');
  await mkdir(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'pipe' });
  } catch {
    return t.skip('a small disk cannot be mounted here');
  }
  try {
    const options = parseReprogramOptions({ method: 'theta', epochs: 4, batchSize: 12 });
    const folder = await RunFolder.create(disk, config(options), new Date());
    const controller = new AbortController();
    const canceled = run(
      { epochs: 4 },
      { store: folder, signal: controller.signal, onEpoch: () => controller.abort() },
    );
    await assert.rejects(canceled, CanceledError);
    const checkpoint = join(folder.path, 'checkpoint.safetensors');
    const before = await readFile(checkpoint);
    // All of it, to the last page.
    const ballast = join(disk, 'ballast');
    for (let size = 1 << 20; size >= 1024; size >>= 1)
      await writeFile(ballast, new Uint8Array(size), { flag: 'a' }).catch(() => undefined);
    await assert.rejects(
      run({ epochs: 4 }, { store: await RunFolder.open(folder.path) }),
      (error: V2SError) => error.code === 'file.enospc' && /disk is full/.test(error.message),
    );
    assert.deepEqual(await readFile(checkpoint), before);
    await rm(ballast);
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    await assert.rejects(run({ epochs: 4 }, { store: await RunFolder.open(folder.path) }), hasCode('file.erofs'));
    await assert.rejects(RunFolder.create(disk, config(options), new Date()), hasCode('file.erofs'));
    assert.deepEqual(await readFile(checkpoint), before);
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    const { program } = await run({ epochs: 4 }, { store: await RunFolder.open(folder.path) });
    assert.deepEqual(encodeProgram(program), encodeProgram((await run({ epochs: 4 })).program));
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('classify: predictions, labels that are missing or unknown, and a CSV that no spreadsheet runs', async () => {
  const model = new LinearModel(K, 1);
  const names = ['-1', '=cmd|"x"!A1'];
  const options = parseReprogramOptions({ method: 'theta', epochs: 30, batchSize: 12 });
  const { program } = await reprogram(options, model, dataset(names, 12, 1), null);
  const data = dataset(names, 4, 5);
  const result = await classify(program, model, data);
  assert.ok(result.accuracy! > 0.8);
  assert.deepEqual(
    result.predictions.map(({ index }) => index),
    [...data.series.keys()],
  );
  for (const { probabilities, probability, label } of result.predictions) {
    assert.ok(Math.abs(probabilities.reduce((a, b) => a + b) - 1) < 1e-9);
    assert.equal(probability, Math.max(...probabilities));
    assert.equal(label, names[probabilities.indexOf(probability)]);
  }
  const rows = predictionsCsv(result).split('\r\n');
  assert.equal(rows[0], `index,label,probability,truth,p:-1,"p:=cmd|""x""!A1"`);
  const row = (truth: string): string => rows[1 + data.series.findIndex(({ label }) => label === truth)];
  assert.match(row('-1'), /^\d+,-1,0\.\d+,-1,/);
  assert.match(row(names[1]), /^\d+,"'=cmd\|""x""!A1",0\.\d+,"'=cmd\|""x""!A1",/);

  const unlabeled = { ...data, series: data.series.map((series) => ({ ...series, label: null })), classNames: [] };
  const guessed = await classify(program, model, unlabeled);
  assert.equal(guessed.accuracy, null);
  assert.equal(guessed.confusion, null);
  assert.deepEqual(
    guessed.predictions.map(({ label }) => label),
    result.predictions.map(({ label }) => label),
  );
  data.series[2].label = 'other';
  await assert.rejects(classify(program, model, data), hasCode('series.label-unseen'));
  const long = dataset(names, 1, 5, 4000);
  assert.match((await classify(program, model, long)).notes.join(), /2 series are longer than the 1600 samples/);
});
