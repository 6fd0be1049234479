import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { FILE_KINDS } from '../../common/read-format';
import { throwIfCanceled, V2SError } from '../errors';
import { openRegularFile } from '../files/bounded-read';

/** How far a folder is searched: levels below it, files that are looked at, and bytes of one that is read. */
const MOST = { levels: 6, files: 20_000, bytes: 2 ** 32 };
/** Folders that hold other things by the thousand. */
const SKIPPED = new Set(['node_modules', '.git', '.v2s']);
const SERIES_EXTENSIONS: readonly string[] = [...FILE_KINDS.map((kind) => `.${kind}`), '.gz'];

/**
 * Finds a data file again by its content: the file itself, or one in a folder and those below it. Files of the same name are read first,
 * then those that are named like series files.
 * @param place file or folder
 * @param wanted SHA-256 of its bytes, and the name it had
 * @returns its path; null when none has this content
 * @throws V2SError `file.*` when the place cannot be read; CanceledError
 */
export async function locateData(
  place: string,
  wanted: { sha256: string; name: string },
  signal?: AbortSignal,
): Promise<string | null> {
  const isFolder = await stat(place).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isFolder) return (await sha256Of(place, signal)) === wanted.sha256 ? place : null;
  const files = await filesBelow(place, signal);
  const isNamesake = (file: string): boolean => basename(file) === wanted.name;
  const alike = (file: string): boolean =>
    SERIES_EXTENSIONS.includes(extname(file).toLowerCase()) || extname(file) === extname(wanted.name);
  for (const file of [...files.filter(isNamesake), ...files.filter((file) => !isNamesake(file) && alike(file))])
    try {
      if ((await sha256Of(file, signal)) === wanted.sha256) return file;
    } catch (error) {
      // One that cannot be read is not the one.
      if (!(error instanceof V2SError) || signal?.aborted) throw error;
    }
  return null;
}

/** Regular files, those of a level before those of the next one; links are not followed. */
async function filesBelow(folder: string, signal?: AbortSignal): Promise<string[]> {
  const files: string[] = [];
  let level = [folder];
  for (let depth = 0; depth <= MOST.levels && level.length > 0; depth++) {
    const next: string[] = [];
    for (const one of level) {
      throwIfCanceled(signal);
      for (const entry of await readdir(one, { withFileTypes: true }).catch(() => [])) {
        if (files.length >= MOST.files) return files;
        if (entry.isFile()) files.push(join(one, entry.name));
        else if (entry.isDirectory() && !SKIPPED.has(entry.name)) next.push(join(one, entry.name));
      }
    }
    level = next;
  }
  return files;
}

async function sha256Of(path: string, signal?: AbortSignal): Promise<string | null> {
  const { handle, size } = await openRegularFile(path);
  try {
    if (size > MOST.bytes) return null;
    const hash = createHash('sha256');
    for await (const piece of handle.createReadStream({ autoClose: false })) {
      throwIfCanceled(signal);
      hash.update(piece as Buffer);
    }
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}
