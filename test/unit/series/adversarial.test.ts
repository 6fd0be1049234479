// Text made to be slow: whatever a line holds, the time to read it grows with its length and not with the square of it.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readLabels } from '../../../src/engine/acoustic/import/labels-file';
import { V2SError } from '../../../src/engine/errors';
import { csvCell } from '../../../src/engine/reprogram/predictions-csv';
import { looksLikeSeriesFile, previewSeriesBytes, readSeriesBytes } from '../../../src/engine/series';

const TS = '@problemName x\n@timeStamps false\n@univariate true\n@classLabel true a b\n@data\n';
const STAMPED = '@problemName x\n@timeStamps true\n@univariate true\n@classLabel true a b\n@data\n';
const ARFF = '@relation x\n@attribute v numeric\n@attribute w string\n@attribute c {a,b}\n@data\n';

/** Pieces of which long lines are made: separators, quotes, escapes, numbers that never end, brackets, comments, odd blanks. */
const PIECES = [
  ' ', '\t', ',', ';', '|', ':', '(', ')', '{', '}', "'", '"', '\\', '.', '0', '1', 'a', 'e', '-', '#', '%', '@', '?', '\u2028', '\u00a0',
  "'a',", '"a",', '""', '"a","', '\\"', "\\'", '(1,', '(1,2),', '1e', '1,', '1.5,', '1,5;', 'a:', ' ,', '# 1,', 'nan,', '\\n',
]; // prettier-ignore

/** What stands before and after the long part. */
const FRAMES: [kind: string, before: string, after: string][] = [
  ...['csv', 'tsv', 'txt'].flatMap((kind): [string, string, string][] => [
    [kind, '', ''],
    [kind, 'a,1.5,2.5\nb,', 'x\n'],
    [kind, 'a,1.5,2.5\n1.', '1,2,3\n'],
  ]),
  ['ts', '', ''],
  ['ts', '@', ' x\n@data\n1,2:a\n'],
  ['ts', '@classLabel true ', 'x\n@data\n1,2:a\n'],
  ['ts', `${TS}1,2`, ':a\n'],
  ['ts', `${TS}1,2:1.`, '1\n'],
  ['ts', `${STAMPED}(1,2),(`, ':a\n'],
  ['ts', `${STAMPED}(1,2)`, '):a\n'],
  ['arff', '@attribute', 'x {\n@data\n1\n'],
  ['arff', '@attribute ', '{\u2028\n@data\n1\n'],
  ['arff', "@attribute '", ' numeric\n@data\n1\n'],
  ['arff', '@attribute c {', '}\n@data\n1\n'],
  ['arff', `${ARFF}1,`, ',a\n'],
  ['arff', `${ARFF}1,'`, "',a\n"],
];

/** Files of many lines. */
const FILES: [name: string, (size: number) => string][] = [
  ['comments that could be rows.csv', (size) => '#0,1,2,3,4,5,6,7,8,9\n'.repeat(size / 21)],
  ['long comments that could be rows.csv', (size) => `#${'0.5,'.repeat(size / 800)}1\n`.repeat(200)],
  ['counting header.csv', (size) => `#${Array.from({ length: size / 1200 }, (_, i) => i).join()}\n`.repeat(200)],
  ['short lines.csv', (size) => '1,2\n'.repeat(size / 4)],
  ['own labels.csv', (size) => Array.from({ length: size / 16 }, (_, i) => `x${i}y,1.5,2.5`).join('\n')],
  ['open quotes.csv', (size) => '"a\n'.repeat(size / 3)],
  ['empty lines.txt', (size) => '\r\n'.repeat(size / 2)],
  ['attributes.arff', (size) => `${'@attribute v string\n'.repeat(size / 40)}@data\n${'a,'.repeat(size / 40 - 1)}a\n`],
  ['instances.arff', (size) => `@attribute v numeric\n@attribute c string\n@data\n${"1,'b'\n".repeat(size / 6)}`],
  ['values.ts', (size) => `${TS}${'1,2:a\n'.repeat(size / 6)}`],
];

/** Fails with an error of ours or not at all. */
async function attempt(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof V2SError)) throw error;
  }
}

/** Milliseconds of processor time. */
async function cost(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await attempt(work);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const SMALL = 2 ** 15;
/** Below this the clock and the collector of garbage decide, ms. */
const FLOOR = 20;

/**
 * Four times the text may take eight times as long; sixteen times would be the square. The least of several tries counts, because the
 * process has other work too.
 */
async function assertLinear(what: string, work: (size: number) => () => unknown): Promise<void> {
  let small = 0;
  let large = Infinity;
  for (let i = 0; i < 3 && large > 8 * Math.max(FLOOR, small); i++) {
    large = Math.min(large, await cost(work(4 * SMALL)));
    if (large > 8 * FLOOR) small = Math.max(small, await cost(work(SMALL)));
  }
  assert.ok(
    large <= 8 * Math.max(FLOOR, small),
    `${what}: ${small.toFixed()} ms, four times as long ${large.toFixed()} ms`,
  );
}

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
