import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { kill, platform } from 'node:process';
import { promisify } from 'node:util';

/** Whether a process of this machine has this number. */
export function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What tells this start of the machine from others, of this machine or of one with the same name; null where it is not told. */
export async function bootOf(): Promise<string | null> {
  if (platform !== 'linux') return null;
  return await readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}

/**
 * When a process started, in the words of the system: tells it from another that got its number. Null where it is not told, empty for
 * one that has ended and was not collected yet.
 */
export async function startOf(pid: number): Promise<string | null> {
  if (platform === 'win32') return null;
  if (platform !== 'linux')
    return await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], {
      env: { LC_ALL: 'C', TZ: 'UTC' },
    }).then(
      ({ stdout }) => stdout.trim() || null,
      () => null,
    );
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the name of the program in parentheses, which may hold anything; the start is the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? null);
}
