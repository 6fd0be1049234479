// Tables with every kind of header, label and column beside the values, read by an independent reader that knows their layout: what is
// read differs from it nowhere without a note that says so, or an error.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Random } from '../../../src/engine/math/random';
import { readSeriesBytes, SeriesFileError } from '../../../src/engine/series';

const TABLES = 10_000;

/** What a generated table holds; the independent reader splits its lines by it and nothing else. */
interface Layout {
  delimiter: ',' | ';' | '\t';
  header: boolean;
  /** place of the label among the cells; -1 without labels */
  label: number;
  /** places of cells that are neither label nor value */
  beside: number[];
  lines: string[];
}

const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)];

type Maker = (random: Random) => (row: number) => string;
const VALUES: Record<string, Maker> = {
  gaussian: (random) => () => random.gaussian().toFixed(3),
  offset: (random) => () => (50 + 10 * random.gaussian()).toFixed(2),
  whole: (random) => () => String(random.below(4096)),
  small: (random) => () => String(random.below(10)),
  scientific: (random) => () => random.gaussian().toExponential(6),
  unit: (random) => () => random.uniform().toFixed(4),
};
const LABELS: Record<string, (random: Random, rows: number) => (row: number) => string> = {
  text: () => (r) => ['oak', 'pine', 'elm'][r % 3],
  words: () => (r) => ['y', 'n', 'target', 'standard'][r % 4],
  whole: () => (r) => String(1 + (r % 3)),
  signs: () => (r) => String(r % 2 ? 1 : -1),
  floats: () => (r) => (r % 2).toExponential(6),
  sorted: (_, rows) => (r) => String(Math.floor((2 * r) / rows)),
  'sorted text': (_, rows) => (r) => ['normal', 'fault'][Math.floor((2 * r) / rows)],
  one: () => () => '1',
  'one text': () => () => 'walk',
  missing: () => (r) => (r === 3 ? '#N/A' : ['a', 'b'][r % 2]),
};
const BESIDE: Record<string, Maker> = {
  counting: () => (r) => String(r),
  id: (random) => {
    const [start, step] = [random.below(500), 2 + random.below(9)];
    return (r) => String(start + step * r);
  },
  shuffled: (random) => {
    const order = random.shuffle(Array.from({ length: 700 }, (_, i) => i));
    return (r) => String(1000 + order[r]);
  },
  subject: () => (r) => String(1 + (r >> 2)),
  name: () => (r) => `rec_${r}.wav`,
  date: () => (r) => `2024-03-${String(1 + (r % 28)).padStart(2, '0')} 10:00:${String(r % 60).padStart(2, '0')}`,
  epoch: () => (r) => String(1_700_000_000 + 60 * r),
  weight: () => () => '1',
  age: (random) => () => (20 + 50 * random.uniform()).toFixed(1),
};
const NAMES: Record<string, string[]> = {
  counting: ['index', '', 'no', 'sample_id'],
  id: ['id', 'rec', 'record_id', 'sampleID', 'foo'],
  shuffled: ['id', 'file_no', 'bar'],
  subject: ['subject', 'patient', 'participant_id'],
  name: ['file', 'filename', 'name'],
  date: ['date', 'timestamp', 'recorded'],
  epoch: ['time', 'timestamp', 'unix_time'],
  weight: ['weight', 'version'],
  age: ['age', 'baseline'],
};
const LABEL_NAMES = ['label', 'class', 'state', 'Activity', 'y', 'species', 'foo_class', 'target'];
const VALUE_NAMES: Record<string, (i: number) => string> = {
  t: (i) => `t${i}`,
  index: (i) => String(i),
  wavelength: (i) => String(400 + 2 * i),
  descending: (i) => String(900.5 - 3 * i),
  uneven: (i) => String(350 + i * i * 0.7 + i),
  time: (i) => (0.1 * i).toFixed(1),
  v: (i) => `V_${i + 1}`,
};

function generate(random: Random): Layout & { what: string } {
  const rows = pick(random, [8, 12, 40, 260]);
  const length = 4 + random.below(20);
  const [valueKind, labelKind, naming] = [Object.keys(VALUES), Object.keys(LABELS), Object.keys(VALUE_NAMES)].map(
    (all) => pick(random, all),
  );
  const value = VALUES[valueKind](random);
  const label = LABELS[labelKind](random, rows);
  const header = random.below(2) === 0;
  const place = random.below(10);
  let kinds = Array.from({ length: pick(random, [0, 0, 1, 1, 2]) }, () => pick(random, Object.keys(BESIDE)));
  // Without names and other labels, numbers of subjects are labels as good as any, and numbers in no order among whole numbers are
  // values: nothing tells them apart.
  if (!header && (place === 9 || labelKind.startsWith('one'))) kinds = kinds.filter((kind) => kind !== 'subject');
  if (!header && valueKind === 'whole') kinds = kinds.filter((kind) => kind !== 'shuffled');
  const makers = kinds.map((kind) => BESIDE[kind](random));
  // The cells of a row in order: values, the label, and what is beside them at either end.
  const order: ({ value: number } | { beside: number } | 'label')[] = Array.from({ length }, (_, i) => ({ value: i }));
  if (place < 4) order.unshift('label');
  else if (place < 8) order.push('label');
  else if (place < 9) order.splice(1 + random.below(length - 1), 0, 'label');
  kinds.forEach((_, i) => {
    if (random.below(4) === 0) order.push({ beside: i });
    else order.unshift({ beside: i });
  });
  const delimiter = pick(random, [',', ';', '\t'] as const);
  const cells = (of: (cell: (typeof order)[number]) => string): string => order.map(of).join(delimiter);
  const [labelName, besideNames] = [pick(random, LABEL_NAMES), kinds.map((kind) => pick(random, NAMES[kind]))];
  const lines = Array.from({ length: rows }, (_, r) =>
    cells((cell) => (cell === 'label' ? label(r) : 'value' in cell ? value(r) : makers[cell.beside](r))),
  );
  if (header)
    lines.unshift(
      cells((cell) =>
        cell === 'label' ? labelName : 'value' in cell ? VALUE_NAMES[naming](cell.value) : besideNames[cell.beside],
      ),
    );
  const beside = order.flatMap((cell, i) => (cell !== 'label' && 'beside' in cell ? [i] : []));
  const what = [
    rows,
    length,
    valueKind,
    labelKind,
    header ? `${naming}/${labelName}/${besideNames.join()}` : '-',
    kinds.join('+'),
  ].join(' ');
  return { delimiter, header, label: order.indexOf('label'), beside, lines, what };
}

/** The independent reader. */
function plainly({ delimiter, header, label, beside, lines }: Layout): { label: string | null; values: number[] }[] {
  return lines.slice(header ? 1 : 0).map((line) => {
    const cells = line.split(delimiter);
    const text = label < 0 ? null : cells[label];
    return {
      label:
        text === null || text === '#N/A'
          ? null
          : /^[-+]?\d+(\.\d+)?(e[-+]\d+)?$/.test(text)
            ? String(Number(text))
            : text,
      values: cells.filter((_, i) => i !== label && !beside.includes(i)).map(Number),
    };
  });
}

/** Notes by which a user sees that something about header, labels or columns was decided. */
const TELLING = /header|label|Column|column/;

test(
  `${TABLES} tables: no silent difference from what an independent reader finds`,
  { timeout: 900_000 },
  async (t) => {
    const random = new Random(20_261_126);
    const outcome = { alike: 0, told: 0, refused: 0 };
    const silent: string[] = [];
    for (let i = 0; i < TABLES; i++) {
      const layout = generate(random);
      const name = layout.delimiter === '\t' ? 'table.tsv' : 'table.csv';
      try {
        const { series, notes } = await readSeriesBytes(name, Buffer.from(layout.lines.join('\n') + '\n'));
        const found = series.map(({ label, values }) => ({ label, values: [...values] }));
        if (JSON.stringify(found) === JSON.stringify(plainly(layout))) outcome.alike++;
        else if (notes.some((note) => TELLING.test(note))) outcome.told++;
        else
          silent.push(
            `${layout.what}\n  ${layout.lines.slice(0, 3).join('\n  ')}\n  -> ${JSON.stringify(found[0]).slice(0, 200)} ${notes.join(' ')}`,
          );
      } catch (error) {
        if (!(error instanceof SeriesFileError)) throw error;
        outcome.refused++;
      }
    }
    t.diagnostic(JSON.stringify(outcome));
    assert.deepEqual(silent.slice(0, 5), [], `${silent.length} silent differences`);
    assert.ok(outcome.alike > 0.7 * TABLES, JSON.stringify(outcome));
  },
);
