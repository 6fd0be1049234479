// No cell of a CSV file is run as a formula, whatever the locale takes for a delimiter.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvCell } from '../../../src/engine/reprogram/predictions-csv';

/** The cells that a spreadsheet sees whose list separator is a semicolon, and that honors quotes at the start of a cell only. */
const cellsAtSemicolons = (line: string): string[] =>
  line.split(';').map((cell) => (cell.startsWith('"') ? cell.slice(1) : cell));

const DANGEROUS = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/;

test('formulas are inert at commas, semicolons and tabs', () => {
  for (const formula of [
    '=1+1',
    '+1+1',
    '-1+1',
    '@SUM(1)',
    '\uff1d1+1',
    '=HYPERLINK("http://a.invalid";"x")',
    '\t=1',
    ' =1',
  ])
    for (const label of [
      formula,
      `a;${formula}`,
      `a;; ${formula}`,
      `a\t${formula}`,
      `a\r\n${formula}`,
      `"a";${formula}`,
    ]) {
      const line = ['0', csvCell(label), '0.5'].join(',');
      assert.doesNotMatch(csvCell(label).replace(/^"/, ''), DANGEROUS, JSON.stringify(label));
      for (const cell of cellsAtSemicolons(line)) assert.doesNotMatch(cell, DANGEROUS, JSON.stringify(line));
      for (const cell of line.split(/[\t\r\n]/)) assert.doesNotMatch(cell, DANGEROUS, JSON.stringify(line));
    }
});

test('what is a delimiter somewhere is quoted; plain words and numbers stay as they are', () => {
  assert.equal(csvCell('a;b'), '"a;b"');
  assert.equal(csvCell('a\tb'), '"a\tb"');
  assert.equal(csvCell('a "b", c'), '"a ""b"", c"');
  for (const label of ['normal', '-1', '+1.5e3', 'a-b', 'a=b', 'naïve Größe']) assert.equal(csvCell(label), label);
  assert.equal(csvCell(-0.5), '-0.5');
});
