import { randomBytes } from 'node:crypto';
import { constants, lstat, mkdir, open, readdir, readlink, realpath, rename, stat, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { V2SError } from '../errors';

/** What went wrong with a file, in words that say what to do. */
export function fileError(error: unknown, path: string, doing: string): V2SError {
  if (error instanceof V2SError) return error;
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
    EPIPE: 'nobody reads it any more',
    ELOOP: 'it is a symbolic link that is not followed',
  };
  const why = (code && reasons[code]) || (error instanceof Error ? error.message : String(error));
  return new V2SError(`file.${code?.toLowerCase() ?? 'unknown'}`, `Cannot ${doing} ${path}: ${why}.`, { cause: error });
}

/** A temporary name cannot be guessed, so that nobody can lay something in its way, and says whose it is. */
const TEMPORARY = /^\.(.*)\.[0-9a-f]{16}\.v2s-tmp$/s;
/** File systems take names of 255 bytes. */
const MAX_STEM = 60;
/** So old a temporary file belongs to no write that is still under way, ms. */
const ABANDONED = 10 * 60_000;
const MAX_LINKS = 40;

const stemOf = (path: string): string => basename(path).slice(0, MAX_STEM);

export interface WriteOptions {
  /** false: a symbolic link is replaced rather than followed, for files whose place nobody named; default true */
  followLinks?: boolean;
}

/**
 * Replaces a file in one step: temporary file in the same folder, fsync, rename, fsync of the folder. A crash at any moment
 * leaves the old file or the new one whole. Missing folders are made. The new file has the mode of the old one. A pipe or a terminal
 * is no file to replace: the data go into it.
 * @throws V2SError `file.*`; the old file is then untouched
 */
export async function writeFileAtomic(
  path: string,
  data: Uint8Array | string,
  { followLinks = true }: WriteOptions = {},
): Promise<void> {
  try {
    const old = await (followLinks ? stat : lstat)(path).catch(missing);
    if (old && (isStream(old) || (followLinks && isOfSystem(path)))) return await writeInto(path, data, old);
    if (old && !old.isFile() && !old.isSymbolicLink()) throw specialFile(path, old);
    await replace(followLinks ? await targetOf(path) : path, data, old?.isFile() ? old : null);
  } catch (error) {
    throw fileError(error, path, 'write');
  }
}

/** Makes a folder and those above it. @throws V2SError `file.*`, and says which part of the path is a file */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    for (let part = resolve(path); ; part = dirname(part)) {
      const entry = await stat(part).catch(() => null);
      if (entry && !entry.isDirectory())
        throw new V2SError('file.eexist', `${part} is a file; choose a folder.`, { cause: error });
      if (entry || part === dirname(part)) throw fileError(error, path, 'make the folder');
    }
  }
}

/**
 * Appends to a regular file of a folder that may be a stranger's: what lies there under this name is neither followed nor waited for.
 * @throws V2SError `file.*`
 */
export async function appendToFile(path: string, text: string): Promise<void> {
  try {
    if (constants.O_NOFOLLOW === undefined && (await lstat(path).catch(missing))?.isSymbolicLink())
      throw Object.assign(new Error('a symbolic link'), { code: 'ELOOP' });
    const { O_WRONLY, O_APPEND, O_CREAT } = constants;
    const flags = O_WRONLY | O_APPEND | O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const handle = await open(path, flags, 0o666);
    try {
      const entry = await handle.stat();
      if (!entry.isFile()) throw specialFile(path, entry);
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
  } catch (error) {
    // A pipe without a reader, opened without waiting.
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') throw specialFile(path, null);
    throw fileError(error, path, 'write');
  }
}

/** Removes what writes left behind that were killed. @param of the file whose writes are meant; null: all of the folder */
export async function sweepTemporaryFiles(folder: string, of: string | null): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const match = TEMPORARY.exec(name);
    if (!match || (of !== null && match[1] !== stemOf(of))) continue;
    const path = join(folder, name);
    const entry = await lstat(path).catch(() => null);
    if (entry?.isFile() && (of === null || Date.now() - entry.mtimeMs > ABANDONED))
      await unlink(path).catch(() => undefined);
  }
}

async function replace(target: string, data: Uint8Array | string, old: Stats | null): Promise<void> {
  const folder = dirname(target);
  await makeFolder(folder);
  const temporary = join(folder, `.${stemOf(target)}.${randomBytes(8).toString('hex')}.v2s-tmp`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      if (old) await keepMode(handle, old);
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

/** Whose file it was only a privileged process may say; then it stays with the one who writes. */
async function keepMode(handle: FileHandle, { mode, uid, gid }: Stats): Promise<void> {
  const own = await handle.stat();
  if (own.uid !== uid || own.gid !== gid) await handle.chown(uid, gid).catch(() => undefined);
  if ((own.mode & 0o7777) !== (mode & 0o7777)) await handle.chmod(mode & 0o7777);
}

const isStream = (entry: Stats): boolean => entry.isFIFO() || entry.isCharacterDevice();

/** `/dev/stdout` may be a file, but one that the shell has opened and goes on writing to. */
const isOfSystem = (path: string): boolean => process.platform !== 'win32' && /^\/(dev|proc)\//.test(resolve(path));

async function writeInto(path: string, data: Uint8Array | string, entry: Stats): Promise<void> {
  // Opened without waiting first: a pipe that nobody reads would hold this process for ever.
  const ready = entry.isFIFO()
    ? await open(path, constants.O_WRONLY | constants.O_NONBLOCK).catch((error) => {
        throw (error as NodeJS.ErrnoException).code === 'ENXIO' ? specialFile(path, entry) : error;
      })
    : null;
  try {
    const handle = await open(path, constants.O_WRONLY | (entry.isFile() ? constants.O_APPEND : 0));
    try {
      await handle.writeFile(data);
    } finally {
      await handle.close();
    }
  } finally {
    await ready?.close();
  }
}

function specialFile(path: string, entry: Stats | null): V2SError {
  if (entry?.isDirectory()) return new V2SError('file.eisdir', `Cannot write ${path}: it is a folder.`);
  const what = !entry || entry.isFIFO() ? 'a pipe that nobody reads' : 'no regular file';
  return new V2SError('file.special', `Cannot write ${path}: it is ${what}.`);
}

/** Where a path leads, at the end of its links; the file itself need not exist. */
export async function targetOf(path: string): Promise<string> {
  let target = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    const folder = await realpath(dirname(target)).catch(missing);
    if (folder) target = join(folder, basename(target));
    const entry = await lstat(target).catch(missing);
    if (!entry?.isSymbolicLink()) return target;
    target = resolve(dirname(target), await readlink(target));
  }
  throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP' });
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
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
