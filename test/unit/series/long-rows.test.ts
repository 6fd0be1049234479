// The preview of very long rows: the layout of the whole row from its beginning and its end, without holding it.
import test from 'node:test';
import assert from 'node:assert/strict';
import { previewSeriesBytes, readSeriesBytes } from '../../../src/engine/series';
import { LineSplitter } from '../../../src/engine/series/lines';
import { Random } from '../../../src/engine/math/random';

const random = new Random(11);
const LENGTH = 300_000;
const values = Array.from({ length: LENGTH }, () => random.gaussian().toFixed(6));

test('a long row is previewed as it is read', async () => {
  const joined = (separator: string): string => values.join(separator);
  const header = ['@problemName x', '@univariate true', '@classLabel true a b', '@data'];
  const files: [string, string[]][] = [
    ['a.csv', [`a,${joined(',')}`, `b,${joined(',')}`]],
    ['a.csv', [`${joined(',')},a`, `${joined(',')},b`, `${joined(',')},a`]],
    ['a.csv', [`state;${values.map((_, i) => `t${i}`).join(';')}`, `a;${joined(';')}`, `b;${joined(';')}`]],
    ['a.tsv', [`1\t${joined('\t')}`]],
    ['a.txt', [`  1   ${joined('  ')}`, `  2   ${joined('  ')}`]],
    ['a.ts', [...header, `${joined(',')}:a`, `${joined(',')}:b`]],
    // What lies in the middle of these tells more than values: they are read whole.
    ['a.ts', ['@dimensions 2', '@classLabel true a b', '@data', `${joined(',')}:${joined(',')}:a`]],
    ['a.csv', [`a,${values.map((value) => `"${value}"`).join(',')}`]],
  ];
  for (const [name, lines] of files) {
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    const options = lines[0].startsWith('@dimensions') ? { channel: 2 } : {};
    const whole = await readSeriesBytes(name, bytes, options);
    const preview = await previewSeriesBytes(name, bytes, options);
    assert.equal(preview.problem, null, name);
    assert.deepEqual(preview.lengths, { min: LENGTH, max: LENGTH }, name);
    assert.deepEqual(
      [preview.format!.labels, preview.format!.labelColumn === null, preview.format!.delimiter],
      [whole.format.labels, whole.format.labelColumn === null, whole.format.delimiter],
      name,
    );
    const read = preview.classes.map(({ label }) => label);
    assert.deepEqual(read, preview.complete ? whole.classNames : whole.classNames.slice(0, read.length), name);
    assert.ok(Math.abs(preview.seriesCount - whole.series.length) <= 1, name);
  }
});

test('a line without its middle keeps its first and last cells and counts the others', () => {
  for (const [separator, blanks] of [
    [',', ''],
    ['\t', ''],
    [' ', '  '],
  ]) {
    const text = values.join(separator + blanks);
    let found = { cells: 0, bytes: 0 };
    const splitter = new LineSplitter('x', Infinity, (row, line, spoiled) => {
      assert.deepEqual([row, spoiled], [1, false]);
      found = line;
    });
    const lines: string[] = [];
    const bytes = Buffer.from(`${text}\nnext\n`);
    for (let at = 0; at < bytes.length; at += 99_991) splitter.push(bytes.subarray(at, at + 99_991), (line) => lines.push(line)); // prettier-ignore
    const [line, next] = lines;
    assert.equal(next, 'next');
    const kept = line.split(/[, \t]+/);
    assert.equal(kept.length + found.cells, LENGTH);
    assert.equal(line.length + found.bytes, text.length);
    const front = kept.findIndex((cell, i) => cell !== values[i]);
    assert.ok(front >= 20_000);
    assert.deepEqual(kept.slice(front), values.slice(LENGTH - (kept.length - front)));
  }
});
