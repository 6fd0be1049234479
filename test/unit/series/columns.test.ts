// Headers, label columns and columns that are neither: what is read, and that every close decision is told.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Random } from '../../../src/engine/math/random';
import {
  locateRow,
  previewSeriesBytes,
  readSeriesBytes,
  type ReadOptions,
  type SeriesDataset,
} from '../../../src/engine/series';

/** Rows of values with their labels; `cells` puts a row together. */
function table(
  rows: number,
  cells: (values: string[], row: number, random: Random) => (string | number)[],
  { length = 8, whole = false, seed = 1 } = {},
): string[] {
  const random = new Random(seed);
  return Array.from({ length: rows }, (_, r) => {
    const values = Array.from({ length }, () =>
      whole ? String(100 + random.below(4000)) : random.gaussian().toFixed(4),
    );
    return cells(values, r, random).join(',');
  });
}

interface Table {
  labels: (string | null)[];
  values: number[][];
  notes: string;
  ignored: number[];
  classes: string[];
  header: boolean;
  format: SeriesDataset['format'];
}

const read = async (
  header: string | null,
  rows: string[],
  options: ReadOptions = {},
  name = 'a.csv',
): Promise<Table> => {
  const bytes = Buffer.from([...(header === null ? [] : [header]), ...rows].join('\n') + '\n');
  const { series, notes, format, classNames } = await readSeriesBytes(name, bytes, options);
  assert.deepEqual((await previewSeriesBytes(name, bytes, options)).format, format, 'the preview understands the same');
  return {
    labels: series.map(({ label }) => label),
    values: series.map(({ values }) => [...values]),
    notes: notes.join('\n'),
    ignored: format.ignoredColumns,
    classes: classNames,
    header: format.header,
    format,
  };
};

const trees = (r: number): string => ['oak', 'pine'][r % 2];

test('a row of wavelengths, times or indices over labels is a header, and a note says so', async () => {
  const first = (values: string[], r: number): string[] => [trees(r), ...values];
  const last = (values: string[], r: number): string[] => [...values, trees(r)];
  const cases: [string, string[]][] = [
    ['species,400,402,404,406,408,410,412,414', table(12, first)],
    ['species,350.3,351.1,352.4,353,354.9,355.1,356.2,357', table(12, first)],
    ['species,414,412,410,408,406,404,402,400', table(12, first)],
    ['400,402,404,406,408,410,412,414,species', table(12, last)],
    ['species,0,1,2,3,4,5,6,7', table(12, first, { whole: true })],
    [',0,1,2,3,4,5,6,7', table(12, first, { whole: true })],
    ['8,7,6,5,4,3,2,1,0', table(12, first)],
    ['species,id,400,402,404,406,408,410,412,414', table(12, (values, r) => [trees(r), 17 * r, ...values])],
    ['species,0,0.1,0.2,0.3,0.4,0.5,0.6,0.7', table(12, (values, r) => [r % 3, ...values])],
  ];
  for (const [header, rows] of cases) {
    const { labels, values, notes, header: taken } = await read(header, rows);
    assert.equal(taken, true, header);
    assert.equal(labels.length, 12, header);
    assert.equal(new Set(labels).size, /0\.1/.test(header) ? 3 : 2, header);
    assert.equal(values[0].length, 8, header);
    assert.match(notes, /Row 1 \(.*\) was read as a header/, header);
  }
  // Two rows and a short header of names and numbers.
  assert.deepEqual((await read('3,2,1,0', ['a,1.5,2.5,0.5', 'b,2.5,1.5,0.7'])).classes, ['a', 'b']);
});

test('a label that is a word of headers does not make its row a header', async () => {
  for (const word of ['y', 'target', 'class', 'Y']) {
    const rows = table(12, (values, r) => [r === 0 ? word : ['n', 'standard'][r % 2], ...values]);
    const { labels, header, values } = await read(null, rows);
    assert.equal(header, false, word);
    assert.equal(labels[0], word);
    assert.equal(values.length, 12);
    assert.equal(
      (
        await read(
          null,
          rows.map((row) => row.replace(/^([^,]*),(.*)$/, '$2,$1')),
        )
      ).labels[0],
      word,
    );
  }
  // The same word over numbers is a header: no label is a text there.
  const named = await read(
    'class,1,2,3,4,5,6,7,8',
    table(12, (values, r) => [r % 2, ...values]),
  );
  assert.deepEqual([named.header, named.classes], [true, ['0', '1']]);
});

test('a first row that only might be a header is told of', async () => {
  const rising = table(12, (values) => [...values.map(Number).sort((a, b) => a - b)], { length: 7 });
  const doubted = await read(null, ['one,1,2,3', 'two,1.5,0.7,2.5', 'three,0.1,0.2,0.1']);
  assert.deepEqual(doubted.labels, ['one', 'two', 'three']);
  assert.match(doubted.notes, /Row 1 \(one 1 2 3\) was read as a series, but it may be a header/);
  // Series that all rise, as cumulated ones do, have no header; neither do evenly sampled ramps.
  const cumulated = await read(
    null,
    rising.map((row, r) => `${trees(r)},${row}`),
  );
  assert.deepEqual([cumulated.header, cumulated.labels.length], [false, 12]);
  const ramps = Array.from(
    { length: 12 },
    (_, r) => `${trees(r)},${[1, 2, 3, 4, 5, 6].map((i) => i * (r + 1)).join(',')}`,
  );
  assert.equal((await read(null, ramps)).labels.length, 12);
  const unlabeled = await read(
    '400,402,404,406',
    table(12, (values) => values, { length: 4 }),
  );
  assert.match(unlabeled.notes, /Row 1 \(400 402 404 406\) was read as a series, but it may be a header/);
});

const names = (count: number): string => Array.from({ length: count }, (_, i) => `t${i}`).join(',');

test('columns that number, name or date the rows are left out, and a note names them', async () => {
  const date = (r: number): string => `2024-0${1 + (r % 9)}-1${r % 10}T10:0${r % 10}:00Z`;
  const cases: [string | null, string[], number[], RegExp][] = [
    [`rec,${names(8)},state`, table(40, (v, r) => [100 + 7 * r, ...v, 'ab'[r % 2]]), [1], /Column 1 \("rec"\) only numbers/],
    [`sample_id,${names(8)},activity`, table(12, (v, r) => [r, ...v, trees(r)]), [1], /Column 1 \("sample_id"\)/],
    [`${names(8)},subject,Activity`, table(12, (v, r) => [...v, 1 + (r >> 2), trees(r)]), [9], /Column 9 \("subject"\)/],
    [`${names(8)},subject,Activity`, table(12, (v, r) => [...v, 1 + (r >> 2), r % 3]), [9], /Column 9 \("subject"\)/],
    [`date,${names(8)},label`, table(12, (v, r) => [date(r), ...v, r % 2]), [1], /Column 1 \("date"\)/],
    [`class,weight,${names(8)}`, table(12, (v, r) => ['ab'[r % 2], 1, ...v]), [2], /Column 2 \("weight"\) is unlike/],
    [`patient,time,${names(8)},y`, table(12, (v, r) => [7, r / 10, ...v, r % 2]), [1, 2], /Columns 1 \("patient"\), 2 \("time"\)/],
    [`file,${names(8)},kind`, table(12, (v, r) => [`rec${r}.wav`, ...v, r % 2]), [1], /Column 1 \("file"\)/],
    [`a.id,${names(8)},kind`, table(12, (v, r) => [r * 3, ...v, r % 2], { whole: true }), [1], /Column 1 \("a.id"\)/],
    [`depth,${names(8)},kind`, table(12, (v, r) => [1e6 + r * r, ...v, trees(r)]), [1], /Column 1 \("depth"\) is unlike/],
    [null, table(12, (v, r) => [100 + 7 * r, ...v, r % 2]), [1], /Column 1 only numbers or names the rows/],
    [null, table(12, (v, r) => [100 + 7 * r, ...v, trees(r)]), [1], /Column 1 only numbers or names the rows/],
    [null, table(12, (v, r) => [trees(r), 100 + 7 * r, ...v]), [2], /Column 2 only numbers|Column 2 is unlike/],
    [null, table(12, (v, r) => [1.7e9 + 60 * r, ...v, r % 2]), [1], /Column 1 only numbers or names the rows/],
    [null, table(12, (v, r) => [date(r), ...v, r % 2]), [1], /Column 1 only numbers or names the rows/],
    [null, table(12, (v, r) => [`12:0${r % 10}:30`, ...v, trees(r)]), [1], /Column 1 only numbers or names the rows/],
    [null, table(12, (v, r) => [`rec${r}`, ...v, r % 2]), [1], /Column 1 only numbers or names the rows/],
  ]; // prettier-ignore
  for (const [header, rows, ignored, note] of cases) {
    const what = `${header ?? rows[0]}`;
    const found = await read(header, rows);
    assert.deepEqual(found.ignored, ignored, `${what}\n${found.notes}`);
    assert.equal(found.values[0].length, 8, what);
    assert.ok(found.classes.length >= 2 && found.classes.length <= 3, `${what}: ${found.classes.join()}`);
    assert.match(found.notes, note, what);
  }
});

test('columns that may not be values are read and named in a note', async () => {
  const cases: [string | null, string[], RegExp][] = [
    [`baseline,${names(8)},kind`, table(12, (v, r) => [(r * 0.13).toFixed(2), ...v, trees(r)]), /Column 1 \("baseline"\) is unlike/],
    [null, table(12, (v, r) => [...v.slice(0, 4), 900.5 + r / 7, ...v.slice(5), trees(r)]), /Column 5 is unlike/],
    [null, table(12, (v, r) => [...v.slice(0, 4), 90 + r, ...v.slice(5), trees(r)]), /Column 5 is unlike|Column 5 only/],
  ]; // prettier-ignore
  for (const [header, rows, note] of cases) {
    const { ignored, notes } = await read(header, rows);
    assert.deepEqual(ignored, [], notes);
    assert.match(notes, note);
  }
  // Series that grow are no outlying columns, nor are series that begin at 0.
  const grown = table(12, (v, r) => [trees(r), 0, ...v.slice(1).map((x, i) => (Number(x) * 0.1 + 2 ** i).toFixed(3))]);
  assert.equal((await read(null, grown)).notes, '');
});

test('ignored and value columns are chosen by number, name or range', async () => {
  const rows = table(12, (v, r) => [100 + 7 * r, ...v, trees(r)], { length: 4 });
  const header = `rec,${names(4)},state`;
  const all = await read(header, rows, { ignoredColumns: [] });
  assert.deepEqual([all.values[1].length, all.values[1][0]], [5, 107]);
  const named = await read(header, rows, { ignoredColumns: ['Rec', 't1'] });
  assert.deepEqual([named.ignored, named.values[0].length], [[1, 3], 3]);
  const range = await read(header, rows, { columns: { from: 't1', to: 4 } });
  assert.deepEqual(
    range.values[0],
    [2, 3].map((i) => Number(rows[0].split(',')[i])),
  );
  assert.deepEqual(range.labels.slice(0, 2), ['oak', 'pine']);
  const turned = await read(header, rows, { columns: ['t3', 't0'] });
  assert.deepEqual(
    turned.values[0],
    [4, 1].map((i) => Number(rows[0].split(',')[i])),
  );
  const spans = locateRow(rows[0], turned.format).values.map(({ start, end }) => Number(rows[0].slice(start, end)));
  assert.deepEqual(spans, turned.values[0]);
  await assert.rejects(
    read(header, rows, { ignoredColumns: ['t9'] }),
    /asks for the column "t9"; the header has "rec", "t0"/,
  );
  await assert.rejects(
    read(header, rows, { columns: { from: 1, to: 9 } }),
    /asks for column 9, but the row has columns 1 to 6/,
  );
  await assert.rejects(read(header, rows, { columns: { from: 't3', to: 't1' } }), /first must come before the last/);
  await assert.rejects(read(null, rows, { ignoredColumns: ['rec'] }), /the file has no header/);
});

test('labels in files sorted by class, of one class, and in the middle', async () => {
  const sorted = (where: 'first' | 'last', label: (c: number) => string): string[] =>
    table(690, (v, r) => (where === 'first' ? [label(Math.floor(r / 230)), ...v] : [...v, label(Math.floor(r / 230))]));
  for (const where of ['first', 'last'] as const)
    for (const label of [(c: number) => c.toExponential(18), String, (c: number) => `c${c}`]) {
      const { classes, values, notes } = await read(null, sorted(where, label));
      assert.deepEqual([classes.length, values[0].length], [3, 8], `${where} ${label(1)}: ${notes}`);
    }
  // The same where the classes lie far apart.
  const large = table(45_000, (v, r) => [...v, Math.floor(r / 15_000).toExponential(6)]);
  assert.deepEqual((await read(null, large)).classes, ['0', '1', '2']);
  for (const cells of [(v: string[]) => ['0.0', ...v], (v: string[]) => [...v, '1.000e+00']]) {
    const { classes, values, notes } = await read(null, table(20, cells));
    assert.deepEqual([classes.length, values[0].length], [1, 8]);
    assert.match(notes, /which was taken for the label of a single class/);
  }
  // Zeros that fill up series are no label.
  assert.deepEqual(
    (
      await read(
        null,
        table(20, (v) => [...v, '0.0', '0.0', '0.0']),
      )
    ).classes,
    [],
  );
  const middle = [
    await read(
      null,
      table(20, (v, r) => [...v.slice(0, 4), trees(r), ...v.slice(4)]),
    ),
    await read(
      null,
      table(20, (v, r) => [...v.slice(0, 4), r % 2, ...v.slice(4)]),
    ),
  ];
  for (const { classes, values, notes } of middle) {
    assert.deepEqual([classes.length, values[0].length], [2, 8], notes);
    assert.match(notes, /The labels were found in column 5/);
  }
  const integers = await read(
    null,
    table(20, (v, r) => [...v, r % 2], { whole: true }),
  );
  assert.deepEqual(integers.classes, ['0', '1']);
  assert.match(integers.notes, /the last column was used as labels/);
});
