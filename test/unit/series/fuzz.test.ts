// Damaged files in every format: no crash (only series errors), no hang, no silent misread.
//   - a value cell replaced by garbage is an error naming exactly that row and column
//   - a value cell replaced by another number changes exactly that value
//   - a value cell replaced by a missing mark is interpolated or shortens the series, and is reported
//   - whatever else is accepted reads back equal after it has been written out again in the same format
import test from 'node:test';
import assert from 'node:assert/strict';
import { Random } from '../../../src/engine/math/random';
import {
  readSeriesBytes,
  SeriesFileError,
  type FileKind,
  type ReadOptions,
  type SeriesDataset,
} from '../../../src/engine/series';

/** A well-formed file as cells. A cell's column is its index + 1; the last line has no number of its own. */
interface Specimen {
  name: string;
  options: ReadOptions;
  head: string[];
  rows: string[][];
  /** indices of the cells that are values of the series that is read */
  values: number[];
  line: (cells: string[]) => string;
  /** how a number stands in a cell */
  number: (value: number) => string;
  lineEnd: string;
}

const ROWS = 6;
const LENGTH = 8;
const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

function specimens(): Specimen[] {
  const random = new Random(2018);
  const label = (r: number): string => ['walk', 'run'][r % 2];
  const numeric = (r: number): string => ['1', '2'][r % 2];
  const point = (value: number): string => String(value);
  const comma = (value: number): string => String(value).replace('.', ',');
  const draw = (): number => Number((3 * random.gaussian()).toFixed(4)) + 0.00001;
  const cells = (count: number, number = point): string[] => range(count).map(() => number(Number(draw().toFixed(5))));
  const rows = (make: (r: number) => string[]): string[][] => range(ROWS).map(make);
  const stamped = (r: number): string[] => [
    ...cells(LENGTH).map((value, i) => `(2007-01-01 00:0${i}:00,${value})`),
    label(r),
  ];
  const relation = (all: string[]): string =>
    `'${range(3)
      .map((c) => all.slice(c * LENGTH, (c + 1) * LENGTH).join(','))
      .join('\\n')}',${all.at(-1)}`;
  const attributes = range(LENGTH).map((i) => `@attribute t${i} numeric`);
  const base = { options: {}, head: [], number: point, lineEnd: '\n' };
  return [
    {
      ...base,
      name: 'header.csv',
      head: [
        'class,' +
          range(LENGTH)
            .map((i) => `t${i}`)
            .join(','),
      ],
      rows: rows((r) => [label(r), ...cells(LENGTH)]),
      values: range(LENGTH, 1),
      line: (row) => row.join(','),
      lineEnd: '\r\n',
    },
    {
      ...base,
      name: 'plain.csv',
      rows: rows((r) => [numeric(r), ...cells(LENGTH)]),
      values: range(LENGTH, 1),
      line: (row) => row.join(','),
    },
    {
      ...base,
      name: 'european.csv',
      rows: rows((r) => [...cells(LENGTH, comma), `"${label(r)}; ""fast"""`]),
      values: range(LENGTH),
      line: (row) => row.join(';'),
      number: comma,
    },
    {
      ...base,
      name: 'ucr.tsv',
      rows: rows((r) => [numeric(r), ...cells(LENGTH)]),
      values: range(LENGTH, 1),
      line: (row) => row.join('\t'),
    },
    {
      ...base,
      name: 'ucr.txt',
      rows: rows((r) => [Number(numeric(r)).toExponential(7), ...cells(LENGTH)]),
      values: range(LENGTH, 1),
      line: (row) => `  ${row.join('   ')}`,
    },
    {
      ...base,
      name: 'univariate.ts',
      head: ['# comment', '@problemName x', '@univariate true', '@classLabel true walk run', '@data'],
      rows: rows((r) => [...cells(LENGTH), label(r)]),
      values: range(LENGTH),
      line: (row) => `${row.slice(0, -1).join(',')}:${row.at(-1)}`,
    },
    {
      ...base,
      name: 'channels.ts',
      options: { channel: 2 },
      head: [
        '@problemName x',
        '@univariate false',
        '@dimensions 3',
        '@equalLength true',
        '@classLabel true walk run',
        '@data',
      ],
      rows: rows((r) => [...cells(3 * LENGTH), label(r)]),
      values: range(LENGTH, LENGTH),
      line: (row) => [...range(3).map((c) => row.slice(c * LENGTH, (c + 1) * LENGTH).join(',')), row.at(-1)].join(':'),
    },
    {
      ...base,
      name: 'stamped.ts',
      head: ['@problemName x', '@timeStamps true', '@univariate true', '@classLabel true walk run', '@data'],
      rows: rows(stamped),
      values: range(LENGTH),
      line: (row) => `${row.slice(0, -1).join(',')}:${row.at(-1)}`,
    },
    {
      ...base,
      name: 'univariate.arff',
      head: ['% comment', '@relation x', ...attributes, '@attribute kind {walk, run}', '@data'],
      rows: rows((r) => [...cells(LENGTH), label(r)]),
      values: range(LENGTH),
      line: (row) => row.join(','),
    },
    {
      ...base,
      name: 'relational.arff',
      options: { channel: 3 },
      head: ['@relation x', '@attribute s relational', ...attributes, '@end s', '@attribute kind {walk, run}', '@data'],
      rows: rows((r) => [...cells(3 * LENGTH), label(r)]),
      values: range(LENGTH, 2 * LENGTH),
      line: relation,
    },
  ];
}

const render = ({ head, line, lineEnd }: Specimen, rows: string[][]): string =>
  [...head, ...rows.map(line)].join(lineEnd) + lineEnd;

/** The text with one value cell replaced; a stamped cell keeps its stamp. */
function replaced(specimen: Specimen, r: number, index: number, text: string): string {
  const rows = specimen.rows.map((row) => [...row]);
  const stamp = /^\(.*,/.exec(rows[r][index]);
  rows[r][index] = stamp ? `${stamp[0]}${text})` : text;
  return render(specimen, rows);
}

const kindOf = (name: string): FileKind => name.split('.').pop() as FileKind;

/** Writes what was read in the format it came from. */
function rewritten({ series, format }: SeriesDataset, kind: FileKind): { text: string; options: ReadOptions } {
  const labeled = series.some(({ label }) => label !== null);
  const labels = labeled ? ('first' as const) : ('none' as const);
  const width = Math.max(...series.map(({ values }) => values.length));
  const lines = (line: (values: string[], label: string) => string): string[] =>
    series.map(({ values, label }) =>
      line(
        Array.from(values, (value) => (Object.is(value, -0) ? '-0' : String(value))),
        label ?? '?',
      ),
    );
  if (kind === 'ts') {
    const text = ['@univariate true', `@classLabel ${labeled}`, '@data'];
    text.push(...lines((values, label) => values.join(',') + (labeled ? `:${label}` : '')));
    return { text: text.join('\n'), options: {} };
  }
  if (kind === 'arff') {
    const quoted = (label: string): string =>
      `'${label
        .replace(/[\\']/g, (c) => `\\${c}`)
        .replaceAll('\n', '\\n')
        .replaceAll('\r', '\\r')}'`;
    const text = ['@relation x', ...range(width).map((i) => `@attribute t${i} real`)];
    if (labeled) text.push('@attribute kind string');
    text.push('@data');
    text.push(
      ...lines((values, label) => {
        const padded = [...values, ...range(width - values.length).map(() => '?')];
        return (labeled ? [...padded, quoted(label)] : padded).join(',');
      }),
    );
    return { text: text.join('\n'), options: labeled ? {} : { labels: 'none' } };
  }
  if (kind === 'txt' && format.delimiter === ' ') {
    const text = lines((values, label) => (labeled ? [label, ...values] : values).join(' ')).join('\n');
    return { text, options: { labels, header: false, delimiter: ' ', decimal: '.' } };
  }
  const delimiter = kind === 'tsv' ? '\t' : ',';
  const header = ['label', ...range(width).map((i) => `t${i}`)].slice(labeled ? 0 : 1).join(delimiter);
  const body = lines((values, label) =>
    (labeled ? [`"${label.replaceAll('"', '""')}"`, ...values] : values).join(delimiter),
  );
  return {
    text: [header, ...body].join('\n'),
    options: { labels, header: true, delimiter, decimal: '.', ignoredColumns: [] },
  };
}

const content = ({ series }: SeriesDataset): { label: string | null; values: number[] }[] =>
  series.map(({ label, values }) => ({ label, values: [...values] }));

/** Reads a file; undefined for a refusal, which must be a series error that names the file. */
async function attempt(
  name: string,
  bytes: Uint8Array,
  options: ReadOptions,
): Promise<SeriesDataset | SeriesFileError> {
  try {
    return await readSeriesBytes(name, bytes, options);
  } catch (error) {
    if (!(error instanceof SeriesFileError)) throw error;
    assert.ok(error.message.startsWith(name), error.message);
    return error;
  }
}

const GARBAGE = ['x', '1.2.3', '--5', '1e', '0x1F', 'Infinity', '-inf', '1e999', '12abc', '1_000', '\u22122', '+-3', 'e5', '.', '-', '#REF!', '\u0661', 'true', '0b1', '1e+', '1..2', '5-3', '1d5', 'NaN1', '\u0000', '1\u0001']; // prettier-ignore
const MISSING = ['?', 'NaN', 'nan', 'N/A', 'NULL'];
/** Bytes that mean something to some reader. */
const LOADED = [...Buffer.from(',;\t| \n\r"\'\\?.-+eE@#%:(){}019a\0'), 0x80, 0xc3, 0xe4, 0xff];

/** One of many kinds of damage to the bytes or the lines of a file. */
function damage(text: string, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(text);
  const at = (): number => random.below(bytes.length + 1);
  const byte = (): number => (random.below(3) === 0 ? random.below(256) : LOADED[random.below(LOADED.length)]);
  for (let n = 1 + random.below(3); n > 0; n--) {
    const [a, b] = [at(), at()].sort((x, y) => x - y);
    const lines = bytes.toString('latin1').split('\n');
    const [i, j] = [random.below(lines.length), random.below(lines.length)];
    const relined = (): Buffer => Buffer.from(lines.join('\n'), 'latin1');
    switch (random.below(14)) {
      case 0: // one byte changed
        if (bytes.length > 0) bytes[Math.min(a, bytes.length - 1)] = byte();
        break;
      case 1: // one bit flipped
        if (bytes.length > 0) bytes[Math.min(a, bytes.length - 1)] ^= 1 << random.below(8);
        break;
      case 2: // bytes inserted
        bytes = Buffer.concat([
          bytes.subarray(0, a),
          Buffer.from(range(1 + random.below(4)).map(byte)),
          bytes.subarray(a),
        ]);
        break;
      case 3: // a few bytes lost
        bytes = Buffer.concat([bytes.subarray(0, a), bytes.subarray(a + 1 + random.below(5))]);
        break;
      case 4: // a piece lost
        bytes = Buffer.concat([bytes.subarray(0, a), bytes.subarray(b)]);
        break;
      case 5: // the end lost
        bytes = bytes.subarray(0, b);
        break;
      case 6: // a piece doubled
        bytes = Buffer.concat([bytes.subarray(0, b), bytes.subarray(a)]);
        break;
      case 7: // a line lost
        lines.splice(i, 1);
        bytes = relined();
        break;
      case 8: // a line doubled elsewhere
        lines.splice(j, 0, lines[i]);
        bytes = relined();
        break;
      case 9: // two lines exchanged
        [lines[i], lines[j]] = [lines[j], lines[i]];
        bytes = relined();
        break;
      case 10: // two lines joined
        lines.splice(i, 2, lines.slice(i, i + 2).join(''));
        bytes = relined();
        break;
      case 11: {
        // a cell lost or doubled
        const cells = lines[i].split(/(?=[,;\t:])/);
        const k = random.below(cells.length);
        cells.splice(k, 1, ...(random.below(2) === 0 ? [] : [cells[k], cells[k]]));
        lines[i] = cells.join('');
        bytes = relined();
        break;
      }
      case 12: // another separator in the whole file
        bytes = Buffer.from(
          bytes
            .toString('latin1')
            .replaceAll([',', ';', '\t', ':'][random.below(4)], [';', ',', ' ', '|'][random.below(4)]),
          'latin1',
        );
        break;
      default: // a foreign line
        lines.splice(
          i,
          0,
          ['', '   ', ',,,,', '@data', '% c', '# c', '"', '0,1,2,3', 'total;3,5', '\ufeff1'][random.below(10)],
        );
        bytes = Buffer.from(lines.join('\n'), 'latin1');
    }
  }
  return bytes;
}

const FILES = 12_000;
const KINDS = 10;
/** No small file may take longer than this, in seconds of processor time. */
const SLOWEST = 2;

test(`${FILES} damaged files over all formats`, { timeout: 600_000 }, async (t) => {
  const random = new Random(20_260_101);
  const all = specimens();
  const outcome = { garbage: 0, number: 0, missing: 0, accepted: 0, refused: 0 };
  const codes = new Map<string, number>();
  const perSpecimen = Math.ceil(FILES / all.length);
  const began = process.cpuUsage();
  for (const specimen of all) {
    const { name, options, rows, values, head } = specimen;
    const kind = kindOf(name);
    const whole = await readSeriesBytes(name, Buffer.from(render(specimen, rows)), options);
    assert.equal(whole.series.length, ROWS);
    assert.deepEqual(
      whole.series.map((one) => one.row),
      range(ROWS, head.length + 1),
    );
    const reference = content(whole);
    assert.equal(reference[0].values.length, LENGTH);
    assert.notEqual(reference[0].label, null);

    for (let file = 0; file < perSpecimen; file++) {
      const started = process.cpuUsage();
      const [r, k] = [random.below(ROWS), random.below(LENGTH)];
      const cell = (text: string): Buffer => Buffer.from(replaced(specimen, r, values[k], text));
      switch (file % KINDS) {
        case 0: {
          const token = GARBAGE[random.below(GARBAGE.length)];
          // A zero byte at the beginning makes the file a binary one.
          const error = await attempt(name, cell(token), options);
          assert.ok(
            error instanceof SeriesFileError,
            `${name}: ${JSON.stringify(token)} at row ${r}, value ${k} was accepted`,
          );
          if (token !== '\0') {
            const place = [head.length + r + 1, values[k] + 1];
            assert.deepEqual([error.row, error.column], place, `${JSON.stringify(token)}: ${error.message}`);
          }
          outcome.garbage++;
          break;
        }
        case 1: {
          const value = Number((random.gaussian() * 10 ** random.below(6)).toPrecision(1 + random.below(15)));
          const read = await attempt(name, cell(specimen.number(value)), options);
          assert.ok(!(read instanceof SeriesFileError), String(read));
          const expected = structuredClone(reference);
          expected[r].values[k] = value;
          assert.deepEqual(content(read), expected, `${name}, row ${r}, value ${k}: ${value}`);
          outcome.number++;
          break;
        }
        case 2: {
          const read = await attempt(name, cell(MISSING[random.below(MISSING.length)]), options);
          assert.ok(!(read instanceof SeriesFileError), String(read));
          const expected = structuredClone(reference);
          const own = expected[r].values;
          if (k === LENGTH - 1) own.pop();
          else own[k] = k === 0 ? own[1] : own[k - 1] * 0.5 + own[k + 1] * 0.5;
          assert.deepEqual(content(read), expected, `${name}, row ${r}, value ${k} missing`);
          assert.ok(
            read.notes.some((note) => note.includes(`row ${head.length + r + 1}, column ${values[k] + 1}`)),
            read.notes.join(),
          );
          outcome.missing++;
          break;
        }
        default: {
          const bytes = damage(render(specimen, rows), random);
          const read = await attempt(name, bytes, options);
          if (read instanceof SeriesFileError) {
            outcome.refused++;
            codes.set(read.code, (codes.get(read.code) ?? 0) + 1);
            break;
          }
          outcome.accepted++;
          const shown = (): string => `${name}: ${JSON.stringify(bytes.toString('latin1'))}`;
          assert.ok(read.series.length > 0 && read.series.every((one) => one.values.length > 0), shown());
          assert.ok(
            read.series.every((one) => one.values.every(Number.isFinite)),
            shown(),
          );
          const again = rewritten(read, kind);
          const second = await attempt(name, Buffer.from(again.text), again.options);
          assert.ok(
            !(second instanceof SeriesFileError),
            `${shown()} was accepted, but not when written again: ${String(second)}`,
          );
          assert.deepEqual(content(second), content(read), shown());
        }
      }
      const { user, system } = process.cpuUsage(started);
      assert.ok(user + system < SLOWEST * 1e6, `${name}: one file took ${(user + system) / 1e6} s`);
    }
  }
  const { user, system } = process.cpuUsage(began);
  const total = Object.values(outcome).reduce((sum, one) => sum + one, 0);
  t.diagnostic(
    `${total} files in ${((user + system) / 1e6).toFixed(1)} s of processor time: ${JSON.stringify(outcome)}`,
  );
  t.diagnostic(`refusals: ${JSON.stringify(Object.fromEntries([...codes].sort()))}`);
  assert.ok(total >= 10_000 && outcome.accepted > 1000 && outcome.refused > 1000);
});
