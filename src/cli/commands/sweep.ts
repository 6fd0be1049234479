import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { V2SError } from '../../engine/errors';
import { writeFileAtomic } from '../../engine/files/atomic';
import { assertOutput } from '../../engine/files/outputs';
import {
  compareClassifiers,
  criticalDifferenceSvg,
  DEFAULT_ARRAY_SIZE,
  durationsOf,
  makespan,
  readPlan,
  REPORT_HTML,
  reportHtml,
  RUNS_CSV,
  runsCsv,
  SweepFolder,
  tasksOf,
  type Comparison,
  type TaskProgress,
  type TaskState,
} from '../../engine/sweep';
import { DEFAULT_MODEL, type CliContext } from '../context';
import { addForceFlag, type OutputFlags } from '../output-flags';
import { addRequeueFlags, requeueable, type RequeueFlags } from '../requeue';
import { runLocally } from '../sweep/local-engine';
import { submit, writeJobArray } from '../sweep/slurm-engine';
import { duration, invocation, percent, shellWord, shortPath, table } from '../words';
import { wholeNumber } from './models-options';
import { registerWork } from './sweep-work';

interface RunFlags extends RequeueFlags {
  folder?: string;
  engine: 'local' | 'slurm';
  max?: number;
  arraySize: number;
  sbatch: string[];
  dryRun?: boolean;
}

/** `v2s sweep PLAN`, `v2s sweep work|status|collect|estimate SWEEP` */
export function register(cli: Command, context: CliContext): void {
  const sweep = cli
    .command('sweep')
    .description(
      'many runs: data sets by acoustic models by methods by seeds, on this machine or under Slurm, and their comparison',
    );
  const run = sweep
    .command('run', { isDefault: true })
    .description('run all tasks of a plan, or those that are left; the word run may be left out')
    .argument('<plan>', 'what is compared: a file .yaml or .json (see docs/sweep.md)')
    .option('--folder <folder>', 'where the sweep is kept (default: PLAN.sweep beside the plan)')
    .addOption(
      new Option('--engine <engine>', 'processes of this machine, or a job array')
        .choices(['local', 'slurm'])
        .default('local'),
    )
    .option(
      '--max <n>',
      'tasks at once (default: local, as many as share the cores; slurm, as many as it gives)',
      wholeNumber(1),
    )
    .option(
      '--array-size <n>',
      'slurm: elements of the job array; each runs its share of the tasks',
      wholeNumber(1),
      DEFAULT_ARRAY_SIZE,
    )
    .option(
      '--sbatch <option>',
      'slurm: a further option of sbatch, such as --sbatch=--partition=short; can be repeated',
      oneLine,
      [],
    )
    .option('--dry-run', 'write the task list, and the script of the job array, and run nothing');
  addRequeueFlags(run).action((plan: string, flags: RunFlags) =>
    requeueable(flags, context, (limited) => runSweep(plan, flags, limited)),
  );
  registerWork(sweep, context);
  sweep
    .command('status')
    .description('how far a sweep has come')
    .argument('<sweep>', 'its folder, or its plan')
    .action((named: string) => status(named, context));
  addForceFlag(
    sweep
      .command('collect')
      .description('one table of all runs, and a report: means, ranks, critical differences, and pairs')
      .argument('<sweep>', 'its folder, or its plan')
      .option('--csv <file>', 'one row per run (default: runs.csv in the folder)')
      .option('--report <file>', 'page to open in a browser (default: report.html in the folder)'),
  ).action((named: string, flags: OutputFlags & { csv?: string; report?: string }) => collect(named, flags, context));
  sweep
    .command('estimate')
    .description('how long the whole sweep takes by the number of nodes, from the times of the runs that are done')
    .argument('<sweep>', 'its folder, or its plan')
    .option('--nodes <list>', 'numbers of nodes, separated by commas', numbers, [1, 2, 4, 8, 16, 32])
    .option('--per-node <n>', 'tasks at once on each node', wholeNumber(1), 1)
    .action((named: string, flags: { nodes: number[]; perNode: number }) => estimate(named, flags, context));
}

/** A line of its own in the script of a job array. */
function oneLine(text: string, others: string[]): string[] {
  if (!/^-[^\r\n]+$/.test(text)) throw new InvalidArgumentError('Expected an option of sbatch on one line.');
  return [...others, text];
}

function numbers(text: string): number[] {
  return text.split(',').map(wholeNumber(1));
}

async function openSweep(named: string): Promise<SweepFolder> {
  const isFolder = await stat(named).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  return await SweepFolder.open(isFolder ? named : SweepFolder.beside(named));
}

async function runSweep(planFile: string, flags: RunFlags, context: CliContext): Promise<void> {
  const plan = await readPlan(planFile, DEFAULT_MODEL);
  const tasks = await tasksOf(plan);
  const folder = await SweepFolder.create(flags.folder ?? SweepFolder.beside(planFile), plan.name, tasks);
  const progress = await folder.progress();
  const left = progress.filter(({ state }) => state !== 'done').map(({ task }) => task);
  context.event('sweep', { folder: folder.path, tasks: tasks.length, left: left.length });
  context.say(`${plan.name}: ${tasks.length} runs, ${left.length} of them left. Folder: ${shortPath(folder.path)}`);
  if (flags.engine === 'slurm') return await runUnderSlurm(folder, progress, flags, context);
  if (flags.dryRun) return sayPlanned(folder, left.length, null, context);
  const most = flags.max ?? Math.max(1, Math.floor(availableParallelism() / plan.threads));
  const failed = left.length > 0 ? await runLocally(folder, left, most, context) : [];
  if (failed.length > 0) {
    const messages = await Promise.all(
      failed
        .slice(0, 3)
        .map(async (task) => `${task.id}: ${(await folder.readRecord(task))?.error?.message ?? 'killed'}`),
    );
    throw new V2SError(
      'sweep.failed',
      `Runs that failed twice: ${failed.length} of ${left.length}. Repeat the line to try them again.\n${messages.join('\n')}`,
    );
  }
  context.result(
    { folder: folder.path, tasks: tasks.length, done: tasks.length },
    `All ${tasks.length} runs are done.\n\nNext:\n  ${invocation()} sweep collect ${shellWord(shortPath(folder.path))}`,
  );
}

function sayPlanned(folder: SweepFolder, left: number, script: string | null, context: CliContext): void {
  const { path, tasks } = folder;
  const what = script === null ? '' : ` Script: ${shortPath(script)}`;
  context.result(
    { folder: path, tasks: tasks.length, left, script, ids: tasks.map(({ id }) => id) },
    `Nothing was run: ${left} of ${tasks.length} runs are left.${what}`,
  );
}

async function runUnderSlurm(
  folder: SweepFolder,
  progress: readonly TaskProgress[],
  { max, arraySize, time, sbatch, dryRun }: RunFlags,
  context: CliContext,
): Promise<void> {
  const { path, tasks } = folder;
  const left = progress.filter(({ state }) => state !== 'done').length;
  const script = await writeJobArray(folder, progress, { most: max ?? null, arraySize, time: time ?? null, sbatch });
  if (dryRun || script === null) return sayPlanned(folder, left, script, context);
  const job = await submit(script);
  context.result(
    { folder: path, tasks: tasks.length, left, script, job },
    `Submitted job ${job}: ${left} runs.\n\nNext:\n  ${invocation()} sweep status ${shellWord(shortPath(path))}`,
  );
}

const STATES: TaskState[] = ['done', 'running', 'stopped', 'interrupted', 'failed', 'waiting'];

function countsOf(progress: readonly TaskProgress[]): Record<TaskState, number> {
  return Object.fromEntries(
    STATES.map((state) => [state, progress.filter((entry) => entry.state === state).length]),
  ) as Record<TaskState, number>;
}

async function status(named: string, context: CliContext): Promise<void> {
  const folder = await openSweep(named);
  const progress = await folder.progress();
  const counts = countsOf(progress);
  const failed = progress.filter(({ state }) => state === 'failed');
  const failures = failed.map(({ task, record }) => ({ id: task.id, ...record!.error! }));
  context.result(
    { folder: folder.path, tasks: progress.length, ...counts, failures },
    [
      `${folder.name}: ${counts.done} of ${progress.length} runs are done.`,
      '',
      table(STATES.map((state) => [state, String(counts[state])])),
      ...failures.map(({ id, message }) => `${id}: ${message}`),
    ].join('\n'),
  );
}

async function collect(
  named: string,
  flags: OutputFlags & { csv?: string; report?: string },
  context: CliContext,
): Promise<void> {
  const folder = await openSweep(named);
  const { csv = join(folder.path, 'runs.csv'), report = join(folder.path, 'report.html'), force: replace } = flags;
  const inputs = folder.tasks.flatMap(({ data }) => [data.train, data.test]);
  const plan = { inputs: [...new Set(inputs)], replace };
  await assertOutput(csv, RUNS_CSV, plan);
  await assertOutput(report, REPORT_HTML, plan);
  const progress = await folder.progress();
  const comparison = compareClassifiers(progress);
  await writeFileAtomic(csv, runsCsv(progress));
  await writeFileAtomic(report, reportHtml(folder.name, progress, comparison));
  const picture = criticalDifferenceSvg(comparison);
  const svg = picture === null ? null : join(folder.path, 'critical-difference.svg');
  if (svg !== null) await writeFileAtomic(svg, picture!);
  context.result(
    { folder: folder.path, csv, report, svg, ...countsOf(progress), comparison: comparisonData(comparison) },
    [
      ...comparisonTable(comparison),
      '',
      `Runs: ${shortPath(csv)}`,
      `Report: ${shortPath(report)}`,
      ...(svg === null ? [] : [`Critical-difference diagram: ${shortPath(svg)}`]),
    ].join('\n'),
  );
}

function comparisonData({ classifiers, complete, means, ranking }: Comparison): object {
  return {
    classifiers,
    data_sets: complete.length,
    mean_accuracy: means,
    mean_rank: ranking?.friedman.meanRanks ?? null,
    friedman: ranking && { chi2: ranking.friedman.chi2, p: ranking.friedman.p },
    pairs: ranking?.pairs.map(({ a, b, adjusted, ...rest }) => ({
      ...{ a: classifiers[a], b: classifiers[b], ...rest, p_holm: adjusted },
    })),
    cliques: ranking?.cliques.map((clique) => clique.map((c) => classifiers[c])),
  };
}

function comparisonTable({ classifiers, complete, means, ranking }: Comparison): string[] {
  if (means.length === 0) return ['On no data set is every planned run done yet. The report shows what there is.'];
  const rows = classifiers.map((name, c) => [
    name,
    percent(means[c]),
    ranking ? ranking.friedman.meanRanks[c].toFixed(2) : '',
  ]);
  return [`Data sets: ${complete.length}`, table([['', 'mean accuracy', 'mean rank'], ...rows])];
}

async function estimate(
  named: string,
  { nodes, perNode }: { nodes: number[]; perNode: number },
  context: CliContext,
): Promise<void> {
  const folder = await openSweep(named);
  const durations = durationsOf(await folder.progress());
  if (!durations)
    throw new V2SError(
      'sweep.estimate',
      'No run is done yet, so that there is no time to estimate from. Run one seed first.',
    );
  const { seconds, recorded } = durations;
  const total = seconds.reduce((a, b) => a + b, 0);
  const spans = nodes.map((count) => ({ nodes: count, seconds: makespan(seconds, count * perNode) }));
  context.result(
    { folder: folder.path, tasks: seconds.length, recorded, total_seconds: total, per_node: perNode, makespan: spans },
    [
      `${folder.name}: ${seconds.length} runs, ${duration(total)} of computing; times of ${recorded} runs are recorded.`,
      '',
      table([
        ['nodes', 'makespan', 'busy'],
        ...spans.map(({ nodes: count, seconds: span }) => [
          ...[String(count), duration(span), percent(total / (span * count * perNode))],
        ]),
      ]),
    ].join('\n'),
  );
}
