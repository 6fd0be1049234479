// Writes the sample data sets from the generators in src/engine/series (formulas and seeds: samples/README.md).
//   npm run samples
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadEngine } from './engine.mjs';
import { root } from './set-up.mjs';

const { sampleFiles } = await loadEngine('sample-files', ['series/sample-files']);
for (const { path, text } of sampleFiles()) {
  const file = join(root, 'samples', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`samples/${path}: ${text.split('\n').length - 1} lines`);
}
