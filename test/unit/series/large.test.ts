// A file of 100 MB is read as a stream: what memory grows by are the values, not the text.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSeriesFile } from '../../../src/engine/series';

const MB = 1e6;

test('100 MB are read in bounded memory', { timeout: 300_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'v2s-large-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'large_TRAIN.csv');
  // Long cells: 3.6 million values (29 MB) stand in 100 MB of text.
  const cell = (i: number): string => (Math.sin(i) * 3).toFixed(15).padEnd(27, '0');
  const rows = Array.from({ length: 50 }, (_, r) =>
    [`class ${r % 3}`, ...Array.from({ length: 720 }, (_, i) => cell(r + i))].join(','),
  );
  const block = Buffer.from(`${rows.join('\r\n')}\r\n`);
  const blocks = Math.ceil((100 * MB) / block.length);
  const file = openSync(path, 'w');
  const hash = createHash('sha256');
  for (let i = 0; i < blocks; i++) {
    writeSync(file, block);
    hash.update(block);
  }
  closeSync(file);

  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = 0;
  const cpu = process.cpuUsage();
  const data = await readSeriesFile(path, {
    onProgress: () => (peak = Math.max(peak, process.memoryUsage().rss - before)),
  });
  const { user, system } = process.cpuUsage(cpu);
  assert.equal(data.series.length, 50 * blocks);
  assert.equal(data.sha256, hash.digest('hex'));
  assert.equal(data.series.at(-1)!.row, 50 * blocks);
  assert.equal(data.series.at(-1)!.values[719], Number(cell(49 + 719)));
  const values = 50 * blocks * 720 * 8;
  t.diagnostic(
    `${((blocks * block.length) / MB).toFixed(0)} MB, values ${(values / MB).toFixed(0)} MB, peak growth ${(peak / MB).toFixed(0)} MB, ` +
      `${((user + system) / 1e6).toFixed(1)} s of processor time`,
  );
  assert.ok(
    peak < values + 80 * MB,
    `memory grew by ${(peak / MB).toFixed(0)} MB for ${(values / MB).toFixed(0)} MB of values`,
  );
});
