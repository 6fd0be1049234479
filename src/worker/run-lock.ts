import { open, readFile, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { V2SError } from '../engine/errors';
import { fileError } from '../engine/files/atomic';

const LOCK_FILE = 'run.lock';
const lockSchema = z.object({ pid: z.int(), host: z.string() });

/** Says that a process works on a run folder, so that a second window does not resume what is running. */
export class RunLock {
  private constructor(private readonly path: string) {}

  /** @throws V2SError `run.busy`, `file.*` */
  static async take(folder: string): Promise<RunLock> {
    const path = join(folder, LOCK_FILE);
    if (await isLocked(folder))
      throw new V2SError(
        'run.busy',
        `The run in ${folder} is under way in another window or terminal. Stop it there, or wait until it ends.`,
      );
    try {
      await unlink(path).catch(() => undefined);
      const handle = await open(path, 'wx');
      await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
      await handle.close();
    } catch (error) {
      throw fileError(error, path, 'write');
    }
    return new RunLock(path);
  }

  async release(): Promise<void> {
    await unlink(this.path).catch(() => undefined);
  }
}

/** Whether a living process works on the run; one on another machine cannot be asked and does not count. */
export async function isLocked(folder: string): Promise<boolean> {
  let lock: z.infer<typeof lockSchema>;
  try {
    lock = lockSchema.parse(JSON.parse(await readFile(join(folder, LOCK_FILE), 'utf8')));
  } catch {
    return false;
  }
  if (lock.host !== hostname() || lock.pid === process.pid) return false;
  try {
    process.kill(lock.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
