import { open, rename, unlink, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { V2SError } from '../errors';

/** What went wrong with a file, in words that say what to do. */
export function fileError(error: unknown, path: string, doing: string): V2SError {
  const code = (error as NodeJS.ErrnoException).code;
  const reasons: Record<string, string> = {
    ENOSPC: 'the disk is full; free some space and try again',
    EDQUOT: 'the disk quota is used up; free some space and try again',
    EACCES: 'permission denied; choose a folder you can write to',
    EPERM: 'permission denied; choose a folder you can write to',
    EROFS: 'the file system is read-only; choose another folder',
    ENOENT: 'no such file or folder',
    ENOTDIR: 'a part of the path is not a folder',
    EISDIR: 'it is a folder',
  };
  const why = (code && reasons[code]) || (error instanceof Error ? error.message : String(error));
  return new V2SError(`file.${code?.toLowerCase() ?? 'unknown'}`, `Cannot ${doing} ${path}: ${why}.`, { cause: error });
}

let serial = 0;

/**
 * Replaces a file in one step: temporary file in the same folder, fsync, rename, fsync of the folder. A crash at any moment
 * leaves the old file or the new one whole. Missing folders are made.
 * @throws V2SError `file.*`; the old file is then untouched
 */
export async function writeFileAtomic(path: string, data: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${serial++}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw fileError(error, path, 'write');
  }
  await syncFolder(folder);
}

/** Makes the rename itself durable where the platform lets folders be opened (not on Windows). */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
