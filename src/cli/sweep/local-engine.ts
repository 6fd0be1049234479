import { spawn } from 'node:child_process';
import { CanceledError } from '../../engine/errors';
import type { SweepFolder, Task } from '../../engine/sweep';
import type { CliContext } from '../context';

/** A failed task is tried this often again, alone: what ran beside it may have taken its memory. */
const RETRIES = 1;

/**
 * Runs tasks as processes of this machine, so that one that crashes takes no other along.
 * @param most processes at once
 * @returns the tasks that failed all the same
 * @throws CanceledError when the signal has fired and every process has stopped
 */
export async function runLocally(
  folder: SweepFolder,
  tasks: readonly Task[],
  most: number,
  context: CliContext,
): Promise<Task[]> {
  let done = 0;
  const attempt = async (queue: readonly Task[], width: number): Promise<Task[]> => {
    const failed: Task[] = [];
    let next = 0;
    const slot = async (): Promise<void> => {
      while (next < queue.length && !context.signal.aborted) {
        const task = queue[next++];
        const code = await runTask(folder, task, context.signal);
        if (context.signal.aborted) return;
        if (code === 0) done++;
        else failed.push(task);
        context.event('task', { id: task.id, state: code === 0 ? 'done' : 'failed', exit: code });
        context.progress(done, tasks.length, `${task.id}${code === 0 ? '' : ' failed'}`);
      }
    };
    await Promise.all(Array.from({ length: width }, slot));
    return failed;
  };
  let failed = await attempt(tasks, Math.min(most, tasks.length));
  for (let retry = 0; retry < RETRIES && failed.length > 0; retry++) failed = await attempt(failed, 1);
  if (context.signal.aborted)
    throw new CanceledError('Stopped. Every run has kept its checkpoint. To go on, repeat the line.');
  return failed;
}

/** @returns the exit code; null for a process that was killed */
async function runTask(folder: SweepFolder, task: Task, signal: AbortSignal): Promise<number | null> {
  return await new Promise((done, failed) => {
    const args = [process.argv[1], 'sweep', 'work', folder.path, '--task', task.id, '--requeue', '--json'];
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop);
    child.on('error', failed);
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop);
      done(code);
    });
  });
}
