import { open, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { kill, pid as ownPid } from 'node:process';
import * as z from 'zod';
import { V2SError } from '../errors';
import { fileError } from '../files/atomic';
import { readBoundedText } from '../files/bounded-read';
import { MAX_DOCUMENT_BYTES } from '../files/limits';

const LOCK_FILE = 'run.lock';
const lockSchema = z.object({ pid: z.int(), host: z.string() });

/** Says that a process works on a run folder, so that another window or terminal does not resume what is running. */
export class RunLock {
  private constructor(private readonly path: string) {}

  /** The lock of a process that no longer lives is taken over. @throws V2SError `run.busy`, `file.*` */
  static async take(folder: string): Promise<RunLock> {
    const path = join(folder, LOCK_FILE);
    for (let attempt = 1; ; attempt++) {
      try {
        const handle = await open(path, 'wx');
        try {
          await handle.writeFile(JSON.stringify({ pid: ownPid, host: hostname() }));
        } finally {
          await handle.close();
        }
        return new RunLock(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError(error, path, 'write');
      }
      if (attempt > 1 || (await isLocked(folder)))
        throw new V2SError(
          'run.busy',
          `Another window or terminal is working on the run in ${folder}. Stop it there, or wait until it ends.`,
        );
      await unlink(path).catch(() => undefined);
    }
  }

  async release(): Promise<void> {
    await unlink(this.path).catch(() => undefined);
  }
}

/** Whether another living process works on the run; one on another machine cannot be asked and does not count. */
export async function isLocked(folder: string): Promise<boolean> {
  let lock: z.infer<typeof lockSchema>;
  try {
    lock = lockSchema.parse(
      JSON.parse(await readBoundedText(join(folder, LOCK_FILE), { maxBytes: MAX_DOCUMENT_BYTES })),
    );
  } catch {
    return false;
  }
  if (lock.host !== hostname() || lock.pid === ownPid) return false;
  try {
    kill(lock.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
