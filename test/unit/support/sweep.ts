import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../../src/engine/math/random';

/** Two classes of short noisy series as `NAME_TRAIN.tsv` and `NAME_TEST.tsv`. */
export function writeToyData(folder: string, name: string, seed: number): void {
  const random = new Random(seed);
  const row = (c: number): string =>
    [
      c,
      ...Array.from({ length: 24 }, (_, t) => (Math.sin((c + 1) * 0.5 * t) + 0.5 * random.gaussian()).toFixed(5)),
    ].join('\t');
  const table = (rows: number): string => Array.from({ length: rows }, (_, i) => `${row(i % 2)}\n`).join('');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}_TRAIN.tsv`), table(14));
  writeFileSync(join(folder, `${name}_TEST.tsv`), table(10));
}
