// Other files are read as TRAIN of a program was, by real commands: one class, no labels, sorted, columns elsewhere, a channel.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { Random } from '../../../src/engine/math/random';

const COMMAND = resolve('dist/v2s.js');
const folder = mkdtempSync(join(tmpdir(), 'v2s-reading-'));
after(() => rm(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const write = (name: string, ...lines: string[]): Promise<void> => writeFile(at(name), `${lines.join('\n')}\n`);

interface Event {
  type: string;
  code?: string;
  message?: string;
  fit?: string;
  row?: number;
  predictions?: { label: string; truth: string | null; probability: number }[];
}

interface Outcome {
  code: number | null;
  notes: string;
  last: Event;
}

function v2s(...args: string[]): Promise<Outcome> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [COMMAND, ...args, '--json', '--threads', '1'], { cwd: folder });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.on('error', failed);
    child.on('close', (code) => {
      const events = out.trim().split('\n').map((line) => JSON.parse(line) as Event); // prettier-ignore
      const notes = events.filter(({ type }) => type === 'note').map(({ message }) => message);
      done({ code, notes: notes.join('\n'), last: events.at(-1)! });
    });
  });
}

const LENGTH = 12;
const random = new Random(3);
/** Series of class 0 or 1. */
const series = (c: number, offset = 0): string[] =>
  Array.from({ length: LENGTH }, (_, t) => (offset + Math.sin((c + 1) * 0.5 * t) + 0.1 * random.gaussian()).toFixed(4));
const CLASSES = ['rest', 'walk'];
const NAMES = Array.from({ length: LENGTH }, (_, t) => `t${t}`);
const HELD = Array.from({ length: 8 }, (_, i) => ({ label: CLASSES[i % 2], values: series(i % 2) }));

async function train(file: string, out: string, ...flags: string[]): Promise<Outcome> {
  const options = ['--method', 'theta', '--epochs', '2', '--validation', '0', '--replicas', '1'];
  const outcome = await v2s('reprogram', file, ...options, '--out', out, ...flags);
  assert.equal(outcome.code, 0, JSON.stringify(outcome.last));
  return outcome;
}

async function predictions(file: string, program: string, ...flags: string[]) {
  const { code, notes, last } = await v2s('classify', file, '--program', program, ...flags);
  assert.equal(code, 0, JSON.stringify(last));
  return { notes, said: last.predictions!, probabilities: last.predictions!.map(({ probability }) => probability), labels: last.predictions!.map(({ label }) => label), truth: last.predictions!.map(({ truth }) => truth) }; // prettier-ignore
}

test('a table: one class, no labels, sorted, other columns', async () => {
  // Numbers of the rows in front, integer labels between them and the values, sorted by class as heartbeat tables are.
  const program = 'named.v2s.safetensors';
  const rows = Array.from({ length: 40 }, (_, i) => [100 + 7 * i, ...series(Number(i >= 20)), Number(i >= 20)]);
  await write('steps_TRAIN.csv', ['rec', ...NAMES, 'state'].join(), ...rows.map((row) => row.join()));
  await train('steps_TRAIN.csv', program);
  const held = HELD.map(({ label, values }) => ({ label: CLASSES.indexOf(label), values }));
  await write('whole.csv', ['rec', ...NAMES, 'state'].join(), ...held.map(({ label, values }, i) => [i, ...values, label].join())); // prettier-ignore
  const whole = await predictions('whole.csv', program);
  assert.deepEqual(
    whole.truth,
    held.map(({ label }) => String(label)),
  );

  const one = held.filter(({ label }) => label === 1);
  await write('one.csv', ...one.map(({ label, values }, i) => [i, ...values, label].join()));
  const ofOne = await predictions('one.csv', program);
  assert.deepEqual(
    ofOne.truth,
    one.map(() => '1'),
  );
  assert.deepEqual(ofOne.probabilities, whole.probabilities.filter((_, i) => i % 2)); // prettier-ignore
  await write('bare.csv', NAMES.join(), ...held.map(({ values }) => values.join()));
  const bare = await predictions('bare.csv', program);
  assert.deepEqual([bare.truth, bare.labels], [held.map(() => null), whole.labels]);
  assert.match(bare.notes, /has no column "state", so its series have no labels/);
  await write('turned.csv', ['state', ...NAMES.toReversed(), 'rec'].join(), ...held.map(({ label, values }, i) => [label, ...values.toReversed(), i].join())); // prettier-ignore
  const turned = await predictions('turned.csv', program);
  assert.deepEqual(turned.said, whole.said);
  assert.match(turned.notes, /put in order by their names/);

  // The other commands read alike.
  for (const args of [
    ['explain', '--series', '0'],
    ['embed', '--method', 'pca'],
    ['bound', '--size', '4'],
  ]) {
    const { code, notes, last } = await v2s(args[0], 'turned.csv', '--program', program, ...args.slice(1));
    assert.equal(code, 0, JSON.stringify(last));
    assert.match(notes, /put in order by their names/, args[0]);
    const refused = await v2s(args[0], 'wrong.csv', '--program', program, ...args.slice(1));
    assert.equal(refused.last.code, 'file.enoent');
  }

  await write('wrong.csv', ['rec', ...NAMES.map((name) => `x${name}`), 'kind'].join(), ...held.map(({ label, values }, i) => [i, ...values, label].join())); // prettier-ignore
  const wrong = await v2s('classify', 'wrong.csv', '--program', program);
  assert.deepEqual([wrong.code, wrong.last.code, wrong.last.row], [1, 'series.columns', 1]);
  assert.match(wrong.last.message!, /expected the columns that steps has/);
  await write('fewer.csv', ['rec', ...NAMES.slice(1), 'state'].join(), ...held.map(({ label, values }, i) => [i, ...values.slice(1), label].join())); // prettier-ignore
  assert.match((await v2s('classify', 'fewer.csv', '--program', program)).last.message!, /has no column "t0"/);
  // What is said of this file goes before what the program knows.
  const unlabeled = await predictions('whole.csv', program, '--label-column', 'none', '--ignore-columns', 'rec,state');
  assert.deepEqual([unlabeled.truth, unlabeled.labels], [held.map(() => null), whole.labels]);
});

test('columns by flag hold for other files too', async () => {
  // Columns beside the label and the values, two of which look like values.
  const names = ['site', 'drift', ...NAMES, 'state', 'age'];
  await write('plain_TRAIN.csv', ['state', ...NAMES].join(';'), ...HELD.concat(HELD).map(({ label, values }) => [label, ...values].join(';'))); // prettier-ignore
  const cells = HELD.concat(HELD).map(({ label, values }, i) => ['ab'[i % 2], 0.37 * i, ...values, label, i].join(';'));
  await write('roles_TRAIN.csv', names.join(';'), ...cells);
  await train('plain_TRAIN.csv', 'plain.v2s.safetensors');
  const expected = (await predictions('plain_TRAIN.csv', 'plain.v2s.safetensors')).said;
  await train('roles_TRAIN.csv', 'ignored.v2s.safetensors', '--ignore-columns', 'site,drift,age', '--label-column', 'state'); // prettier-ignore
  await train('roles_TRAIN.csv', 'chosen.v2s.safetensors', '--columns', 't0:t11', '--label-column', 'state');
  for (const program of ['ignored.v2s.safetensors', 'chosen.v2s.safetensors'])
    assert.deepEqual((await predictions('roles_TRAIN.csv', program)).said, expected, program);
  const unknown = await v2s('reprogram', 'roles_TRAIN.csv', '--columns', 't0:t99', '--out', 'x.v2s.safetensors');
  assert.deepEqual([unknown.code, unknown.last.code], [1, 'series.column']);
  assert.match(unknown.last.message!, /asks for the column "t99"/);
  assert.equal((await v2s('classify', 'roles_TRAIN.csv', '--columns', 'a:b:c')).code, 2);
});

test('a channel is chosen once', async () => {
  const noise = (): string => series(0, 5).join(',');
  const ts = (only: number[]): string[] => [
    '@problemName Motion',
    '@univariate false',
    '@dimensions 3',
    '@classLabel true rest walk',
    '@data',
    ...HELD.concat(HELD).filter((_, i) => only.includes(i % 2)).map(({ label, values }) => `${noise()}:${values.join(',')}:${noise()}:${label}`), // prettier-ignore
  ];
  await write('Motion_TRAIN.ts', ...ts([0, 1]));
  await write('Motion_TEST.ts', ...ts([1]));
  const asked = await v2s('reprogram', 'Motion_TRAIN.ts', '--out', 'x.v2s.safetensors');
  assert.deepEqual([asked.code, asked.last.code], [1, 'series.channel']);
  assert.match(asked.last.message!, /3 channels.*"channel" to a number from 1 to 3/);
  for (const channel of ['4', 'front']) {
    const { code, last } = await v2s('reprogram', 'Motion_TRAIN.ts', '--channel', channel, '--out', 'x.v2s.safetensors'); // prettier-ignore
    assert.deepEqual([code, last.code], [1, 'series.channel'], channel);
  }
  assert.equal((await v2s('reprogram', 'Motion_TRAIN.ts', '--channel', '0', '--out', 'x.v2s.safetensors')).code, 2);
  const program = 'motion.v2s.safetensors';
  const trained = await train('Motion_TRAIN.ts', program, '--channel', '2', '--test', 'Motion_TEST.ts');
  assert.match(trained.notes, /Channel 2 of 3 was read/);
  const tested = await predictions('Motion_TEST.ts', program);
  assert.match(tested.notes, /Channel 2 of 3 was read/);
  await write('single.csv', ...HELD.filter((_, i) => i % 2).map(({ label, values }) => [label, ...values].join()));
  const single = await v2s('classify', 'single.csv', '--program', program);
  assert.deepEqual([single.code, single.last.code], [1, 'series.channel']);
  const other = await predictions('Motion_TEST.ts', program, '--channel', '1');
  assert.notDeepEqual(other.said, tested.said);
});
