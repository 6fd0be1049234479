import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readBounded } from '../files/bounded-read';
import { MAX_PROGRAM_BYTES } from '../files/limits';
import { RunFolder, RUNS_FOLDER } from './run-folder';

/**
 * Finds the run that made a program: a program is a single file that may be moved, its run folder with the checkpoints on the way
 * stays in `.v2s/runs`. They belong together when the program's bytes are those of the run's own copy.
 */
export class RunIndex {
  readonly #roots = new Set<string>();

  /** Adds a folder of run folders to those that are searched. */
  addRoot(root: string): void {
    this.#roots.add(root);
  }

  /** The run folder that a program came from, null when none is found. */
  async folderOf(program: string): Promise<string | null> {
    const size = await sizeOf(program);
    if (size === null) return null;
    const near = dirname(program);
    const own = RunFolder.holding(program);
    if (own !== null) return own;
    const roots = new Set([join(near, RUNS_FOLDER), join(near, 'runs'), ...this.#roots]);
    let wanted: string | null = null;
    for (const root of roots)
      for (const name of (await readdir(root).catch(() => [])).sort().reverse()) {
        const copy = RunFolder.programIn(join(root, name));
        if ((await sizeOf(copy)) !== size) continue;
        wanted ??= await sha256(program);
        if ((await sha256(copy).catch(() => null)) === wanted) return join(root, name);
      }
    return null;
  }
}

async function sizeOf(path: string): Promise<number | null> {
  return await stat(path).then(
    (entry) => (entry.isFile() ? entry.size : null),
    () => null,
  );
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readBounded(path, { maxBytes: MAX_PROGRAM_BYTES }))
    .digest('hex');
}
