import { randomUUID } from 'node:crypto';
import { constants, link, lstat, open, readdir, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pid as ownPid } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { V2SError } from '../errors';
import { fileError } from '../files/atomic';
import { bootOf, isAlive, startOf } from './process-identity';

/** The first lock of a folder is `run.lock`; one that takes over from a stale one is `run.lock.2`, and so on. */
const LOCK_FILE = 'run.lock';
const LOCK_NAME = /^run\.lock(?:\.([1-9]\d{0,8}))?$/;
const UNPUBLISHED_NAME = /^\.run\.lock\.[0-9a-f-]{36}\.tmp$/;
const MAX_LOCK_BYTES = 4096;

/** How often the owner of a lock shows that it lives, ms. */
const BEAT = 10_000;
/** A lock whose owner cannot be asked counts for so long after its last beat, ms. */
const STALE_AFTER = 120_000;
/** Tries at a lock that others come and go at. */
const MAX_ATTEMPTS = 50;

const lockSchema = z.object({
  nonce: z.string().optional(),
  pid: z.int(),
  host: z.string(),
  /** of the machine; null where the system does not tell */
  boot: z.string().nullish(),
  /** when the process started, as the system tells it */
  started: z.string().nullish(),
});
type Lock = z.infer<typeof lockSchema>;

/** A lock file as it was found. */
interface FoundLock {
  path: string;
  generation: number;
  /** null: not one of ours, or not yet whole */
  lock: Lock | null;
  /** last beat, ms since 1970 by the clock of the file system */
  beat: number;
}

/**
 * Says that a process works on a run folder, so that another window, terminal or machine does not resume what is running.
 *
 * A lock appears whole: it is written under another name and published by `link`, which fails when the name is taken. A stale lock is
 * never removed to make room, because the one that is removed might be a new one: who takes over publishes the next generation, for
 * which there is one winner again. Whoever has published looks once more and withdraws when it finds another living lock, so that
 * of two that overlook each other's generation at least one sees the other.
 */
export class RunLock {
  readonly #beating: NodeJS.Timeout;

  private constructor(
    private readonly path: string,
    private readonly nonce: string,
  ) {
    this.#beating = setInterval(() => void beat(path, nonce), BEAT).unref();
  }

  /** The lock of a process that no longer lives is taken over. @throws V2SError `run.busy`, `file.*` */
  static async take(folder: string): Promise<RunLock> {
    const nonce = randomUUID();
    const unpublished = join(folder, `.${LOCK_FILE}.${nonce}.tmp`);
    try {
      const [boot, started] = await Promise.all([bootOf(), startOf(ownPid)]);
      const content: Lock = { nonce, pid: ownPid, host: hostname(), boot, started };
      await writeFile(unpublished, JSON.stringify(content), { flag: 'wx' });
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        // The clock of the file system, which may be another machine's.
        const now = (await lstat(unpublished)).mtimeMs;
        const before = await findLocks(folder);
        if (await someLive(before, now)) break;
        const generation = Math.max(0, ...before.map((found) => found.generation)) + 1;
        const path = join(folder, generation === 1 ? LOCK_FILE : `${LOCK_FILE}.${generation}`);
        if (!(await publish(unpublished, path, JSON.stringify(content)))) continue;
        const others = (await findLocks(folder)).filter((found) => found.path !== path);
        if (!(await someLive(others, now))) {
          await Promise.all(others.map((other) => unlink(other.path).catch(() => undefined)));
          await sweepUnpublished(folder, now);
          return new RunLock(path, nonce);
        }
        await withdraw(path, nonce);
        await delay(5 + 45 * Math.random());
      }
    } catch (error) {
      throw fileError(error, join(folder, LOCK_FILE), 'write');
    } finally {
      await unlink(unpublished).catch(() => undefined);
    }
    throw new V2SError(
      'run.busy',
      `Another window, terminal or machine is working on the run in ${folder}. Stop it there, or wait until it ends.`,
    );
  }

  async release(): Promise<void> {
    clearInterval(this.#beating);
    await withdraw(this.path, this.nonce);
  }
}

/** Whether another living process works on the run. */
export async function isLocked(folder: string): Promise<boolean> {
  const [found, started] = await Promise.all([findLocks(folder).catch(() => []), startOf(ownPid)]);
  const foreign = found.filter(
    ({ lock }) =>
      lock?.pid !== ownPid ||
      lock.host !== hostname() ||
      (typeof lock.started === 'string' && lock.started !== started),
  );
  return await someLive(foreign, Date.now());
}

/** Gives the lock its name. @returns false when the name is taken */
async function publish(unpublished: string, path: string, content: string): Promise<boolean> {
  try {
    await link(unpublished, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Over a network the answer to a link that was made can be lost, and the question be asked twice.
    if (code === 'EEXIST') return (await lstat(unpublished)).nlink === 2;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? '')) throw error;
  }
  // A file system without links: there is one winner as well, but for a moment the lock is not whole, and counts by its beat.
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function findLocks(folder: string): Promise<FoundLock[]> {
  const found = await Promise.all(
    (await readdir(folder)).map(async (name): Promise<FoundLock | null> => {
      const match = LOCK_NAME.exec(name);
      if (!match) return null;
      const path = join(folder, name);
      const read = await readLock(path);
      return read && { path, generation: Number(match[1] ?? 1), ...read };
    }),
  );
  return found.filter((lock) => lock !== null);
}

/** Null when it is gone. */
async function readLock(path: string): Promise<Pick<FoundLock, 'lock' | 'beat'> | null> {
  try {
    const { mtimeMs } = await lstat(path);
    return { lock: await parseLock(path), beat: mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function parseLock(path: string): Promise<Lock | null> {
  if (!(await lstat(path)).isFile()) return null;
  const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_LOCK_BYTES), 0, MAX_LOCK_BYTES, 0);
    return lockSchema.parse(JSON.parse(buffer.toString('utf8', 0, bytesRead)));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  } finally {
    await handle.close();
  }
}

async function someLive(locks: readonly FoundLock[], now: number): Promise<boolean> {
  for (const lock of locks) if (await isLive(lock, now)) return true;
  return false;
}

/**
 * A process of this machine is asked: one with the same number that started at another time is another process. Who cannot be asked
 * is believed while its lock beats. A beat that lies as far in the future is no beat.
 */
async function isLive({ lock, beat }: Pick<FoundLock, 'lock' | 'beat'>, now: number): Promise<boolean> {
  const beats = Math.abs(now - beat) < STALE_AFTER;
  const here = lock !== null && lock.host === hostname() && (!lock.boot || lock.boot === (await bootOf()));
  if (!here) return beats;
  if (!isAlive(lock.pid)) return false;
  const started = lock.started ? await startOf(lock.pid) : null;
  return started === null ? beats : started === lock.started;
}

/** Shows that the owner lives. The byte that is written is the one that is there, so that a reader never sees half a lock. */
async function beat(path: string, nonce: string): Promise<void> {
  try {
    if ((await parseLock(path))?.nonce !== nonce) return;
    const handle = await open(path, constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      await handle.write('{', 0);
    } finally {
      await handle.close();
    }
  } catch {
    // The folder may be out of reach for a while; the next beat tries again.
  }
}

/** Removes a lock if it is still the one with this nonce. */
async function withdraw(path: string, nonce: string): Promise<void> {
  const lock = await parseLock(path).catch(() => null);
  if (lock?.nonce === nonce) await unlink(path).catch(() => undefined);
}

/** What processes left that died before they published, or before they removed the second name of their lock. */
async function sweepUnpublished(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!UNPUBLISHED_NAME.test(name)) continue;
    const path = join(folder, name);
    const found = await readLock(path).catch(() => null);
    if (found && !(await isLive(found, now))) await unlink(path).catch(() => undefined);
  }
}
