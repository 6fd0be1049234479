// What is drawn beside a map is read as the map's series is: as the program's TRAIN was.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { withBackground } from '../support/background';
import { runV2s } from '../support/v2s-process';

const VALUES = 24;
/** A first column that looks like a value, and is none for this program. */
const OWN_COLUMN = 7.25;

test('pages, means of classes and errors leave out the columns that the program leaves out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'v2s-reads-'));
  try {
    const row = (i: number): string =>
      [
        OWN_COLUMN + 0.5 * (i % 3),
        ...Array.from({ length: VALUES }, (_, t) => Math.sin((1 + (i % 2)) * t)),
        'ab'[i % 2],
      ].join();
    const file = join(folder, 'Odd_TRAIN.csv');
    writeFileSync(file, Array.from({ length: 12 }, (_, i) => `${row(i)}\n`).join(''));
    const program = join(folder, 'Odd.v2s.safetensors');
    const args = [
      'reprogram',
      file,
      '--label-column',
      'last',
      '--ignore-columns',
      '1',
      '--members',
      '3',
      '--threads',
      '1',
    ];
    const made = await runV2s([...args, '--out', program, '--runs', join(folder, 'runs')], { cwd: folder });
    assert.equal(made.code, 0, made.err);
    await withBackground([resolve('models')], async (remote) => {
      const about = { file, program };
      const { series } = await remote.readSeriesPage({ ...about, indices: [0], width: 100 });
      assert.equal(series[0].values.length, VALUES);
      const { values } = await remote.classMean({ ...about, label: 'a', length: VALUES });
      assert.ok(values && Math.abs(values[1] - Math.sin(1)) < 1e-6, String(values));
      const { index } = await remote.nextError({ ...about, index: 0, by: 1 });
      const predictions = await remote.classify(about);
      const wrong = [...predictions.truth].findIndex((truth, i) => i > 0 && truth !== predictions.predicted[i]);
      assert.equal(index, wrong < 0 ? null : wrong);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
