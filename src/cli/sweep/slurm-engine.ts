import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { V2SError } from '../../engine/errors';
import { makeFolder, writeFileAtomic } from '../../engine/files/atomic';
import { jobArrayScript, type SweepFolder, type TaskProgress } from '../../engine/sweep';

export interface SlurmOptions {
  /** elements at once; null: as many as Slurm gives */
  most: number | null;
  arraySize: number;
  /** ms */
  time: number | null;
  /** further options of sbatch */
  sbatch: readonly string[];
}

/**
 * Writes the script of the job array into the sweep's folder.
 * @returns its path; null when no task is left
 * @throws V2SError `file.*`
 */
export async function writeJobArray(
  { path, name, tasks }: SweepFolder,
  progress: readonly TaskProgress[],
  { most, arraySize, time, sbatch }: SlurmOptions,
): Promise<string | null> {
  const command = [process.execPath, process.argv[1]];
  const { threads } = tasks[0];
  const script = jobArrayScript({
    ...{ name, folder: path, progress, threads, command },
    ...{ most, arraySize, time, options: sbatch },
  });
  if (script === null) return null;
  await makeFolder(join(path, 'logs'));
  const file = join(path, 'job.sh');
  await writeFileAtomic(file, script);
  return file;
}

/** @returns the number of the job. @throws V2SError `sweep.slurm` */
export async function submit(script: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('sbatch', ['--parsable', script]);
    return stdout.trim().split(';')[0];
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    const why =
      code === 'ENOENT' ? 'there is no command sbatch on this machine.' : (stderr?.trim() ?? (error as Error).message);
    throw new V2SError('sweep.slurm', `The job array was not submitted: ${why} Its script is ${script}.`, {
      cause: error,
    });
  }
}
