import { InvalidArgumentError, Option, type Command } from 'commander';
import { CanceledError, V2SError } from '../../engine/errors';
import { executeTask, shareOf, SweepFolder, type Task } from '../../engine/sweep';
import { modelRoots, type CliContext } from '../context';
import { addRequeueFlags, requeueable, type RequeueFlags } from '../requeue';
import { percent } from '../words';

interface WorkFlags extends RequeueFlags {
  task?: string;
  share?: { share: number; shares: number };
}

/** `v2s sweep work SWEEP --task ID | --share K/N`: what engines and workflows call. */
export function registerWork(sweep: Command, context: CliContext): void {
  const work = sweep
    .command('work')
    .description('run one task, or one share of the tasks, in this process; for engines and workflows')
    .argument('<folder>', 'folder of the sweep')
    .addOption(new Option('--task <id>', 'the task').conflicts('share'))
    .addOption(new Option('--share <k/n>', 'share k, from 0, of n shares').argParser(parseShare));
  addRequeueFlags(work).action(async (path: string, flags: WorkFlags) => {
    if (flags.task === undefined && flags.share === undefined)
      work.error("error: one of the options '--task <id>' and '--share <k/n>' is needed", { exitCode: 2 });
    await requeueable(flags, context, async (limited) => {
      const folder = await SweepFolder.open(path);
      if (flags.task !== undefined) await runOne(folder, folder.task(flags.task), limited);
      else await runShare(folder, flags.share!, limited);
    });
  });
}

function parseShare(text: string): { share: number; shares: number } {
  const [share, shares] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).slice(1).map(Number);
  if (!(share < shares)) throw new InvalidArgumentError('Expected k/n with k from 0 to n - 1.');
  return { share, shares };
}

async function runOne(folder: SweepFolder, task: Task, context: CliContext): Promise<void> {
  const { outcome, seconds, attempts } = await workOn(folder, task, context);
  context.result(
    { id: task.id, outcome, seconds, attempts },
    `${task.id}: test accuracy ${percent(outcome!.test)}, ${seconds.toFixed(1)} s.`,
  );
}

/** A failed task does not stop the others; it is tried once more when they are done. */
async function runShare(
  folder: SweepFolder,
  { share, shares }: { share: number; shares: number },
  context: CliContext,
): Promise<void> {
  const tasks = shareOf(folder.tasks, share, shares);
  const attempt = async (queue: readonly Task[]): Promise<{ task: Task; error: V2SError }[]> => {
    const failed: { task: Task; error: V2SError }[] = [];
    for (const task of queue)
      try {
        await workOn(folder, task, context);
        context.event('task', { id: task.id, state: 'done' });
        context.say(`${task.id}: done.`);
      } catch (error) {
        if (!(error instanceof V2SError) || error instanceof CanceledError) throw error;
        failed.push({ task, error });
        context.event('task', { id: task.id, state: 'failed', code: error.code, message: error.message });
        context.say(`${task.id}: ${error.message}`);
      }
    return failed;
  };
  const first = await attempt(tasks);
  const failed = first.length > 0 ? await attempt(first.map(({ task }) => task)) : [];
  // Where another process works on a task, this share is to come back and see.
  const [worst] = [...failed].sort((a, b) => Number(a.error.code === 'run.busy') - Number(b.error.code === 'run.busy'));
  if (worst)
    throw new V2SError(
      worst.error.code === 'run.busy' ? 'run.busy' : 'sweep.failed',
      `Runs that failed twice: ${failed.length} of ${tasks.length}. ${worst.task.id}: ${worst.error.message}`,
    );
  context.result({ tasks: tasks.length, done: tasks.length }, `All ${tasks.length} runs of the share are done.`);
}

function workOn(folder: SweepFolder, task: Task, context: CliContext) {
  return executeTask(folder, task, modelRoots(), {
    signal: context.signal,
    onProgress: (share) => context.progress(share, 1, task.id),
  });
}
