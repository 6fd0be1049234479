import { join } from 'node:path';
import { shellWord } from '../shell-word';
import type { TaskProgress } from './sweep-folder';

/** Slurm takes no more elements unless its administrator says so (MaxArraySize 1001). */
export const DEFAULT_ARRAY_SIZE = 1000;
/** Minutes that Slurm waits longer than the command's own limit, for the checkpoint. */
const GRACE = 5;
/** Seconds before Slurm's limit at which it asks a job to stop. */
const NOTICE = 120;
/** How often a process that was killed is tried again; running out of memory would kill it each time. */
const MAX_KILLED = 3;

export interface JobArray {
  name: string;
  folder: string;
  progress: readonly TaskProgress[];
  threads: number;
  /** words that run `v2s` */
  command: readonly string[];
  /** elements at once; null: as many as Slurm gives */
  most: number | null;
  arraySize: number;
  /** after which an element stops and is queued again, ms */
  time: number | null;
  /** further options of sbatch, such as `--partition=short` */
  options: readonly string[];
}

/** Element `share` of `shares` has the tasks whose place in the list leaves this rest. */
export function shareOf<T>(tasks: readonly T[], share: number, shares: number): T[] {
  return tasks.filter((_, i) => i % shares === share);
}

/**
 * The script of a job array in which each element runs its share of the tasks. An element that is asked to stop keeps a checkpoint and
 * queues itself again, as does one whose process was killed; a failed task does not stop the others of its share.
 * @returns null when no task is left
 */
export function jobArrayScript(job: JobArray): string | null {
  const { progress, folder, command, options, most, time, threads } = job;
  const shares = Math.min(job.arraySize, progress.length);
  const indices = Array.from({ length: shares }, (_, share) => share).filter((share) =>
    shareOf(progress, share, shares).some(({ state }) => state !== 'done'),
  );
  if (indices.length === 0) return null;
  const word = (text: string): string => shellWord(text, 'linux');
  const limit = time === null ? [] : [`#SBATCH --time=${Math.ceil(time / 60_000) + GRACE}`];
  const timeFlag = time === null ? '' : ` --time ${time / 1000}s`;
  return `#!/bin/bash
#SBATCH --job-name=${word(`v2s-${job.name.replace(/[^\w.-]+/g, '_')}`)}
#SBATCH --array=${rangesOf(indices)}${most === null ? '' : `%${most}`}
#SBATCH --cpus-per-task=${threads}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@${NOTICE}
#SBATCH --output=${quoted(join(folder, 'logs', '%a.log'))}
${[...limit, ...options.map((option) => `#SBATCH ${option}`)].map((text) => `${text}\n`).join('')}
${command.map(word).join(' ')} sweep work ${word(folder)} --share "$SLURM_ARRAY_TASK_ID/${shares}" --requeue${timeFlag} &
child=$!
trap 'kill -TERM "$child" 2>/dev/null' TERM
wait "$child"
code=$?
# A trapped signal ends the first wait; the process itself goes on until its checkpoint is written.
while [ "$code" -gt 128 ] && kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done

again() {
  # A job that was canceled is not to come back.
  [ "$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%T)" = RUNNING ] || exit "$code"
  echo "Exit code $code: the job is queued again."
  scontrol requeue "$SLURM_JOB_ID"
  exit "$code"
}
case "$code" in
  75 | 130 | 143) again ;;
  137) [ "\${SLURM_RESTART_COUNT:-0}" -lt ${MAX_KILLED} ] && again ;;
esac
exit "$code"
`;
}

/** A value of an `#SBATCH` line, whose words Slurm takes apart. */
const quoted = (text: string): string => (/\s/.test(text) ? `"${text}"` : text);

/** `0-3,7` */
function rangesOf(indices: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}
