// The table of docs/scale.md: a sweep of 30 data sets by 5 acoustic models by 10 seeds from recorded times. Nothing is trained.
//   node scripts/scale.mjs        (build first: npm run build)
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const DATA_SETS = 30;
const SEEDS = 10;
const NODES = [1, 2, 4, 8, 16, 32, 64, 128];
const { seconds } = JSON.parse(readFileSync(join(root, 'scripts/scale-durations.json'), 'utf8'));
const known = Object.keys(seconds);
const models = Object.keys(seconds[known[0]]);

const folder = mkdtempSync(join(tmpdir(), 'v2s-scale-'));
/** Runs the command. @returns its result and the seconds that it took */
function v2s(...args) {
  const started = performance.now();
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'dist/v2s.js'), ...args, '--json'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const last = JSON.parse(stdout.trim().split('\n').at(-1));
  if (status !== 0) throw new Error(last.message);
  return { ...last, took: (performance.now() - started) / 1000 };
}

try {
  // The data sets with recorded times, the first of them twice, to make 30.
  const sources = Object.fromEntries(
    Array.from({ length: DATA_SETS }, (_, i) => {
      const source = known[i % known.length];
      return [i < known.length ? source : `${source}_again`, source];
    }),
  );
  for (const name of Object.keys(sources))
    for (const part of ['TRAIN', 'TEST']) writeFileSync(join(folder, `${name}_${part}.tsv`), '0\t1\n');
  const data = Object.keys(sources).map((name) => `${name}_TRAIN.tsv`);
  writeFileSync(join(folder, 'plan.json'), JSON.stringify({ data, models, methods: ['theta'], seeds: SEEDS }));
  const planned = v2s('sweep', 'plan.json', '--engine', 'slurm', '--dry-run');
  const { tasks } = JSON.parse(readFileSync(join(planned.folder, 'tasks.json'), 'utf8'));
  const record = (task, took) => {
    const place = join(planned.folder, 'tasks', task.id);
    mkdirSync(place, { recursive: true });
    const outcome = { test: 0.5, testLoss: null, train: null, heldOut: null, members: 1 };
    const rest = { attempts: 1, seconds: took, host: 'recorded', at: new Date(0).toISOString(), error: null, outcome };
    writeFileSync(
      join(place, 'record.json'),
      JSON.stringify({ formatVersion: 1, id: task.id, state: 'done', ...rest }),
    );
  };
  const recorded = tasks.filter(
    (task) => task.seed === 1 && seconds[sources[task.data.name]][task.model] !== undefined,
  );
  for (const task of recorded) record(task, seconds[sources[task.data.name]][task.model]);
  const estimated = v2s('sweep', 'estimate', 'plan.json', '--nodes', NODES.join(','), '--per-node', '2');
  for (const task of tasks) record(task, 10);
  const collected = v2s('sweep', 'collect', 'plan.json');

  const clock = (s) => `${Math.floor(s / 3600)}:${String(Math.round((s % 3600) / 60)).padStart(2, '0')} h`;
  const slots = 2;
  console.log(
    `Runs: ${estimated.tasks}, of them with a recorded time: ${estimated.recorded}. Computing: ${clock(estimated.total_seconds)}.\n`,
  );
  console.log('| nodes | makespan | busy |\n|---|---|---|');
  for (const { nodes, seconds: span } of estimated.makespan)
    console.log(
      `| ${nodes} | ${clock(span)} | ${((100 * estimated.total_seconds) / (span * nodes * slots)).toFixed(0)} % |`,
    );
  const steps = [planned, estimated, collected].map(({ took }) => took.toFixed(1));
  console.log(`\nPlanning took ${steps[0]} s, the estimate ${steps[1]} s, table and report of all runs ${steps[2]} s.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
