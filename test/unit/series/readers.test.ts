// Real files of the UCR and UEA archives in every format: counts, checksums, and equal values across formats.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkLabels,
  locateRow,
  looksLikeSeriesFile,
  normalizeLabel,
  previewSeriesFile,
  readSeriesFile,
  readTrainTest,
  siblingTestFile,
  type ReadOptions,
  type SeriesDataset,
} from '../../../src/engine/series';
import { scratch, seriesError, sharedData } from '../support/series-files';

const lengths = ({ series }: SeriesDataset): number[] => {
  const all = series.map(({ values }) => values.length);
  return [Math.min(...all), Math.max(...all)];
};
const sameSeries = (a: SeriesDataset, b: SeriesDataset, tolerance = 0): void => {
  assert.deepEqual(a.classNames, b.classNames);
  assert.equal(a.series.length, b.series.length);
  a.series.forEach((one, i) => {
    const other = b.series[i];
    assert.equal(one.label, other.label, `label of series ${i}`);
    assert.equal(one.values.length, other.values.length, `length of series ${i}`);
    one.values.forEach((value, k) => {
      if (Math.abs(value - other.values[k]) > tolerance)
        assert.fail(`series ${i}, value ${k}: ${value} and ${other.values[k]}`);
    });
  });
};

test('every UCR file has the rows, labels, length and checksum of the table, and its preview agrees', async (t) => {
  const root = sharedData(t, 'ucr');
  if (!root) return;
  interface Part {
    rows: number;
    length: number;
    labels: Record<string, number>;
    sha256: string;
  }
  const table: Record<string, Record<'TRAIN' | 'TEST', Part>> = JSON.parse(
    readFileSync(join(root, 'table.json'), 'utf8'),
  );
  assert.equal(Object.keys(table).length, 20);
  for (const [name, parts] of Object.entries(table)) {
    const trainPath = join(root, name, `${name}_TRAIN.tsv`);
    const { train, test } = await readTrainTest(trainPath, await siblingTestFile(trainPath));
    for (const [part, data] of [['TRAIN', train] as const, ['TEST', test!] as const]) {
      const path = join(root, name, `${name}_${part}.tsv`);
      const expected = parts[part];
      assert.equal(data.file, path);
      assert.equal(data.name, name);
      assert.equal(data.sha256, expected.sha256, path);
      assert.equal(data.series.length, expected.rows, path);
      assert.deepEqual(lengths(data), [expected.length, expected.length], path);
      assert.deepEqual(data.notes, [], path);
      const counts: Record<string, number> = {};
      for (const { label } of data.series) counts[label!] = (counts[label!] ?? 0) + 1;
      assert.deepEqual(counts, expected.labels, path);
      assert.deepEqual(
        data.classNames,
        [...data.classNames].sort((a, b) => Number(a) - Number(b)),
      );
      const preview = await previewSeriesFile(path);
      assert.equal(preview.problem, null);
      assert.deepEqual(preview.format, data.format);
      assert.ok(
        Math.abs(preview.seriesCount / expected.rows - 1) < 0.03,
        `${path}: about ${preview.seriesCount} series`,
      );
    }
  }
});

test('the archive files of every format have the counts they should', async (t) => {
  const root = sharedData(t, 'formats');
  if (!root) return;
  const classes = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, i) => `${from + i}`);
  const expected: [string, ReadOptions, number, [number, number], string[]][] = [
    ['ECG200/ECG200_TRAIN.txt', {}, 100, [96, 96], ['-1', '1']],
    ['ECG200/ECG200_TEST.txt', {}, 100, [96, 96], ['-1', '1']],
    ['ECG200/ECG200_TRAIN.arff', {}, 100, [96, 96], ['-1', '1']],
    ['ECG200/ECG200_TEST.arff', {}, 100, [96, 96], ['-1', '1']],
    ['ECG200/ECG200_TRAIN.ts', {}, 100, [96, 96], ['-1', '1']],
    ['ECG200/ECG200_TEST.ts', {}, 100, [96, 96], ['-1', '1']],
    ['GunPoint/GunPoint_TRAIN.tsv', {}, 50, [150, 150], ['1', '2']],
    ['GunPoint/GunPoint_TRAIN.ts', {}, 50, [150, 150], ['1', '2']],
    ['GunPoint/GunPoint_TRAIN.arff', {}, 50, [150, 150], ['1', '2']],
    [
      'BasicMotions/BasicMotions_TRAIN.ts',
      { channel: 1 },
      40,
      [100, 100],
      ['Badminton', 'Running', 'Standing', 'Walking'],
    ],
    [
      'BasicMotions/BasicMotions_TEST.ts',
      { channel: 6 },
      40,
      [100, 100],
      ['Badminton', 'Running', 'Standing', 'Walking'],
    ],
    [
      'BasicMotions/BasicMotions_TRAIN.arff',
      { channel: 3 },
      40,
      [100, 100],
      ['Badminton', 'Running', 'Standing', 'Walking'],
    ],
    ['JapaneseVowels/JapaneseVowels_TRAIN.ts', { channel: 12 }, 270, [7, 26], classes(1, 9)],
    ['JapaneseVowels/JapaneseVowels_TEST.ts', { channel: 1 }, 370, [7, 29], classes(1, 9)],
    ['PickupGestureWiimoteZ/PickupGestureWiimoteZ_TRAIN.ts', {}, 50, [29, 361], classes(1, 10)],
    ['PickupGestureWiimoteZ/PickupGestureWiimoteZ_TEST.ts', {}, 50, [37, 324], classes(1, 10)],
    ['PLAID/PLAID_TRAIN.ts', {}, 537, [100, 1344], classes(0, 10)],
    ['UnitTest/UnitTest_TRAIN.ts', {}, 20, [24, 24], ['1', '2']],
    ['UnitTest/UnitTest_TEST.ts', {}, 22, [24, 24], ['1', '2']],
    ['UnitTest/UnitTestTimeStamps_TRAIN.ts', {}, 4, [4, 4], ['1', '2']],
  ];
  const files = (readdirSync(root, { recursive: true }) as string[]).filter((name) =>
    /\.(ts|arff|tsv|txt)$/.test(name),
  );
  assert.equal(files.length, expected.length + 1, 'all but the description ECG200.txt');
  for (const [file, options, count, range, names] of expected) {
    const path = join(root, file);
    const data = await readSeriesFile(path, options);
    assert.equal(data.series.length, count, file);
    assert.deepEqual(lengths(data), range, file);
    assert.deepEqual(data.classNames, names, file);
    assert.ok(await looksLikeSeriesFile(path), file);
    const { problem, format } = await previewSeriesFile(path, options);
    assert.equal(problem, null);
    assert.deepEqual(format, data.format, file);
  }
  const stamped = await readSeriesFile(join(root, 'UnitTest/UnitTestTimeStamps_TRAIN.ts'));
  assert.deepEqual([...stamped.series[2].values], [4, 0, 1, 11]);
  assert.equal(stamped.format.timeStamps, true);
  assert.equal(stamped.series[2].row, 14);

  for (const name of ['BasicMotions/BasicMotions_TRAIN.ts', 'BasicMotions/BasicMotions_TRAIN.arff']) {
    const error = await seriesError(readSeriesFile(join(root, name)));
    assert.equal(error.code, 'series.channel');
    assert.match(error.message, /6 channels.*option "channel"/);
    assert.equal((await previewSeriesFile(join(root, name))).format?.channels, 6);
  }
  const prose = await seriesError(readSeriesFile(join(root, 'ECG200/ECG200.txt')));
  assert.equal(prose.code, 'series.not-series');
});

test('the same data in different formats has equal values', async (t) => {
  const root = sharedData(t, 'formats');
  const ucr = sharedData(t, 'ucr');
  if (!root || !ucr) return;
  for (const part of ['TRAIN', 'TEST']) {
    const reference = await readSeriesFile(join(ucr, `ECG200/ECG200_${part}.tsv`));
    for (const extension of ['txt', 'arff', 'ts'])
      sameSeries(await readSeriesFile(join(root, `ECG200/ECG200_${part}.${extension}`)), reference);
  }
  const gun = await readSeriesFile(join(ucr, 'GunPoint/GunPoint_TRAIN.tsv'));
  for (const extension of ['tsv', 'arff', 'ts'])
    sameSeries(await readSeriesFile(join(root, `GunPoint/GunPoint_TRAIN.${extension}`)), gun);
  for (let channel = 1; channel <= 6; channel++) {
    const [ts, arff] = await Promise.all(
      ['ts', 'arff'].map((extension) =>
        readSeriesFile(join(root, `BasicMotions/BasicMotions_TRAIN.${extension}`), { channel }),
      ),
    );
    sameSeries(ts, arff);
  }
});

test('cells are located in their lines in every format', async (t) => {
  const root = sharedData(t, 'formats');
  if (!root) return;
  const cases: [string, ReadOptions][] = [
    ['ECG200/ECG200_TRAIN.txt', {}],
    ['ECG200/ECG200_TRAIN.arff', {}],
    ['GunPoint/GunPoint_TRAIN.tsv', {}],
    ['BasicMotions/BasicMotions_TRAIN.ts', { channel: 2 }],
    ['BasicMotions/BasicMotions_TRAIN.arff', { channel: 5 }],
    ['UnitTest/UnitTestTimeStamps_TRAIN.ts', {}],
  ];
  const located = async (path: string, options: ReadOptions, labels?: string[]): Promise<void> => {
    const { series, format } = await readSeriesFile(path, options);
    const lines = (await readFile(path, 'utf8')).split(/\r?\n/);
    series.forEach(({ values, label, row }, i) => {
      const spans = locateRow(lines[row - 1], format);
      const text = ({ start, end }: { start: number; end: number }): string => lines[row - 1].slice(start, end);
      const found = spans.values.slice(0, values.length).map((span) => Number(text(span).replace(',', '.')));
      assert.deepEqual(found, [...values], `${path}, row ${row}`);
      assert.equal(labels ? text(spans.label!) : normalizeLabel(text(spans.label!)), labels?.[i] ?? label);
    });
  };
  for (const [file, options] of cases) await located(join(root, file), options);
  const write = await scratch(t);
  const quoted = 'id;t1;t2;class\r\n7; 0,5 ;1,5;"a ""b"""\r\n8;"2,5";-1; c d \r\n';
  await located(await write('quoted.csv', quoted), {}, ['a ""b""', 'c d']);
});

test('TRAIN and TEST: labels in all spellings agree, an unseen one is named with file and row', async (t) => {
  const write = await scratch(t);
  const train = await write('D_TRAIN.txt', '  1.0000000e+00  0.5 0.25\n  2.0000000e+00 0.75 0.5\n');
  const test = await write('D_TEST.txt', '1 0.5 0.25\n2.0 0.75 0.5\n+1 0.75 0.5\n');
  assert.equal(await siblingTestFile(train), test);
  const both = await readTrainTest(train, test);
  assert.deepEqual(
    both.test!.series.map(({ label }) => label),
    ['1', '2', '1'],
  );

  const bad = await write('E_TEST.txt', '1 0.5 0.25\n\n3 0.75 0.5\n2 0.1 0.2\n');
  const error = await seriesError(readTrainTest(train, bad));
  assert.equal(error.code, 'series.label-unseen');
  assert.deepEqual([error.file, error.row, error.column], [bad, 3, 1]);
  assert.match(error.message, /the label "3" does not occur in .*D_TRAIN\.txt, whose labels are "1", "2"/);

  const bare = await readSeriesFile(test, { labels: 'none' });
  assert.deepEqual(
    bare.series.map(({ label, values }) => [label, values.length]),
    [
      [null, 3],
      [null, 3],
      [null, 3],
    ],
  );
  const missing = await seriesError(Promise.resolve().then(() => checkLabels(both.train, bare)));
  assert.equal(missing.code, 'series.label-missing');
});
