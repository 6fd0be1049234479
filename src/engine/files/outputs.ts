import { constants, open, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, isAbsolute } from 'node:path';
import { V2SError } from '../errors';
import { fileError, targetOf } from './atomic';

/** Bytes by which a file of ours is recognized. */
const HEAD_BYTES = 512;

/** A kind of file that we write: one of them is replaced by a new one without a question. */
export interface OutputKind {
  /** with its article, for a sentence */
  name: string;
  /** what such a file begins with */
  begins: RegExp;
}

/** What is known about a write before the work for it begins. */
export interface OutputPlan {
  /** files and folders that the work reads */
  inputs: readonly (string | null | undefined)[];
  /** whether the person agreed that whatever is there is replaced */
  replace?: boolean;
}

/**
 * Checks, before any work, that a file may be written: it is none of the inputs, and what is there already is of the same kind.
 * @throws V2SError `output.input`, `output.exists`, `file.*`
 */
export async function assertOutput(path: string, kind: OutputKind, { inputs, replace }: OutputPlan): Promise<void> {
  const old = await identityOf(path);
  if (!old) return;
  if (old.folder) throw new V2SError('file.eisdir', `Cannot write ${path}: it is a folder.`);
  for (const input of inputs) if (input && (await isPartOf(old, path, input))) throw readsIt(path);
  if (replace || !old.file || kind.begins.test(await headOf(path))) return;
  throw new V2SError(
    'output.exists',
    `${path} exists and is not ${kind.name}. Choose another name for what is written.`,
  );
}

/**
 * The same for a folder that gets files with certain names.
 * @param ours whether the files in it are those of an earlier write, told by their names
 * @throws V2SError as `assertOutput`
 */
export async function assertOutputFolder(
  folder: string,
  names: RegExp,
  ours: (present: readonly string[]) => boolean,
  plan: OutputPlan,
): Promise<void> {
  const entry = await identityOf(folder);
  if (!entry) return;
  if (!entry.folder) throw new V2SError('file.eexist', `${folder} is a file; choose a folder.`);
  const present = await readdir(folder).catch((error) => {
    throw fileError(error, folder, 'read the folder');
  });
  const touched = present.filter((name) => names.test(name));
  const replaceable = plan.replace === true || ours(present);
  for (const name of touched)
    await assertOutput(
      join(folder, name),
      { name: 'from an earlier use of this folder', begins: /(?!)/ },
      {
        ...plan,
        replace: replaceable,
      },
    );
}

/** Whether a path leads, at the end of its links, into a folder. @throws V2SError `file.*` */
export async function liesIn(path: string, folder: string): Promise<boolean> {
  try {
    const way = relative(await realpath(folder), await targetOf(path));
    return way !== '' && !isAbsolute(way) && way.split(/[\\/]/)[0] !== '..';
  } catch (error) {
    throw fileError(error, path, 'write');
  }
}

function readsIt(path: string): V2SError {
  return new V2SError('output.input', `${path} would be written over, but it is read here. Choose another name.`);
}

interface Identity {
  device: bigint;
  inode: bigint;
  file: boolean;
  folder: boolean;
}

/** Null for what does not exist. */
async function identityOf(path: string): Promise<Identity | null> {
  try {
    const entry = await stat(path, { bigint: true });
    return { device: entry.dev, inode: entry.ino, file: entry.isFile(), folder: entry.isDirectory() };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw fileError(error, path, 'write');
  }
}

/** Whether a file is this input, or lies in it when the input is a folder. An input that does not exist is reported by its reader. */
async function isPartOf(file: Identity, path: string, input: string): Promise<boolean> {
  const entry = await identityOf(input).catch(() => null);
  if (!entry) return false;
  const compared = entry.folder ? await identityOf(dirname(await targetOf(path))) : file;
  return compared !== null && compared.device === entry.device && compared.inode === entry.inode;
}

async function headOf(path: string): Promise<string> {
  try {
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, path, 'read');
  }
}
