// Other files are read as TRAIN was: one class, no labels, another order of columns, other names, another length.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Random } from '../../../src/engine/math/random';
import { readLike, readSeriesFile, readTrainTest, understoodOf, type ReadOptions } from '../../../src/engine/series';
import { scratch, seriesError } from '../support/series-files';

const random = new Random(7);
const draw = (length = 6): string[] => Array.from({ length }, () => random.gaussian().toFixed(3));
const rows = (count: number, cells: (r: number) => (string | number)[]): string[] =>
  Array.from({ length: count }, (_, r) => cells(r).join(','));
const text = (...lines: string[]): string => `${lines.join('\n')}\n`;

test('how a file was understood survives JSON and reads other files alike', async (t) => {
  const write = await scratch(t);
  const like = async (train: string, other: string, options: ReadOptions = {}, names = ['gun.csv', 'other.csv']): Promise<{ labels: (string | null)[]; values: number[][]; notes: string[] }> => {
    const understood = understoodOf(await readSeriesFile(await write(names[0], train), options));
    const { series, notes } = await readLike(await write(names[1], other), JSON.parse(JSON.stringify(understood)));
    return { labels: series.map(({ label }) => label), values: series.map(({ values }) => [...values]), notes };
  }; // prettier-ignore

  // One class only, as in ptbdb_abnormal.csv beside ptbdb_normal.csv, with the label on either side.
  const values = draw();
  const numbers = values.map(Number);
  for (const cells of [(label: string) => [label, ...values], (label: string) => [...values, label]]) {
    const train = text(...rows(20, (r) => cells(r % 2 ? '1.0' : '0.0')));
    const one = await like(train, text(...rows(5, () => cells('1.0'))));
    assert.deepEqual([one.labels, one.values[0]], [Array(5).fill('1'), numbers]);
    const fractional = await like(train, text(...rows(3, () => cells('1'))));
    assert.deepEqual(fractional.labels, ['1', '1', '1']);
    const bare = await like(train, text(...rows(5, () => values)));
    assert.deepEqual([bare.labels[0], bare.values[0]], [null, numbers]);
    assert.match(bare.notes[0], /has no column of labels: its rows have 6 cells, those of \w+ have 7/);
    const other = await like(
      train,
      text(...rows(5, () => cells('0').flatMap((cell, i) => (i === 3 ? [cell, '0.5'] : [cell])))),
    );
    assert.deepEqual([other.labels[0], other.values[0].length], ['0', 7]);
    assert.match(other.notes.join(), /The series have 7 values, but those of .* have 6/);
  }

  // Names: another order, columns more and fewer, none at all.
  const head = ['rec', 't0', 't1', 't2', 'state'];
  const named = text(head.join(','), ...rows(20, (r) => [100 + 7 * r, ...draw(3), 'ab'[r % 2]]));
  const turned = await like(named, text('state,t2,rec,t0,t1', 'a,2,900,0.5,1', 'a,5,901,3,4'));
  assert.deepEqual([turned.labels, turned.values], [['a', 'a'], [[0.5, 1, 2], [3, 4, 5]]]); // prettier-ignore
  assert.match(turned.notes.join(), /in another order than in .* put in order by their names/);
  const unlabeled = await like(named, text('t0,t1,t2', '0.5,1,2', '3,4,5'));
  assert.deepEqual([unlabeled.labels[0], unlabeled.values[1]], [null, [3, 4, 5]]);
  assert.match(unlabeled.notes.join(), /The file has no column "state"/);
  const more = await like(named, text('t0,t1,t2,weight,state', '0.5,1,2,70,b', '0.1,4,5,80,b'));
  assert.deepEqual([more.labels[0], more.values[0]], ['b', [0.5, 1, 2]]);
  assert.match(more.notes.join(), /does not have were left out: "weight"/);
  const anonymous = await like(named, text('900,0.5,1,2,a', '901,3,4,5,b'));
  assert.deepEqual(
    [anonymous.labels, anonymous.values[0]],
    [
      ['a', 'b'],
      [0.5, 1, 2],
    ],
  );
  assert.match(anonymous.notes.join(), /does not name its columns/);
  for (const [other, expected] of [
    [text('t0,t1,state', '0.5,1,a'), /has no column "t2"/],
    [text('x0,x1,x2,kind', '0.5,1,2,a'), /expected the columns that gun has, .* found "x0", "x1"/],
    [text('900,0.5,1,2,6,7,a', '901,3,4,5,6,7,b'), /expected 5 columns as in gun, found 7/],
  ] as const) {
    const error = await seriesError(like(named, other));
    assert.deepEqual([error.code, error.row], ['series.columns', 1]);
    assert.match(error.message, expected);
  }
  // What was said of TRAIN holds for the others: labels, columns, missing tokens, decimal mark.
  const said = await like(
    text('a;b;c;d', ...Array.from({ length: 10 }, (_, r) => `1,5;${r % 2};-9;3,5`)),
    text('a;b;c;d', '1,5;1;-9;3,5', '2;1;4,5;3'),
    { labels: { name: 'b' }, missing: ['-9'], columns: ['d', 'c', 'a'] },
  );
  assert.deepEqual([said.labels[0], said.values], ['1', [[3.5, 2.5, 1.5], [3, 4.5, 2]]]); // prettier-ignore

  // Another format: the labels are where that format has them.
  const ts = text('@problemName x', '@univariate true', '@classLabel true a b', '@data', `${values.join()}:a`);
  const across = await like(text(...rows(10, (r) => ['ab'[r % 2], ...values])), ts, {}, ['gun.csv', 'other.ts']);
  assert.deepEqual([across.labels, across.values], [['a'], [numbers]]);
  const arff = (order: string[], row: string): string =>
    text(
      '@relation x',
      ...order.map((name) => `@attribute ${name} ${name === 'c' ? '{u,v}' : 'numeric'}`),
      '@data',
      row,
    );
  const attributes = await like(arff(['p', 'q', 'c'], '1,2,u'), arff(['c', 'q', 'p'], 'v,2,1'), {}, [
    'a.arff',
    'b.arff',
  ]);
  assert.deepEqual([attributes.labels, attributes.values], [['v'], [[1, 2]]]);
  const foreign = seriesError(
    like(arff(['p', 'q', 'c'], '1,2,u'), arff(['p', 'r', 'c'], '1,2,u'), {}, ['a.arff', 'b.arff']),
  );
  assert.match((await foreign).message, /has no column "q"/);
});

test('TEST is read as TRAIN was', async (t) => {
  const write = await scratch(t);
  const train = await write('A_TRAIN.csv', text(...rows(20, (r) => [...draw(), r % 2])));
  const sorted = await write('A_TEST.csv', text(...rows(8, () => [...draw(), 1])));
  const { test: other } = await readTrainTest(train, sorted);
  assert.deepEqual([other!.classNames, other!.series[0].values.length], [['1'], 6]);
  const bare = await write('B_TEST.csv', text(...rows(8, () => draw())));
  assert.equal((await seriesError(readTrainTest(train, bare))).code, 'series.label-missing');
});
