// Compressed files are read as what is in them, of any size, damaged or not.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Random } from '../../../src/engine/math/random';
import {
  datasetName,
  looksLikeSeriesFile,
  previewSeriesFile,
  readSeriesFile,
  readTrainTest,
  siblingTestFile,
} from '../../../src/engine/series';
import { scratch, seriesError } from '../support/series-files';

const random = new Random(5);
const rows = (count: number, length: number, separator: string): string[] =>
  Array.from({ length: count }, (_, i) =>
    [i % 2, ...Array.from({ length }, () => random.gaussian().toFixed(4))].join(separator),
  );

test('each format is read compressed as it is read bare', async (t) => {
  const write = await scratch(t);
  const header = ['@problemName x', '@univariate true', '@classLabel true 0 1', '@data'];
  const arff = ['@relation x', '@attribute c {0,1}', ...[1, 2, 3].map((i) => `@attribute t${i} real`), '@data'];
  const files: Record<string, string[]> = {
    csv: rows(30, 5, ','),
    tsv: rows(30, 5, '\t'),
    txt: rows(30, 5, '  '),
    ts: [...header, ...rows(9, 5, ',').map((row) => `${row.slice(2)}:${row[0]}`)],
    arff: [...arff, ...rows(9, 3, ',')],
  };
  for (const [extension, lines] of Object.entries(files)) {
    const text = `${lines.join('\n')}\n`;
    const packed = gzipSync(text);
    const bare = await readSeriesFile(await write(`Gun_TRAIN.${extension}`, text));
    const path = await write(`Gun_TRAIN.${extension}.gz`, packed);
    const data = await readSeriesFile(path);
    assert.deepEqual([data.series, data.format, data.notes, data.name], [bare.series, bare.format, bare.notes, 'Gun']);
    assert.equal(data.sha256, createHash('sha256').update(packed).digest('hex'), 'of the file as it lies there');
    const { problem, bytes, seriesCount, format } = await previewSeriesFile(path);
    assert.deepEqual([problem, bytes, seriesCount, format], [null, text.length, bare.series.length, bare.format]);
    const sibling = await write(`Gun_TEST.${extension}.gz`, packed);
    assert.equal(await siblingTestFile(path), sibling);
    assert.deepEqual((await readTrainTest(path, sibling)).test?.series, bare.series);
    assert.ok(await looksLikeSeriesFile(path));
  }
  // A browser may have unpacked it without renaming it.
  const named = await write('plain.csv.gz', `${files.csv.join('\n')}\n`);
  assert.equal((await readSeriesFile(named)).series.length, 30);
  assert.equal(datasetName('/x/train.tsv.gz'), 'x');
});

test('a large compressed file is a stream, a damaged one an error', async (t) => {
  const write = await scratch(t);
  const block = `${rows(200, 300, ',').join('\n')}\n`;
  const count = Math.ceil((36 * 2 ** 20) / block.length);
  const text = block.repeat(count);
  const packed = gzipSync(text, { level: 1 });
  const path = await write('large.csv.gz', packed);
  const seen: [number, number][] = [];
  const data = await readSeriesFile(path, { onProgress: (done, total) => seen.push([done, total]) });
  assert.equal(data.series.length, 200 * count);
  assert.deepEqual(data.series[0].values, data.series.at(-200)!.values);
  assert.equal(data.sha256, createHash('sha256').update(packed).digest('hex'));
  assert.deepEqual(seen.at(-1), [packed.length, packed.length]);
  assert.ok(seen.every(([done], i) => i === 0 || done >= seen[i - 1][0]));
  const preview = await previewSeriesFile(path);
  assert.deepEqual([preview.problem, preview.complete, preview.lengths?.max], [null, false, 300]);
  assert.deepEqual(preview.format, data.format);
  const limited = await seriesError(readSeriesFile(path, { limits: { maxBytes: 34 * 2 ** 20 } }));
  assert.equal(limited.code, 'series.limit');

  for (const [name, bytes] of [
    ['cut.csv.gz', packed.subarray(0, packed.length / 2)],
    ['small.csv.gz', gzipSync(block).subarray(0, 5000)],
    ['bad.csv.gz', Buffer.concat([gzipSync(block).subarray(0, 3000), Buffer.alloc(3000, 7)])],
  ] as const) {
    const error = await seriesError(readSeriesFile(await write(name, bytes)));
    assert.deepEqual([error.code, /damaged or cut off/.test(error.message)], ['series.damaged', true]);
  }
  // Zeros without end are not unpacked to the end.
  const bomb = await seriesError(readSeriesFile(await write('bomb.csv.gz', gzipSync(Buffer.alloc(200 * 2 ** 20, 0x31), { level: 9 })))); // prettier-ignore
  assert.equal(bomb.code, 'series.limit');
});
