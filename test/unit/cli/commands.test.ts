import assert from 'node:assert/strict';
import { existsSync, mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { shellWord } from '../../../src/cli/words';
import { Random } from '../../../src/engine/math/random';
import { runV2s, type V2sEvent, type V2sOutcome } from '../support/v2s-process';

const MODEL = 'att-rnn-asc';
const noModel = existsSync(resolve('models', MODEL)) ? false : `models/${MODEL} not present`;
const folder = mkdtempSync(join(tmpdir(), 'v2s-cli-'));
after(() => rm(folder, { recursive: true, force: true }));

const v2s = (args: string[], onEvent?: (event: V2sEvent) => NodeJS.Signals | void): Promise<V2sOutcome> =>
  runV2s(args, { cwd: folder, onEvent });

/** Two classes of short noisy series, UCR style. */
function table(each: number, seed: number, labels: [string, string]): string {
  const random = new Random(seed);
  const row = (c: number): string =>
    [
      labels[c],
      ...Array.from({ length: 24 }, (_, t) => Math.sin((c + 1) * 0.5 * t) * 1.4 + 0.1 * random.gaussian()),
    ].join('\t');
  return Array.from({ length: 2 * each }, (_, i) => `${row(i % 2)}\n`).join('');
}

/** Two validation series of sixteen are too few to choose an epoch: a first training holds them out for an estimate. */
const ALL_EPOCHS = ['folds', 'training'].flatMap((phase) =>
  [1, 2, 3, 4, 5, 6, 7, 8].map((epoch) => `${phase} ${epoch}`),
);
const named = ({ phase, epoch }: Record<string, unknown>): string => `${String(phase)} ${String(epoch)}`;
const fits = (events: V2sEvent[]): string[] =>
  events.filter(({ fit }) => fit !== undefined).map(({ fit, message }) => `${String(fit)}: ${String(message)}`);
const RUN = ['reprogram', 'toy_TRAIN.tsv', '--method', 'theta', '--epochs', '8', '--threads', '1', '--json'];

before(async () => {
  await writeFile(join(folder, 'toy_TRAIN.tsv'), table(8, 1, ['-1', '1']));
  await writeFile(join(folder, 'toy_TEST.tsv'), table(5, 2, ['-1', '1']));
});

test('bad usage is exit 2, a failure exit 1, both as the last JSON event or as one line on stderr', async () => {
  for (const args of [
    ['reprogram', '--json'],
    ['reprogram', 'toy_TRAIN.tsv', '--json'],
    ['reprogram', 'toy_TRAIN.tsv', '--out', 'p', '--epochs', 'many', '--json'],
    ['reprogram', 'toy_TRAIN.tsv', '--out', 'p', '--replicas', '0', '--json'],
    ['classify', 'toy_TRAIN.tsv', '--json'],
    ['nonsense', '--json'],
  ]) {
    const { code, events, out } = await v2s(args);
    assert.equal(code, 2, args.join(' '));
    assert.deepEqual([events.length, events[0].type, events[0].code], [1, 'error', 'usage'], out);
  }
  const missing = await v2s(['reprogram', 'absent.tsv', '--out', 'p', '--json']);
  assert.equal(missing.code, 1);
  assert.equal(missing.events.at(-1)!.code, 'file.enoent');
  const model = await v2s(['reprogram', 'toy_TRAIN.tsv', '--out', 'p', '--model', 'no-such-model', '--json']);
  assert.deepEqual([model.code, model.events.at(-1)!.code], [1, 'model.missing']);
  await writeFile(join(folder, 'broken.csv'), 'a,1,2,3\nb,1,x,3\n');
  const broken = await v2s(['reprogram', 'broken.csv', '--out', 'p', '--json']);
  const { type, code, row, column } = broken.events.at(-1)!;
  assert.deepEqual([broken.code, type, row, column], [1, 'error', 2, 3], JSON.stringify({ code }));
  const human = await v2s(['reprogram', 'absent.tsv', '--out', 'p']);
  assert.equal(human.out, '');
  assert.match(human.err, /^v2s: Cannot .*absent\.tsv.*no such file/m);
  const help = await v2s(['--help']);
  assert.equal(help.code, 0);
  assert.match(help.out, /reprogram[\s\S]*classify[\s\S]*models[\s\S]*Exit codes/);
  assert.deepEqual(await readdir(folder), ['broken.csv', 'toy_TEST.tsv', 'toy_TRAIN.tsv'], 'nothing was left behind');
});

test('paths and arguments in errors are made harmless for terminal and shell', async () => {
  const failed = await v2s(['reprogram', 'absent\u001b[2J\u202e\u200b.tsv', '--out', 'p']);
  assert.equal(failed.code, 1);
  assert.match(failed.err, /absent\\u001b\[2J\\u202e\\u200b\.tsv/);
  const misused = await v2s(['--\u001b[2J\ufeff']);
  assert.equal(misused.code, 2);
  assert.match(misused.err, /--\\u001b\[2J\\ufeff/);
  for (const { out, err } of [failed, misused]) assert.doesNotMatch(out + err, /[\u001b\u202e\u200b\ufeff]/);
  if (process.platform !== 'win32') assert.equal(shellWord("it's $HOME"), String.raw`'it'\''s $HOME'`);
  assert.equal(shellWord('data/a_TRAIN.tsv'), 'data/a_TRAIN.tsv');
});

test('reprogram, killed, interrupted, resumed; classify', { skip: noModel }, async (t: TestContext) => {
  const whole = await v2s([...RUN, '--test', 'toy_TEST.tsv', '--out', 'whole/p.v2s.safetensors']);
  assert.equal(whole.code, 0, whole.err + whole.out);
  const result = whole.events.at(-1)!;
  const program = await readFile(join(folder, 'whole/p.v2s.safetensors'));

  await t.test('the events are those of the contract', async () => {
    assert.equal(result.type, 'result');
    assert.equal(result.program, join(folder, 'whole/p.v2s.safetensors'));
    assert.deepEqual(result.classes, ['-1', '1']);
    for (const part of ['train', 'validation', 'test']) {
      const { loss, accuracy } = result[part] as { loss: number; accuracy: number };
      assert.ok(loss > 0 && accuracy >= 0 && accuracy <= 1, part);
    }
    const { confusion } = result.test as { confusion: number[][] };
    assert.equal(
      confusion.flat().reduce((a, b) => a + b),
      10,
    );
    assert.ok(
      (result.best_epoch as number) >= 1 && (result.ms_per_step as number) > 0 && (result.seconds as number) > 0,
    );
    const { id, sha256_before, sha256_after } = result.model as Record<string, string>;
    assert.equal(id, MODEL);
    assert.match(sha256_before, /^[0-9a-f]{64}$/);
    assert.equal(sha256_after, sha256_before);
    const epochs = whole.events.filter(({ type }) => type === 'epoch');
    assert.deepEqual(epochs.map(named), ALL_EPOCHS);
    const final = epochs.filter(({ phase }) => phase === 'training');
    assert.ok(
      final.every(({ swd }) => (swd as number) > 0),
      'the distance to the source logits of every epoch',
    );
    const sourceRisks = final.map(({ bound, w1 }) => (bound as number) - 2 * Math.sqrt(40) * (w1 as number));
    for (const risk of sourceRisks) assert.ok(risk > 0 && Math.abs(risk - sourceRisks[0]) < 1e-9, 'source risk');
    assert.ok(final.every(({ bound, target_risk }) => (target_risk as number) < (bound as number)));
    const runs = await readdir(join(folder, '.v2s/runs'));
    assert.match(runs.join(), /^\d{8}-\d{6}-toy$/);
    const files = await readdir(join(folder, '.v2s/runs', runs[0]));
    for (const name of [
      'metrics.jsonl',
      'checkpoint.safetensors',
      'program.v2s.safetensors',
      'theta_epoch_8.safetensors',
    ])
      assert.ok(files.includes(name), name);
  });

  const signals = {
    skip: process.platform === 'win32' && 'Windows ends a process without a signal that it could answer',
  };
  await t.test('kill -9, then SIGTERM, then SIGINT, then the end: the same program bit for bit', signals, async () => {
    let run = '';
    const at = (where: string, signal: NodeJS.Signals) => (event: Record<string, unknown>) => {
      if (event.type === 'run') run = event.folder as string;
      return event.type === 'epoch' && named(event) === where ? signal : undefined;
    };
    const out = 'resumed.v2s.safetensors';
    const killed = await v2s([...RUN, '--test', 'toy_TEST.tsv', '--out', out], at('folds 3', 'SIGKILL'));
    assert.equal(killed.signal, 'SIGKILL');
    const terminated = await v2s(['reprogram', '--resume', run, '--json'], at('training 1', 'SIGTERM'));
    assert.equal(terminated.code, 130);
    const first = terminated.events.find(({ type }) => type === 'epoch')!;
    assert.ok(first.phase === 'folds' && (first.epoch as number) > 3, 'the killed run lost no whole epoch');
    assert.equal(terminated.events.at(-1)!.code, 'canceled');
    // Another process that lives holds the run: this one.
    await writeFile(join(run, 'run.lock'), JSON.stringify({ pid: process.pid, host: hostname() }));
    const busy = await v2s(['reprogram', '--resume', run, '--json']);
    assert.equal(busy.code, 1);
    assert.equal(busy.events.at(-1)?.code, 'run.busy');
    await rm(join(run, 'run.lock'));
    const refused = await v2s(['reprogram', '--resume', run, '--epochs', '9', '--json']);
    assert.equal(refused.code, 2);
    const interrupted = await v2s(['reprogram', '--resume', run, '--json'], at('training 3', 'SIGINT'));
    assert.equal(interrupted.code, 130);
    assert.ok(!existsSync(join(folder, out)));
    const { code, events } = await v2s(['reprogram', '--resume', basename(run), '--json']);
    assert.equal(code, 0);
    assert.deepEqual(await readFile(join(folder, out)), program);
    assert.deepEqual(events.at(-1)!.test, result.test);
    const lines = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    assert.deepEqual(
      lines.map((line) => named(JSON.parse(line) as Record<string, unknown>)),
      ALL_EPOCHS,
    );
    // A finished run can be asked again, and a changed TRAIN is noticed.
    assert.equal((await v2s(['reprogram', '--resume', run, '--json'])).code, 0);
    await writeFile(join(folder, 'toy_TRAIN.tsv'), table(8, 9, ['-1', '1']));
    const changed = await v2s(['reprogram', '--resume', run, '--json']);
    assert.deepEqual([changed.code, changed.events.at(-1)!.code], [1, 'run.data']);
    await writeFile(join(folder, 'toy_TRAIN.tsv'), table(8, 1, ['-1', '1']));
    await writeFile(join(run, 'checkpoint.safetensors'), 'rubbish');
    const corrupt = await v2s(['reprogram', '--resume', run, '--json']);
    assert.deepEqual([corrupt.code, corrupt.events.at(-1)!.code], [1, 'checkpoint.corrupt']);
    assert.deepEqual(await readFile(join(folder, out)), program, 'the program of before is whole');
  });

  await t.test('classify agrees with the test of the run, and writes CSV', async () => {
    const { code, events } = await v2s([
      ...['classify', 'toy_TEST.tsv', '--program', 'whole/p.v2s.safetensors', '--csv', 'predictions.csv', '--json'],
    ]);
    assert.equal(code, 0);
    assert.deepEqual(fits(events), [], 'TEST of the program');
    const { predictions, accuracy, confusion } = events.at(-1) as {
      predictions: { index: number; label: string; probability: number; truth: string | null }[];
      accuracy: number;
      confusion: number[][];
    };
    assert.equal(accuracy, (result.test as { accuracy: number }).accuracy);
    assert.deepEqual(confusion, (result.test as { confusion: number[][] }).confusion);
    assert.deepEqual(Object.keys(predictions[0]), ['index', 'label', 'probability', 'truth']);
    assert.deepEqual(
      predictions.map(({ truth }) => truth),
      ['-1', '1', '-1', '1', '-1', '1', '-1', '1', '-1', '1'],
    );
    const csv = (await readFile(join(folder, 'predictions.csv'), 'utf8')).split('\r\n');
    assert.equal(csv[0], 'index,label,probability,truth,p:-1,p:1');
    assert.equal(csv.length, 12);
    const bare = (await readFile(join(folder, 'toy_TEST.tsv'), 'utf8')).replace(/^[^\t]*\t/gm, '');
    await writeFile(join(folder, 'bare.tsv'), bare);
    const unlabeled = await v2s([
      ...['classify', 'bare.tsv', '--label-column', 'none', '--program', 'whole/p.v2s.safetensors', '--json'],
    ]);
    const last = unlabeled.events.at(-1) as { accuracy: null; predictions: typeof predictions };
    assert.deepEqual(fits(unlabeled.events), [
      'data: bare.tsv is neither TRAIN nor TEST of the program for toy, which are toy_TRAIN.tsv and toy_TEST.tsv.',
    ]);
    assert.equal(last.accuracy, null);
    assert.deepEqual(
      last.predictions,
      predictions.map((prediction) => ({ ...prediction, truth: null })),
    );
    await writeFile(join(folder, 'short.tsv'), '-1\t1\t2\t3\t4\n7\t4\t3\t2\t1\n');
    const asked = ['short.tsv', '--program', 'whole/p.v2s.safetensors', '--json'];
    const misfits = [
      'labels: short.tsv has a label that is not a class of the program for toy: "7". Its classes are "-1", "1".',
      'length: The series of short.tsv have 4 values; TRAIN of toy has up to 24.',
    ];
    const explained = await v2s(['explain', ...asked, '--series', '0']);
    assert.equal(explained.code, 0);
    assert.deepEqual(fits(explained.events).slice(0, 2), misfits);
    for (const command of ['classify', 'embed', 'bound']) {
      const { events: told, code: refusal } = await v2s([command, ...asked]);
      assert.deepEqual(fits(told).slice(0, 2), misfits, command);
      assert.deepEqual([refusal, told.at(-1)!.code], [1, 'series.label-unseen'], command);
    }
    await mkdir(join(folder, 'elsewhere'));
    const damaged = program.subarray(0, program.length - 5);
    await writeFile(join(folder, 'elsewhere/p.v2s.safetensors'), damaged);
    const refused = await v2s(['classify', 'toy_TEST.tsv', '--program', 'elsewhere/p.v2s.safetensors', '--json']);
    assert.deepEqual([refused.code, refused.events.at(-1)!.code], [1, 'program.corrupt']);
  });
});
