// What writers of .ts and .arff files do beside the rule: read where it is clear, an error with its row where it is not.
import test from 'node:test';
import assert from 'node:assert/strict';
import { locateRow, readSeriesBytes, type ReadOptions, type SeriesDataset } from '../../../src/engine/series';
import { seriesError } from '../support/series-files';

const read = (name: string, lines: string[], options: ReadOptions = {}): Promise<SeriesDataset> =>
  readSeriesBytes(name, Buffer.from(`${lines.join('\n')}\n`), options);
const values = ({ series }: SeriesDataset): unknown[] => series.map((one) => [one.label, ...one.values]);

const TS = ['@problemName x', '@timeStamps false', '@univariate true'];
const ARFF = ['@relation x', '@attribute t1 numeric', '@attribute t2 numeric', '@attribute c {a,b}'];

test('.ts: a length of series that differ in length says nothing', async () => {
  for (const length of ['-1', '0', '?', '']) {
    const lines = [`@seriesLength ${length}`, '@classLabel true a b', '@data', '1,2,3:a', '1,2:b'];
    for (const head of [
      ['@equalLength false', ...lines],
      [lines[0], '@equalLength false', ...lines.slice(1)],
    ]) {
      const data = await read('a.ts', [...TS, ...head]);
      assert.deepEqual(values(data), [['a', 1, 2, 3], ['b', 1, 2]]); // prettier-ignore
    }
    const error = await seriesError(read('a.ts', [...TS, '@equalLength true', ...lines.slice(0, 3), '1,2:a']));
    assert.deepEqual([error.code, error.row], ['series.header', 5]);
  }
});

test('.ts: nothing is lost behind @data; time stamps in ISO form; keys of old and new archives', async () => {
  const error = await seriesError(read('a.ts', [...TS, '@classLabel true a b', '@data 1,2:a', '3,4:b']));
  assert.deepEqual([error.code, error.row], ['series.header', 5]);
  const stamped = ['@problemName x', '@timeStamps true', '@univariate true', '@classLabel true walk run', '@data'];
  for (const [a, b, c] of [
    ['2024-01-01T00:00:00Z', '2024-01-01T00:00:01Z', '2024-01-01T00:00:02Z'],
    ['2024-01-01T00:00:00+01:00', '2024-01-01T00:00:00.500+0100', '2024-01-01T00:00:01+01:00'],
    ['2024-01-01 00:00', '2024-01-01 00:01', '2024-01-01 00:02'],
    ['2024-01-01', '2024-01-02', '2024-01-03'],
  ]) {
    const data = await read('a.ts', [...stamped, `(${a},1),(${b},2.5),(${c},3):walk`]);
    assert.deepEqual([values(data), data.notes], [[['walk', 1, 2.5, 3]], []], a);
  }
  const keys = [
    '@problemname x',
    '@path ./data',
    '@dimension 1',
    '@equallength true',
    '@serieslength 3',
    '@missing false',
    '@targetlabel false',
  ];
  assert.deepEqual(values(await read('a.ts', ['#old', ...keys, '@classlabel true one two', '@data', '1,2,3:one'])), [
    ['one', 1, 2, 3],
  ]);
});

test('.arff: what follows @data on its line is an error, unless it is a comment', async () => {
  const error = await seriesError(read('a.arff', [...ARFF, '@data 1.5,2,a', '2,3.5,b']));
  assert.deepEqual([error.code, error.row], ['series.header', 5]);
  const data = await read('a.arff', [...ARFF, '@data % the series', '1.5,2,a', '2,3.5,b']);
  assert.deepEqual(values(data), [['a', 1.5, 2], ['b', 2, 3.5]]); // prettier-ignore
});

test('.arff: comments behind types, tabs and trailing commas', async () => {
  const head = [
    '@relation x % one',
    '@attribute t1 numeric % two',
    "@attribute 't %' real%three",
    "@attribute c {a, 'b % c', \"d'\"} % {four}",
    '@data',
  ];
  const rows = ['1.5,2,a,', "2,3.5,'b % c'", '4\t5\ta', ' 6 , 7 , "d\'" '];
  const data = await read('a.arff', [...head.map((line) => line.replace('real%three', 'real %three')), ...rows]);
  assert.deepEqual(values(data), [['a', 1.5, 2], ['b % c', 2, 3.5], ['a', 4, 5], ["d'", 6, 7]]); // prettier-ignore
  const spans = locateRow(rows[2], data.format).values.map(({ start, end }) => rows[2].slice(start, end));
  assert.deepEqual(spans, ['4', '5']);
  assert.deepEqual(locateRow(rows[0], data.format).values.length, 2);
});

test('.arff: a relational attribute of one channel is read and located value by value', async () => {
  const bag = [
    '@attribute bag relational',
    '@attribute t1 numeric',
    '@attribute t2 numeric',
    '@attribute t3 numeric',
    '@end bag',
  ];
  const rows = ["'1,2,3.5',a", "'2,3,4.5',b"];
  for (const [attributes, lines] of [
    [['@relation x', ...bag, '@attribute c {a,b}'], rows],
    [['@relation x', '@attribute c {a,b}', ...bag], rows.map((row) => row.replace(/(.*),(.)$/, '$2,$1'))],
  ]) {
    const data = await read('a.arff', [...attributes, '@data', ...lines]);
    assert.deepEqual(values(data), [['a', 1, 2, 3.5], ['b', 2, 3, 4.5]]); // prettier-ignore
    const text = ({ start, end }: { start: number; end: number }): string => lines[1].slice(start, end);
    const { values: spans, label } = locateRow(lines[1], data.format);
    assert.deepEqual([spans.map(text), text(label!)], [['2', '3', '4.5'], 'b']);
  }
});
