// The size of a paper, 30 data sets by 5 acoustic models by 10 seeds, from recorded times.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { compareClassifiers, makespan, runsCsv, SweepFolder } from '../../../src/engine/sweep';
import { runV2s } from '../support/v2s-process';

const folder = mkdtempSync(join(tmpdir(), 'v2s-scale-'));
after(() => rm(folder, { recursive: true, force: true }));
const v2s = (...args: string[]) => runV2s([...args, '--json'], { cwd: folder });

before(async () => {
  const data: string[] = [];
  for (let i = 1; i <= 30; i++) {
    const name = `Set${i}`;
    await writeFile(join(folder, `${name}_TRAIN.tsv`), '0\t1\n');
    await writeFile(join(folder, `${name}_TEST.tsv`), '0\t1\n');
    data.push(`${name}_TRAIN.tsv`);
  }
  const models = ['a', 'b', 'c', 'd', 'e'];
  await writeFile(join(folder, 'plan.json'), JSON.stringify({ data, models, methods: ['theta'], seeds: 10 }));
});

/** As a worker leaves it. */
async function record(id: string, accuracy: number, seconds: number): Promise<void> {
  const outcome = { test: accuracy, testLoss: 0.5, train: 1, heldOut: null, members: 1 };
  const rest = { attempts: 1, seconds, host: 'node', at: '2026-01-01T00:00:00Z', error: null, outcome };
  await mkdir(join(folder, 'plan.sweep', 'tasks', id), { recursive: true });
  await writeFile(
    join(folder, 'plan.sweep', 'tasks', id, 'record.json'),
    JSON.stringify({ formatVersion: 1, id, state: 'done', ...rest }),
  );
}

test('1,500 runs are planned, estimated, collected and reported', async (t) => {
  const planned = await v2s('sweep', 'plan.json', '--engine', 'slurm', '--dry-run', '--max', '64');
  assert.equal(planned.code, 0, planned.out + planned.err);
  const { ids, script } = planned.events.at(-1) as { ids: string[]; script: string };
  assert.equal(ids.length, 1500);
  assert.match(
    await readFile(script, 'utf8'),
    /--array=0-999%64\n[\s\S]*\$SLURM_ARRAY_TASK_ID\/1000/,
    'Slurm takes 1,000 elements',
  );

  const sweep = await SweepFolder.open(join(folder, 'plan.sweep'));
  const accuracyOf = (model: string, seed: number, set: number): number =>
    (600 + 20 * 'abcde'.indexOf(model) + seed + 7 * ((set * 31) % 11)) / 1000;
  const secondsOf = (set: number): number => 10 + ((set * 37) % 30);
  // One seed is recorded: the others are estimated from it.
  const of = ({ data, model, seed }: (typeof sweep.tasks)[number]) => ({
    set: Number(data.name.slice(3)),
    model: model!,
    seed: seed!,
  });
  for (const task of sweep.tasks.filter(({ seed }) => seed === 1))
    await record(task.id, accuracyOf(of(task).model, 1, of(task).set), secondsOf(of(task).set));
  const all = sweep.tasks.map((task) => secondsOf(of(task).set));
  const { events } = await v2s('sweep', 'estimate', 'plan.json', '--nodes', '1,16,5000', '--per-node', '2');
  const total = all.reduce((a, b) => a + b, 0);
  const expected = [2, 32].map((slots) => makespan(all, slots));
  assert.deepEqual(
    (events[0].makespan as { seconds: number }[]).map(({ seconds }) => seconds),
    [...expected, Math.max(...all)],
  );
  assert.deepEqual([events[0].recorded, events[0].total_seconds], [150, total]);
  assert.ok(expected[0] >= total / 2 && expected[0] <= total / 2 + Math.max(...all));

  for (const task of sweep.tasks)
    await record(task.id, accuracyOf(of(task).model, of(task).seed, of(task).set), secondsOf(of(task).set));
  const clock = performance.now();
  const collected = await v2s('sweep', 'collect', 'plan.json');
  t.diagnostic(`collected and reported in ${((performance.now() - clock) / 1000).toFixed(2)} s`);
  const { comparison, csv } = collected.events[0] as { csv: string; comparison: Record<string, unknown> };
  assert.deepEqual(comparison.mean_rank, [5, 4, 3, 2, 1], 'the accuracies were made so');
  assert.deepEqual(comparison.cliques, []);
  assert.equal((comparison.friedman as { chi2: number }).chi2, 120, 'n (k - 1) when all rows agree');
  const progress = await sweep.progress();
  assert.equal(await readFile(csv, 'utf8'), runsCsv(progress));
  const { cells, means } = compareClassifiers(progress);
  const seeds = Array.from({ length: 10 }, (_, i) => i + 1);
  const mean = seeds.reduce((sum, seed) => sum + accuracyOf('a', seed, 1), 0) / 10;
  assert.ok(Math.abs(cells[0][0]!.mean - mean) < 1e-12);
  assert.ok(Math.abs(cells[0][0]!.deviation! - Math.sqrt(82.5 / 9) / 1000) < 1e-12, 'of a sample');
  assert.ok(means.every((value, c) => c === 0 || value > means[c - 1]));
});
