// Text made to be slow: whatever a line holds, the time to read it grows with its length and not with the square of it.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readLabels } from '../../../src/engine/acoustic/import/labels-file';
import { csvCell } from '../../../src/engine/reprogram/predictions-csv';
import { looksLikeSeriesFile, previewSeriesBytes, readSeriesBytes } from '../../../src/engine/series';
import { FILES, FRAMES, PIECES } from '../support/adversarial-text';
import { assertLinear, attempt } from '../support/linear-time';

test('every reader of series takes time in proportion to the length of a line', async () => {
  for (const [kind, before, after] of FRAMES)
    for (const piece of PIECES) {
      const what = `${kind} ${JSON.stringify([before, piece, after])}`;
      await assertLinear(what, (size) => {
        const bytes = Buffer.from(before + piece.repeat(size / piece.length) + after);
        return async () => {
          await attempt(() => readSeriesBytes(`x.${kind}`, bytes));
          await previewSeriesBytes(`x.${kind}`, bytes);
        };
      });
    }
});

test('every reader of series takes time in proportion to the number of lines', async () => {
  for (const [name, text] of FILES)
    await assertLinear(name, (size) => {
      const bytes = Buffer.from(text(8 * size));
      return async () => {
        await attempt(() => readSeriesBytes(name, bytes));
        await previewSeriesBytes(name, bytes);
      };
    });
});

test('lists of source words and cells of tables take time in proportion to their length', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-slow-'));
  try {
    for (const piece of [...PIECES, '\n', '[', ']', '[\n'])
      for (const frame of ['', '[a]', '{', '["']) {
        const path = join(folder, 'words.txt');
        await assertLinear(`words ${JSON.stringify([frame, piece])}`, (size) => async () => {
          await writeFile(path, frame + piece.repeat(size / piece.length));
          await readLabels(path);
        });
      }
    for (const piece of PIECES)
      await assertLinear(
        `cell ${JSON.stringify(piece)}`,
        (size) => () => csvCell(`${piece.repeat(size / piece.length)}x`),
      );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a file that cannot be read, and one of a quarter of a million short lines, only do not look like series', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-looks-'));
  try {
    assert.equal(await looksLikeSeriesFile(join(folder, 'none.ts')), false);
    assert.equal(await looksLikeSeriesFile(folder), false);
    const path = join(folder, 'short.csv');
    await writeFile(path, '1,2.5\n'.repeat(250_000));
    assert.equal(await looksLikeSeriesFile(path), true);
    if (process.platform !== 'win32') assert.equal(await looksLikeSeriesFile('/dev/zero'), false);
  } finally {
    await rm(folder, { recursive: true });
  }
});
