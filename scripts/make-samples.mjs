// Writes the sample data sets from the generators in src/engine/series (formulas and seeds: samples/README.md).
//   npm run samples
import { build } from 'esbuild';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundle = join(root, 'dist', 'sample-files.mjs');

await build({
  absWorkingDir: root,
  entryPoints: ['src/engine/series/sample-files.ts'],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
});
const { sampleFiles } = await import(pathToFileURL(bundle).href);
for (const { path, text } of sampleFiles()) {
  const file = join(root, 'samples', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`samples/${path}: ${text.split('\n').length - 1} lines`);
}
