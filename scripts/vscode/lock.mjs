// A lock file that lets one process at a time work in a folder, and that a killed process does not leave locked forever.
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './processes.mjs';

/** Process id of the lock's holder; NaN if it is free. */
const holder = async (file) => parseInt(await readFile(file, 'utf8').catch(() => ''), 10);

/** Takes the lock if it is free; a lock whose holder no longer lives is free. */
async function tryLock(file) {
  const own = `${file}.${process.pid}`;
  await writeFile(own, String(process.pid));
  try {
    // Unlike opening a new file and writing to it, a link appears at once with its content.
    await link(own, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  } finally {
    await rm(own, { force: true });
  }
  const dead = await holder(file);
  if (dead > 0 && !isAlive(dead)) {
    // Renaming succeeds for one of several waiting processes only; should it have caught a new holder's lock, it goes back.
    await rename(file, own).catch(() => undefined);
    const caught = await holder(own);
    if (caught > 0 && caught !== dead) await link(own, file).catch(() => undefined);
    await rm(own, { force: true });
  }
  return false;
}

/**
 * Runs `work` while holding the lock `file`; waits for another holder.
 * @param {(holder: number) => void} onWait called once, with the other holder's process id, if there is one
 */
export async function withLock(file, work, onWait = () => undefined) {
  await mkdir(dirname(file), { recursive: true });
  let told = false;
  while (!(await tryLock(file))) {
    const other = await holder(file);
    if (!told && other > 0) {
      onWait(other);
      told = true;
    }
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
