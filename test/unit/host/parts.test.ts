// The parts of the extension host that need no editor.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSeriesFile } from '../../../src/engine/series';
import { reprogramOptionsSchema } from '../../../src/engine/reprogram';
import { flowItems, parseOption, type FlowState } from '../../../src/host/flow/flow-items';
import { TINT_LEVELS, tintLevel, tintRanges } from '../../../src/host/inline/tint-ranges';
import { valueRanges } from '../../../src/host/inline/value-ranges';
import { shownText } from '../../../src/host/shown-text';
import { pageHtml } from '../../../src/host/webview/page-html';
import { safeFileName } from '../../../src/host/webview/safe-file-name';
import { TSV_FORMAT } from '../support/series-files';

const FILES: Record<string, string> = {
  'first.csv': '1,0.5,-0.25,3e-2\n2,1,2,3\n',
  'last.csv': '0,5;0,25;a\n1,5;2;b\n-1;4,125;a\n',
  'header.csv': 'id,label,t0,t1,t2\n7,a,1.5,2.5,3.5\n8,b,4.5,5.5,6.5\n',
  'quoted.csv': 'a,"1.5",2.5,"3.5"\n"b, or c",4.5, 5.5 ,6.5\n',
  'blanks.txt': '  1.0e+00  2.5e-01 -1.5e+00\n  2.0e+00  5.0e-01  1.5e+00\n',
  'trailing.csv': 'a,1.5,2.5,\nb,3.5,4.5,\n',
  'short.tsv': '1\t0.5\t0.25\tNaN\tNaN\n2\t0.5\t0.25\t0.75\t1.5\n',
  'case.ts':
    '# note\n@problemName x\n@timeStamps false\n@univariate true\n@classLabel true a b\n@data\n1.5,2.5,3.5:a\n4,5,6:b\n',
  'nominal.arff':
    '@relation x\n@attribute t0 numeric\n@attribute t1 numeric\n@attribute class {a,b}\n@data\n1.5,2.5,a\n3.5, 4.5,b\n',
};

test('value ranges agree with the series reader in every format', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-ranges-'));
  try {
    for (const [name, text] of Object.entries(FILES)) {
      const path = join(folder, name);
      await writeFile(path, text);
      const { series, format } = await readSeriesFile(path);
      const lines = text.split('\n');
      assert.ok(series.length >= 2, name);
      for (const { row, values } of series) {
        const line = lines[row - 1];
        const ranges = valueRanges(line, format);
        assert.ok(ranges.length >= values.length, `${name}, row ${row}: ${ranges.length} ranges`);
        const read = Array.from(values, (_, i) => Number(line.slice(ranges[i].start, ranges[i].end).replace(',', '.')));
        assert.deepEqual(read, [...values], `${name}, row ${row}`);
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a long line costs no more than what is drawn, and a value cut in two is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-ranges-'));
  try {
    const path = join(folder, 'long.csv');
    const row = (label: string): string =>
      [label, ...Array.from({ length: 5000 }, (_, i) => (i / 7).toFixed(5))].join(',');
    await writeFile(path, `${row('a')}\n${row('b')}\n`);
    const { format } = await readSeriesFile(path);
    const ranges = valueRanges(row('a'), format, 10_000);
    assert.ok(ranges.length < 5000 && ranges.at(-1)!.end < 10_000);
    assert.equal(row('a')[ranges.at(-1)!.end], ',');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('tints: levels rise, neighbors of a level are one range, unheard values have none', () => {
  assert.deepEqual([0, 0.1, NaN, 0.2, 1].map(tintLevel), [-1, -1, -1, 0, TINT_LEVELS - 1]);
  const ranges = [0, 1, 2, 3].map((i) => ({ start: 10 * i, end: 10 * i + 5 }));
  const levels = tintRanges(ranges, [1, 1, NaN, 1, 1]);
  assert.deepEqual(levels[TINT_LEVELS - 1], [
    { start: 0, end: 15 },
    { start: 30, end: 35 },
  ]);
  assert.equal(levels.flat().length, 2);
});

test('pages forbid everything that is not named, and text cannot leave its place', () => {
  const html = pageHtml({
    title: '"><script>alert(1)</script>',
    language: 'en',
    script: 'https://host.invalid/run.js',
    cspSource: 'https://*.host.invalid',
    nonce: 'Abc+/=',
    rootId: 'root',
    stringsId: 'strings',
    strings: { Stop: '</script><img src=x onerror=alert(1)>' },
  });
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1].replaceAll('&#39;', "'");
  const directives = Object.fromEntries(policy.split('; ').map((one) => [one.split(' ')[0], one]));
  assert.equal(directives['default-src'], "default-src 'none'");
  assert.equal(directives['script-src'], "script-src 'nonce-Abc+/='");
  assert.doesNotMatch(policy, /unsafe|https?:\/\/(?!\*\.host\.invalid)| \*|blob:/);
  assert.equal(html.match(/<script/g)!.length, 2);
  assert.doesNotMatch(html, /<img|alert\(1\)<\/script>/);
  const strings = /id="strings"[^>]*>(.*)<\/script>\n<script/.exec(html)![1];
  assert.deepEqual(JSON.parse(strings), { Stop: '</script><img src=x onerror=alert(1)>' });
});

test('hostile names stay visible text and stay in their folder', () => {
  assert.equal(shownText('a\u001b[31mb\u202ec\nd'), 'a\\u001b[31mb\\u202ec\\u000ad');
  assert.doesNotMatch(shownText('$(trash) [x](command:y)'), /[$\]]\(/);
  assert.equal(shownText('x'.repeat(300), 10), `${'x'.repeat(10)}…`);
  for (const name of ['../../etc/passwd', '..\\..\\x', 'C:\\x', '\u0000', '...', 'a/b:c*?', '\u202e\ufeffgpj.exe'])
    assert.doesNotMatch(safeFileName(name), /[\\/:*?\u0000\u202e\ufeff]|^\.|^$/);
});

const t = (text: string, ...values: (string | number)[]): string =>
  text.replace(/\{(\d)\}/g, (_, i: string) => String(values[Number(i)]));

function state(changes: Partial<FlowState> = {}): FlowState {
  return {
    train: '/d/X_TRAIN.csv',
    test: null,
    read: {},
    summary: {
      name: 'X',
      count: 20,
      shortest: 5,
      longest: 9,
      classes: [
        { name: 'a', count: 12 },
        { name: 'b', count: 8 },
      ],
      notes: [],
      format: {
        ...TSV_FORMAT,
        kind: 'csv',
        delimiter: ';',
        decimal: ',',
        labels: 'last',
        labelColumn: null,
      },
    },
    problem: null,
    models: [],
    model: '',
    options: { epochs: 100 },
    out: '/d/X.v2s.safetensors',
    ...changes,
  };
}

test('the overview begins with the start, shows what was understood, and says why it cannot start', () => {
  const items = flowItems(state(), t, (path) => path);
  assert.equal(items[0].id, 'start');
  assert.equal(items[0].description, '20 series, 2 classes, lengths 5 to 9');
  const described = Object.fromEntries(items.map(({ id, description }) => [id, description]));
  assert.equal(described.delimiter, 'semicolon');
  assert.equal(described.labels, 'last column');
  assert.equal(described.test, 'none');
  assert.equal(described.epochs, '100');
  const [start] = flowItems(state({ problem: 'row 2: no number', summary: null }), t, (path) => path);
  assert.equal(start.id, 'start');
  assert.equal(start.description, 'row 2: no number');
  const [equal] = flowItems(state({ summary: { ...state().summary!, shortest: 9 } }), t, (path) => path);
  assert.equal(equal.description, '20 series, 2 classes, length 9');
});

test('options that the flow accepts are those of the engine', () => {
  const answers = {
    epochs: '0',
    batchSize: '4097',
    dropout: '0.96',
    validation: '1',
    replicas: 'many',
    seed: '-1',
  } as const;
  for (const [id, text] of Object.entries(answers))
    assert.ok('problem' in parseOption(id as keyof typeof answers, text, t), `${id} ${text}`);
  const problem = (id: 'epochs' | 'dropout' | 'replicas') => Object.values(parseOption(id, 'x', t))[0];
  assert.equal(problem('epochs'), 'Enter a whole number from 1 to 100000.');
  assert.equal(problem('dropout'), 'Enter a number from 0 to 0.95.');
  assert.equal(problem('replicas'), 'Enter a whole number from 1 to 16000, or "auto".');
  for (const [id, text] of Object.entries({
    epochs: '7',
    learningRate: '0,02',
    replicas: 'auto',
    folds: '5',
  } as const)) {
    const parsed = parseOption(id as 'epochs', text, t);
    assert.ok('value' in parsed, `${id} ${text}`);
    assert.ok(reprogramOptionsSchema.safeParse({ [id]: parsed.value }).success);
  }
});
