// `v2s reprogram --run NAME`: one line that a scheduler repeats until it is done.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { Random } from '../../../src/engine/math/random';
import { runV2s, type V2sEvent } from '../support/v2s-process';

const MODEL = 'att-rnn-asc';
const noModel = existsSync(resolve('models', MODEL)) ? false : `models/${MODEL} not present`;
const folder = mkdtempSync(join(tmpdir(), 'v2s-named-'));
after(() => rm(folder, { recursive: true, force: true }));

function table(each: number, seed: number): string {
  const random = new Random(seed);
  const row = (c: number): string =>
    [c, ...Array.from({ length: 24 }, (_, t) => Math.sin((c + 1) * 0.5 * t) + 0.3 * random.gaussian())].join('\t');
  return Array.from({ length: 2 * each }, (_, i) => `${row(i % 2)}\n`).join('');
}

before(async () => {
  await writeFile(join(folder, 'toy_TRAIN.tsv'), table(8, 1));
  await writeFile(join(folder, 'toy_TEST.tsv'), table(5, 2));
});

const line = (method: string, ...more: string[]): string[] => [
  ...['reprogram', 'toy_TRAIN.tsv', '--test', 'toy_TEST.tsv', '--method', method, '--epochs', '6', '--members', '12'],
  ...['--folds', '0', '--validation', '0', '--threads', '1', '--json', ...more],
];

const v2s = (args: string[], onEvent?: (event: V2sEvent) => NodeJS.Signals | void) =>
  runV2s(args, { cwd: folder, onEvent });

/** Sends a signal with the first epoch, or the first members. */
function atFirstEpoch(signal: NodeJS.Signals): (event: V2sEvent) => NodeJS.Signals | void {
  let sent = false;
  return ({ type }) => {
    if (type !== 'epoch' || sent) return;
    sent = true;
    return signal;
  };
}

for (const method of ['theta', 'ensemble'])
  test(`${method}: the same line starts, goes on after each kind of stop, and is done`, { skip: noModel }, async () => {
    const members = method === 'theta' ? ['--members', '1'] : [];
    const whole = await v2s(line(method, ...members, '--out', `${method}-whole.v2s.safetensors`));
    assert.equal(whole.code, 0, whole.out + whole.err);

    const out = `${method}.v2s.safetensors`;
    const named = line(method, ...members, '--out', out, '--run', `my-${method}`, '--requeue');
    const killed = await v2s(named, atFirstEpoch('SIGKILL'));
    assert.equal(killed.signal, 'SIGKILL');
    const stopped = await v2s(named, atFirstEpoch('SIGTERM'));
    // A computation that does not get to its next step in time is ended by force, and goes on all the same.
    assert.ok(stopped.code === 75 || stopped.signal === 'SIGKILL', stopped.out + stopped.err);
    const late = await v2s([...named, '--time', '0.001s']);
    assert.deepEqual([late.code, late.events.at(-1)!.code], [75, 'canceled'], late.out + late.err);
    assert.equal(existsSync(join(folder, out)), false);

    const rest = await v2s(named);
    assert.equal(rest.code, 0, rest.out + rest.err);
    const program = await readFile(join(folder, out));
    assert.deepEqual(program, await readFile(join(folder, `${method}-whole.v2s.safetensors`)));

    const { mtimeMs } = await stat(join(folder, out));
    const again = await v2s(named);
    assert.deepEqual([again.code, again.events.map(({ type }) => type)], [0, ['result']], again.out + again.err);
    const { already_done: done, test: reached, run } = again.events[0];
    assert.deepEqual([done, run], [true, join(folder, '.v2s', 'runs', `my-${method}`)]);
    assert.deepEqual(reached, rest.events.at(-1)!.test);
    assert.equal((await stat(join(folder, out))).mtimeMs, mtimeMs);
    await rm(join(folder, out));
    assert.equal((await v2s(named)).code, 0);
    assert.deepEqual(await readFile(join(folder, out)), program, 'a program that was lost is made again');

    const other = await v2s([...named, '--seed', '2']);
    assert.deepEqual([other.code, other.events.at(-1)!.code], [2, 'run.other'], other.out);
  });

test(
  'without --requeue a stop is a cancellation; names are plain; --resume is another way',
  { skip: noModel },
  async () => {
    const named = line('theta', '--members', '1', '--out', 'stop.v2s.safetensors');
    const stopped = await v2s([...named, '--run', 'stop', '--time', '0.001s']);
    assert.deepEqual([stopped.code, stopped.events.at(-1)!.code], [130, 'canceled']);
    for (const name of ['../up', 'a/b', '.hidden', ''])
      assert.deepEqual(
        [(await v2s([...named, '--run', name])).code, existsSync(join(folder, '.v2s', 'up'))],
        [2, false],
      );
    assert.equal((await v2s([...named, '--run', 'stop', '--resume', 'stop'])).code, 2);
    assert.equal((await v2s([...named, '--time', 'soon'])).code, 2);
  },
);

test(
  'of two processes that take one name at once, one works and the other comes back later',
  { skip: noModel },
  async () => {
    const named = line('theta', '--members', '1', '--out', 'two.v2s.safetensors', '--run', 'two', '--requeue');
    const outcomes = await Promise.all([v2s(named), v2s(named)]);
    for (const { code, events } of outcomes)
      assert.ok(code === 0 || (code === 75 && events.at(-1)!.code === 'run.busy'), JSON.stringify(events.at(-1)));
    assert.ok(outcomes.some(({ code }) => code === 0));
    assert.equal((await v2s(named)).events.at(-1)!.already_done, true);
  },
);
