// The product as tests and `npm start` take it: built from the sources now, and packed as people install it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './processes.mjs';
import { packageExtension } from './vsix.mjs';

/**
 * Builds everything into dist/.
 * @throws {Error} with the compiler's messages
 */
export async function buildProduct(root) {
  await run(process.execPath, [join(root, 'esbuild.mjs')], { cwd: root });
  const { main } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (main && !existsSync(join(root, main)))
    throw new Error(`package.json names ${main}, which the build did not make.`);
}

/** Packs the built product; `file` defaults to NAME-VERSION.vsix in the project folder. */
export function packageProduct(root, file) {
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return packageExtension(root, file ?? join(root, `${name}-${version}.vsix`));
}
