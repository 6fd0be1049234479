// What a cell means: thousands, tiny numbers, and labels that are none.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readSeriesBytes, type ReadOptions } from '../../../src/engine/series';
import { seriesError } from '../support/series-files';

const read = (lines: string[], options: ReadOptions = {}, name = 'a.csv'): ReturnType<typeof readSeriesBytes> =>
  readSeriesBytes(name, Buffer.from(`${lines.join('\n')}\n`), options);

test('a comma that may separate thousands is never taken for a decimal mark without a word', async () => {
  const european = ['a;1,478;0,37', 'b;2,5;3,125', 'a;1,5;1', 'b;0,25;2'];
  assert.deepEqual([...(await read(european)).series[0].values], [1.478, 0.37]);
  for (const [lines, name, place] of [
    [['a;370;1,478;512', 'b;2,004;77;901', 'a;5;6;7'], 'a.csv', [1, 3]],
    [['a\t370\t999\t512', 'b\t2\t1,077\t901', 'a\t5\t6\t7'], 'a.tsv', [2, 3]],
    [['a,"370","1,478",512', 'b,"2,004",77,901', 'a,5,6,7'], 'a.csv', [1, 3]],
    [['a;370;1,478,000;512', 'b;4;77;901', 'a;5;6;7'], 'a.csv', [1, 3]],
  ] as const) {
    const error = await seriesError(read([...lines], {}, name));
    assert.ok(['series.thousands', 'series.value'].includes(error.code), error.message);
    assert.deepEqual([error.row, error.column], [...place], error.message);
  }
  assert.equal((await read(['a;370;1,478;512', 'b;2,004;77;901'], { decimal: ',' })).series[0].values[1], 1.478);
  const few = await read(['a;1,478;2,512', 'b;2,004;1,901']);
  assert.match(few.notes.join(), /The comma in "1,478" \(row 1, column 2\) was read as a decimal mark/);
});

test('tiny and huge numbers are kept as they are', async () => {
  const { series } = await read(['a,1,1e-200,0.5', 'b,1e200,-1e-300,4.9e-324']);
  assert.deepEqual([...series[0].values, ...series[1].values], [1, 1e-200, 0.5, 1e200, -1e-300, 4.9e-324]);
});

test('errors of spreadsheets and missing marks are no classes; near-equal labels are told of', async () => {
  const rows = (label: string): string[] => [`${label},0.5,0.7`, 'a,0.1,0.2', 'b,0.3,0.4', 'a,0.5,0.1', 'b,0.4,0.9'];
  for (const label of [
    '#N/A',
    '#REF!',
    '#DIV/0!',
    '#VALUE!',
    '#NAME?',
    '#NUM!',
    '#NULL!',
    'null',
    'NULL',
    'n/a',
    'NaN',
    '?',
    '',
    '<NA>',
  ]) {
    const { series, classNames, notes } = await read(rows(label));
    assert.deepEqual([series.length, series[0].label, classNames], [5, null, ['a', 'b']], label);
    assert.match(notes.join(), /1 series have no label \(first: row 1\)/);
  }
  const none = await read(rows('NA'));
  assert.deepEqual(none.classNames, ['NA', 'a', 'b']);
  assert.match(none.notes.join(), /The label "NA" \(row 1\) is a class like the others/);
  assert.deepEqual((await read(rows('NA'), { missing: ['na'] })).classNames, ['a', 'b']);
  const cases = await read(['TRUE,0.5,0.7', 'FALSE,0.1,0.2', 'True,0.3,0.4', 'FALSE,0.3,0.4']);
  assert.match(cases.notes.join(), /The labels "TRUE" and "True" \(row 3\) differ in letter case only/);
  // An .arff and a .ts label are judged alike.
  const ts = await read(['@univariate true', '@classLabel true a b', '@data', '1,2:a', '1,3:#N/A'], {}, 'a.ts');
  assert.equal(ts.series[1].label, null);
});
