// The engine for scripts: its modules, bundled where the kernels and the worker threads' bundle lie.
import { build } from 'esbuild';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './set-up.mjs';

/**
 * @param name file name of the bundle in dist, without ending
 * @param modules paths below src/engine
 */
export async function loadEngine(name, modules) {
  const outfile = join(root, `dist/${name}.js`);
  await build({
    absWorkingDir: root,
    stdin: {
      contents: modules.map((module) => `export * from './src/engine/${module}';`).join('\n'),
      resolveDir: root,
      loader: 'ts',
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['@tensorflow/tfjs-node'],
    logLevel: 'warning',
  });
  return createRequire(import.meta.url)(outfile);
}
