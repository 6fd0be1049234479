import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

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
    if (basename(program) === PROGRAM_FILE) return near;
    const roots = new Set([join(near, '.v2s', 'runs'), join(near, 'runs'), ...this.#roots]);
    let wanted: string | null = null;
    for (const root of roots)
      for (const name of (await readdir(root).catch(() => [])).sort().reverse()) {
        const copy = join(root, name, PROGRAM_FILE);
        if ((await sizeOf(copy)) !== size) continue;
        wanted ??= await sha256(program);
        if ((await sha256(copy)) === wanted) return join(root, name);
      }
    return null;
  }
}

const PROGRAM_FILE = 'program.v2s.safetensors';

async function sizeOf(path: string): Promise<number | null> {
  return await stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
