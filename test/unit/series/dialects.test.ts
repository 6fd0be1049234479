// Tables in every dialect: what is written must be read, without options.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Random } from '../../../src/engine/math/random';
import {
  compareLabels,
  datasetName,
  normalizeLabel,
  optionsFrom,
  previewSeriesBytes,
  readSeriesBytes,
  readSeriesFile,
  siblingTestFile,
  siblingTrainFile,
  type Decimal,
  type Delimiter,
  type ReadOptions,
} from '../../../src/engine/series';
import { scratch } from '../support/series-files';

interface Layout {
  delimiter: Delimiter;
  decimal: Decimal;
  header: boolean;
  labels: 'first' | 'last' | 'none';
  text: boolean;
  quoted: boolean;
  lineEnd: '\n' | '\r\n' | '\r';
  mark: boolean;
}

const product = <T extends object>(choices: { [K in keyof T]: T[K][] }): T[] =>
  (Object.keys(choices) as (keyof T)[]).reduce<Partial<T>[]>(
    (all, key) => all.flatMap((one) => choices[key].map((value) => ({ ...one, [key]: value }))),
    [{}],
  ) as T[];

/** Writes rows in a layout; values with four decimals. */
function written(rows: { label: string; values: number[] }[], layout: Layout): string {
  const { delimiter, decimal, labels, quoted } = layout;
  const cell = (text: string): string => (quoted ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (label: string, values: string[]): string => {
    const cells = labels === 'none' ? values : labels === 'first' ? [label, ...values] : [...values, label];
    return cells.map(cell).join(delimiter === ' ' ? '  ' : delimiter);
  };
  const lines = rows.map(({ label, values }) =>
    line(
      label,
      values.map((value) => value.toFixed(4).replace('.', decimal)),
    ),
  );
  if (layout.header)
    lines.unshift(
      line(
        'class',
        rows[0].values.map((_, i) => `t${i}`),
      ),
    );
  return (layout.mark ? '\ufeff' : '') + lines.join(layout.lineEnd) + layout.lineEnd;
}

test('every combination of delimiter, decimal mark, header, label place, quoting, line end and byte order mark', async () => {
  const random = new Random(11);
  const layouts = product<Layout>({
    delimiter: [',', ';', '\t', '|', ' '],
    decimal: ['.', ','],
    header: [true, false],
    labels: ['first', 'last', 'none'],
    text: [true, false],
    quoted: [true, false],
    lineEnd: ['\n', '\r\n', '\r'],
    mark: [true, false],
  }).filter(
    ({ delimiter, decimal, quoted, text, labels, lineEnd, mark }) =>
      mark === (lineEnd === '\r\n') &&
      !(delimiter === decimal && !quoted) &&
      !(delimiter === ' ' && quoted) &&
      !(labels === 'none' && text),
  );
  for (const layout of layouts) {
    const rows = Array.from({ length: 12 }, (_, i) => ({
      label: layout.text ? (layout.quoted ? `walk, "${i % 3}"` : `walk${i % 3}`) : String((i % 3) - 1),
      values: Array.from({ length: 9 }, () => Number((3 * random.gaussian()).toFixed(4))),
    }));
    const extension = layout.delimiter === '\t' ? 'tsv' : layout.delimiter === ' ' ? 'txt' : 'csv';
    const what = JSON.stringify(layout);
    const name = `file.${extension}`;
    const bytes = Buffer.from(written(rows, layout));
    const data = await readSeriesBytes(name, bytes);
    const { format } = data;
    assert.deepEqual(
      [format.delimiter, format.decimal, format.header, format.labels],
      [layout.delimiter, layout.decimal, layout.header, layout.labels],
      what,
    );
    assert.deepEqual(
      data.series.map(({ label, values }) => ({ label: label ?? '', values: [...values] })),
      rows.map(({ label, values }) => ({
        label: layout.labels === 'none' ? '' : label,
        values: values.map((v) => v + 0),
      })),
      what,
    );
    assert.deepEqual(
      data.series.map(({ row }) => row),
      rows.map((_, i) => i + (layout.header ? 2 : 1)),
      what,
    );
    // Handing the format back reads the same; the preview understands the same.
    const pinned = await readSeriesBytes(name, bytes, optionsFrom(format));
    assert.deepEqual(pinned.series, data.series, what);
    assert.deepEqual(pinned.format, format, what);
    const preview = await previewSeriesBytes(name, bytes);
    assert.deepEqual(preview.format, format, what);
    assert.equal(preview.seriesCount, 12);
    assert.ok(preview.complete);
  }
  assert.ok(layouts.length > 400, `${layouts.length} layouts`);
});

test('difficult tables', async (t) => {
  const write = await scratch(t);
  const cases: {
    name: string;
    text: string;
    options?: ReadOptions;
    labels: (string | null)[];
    first: number[];
    note?: RegExp;
  }[] = [
    {
      name: 'index.csv', // a data frame with its index and numbered columns
      text: ',0,1,2,label\n0,0.5,0.7,0.2,a\n1,0.1,0.2,0.4,b\n2,0.1,0.2,0.4,b\n',
      labels: ['a', 'b', 'b'],
      first: [0.5, 0.7, 0.2],
      note: /Column 1 only numbers or names/,
    },
    {
      name: 'numbered.csv', // a data frame's numbered header
      text: '0,1,2,3\n1,0.5,0.7,0.2\n2,0.1,0.2,0.4\n1,0.1,0.2,0.4\n',
      labels: ['1', '2', '1'],
      first: [0.5, 0.7, 0.2],
      note: /Row 1 .* read as a header/,
    },
    {
      name: 'excel.csv', // what a spreadsheet leaves behind
      text: '\ufeffsep=;\r\n1;0,5;0,7;;\r\n2;1,5;1,7;2,5;\r\n;;;;\r\n\r\n',
      labels: ['1', '2'],
      first: [0.5, 0.7],
      note: /Rows without content were skipped \(\d+ in all, first row \d+\)/,
    },
    {
      name: 'comments.csv',
      text: '# saved "by me\n# label,0,1\n1,0.5,0.7\n2,0.1,0.2\n',
      labels: ['1', '2'],
      first: [0.5, 0.7],
    },
    {
      name: 'ragged.csv',
      text: '1.5,2,3,a\n1.5,2,a\n4,5,6,7.5,b\n',
      labels: ['a', 'a', 'b'],
      first: [1.5, 2, 3],
      note: /differ in length, from 2 values \(row 2\) to 4 \(row 3\)/,
    },
    {
      name: 'gaps.tsv',
      text: '1\t0.5\t\t?\t2\tNaN\tNaN\n2\tnan\tN/A\t1\t2\t3\t4\n',
      labels: ['1', '2'],
      first: [0.5, 1, 1.5, 2],
      note: /Missing values inside the series were interpolated linearly \(2 in 1 series, first in row 1, column 3\)/,
    },
    {
      name: 'own.csv',
      text: '1,0.5,-999,1.5\n2,0.5,0.25,-999\n',
      options: { missing: ['-999'] },
      labels: ['1', '2'],
      first: [0.5, 1, 1.5],
      note: /at the end of the series were left out, so these series are shorter \(\d+ in 1 series, first in row 2, column 4\)/,
    },
    {
      name: 'unlabeled.csv',
      text: '0.5,0.7,0.2\n0.1,0.2,0.4\n',
      labels: [null, null],
      first: [0.5, 0.7, 0.2],
      note: /No column looks like class labels/,
    },
    {
      name: 'cutoff.csv',
      text: 'a,0.5,0.7,0.2\nb,0.1,0.2,0.4\nb,0.1,0.2',
      labels: ['a', 'b', 'b'],
      first: [0.5, 0.7, 0.2],
      note: /may have been cut off/,
    },
    {
      name: 'chosen.csv',
      text: 'x,y1,y2,kind\na,0.5,0.7,u\nb,0.1,0.2,v\n',
      options: { labels: { name: 'Kind' }, ignoredColumns: [1] },
      labels: ['u', 'v'],
      first: [0.5, 0.7],
    },
    {
      name: 'older.txt',
      text: '1.0000000e+00,  5.02e-1, 2.2\n2.0000000e+00, 5.02e-1, 2.2\n',
      labels: ['1', '2'],
      first: [0.502, 2.2],
    },
    { name: 'lines.csv', text: '"a\nb",0.5,"0.7"\nc,0.1,0.2\n', labels: ['a\nb', 'c'], first: [0.5, 0.7] },
    { name: 'data', text: '1;0,5;0,7\n2;0,1;0,2\n', labels: ['1', '2'], first: [0.5, 0.7] },
  ];
  for (const { name, text, options, labels, first, note } of cases) {
    const data = await readSeriesFile(await write(name, text), options);
    assert.deepEqual(
      data.series.map(({ label }) => label),
      labels,
      name,
    );
    assert.deepEqual([...data.series[0].values], first, name);
    if (note)
      assert.ok(
        data.notes.some((one) => note.test(one)),
        `${name}: ${data.notes.join(' ')}`,
      );
    else assert.deepEqual(data.notes, [], name);
  }
});

test('other encodings: UTF-16 is decoded, Windows-1252 on request', async (t) => {
  const write = await scratch(t);
  const text = 'Gerät;0,5;0,7\r\nb;1,5;2,5\r\n';
  const swapped = Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
  for (const bytes of [
    Buffer.from(`\ufeff${text}`, 'utf16le'),
    Buffer.from(text, 'utf16le'),
    swapped,
    Buffer.from(text),
  ]) {
    const { classNames, series } = await readSeriesFile(await write('e.csv', bytes));
    assert.deepEqual(classNames, ['Gerät', 'b'].sort(compareLabels));
    assert.deepEqual([...series[1].values], [1.5, 2.5]);
  }
  const path = await write('w.csv', Buffer.from(text, 'latin1'));
  await assert.rejects(readSeriesFile(path), /row 1: expected UTF-8 text.*windows-1252/);
  assert.equal((await readSeriesFile(path, { encoding: 'windows-1252' })).series[0].label, 'Gerät');
});

test('labels: one spelling for one number, codes as they are, natural order', () => {
  const spellings: Record<string, string | null> = {
    '1.0000000e+00': '1', ' 1.0 ': '1', '+1': '1', '1.': '1', '-1.0000000e+00': '-1', '-0.0': '0', '0.50': '0.5', '1.0E1': '10',
    '007': '007', '1e3': '1e3', '1.0.0': '1.0.0', '12345678901234567890': '12345678901234567890', 'class 2': 'class 2',
    NaN: null, '?': null, '': null, none: 'none',
  }; // prettier-ignore
  for (const [text, label] of Object.entries(spellings)) assert.equal(normalizeLabel(text), label, text);
  assert.equal(normalizeLabel('1,50', ','), '1.5');
  const sorted = ['-1', '0.5', '2', '10', '007', 'Class 1', 'class 2', 'class 2b', 'class 10'];
  for (let i = 0; i < 20; i++) assert.deepEqual(new Random(i).shuffle([...sorted]).sort(compareLabels), sorted);
});

test('names: the TEST file of a TRAIN file and the name of a data set', async (t) => {
  const write = await scratch(t);
  for (const [train, test] of [
    ['Gun_TRAIN.tsv', 'Gun_TEST.tsv'], ['ecg-train.csv', 'ecg-test.csv'], ['train.csv', 'test.csv'], ['A_Train.ts', 'A_Test.ts'], ['B_TRAIN.arff', 'b_test.arff'],
  ]) {
    const expected = await write(test, '');
    const path = await write(train, '');
    assert.equal(await siblingTestFile(path), expected);
    assert.equal(await siblingTestFile(expected), null);
    assert.equal(await siblingTrainFile(expected), path);
    assert.equal(await siblingTrainFile(path), null);
  } // prettier-ignore
  assert.equal(await siblingTestFile(await write('lonely_TRAIN.csv', '')), null);
  assert.equal(await siblingTestFile(await write('training.csv', '')), null);
  assert.equal(datasetName('/a/GunPoint_TRAIN.tsv'), 'GunPoint');
  assert.equal(datasetName('/a/Wafer/train.csv'), 'Wafer');
  assert.equal(datasetName('strain gauge.csv'), 'strain gauge');
});
