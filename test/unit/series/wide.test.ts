// A file of one very long row: what memory grows by are its text and its values, not an array of its cells; its preview looks at a part.
import test from 'node:test';
import assert from 'node:assert/strict';
import { appendFileSync, statSync } from 'node:fs';
import { previewSeriesFile, readSeriesFile } from '../../../src/engine/series';
import { scratch } from '../support/series-files';

const CELLS = 1_500_000;
const MB = 1e6;

test('one row of 13 MB', { timeout: 300_000 }, async (t) => {
  const write = await scratch(t);
  const value = (i: number): string => Math.sin(i).toFixed(5);
  const path = await write('wide.csv', 'a');
  // Written piece by piece: what the test itself holds would hide what reading needs.
  for (let from = 0; from < CELLS; from += 1000)
    appendFileSync(path, Array.from({ length: 1000 }, (_, i) => `,${value(from + i)}`).join(''));
  appendFileSync(path, '\nb,1.5,2\n');
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss - before)), 5);
  t.after(() => clearInterval(watch));
  const { series } = await readSeriesFile(path);
  peak = Math.max(peak, process.memoryUsage().rss - before);
  assert.deepEqual([series.length, series[0].values.length, series[0].label], [2, CELLS, 'a']);
  for (const i of [0, 1, 999, 1000, 123_456, CELLS - 1]) assert.equal(series[0].values[i], Number(value(i)), String(i));
  assert.deepEqual([...series[1].values], [1.5, 2]);
  const preview = await previewSeriesFile(path);
  assert.deepEqual(preview.lengths, { min: 2, max: CELLS });
  assert.equal(preview.rows[0].count, CELLS + 1);
  t.diagnostic(`${(statSync(path).size / MB).toFixed(0)} MB, memory grew by ${(peak / MB).toFixed(0)} MB`);
  assert.ok(peak < 200 * MB, `memory grew by ${(peak / MB).toFixed(0)} MB`);
});

test('a million rows can be previewed', async (t) => {
  const write = await scratch(t);
  const rows = Array.from({ length: 400_000 }, (_, r) => 'ab'[r % 2] + ',.5,1');
  const preview = await previewSeriesFile(await write('rows.csv', `${rows.join('\n')}\n`));
  assert.deepEqual(preview.lengths, { min: 2, max: 2 });
  assert.equal(preview.problem, null);
});
