// `v2s sweep` with the local engine, as real processes.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { runV2s, type V2sEvent } from '../support/v2s-process';
import { writeToyData } from '../support/sweep';

const MODEL = 'att-rnn-asc';
const noModel = existsSync(resolve('models', MODEL)) ? false : `models/${MODEL} not present`;
const folder = mkdtempSync(join(tmpdir(), 'v2s-sweep-'));
after(() => rm(folder, { recursive: true, force: true }));
const v2s = (args: string[], onEvent?: (event: V2sEvent) => NodeJS.Signals | void) =>
  runV2s([...args, '--json'], { cwd: folder, onEvent });
const program = (sweep: string, id: string) => readFile(join(folder, sweep, 'programs', `${id}.v2s.safetensors`));

const PLAN = `
data:
  - toys/One_TRAIN.tsv
  - train: toys/Two_TRAIN.tsv
    name: Zwei
methods:
  - name: quick
    use: theta
    options: { epochs: 4, validation: 0, members: 1 }
  - name: drawn
    use: ensemble
    options: { members: 6 }
  - euclidean
  - linear-probe
  - { name: TF_a, use: finetune, options: { epochs: 2, validation: 0, batch-size: 8 } }
seeds: 2
`;

before(async () => {
  writeToyData(join(folder, 'toys'), 'One', 1);
  writeToyData(join(folder, 'toys'), 'Two', 2);
  await writeFile(join(folder, 'plan.yaml'), PLAN);
});

test('a plan is run, stopped, gone on with, collected', { skip: noModel, timeout: 600_000 }, async () => {
  const planned = await v2s(['sweep', 'plan.yaml', '--dry-run']);
  assert.equal(planned.code, 0, planned.out + planned.err);
  const { tasks, left, ids } = planned.events.at(-1) as { tasks: number; left: number; ids: string[] };
  assert.deepEqual([tasks, left], [16, 16], 'baselines without a seed run once');
  assert.deepEqual(ids.slice(0, 4), [
    'One.att-rnn-asc.quick.s1',
    'One.att-rnn-asc.quick.s2',
    'One.att-rnn-asc.drawn.s1',
    'One.att-rnn-asc.drawn.s2',
  ]);

  let finished = 0;
  const stopped = await v2s(['sweep', 'plan.yaml', '--max', '2', '--requeue'], ({ type }) =>
    type === 'task' && ++finished === 3 ? 'SIGTERM' : undefined,
  );
  assert.ok(stopped.code === 75 || stopped.signal === 'SIGKILL', stopped.out + stopped.err);
  const between = (await v2s(['sweep', 'status', 'plan.yaml'])).events[0] as Record<string, number>;
  assert.ok(between.done >= 3 && between.done < 16 && between.failed === 0, JSON.stringify(between));
  const partly = await v2s(['sweep', 'collect', 'plan.yaml']);
  assert.equal(partly.code, 0, 'what there is can be looked at at any time');

  const rest = await v2s(['sweep', 'plan.yaml', '--max', '2']);
  assert.equal(rest.code, 0, rest.out + rest.err);
  assert.equal(
    rest.events.filter(({ type }) => type === 'task').length,
    16 - between.done,
    'what is done is not run again',
  );
  assert.deepEqual(
    (await v2s(['sweep', 'plan.yaml'])).events.map(({ type }) => type),
    ['sweep', 'result'],
  );

  const alone = ['reprogram', 'toys/One_TRAIN.tsv', '--test', 'toys/One_TEST.tsv', '--threads', '1', '--seed', '2'];
  const quick = [...alone, '--method', 'theta', '--epochs', '4', '--validation', '0', '--members', '1'];
  assert.equal((await v2s([...quick, '--out', 'alone.v2s.safetensors'])).code, 0);
  assert.deepEqual(
    await program('plan.sweep', 'One.att-rnn-asc.quick.s2'),
    await readFile(join(folder, 'alone.v2s.safetensors')),
    'a task of a sweep is the run that the command makes',
  );

  const collected = await v2s(['sweep', 'collect', 'plan.sweep']);
  const { csv, report, svg, comparison } = collected.events[0] as Record<string, string> & {
    comparison: { classifiers: string[]; data_sets: number; pairs: object[] };
  };
  assert.deepEqual(comparison.classifiers, ['quick', 'drawn', 'euclidean', 'linear-probe', 'TF_a']);
  assert.deepEqual([comparison.data_sets, comparison.pairs.length], [2, 10]);
  const rows = (await readFile(csv, 'utf8')).trim().split('\r\n');
  assert.equal(rows.length, 17);
  for (const row of rows.slice(1)) assert.match(row, /,done,[\d.]+,/);
  assert.match(await readFile(report, 'utf8'), /<h2>Accuracy<\/h2>[\s\S]*±[\s\S]*<svg[\s\S]*Wins \/ ties \/ losses/);
  assert.match(await readFile(svg, 'utf8'), /^<svg /);
  const { makespan } = (await v2s(['sweep', 'estimate', 'plan.yaml', '--nodes', '1,16'])).events[0] as {
    makespan: { seconds: number }[];
  };
  assert.ok(makespan[0].seconds > makespan[1].seconds);
});

test(
  'a task that fails is tried again alone, stops no other, and can be mended',
  { skip: noModel, timeout: 300_000 },
  async () => {
    writeToyData(join(folder, 'toys'), 'Three', 3);
    const good = await readFile(join(folder, 'toys', 'Three_TEST.tsv'));
    await writeFile(join(folder, 'toys', 'Three_TEST.tsv'), '0\t1\tx\n');
    const plan = { data: ['toys/Three_TRAIN.tsv', 'toys/One_TRAIN.tsv'], methods: ['euclidean'] };
    await writeFile(join(folder, 'broken.json'), JSON.stringify(plan));
    const broken = await v2s(['sweep', 'broken.json']);
    assert.deepEqual([broken.code, broken.events.at(-1)!.code], [1, 'sweep.failed']);
    const states = broken.events
      .filter(({ type }) => type === 'task')
      .map(({ id, state }) => `${String(id)} ${String(state)}`);
    assert.deepEqual(states.sort(), ['One.euclidean done', 'Three.euclidean failed', 'Three.euclidean failed']);
    const { failures } = (await v2s(['sweep', 'status', 'broken.json'])).events[0] as {
      failures: { id: string; code: string }[];
    };
    assert.deepEqual(
      failures.map(({ id, code }) => [id, code.split('.')[0]]),
      [['Three.euclidean', 'series']],
    );
    await writeFile(join(folder, 'toys', 'Three_TEST.tsv'), good);
    assert.equal((await v2s(['sweep', 'broken.json'])).code, 0);
    await writeFile(join(folder, 'broken.json'), JSON.stringify({ ...plan, threads: 2 }));
    assert.deepEqual((await v2s(['sweep', 'broken.json'])).events.at(-1)!.code, 'sweep.changed');
  },
);

test('what is wrong with a plan is said before anything runs', async () => {
  for (const [text, why] of [
    ['data: [', /not YAML/],
    ['methods: [theta]', /data/],
    ['data: [toys/One_TRAIN.tsv]\nmethods: [thetta]', /methods/],
    ['data: [toys/One_TRAIN.tsv]\nmethods: [{name: a, use: theta, options: {speed: 3}}]', /"speed"/],
    ['data: [toys/One_TRAIN.tsv]\nmethods: [{name: a, use: theta, options: {epochs: 0}}]', /epochs/],
    ['data: [toys/One_TRAIN.tsv, toys/One_TRAIN.tsv]\nmethods: [theta]', /both called One/],
    ['data: [toys/One_TRAIN.tsv]\nmethods: [theta, theta]', /theta twice/],
    ['data: [plan.yaml]\nmethods: [theta]', /No TEST file/],
  ] as const) {
    await writeFile(join(folder, 'wrong.yaml'), text);
    const { events } = await v2s(['sweep', 'wrong.yaml']);
    assert.match(String(events.at(-1)!.message), why);
    assert.equal(existsSync(join(folder, 'wrong.sweep')), false);
  }
});
