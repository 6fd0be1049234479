// A run from its preparation to its history, with a shipped acoustic model.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, renameSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ModelCard } from '../../../src/engine/acoustic/card';
import { parseFineTuneOptions } from '../../../src/engine/baselines';
import { CanceledError, V2SError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';
import { findProgramModel, parseReprogramOptions } from '../../../src/engine/reprogram';
import {
  FineTuning,
  listRuns,
  readProgramAsRun,
  readRun,
  Run,
  RunFolder,
  RunIndex,
  type FineTuningRequest,
  type LogLine,
  type RunRequest,
} from '../../../src/engine/runs';
import { thetaOf } from '../support/theta-program';

const MODELS = join(process.cwd(), 'models');
const scratch = mkdtempSync(join(tmpdir(), 'v2s-runs-'));
const at = (...parts: string[]): string => join(scratch, ...parts);
after(() => rm(scratch, { recursive: true, force: true }));

const hasCode = (code: string) => (error: unknown) => error instanceof V2SError && error.code === code;

/** Slow and fast sines in noise. */
async function writeSines(name: string, classNames: string[], seed: number): Promise<void> {
  const random = new Random(seed);
  const lines = Array.from({ length: 12 }, (_, i) => {
    const c = i % classNames.length;
    const values = Array.from({ length: 30 }, (_, t) => Math.sin(t / (c ? 2 : 7)) + 0.1 * random.gaussian());
    return [classNames[c], ...values.map((value) => value.toFixed(6))].join(',');
  });
  await writeFile(at(name), `${lines.join('\n')}\n`);
}

before(async () => {
  await writeSines('Sines_TRAIN.csv', ['slow', 'fast'], 1);
  await writeSines('Sines_TEST.csv', ['slow', 'fast'], 2);
  await writeSines('Other_TEST.csv', ['slow', 'other'], 3);
  await writeSines('One_TRAIN.csv', ['slow'], 4);
});

const request = (given: Partial<RunRequest> = {}): RunRequest => ({
  train: at('Sines_TRAIN.csv'),
  test: at('Sines_TEST.csv'),
  read: {},
  model: 'att-rnn-asc',
  modelRoots: [MODELS],
  options: parseReprogramOptions({ method: 'theta', epochs: 4, validation: 0, replicas: 5 }),
  threads: 1,
  out: at('sines.v2s.safetensors'),
  runs: at('runs'),
  ...given,
});

test('what cannot be trained is refused before a folder is made', async () => {
  for (const [code, given] of [
    ['series.label-unseen', { test: at('Other_TEST.csv') }],
    ['reprogram.classes', { train: at('One_TRAIN.csv'), test: null }],
    ['model.missing', { model: 'no-such-model' }],
    ['file.enoent', { train: at('absent.csv') }],
  ] as const)
    await assert.rejects(Run.prepare(request(given)), hasCode(code), code);
  await assert.rejects(Run.prepare(request(), AbortSignal.abort()), CanceledError);
  assert.ok(!existsSync(at('runs')));
});

test('a run is stopped, resumed and finished as if it had never stopped; its folder tells all of it', async () => {
  const whole = await Run.prepare(request({ out: at('whole.v2s.safetensors'), runs: at('others') }));
  await whole.execute();
  await whole.release();

  const run = await Run.prepare(request());
  const { path } = run.folder;
  const index = new RunIndex();
  assert.equal((await readRun(path, true)).status, 'running');
  const stop = new AbortController();
  const told: LogLine[] = [];
  const onEpoch = ({ epoch }: { epoch: number }): void => (epoch === 2 ? stop.abort() : undefined);
  await assert.rejects(
    run.execute({ signal: stop.signal, onEpoch, onLog: (line) => void told.push(line) }),
    CanceledError,
  );
  await run.release();
  const stopped = await readRun(path, false);
  assert.equal(stopped.status, 'canceled');
  assert.deepEqual(stopped.log, told);
  assert.match(stopped.log[0].text, /Sines: 12 series, 2 classes/);
  assert.match(stopped.log.at(-1)!.text, /^Stopped\./);
  assert.deepEqual(
    stopped.epochs.map(({ done, total }) => [done, total]),
    [
      [1, 4],
      [2, 4],
    ],
  );
  assert.equal(stopped.theta!.epoch, 2);
  assert.deepEqual(await listRuns([at('runs'), at('absent')], () => false), [
    { folder: path, name: 'Sines', created: stopped.created, status: 'interrupted', epochs: { done: 2, total: 4 } },
  ]);
  assert.equal(await index.folderOf(at('whole.v2s.safetensors')), null, 'not among the roots');

  // Reading for a resumption can be stopped, and leaves the run to others.
  const folder = await RunFolder.find(path.slice(at('runs').length + 1), at('runs'));
  await assert.rejects(Run.reopen(folder, AbortSignal.abort()), CanceledError);
  assert.ok(!existsSync(join(path, 'run.lock')));
  await writeFile(join(path, 'run.lock'), JSON.stringify({ pid: process.ppid, host: hostname() }));
  await assert.rejects(Run.reopen(folder), hasCode('run.busy'));
  assert.equal((await readRun(path, false)).status, 'running');
  await rm(join(path, 'run.lock'));

  const resumed = await Run.reopen(folder);
  const result = await resumed.execute();
  await resumed.release();
  const bytes = await readFile(at('sines.v2s.safetensors'));
  assert.deepEqual(bytes, await readFile(at('whole.v2s.safetensors')));
  assert.deepEqual(bytes, await readFile(join(path, 'program.v2s.safetensors')));
  assert.equal(result.program.description.model.folder, null, 'found by its id');

  const finished = await readRun(path, false);
  assert.equal(finished.status, 'finished');
  assert.ok(finished.written);
  assert.equal(finished.epochs.length, 4);
  assert.deepEqual(finished.result!.test, result.test);
  assert.deepEqual(finished.theta, { epoch: result.bestEpoch, values: thetaOf(result.program) });
  assert.match(finished.log.at(-1)!.text, /^Done in \d+ s: accuracy \d+\.\d % on TEST\./);
  assert.equal((await listRuns([at('runs')], () => false))[0].status, 'finished');
  assert.deepEqual(
    (await RunFolder.readSnapshots(path, ['theta'])).map(({ epoch }) => epoch),
    [0, 1, 2, 3, 4],
  );
  index.addRoot(at('runs'));
  assert.equal(await index.folderOf(at('sines.v2s.safetensors')), path);
  assert.equal(await index.folderOf(join(path, 'program.v2s.safetensors')), path);

  const alone = await readProgramAsRun(at('sines.v2s.safetensors'));
  assert.deepEqual(alone.result, finished.result);
  assert.deepEqual(alone.mapping, finished.mapping);
  assert.deepEqual(
    alone.epochs.map(({ train, measures }) => ({ train, measures })),
    finished.epochs.map(({ train, measures }) => ({ train, measures })),
  );
});

test('a run goes on only with the data and the model it was started with; a failure is kept in its log', async () => {
  await writeSines('Changing_TRAIN.csv', ['slow', 'fast'], 5);
  const options = parseReprogramOptions({ method: 'theta', epochs: 1, replicas: 5 });
  const run = await Run.prepare(
    request({ train: at('Changing_TRAIN.csv'), model: join(MODELS, 'att-rnn-asc'), test: null, options }),
  );
  const { path, config } = run.folder;
  assert.equal(config.model.named, null, 'a model that is found by its id needs no folder');
  // Whatever is in the way of the first epoch.
  await mkdir(join(path, 'metrics.jsonl'));
  await assert.rejects(run.execute(), hasCode('file.eisdir'));
  await run.release();
  await rm(join(path, 'metrics.jsonl'), { recursive: true });
  const failed = await readRun(path, false);
  assert.equal(failed.status, 'failed');
  assert.equal(failed.failure!.code, 'file.eisdir');
  assert.equal(failed.log.at(-1)!.level, 'error');

  const other = { ...config, model: { ...config.model, weightsSha256: '0'.repeat(64) } };
  await writeFile(join(path, 'config.json'), JSON.stringify(other));
  await assert.rejects(Run.reopen(await RunFolder.open(path)), hasCode('run.model'));
  await writeFile(join(path, 'config.json'), JSON.stringify(config));
  await writeSines('Changing_TRAIN.csv', ['slow', 'fast'], 6);
  await assert.rejects(Run.reopen(await RunFolder.open(path)), hasCode('run.data'));
  assert.ok(!(await readdir(path)).includes('run.lock'));
  await writeSines('Changing_TRAIN.csv', ['slow', 'fast'], 5);
  const again = await Run.reopen(await RunFolder.open(path));
  await again.execute();
  await again.release();
  assert.equal((await readRun(path, false)).status, 'finished');
});

test('a checkpoint goes on only under the configuration it was made with, wherever data and program have moved', async () => {
  const stopped = async (name: string): Promise<RunFolder> => {
    const run = await Run.prepare(request({ out: at(`${name}.v2s.safetensors`), runs: at(name) }));
    const stop = new AbortController();
    const onEpoch = ({ epoch }: { epoch: number }): void => (epoch === 2 ? stop.abort() : undefined);
    await assert.rejects(run.execute({ signal: stop.signal, onEpoch }), CanceledError);
    await run.release();
    return run.folder;
  };
  const { path, config } = await stopped('bound');
  const resume = async (changed: object): Promise<void> => {
    await writeFile(join(path, 'config.json'), JSON.stringify({ ...config, ...changed }));
    const folder = await RunFolder.open(path);
    const run = await Run.reopen(folder, undefined, { out: folder.config.out });
    try {
      await run.execute();
    } finally {
      await run.release();
    }
  };
  for (const changed of [
    { options: { ...config.options, seed: config.options.seed + 1 } },
    { options: { ...config.options, epochs: 5 } },
    { read: { labels: 'first' } },
    { threads: 2 },
    { test: null },
  ])
    await assert.rejects(resume(changed), hasCode('checkpoint.configuration'), JSON.stringify(changed));
  assert.equal((await readRun(path, false)).theta!.epoch, 2, 'it can still be looked at');
  assert.ok(!existsSync(at('bound.v2s.safetensors')));

  const moved = at('elsewhere');
  await mkdir(moved);
  await writeFile(join(moved, 'Sines_TRAIN.csv'), await readFile(config.train.path));
  await resume({ train: { ...config.train, path: join(moved, 'Sines_TRAIN.csv') }, out: at('moved.v2s.safetensors') });
  assert.deepEqual(await readFile(at('moved.v2s.safetensors')), await readFile(at('whole.v2s.safetensors')));
});

test('neither a program nor a run goes on with a model whose card was changed', async () => {
  const copy = at('models', 'att-rnn-asc');
  await cp(join(MODELS, 'att-rnn-asc'), copy, { recursive: true });
  const run = await Run.prepare(request({ model: copy, modelRoots: [], out: at('card.v2s.safetensors'), test: null }));
  const { program } = await run.execute();
  await run.release();
  const find = (): Promise<string> =>
    findProgramModel(program, [at('models')], { programPath: at('card.v2s.safetensors'), workingFolder: scratch });
  assert.equal(await find(), copy);

  const card = JSON.parse(await readFile(join(copy, 'card.json'), 'utf8')) as ModelCard;
  const write = (changed: object): Promise<void> =>
    writeFile(join(copy, 'card.json'), JSON.stringify({ ...card, ...changed }));
  const { frontEnd, sourceLabels } = card;
  const swapped = [sourceLabels[1], sourceLabels[0], ...sourceLabels.slice(2)];
  for (const [changed, why] of [
    [{ frontEnd: { ...frontEnd, lowFrequency: 4000 } }, /lowFrequency is 4000 and was 40\b/],
    [{ sourceLabels: swapped }, /source word 1 is/],
    [{ hyperParameters: { ...card.hyperParameters, attention: 'other' } }, /architecture or layers/],
  ] as const) {
    await write(changed);
    await assert.rejects(find(), (error: V2SError) => error.code === 'program.card' && why.test(error.message));
    await assert.rejects(Run.reopen(run.folder), hasCode('run.model'));
  }
  await write({ title: 'Another title', license: 'MIT' });
  assert.equal(await find(), copy, 'what it is called does not matter');
});

test('a fine-tuning never overwrites, keeps its checkpoint when it is stopped, and goes on from it', async () => {
  const asked = (given: Partial<FineTuningRequest> = {}): FineTuningRequest => ({
    ...request(),
    options: parseFineTuneOptions({ epochs: 2, validation: 0, batchSize: 6 }),
    out: at('tuned'),
    resume: false,
    ...given,
  });
  const perform = async (given: Partial<FineTuningRequest>, stopAfter = Infinity): Promise<string> => {
    const fineTuning = await FineTuning.prepare(asked(given));
    const stop = new AbortController();
    const onEpoch = ({ epoch }: { epoch: number }): void => (epoch === stopAfter ? stop.abort() : undefined);
    try {
      const { id, fineTuned } = await fineTuning.execute({ signal: stop.signal, onEpoch });
      return `${id} ${fineTuned.description.weightsSha256}`;
    } finally {
      await fineTuning.release();
    }
  };
  await assert.rejects(perform({ resume: true }), hasCode('finetune.out'));
  await assert.rejects(perform({}, 1), CanceledError);
  assert.deepEqual(await readdir(at('tuned')), ['checkpoint.safetensors']);
  await assert.rejects(perform({}), hasCode('finetune.out'));
  const resumed = await perform({ resume: true });
  assert.deepEqual((await readdir(at('tuned'))).sort(), ['card.json', 'head.safetensors', 'weights.safetensors']);
  await assert.rejects(perform({}), hasCode('finetune.out'));
  assert.equal(resumed, await perform({ out: at('tuned-at-once') }));
});

test('a run with unreadable metrics is listed with the others; one whose folder is deleted in the middle says so', async () => {
  const root = at('listed');
  const options = parseReprogramOptions({ method: 'theta', epochs: 4, validation: 0, replicas: 5 });
  const prepare = async (): Promise<Run> =>
    await Run.prepare(request({ runs: root, options, out: at('listed.v2s.safetensors') }));
  const whole = await prepare();
  await whole.execute();
  await whole.release();
  const unreadable = await prepare();
  await unreadable.release();
  await mkdir(join(unreadable.folder.path, 'metrics.jsonl'));
  const listed = await listRuns([root], () => false);
  assert.deepEqual(
    new Set(listed.map(({ folder, epochs }) => `${folder} ${epochs.done}/${epochs.total}`)),
    new Set([`${whole.folder.path} 4/4`, `${unreadable.folder.path} 0/4`]),
  );
  await assert.rejects(readRun(unreadable.folder.path, false), hasCode('file.eisdir'));

  const deleted = await prepare();
  const { path } = deleted.folder;
  // At once, which a removal of one file after the other is not.
  const onEpoch = (): void => (existsSync(path) ? renameSync(path, `${path}-gone`) : undefined);
  await assert.rejects(
    deleted.execute({ onEpoch }),
    (error) => hasCode('run.deleted')(error) && (error as Error).message.includes(path),
  );
  await deleted.release();
  assert.ok(!existsSync(path), 'it is not made again');
});
