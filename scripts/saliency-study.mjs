// Writes docs/saliency.md from results of `v2s study`: which saliency maps are faithful, depend on the model, and find what is planted.
//   node scripts/saliency-study.mjs [--only NAME,..] [--kind carrier,ensemble] [--series 16] [--deep 2] [--threads n] [--planted] [--render]
// Build first (npm run build). Programs and results are kept in .v2s/saliency-study; --render only writes the document from them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { root } from './set-up.mjs';

const DATA = join(root, '../shared/data/ucr');
const CACHE = join(root, '.v2s/saliency-study');
const NAMES = ['ECG200', 'GunPoint', 'ItalyPowerDemand', 'Coffee', 'Ham', 'Worms'];
/** Flags of `v2s reprogram` by kind of program. */
const KINDS = {
  carrier: ['--method', 'theta', '--rendering', 'carrier', '--epochs', '60'],
  ensemble: ['--method', 'ensemble', '--members', '40'],
};
/** Attributions that are studied; a map of an ensemble costs its number of members times as much. */
const MAPS = {
  carrier: ['gradient-x-input', 'integrated-gradients', 'occlusion', 'perturbation'],
  ensemble: ['perturbation'],
};

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
};
const threads = option('threads', String(Math.min(8, cpus().length)));
const fileOf = (name, part) => join(DATA, name, `${name}_${part}.tsv`);
const programFile = (name, kind) => join(CACHE, `${name}-${kind}.v2s.safetensors`);
const resultFile = (name, kind) => join(CACHE, `${name}-${kind}.study.json`);

/** The last event of a command with --json. */
function v2s(args) {
  const all = [join(root, 'dist/v2s.js'), ...args, '--threads', threads, '--json'];
  const { status, stdout } = spawnSync(process.execPath, all, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  const last = stdout.trim().split('\n').at(-1);
  if (status !== 0) throw new Error(`v2s ${args.join(' ')} failed: ${last}`);
  return JSON.parse(last);
}

function study(name, kind) {
  const program = programFile(name, kind);
  if (!existsSync(program)) {
    console.log(`${name}: making a program (${kind})`);
    const files = [fileOf(name, 'TRAIN'), '--test', fileOf(name, 'TEST'), '--out', program];
    v2s(['reprogram', ...files, ...KINDS[kind], '--seed', '1', '--runs', join(CACHE, 'runs')]);
  }
  console.log(`${name}: studying ${kind}`);
  const sizes = ['--series', option('series', '16'), '--deep', option('deep', '2')];
  const result = v2s(['study', fileOf(name, 'TEST'), '--program', program, ...sizes, '--maps', ...MAPS[kind]]);
  writeFileSync(resultFile(name, kind), `${JSON.stringify(result)}\n`);
}

function plantedStudy(kind) {
  console.log(`planted series: studying ${kind}`);
  const sizes = ['--series', option('series', '16'), '--deep', '0'];
  const result = v2s(['study', '--planted', ...KINDS[kind], ...sizes, '--maps', ...MAPS[kind]]);
  writeFileSync(resultFile('planted', kind), `${JSON.stringify(result)}\n`);
}

const percent = (share) => `${(100 * share).toFixed(0)} %`;
const number = (value) => (typeof value === 'number' ? value.toFixed(2) : '-');
const share = (value, [low, high]) => `${percent(value)} (${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)})`;
const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)];

function faithfulnessTable(maps) {
  return table(
    [
      'map',
      'deletion beats random',
      'insertion beats random',
      'deletion area (random)',
      'insertion area (random)',
      'infidelity',
    ],
    Object.entries(maps).map(([name, m]) => [
      name,
      share(m.deletion_beats, m.deletion_interval),
      share(m.insertion_beats, m.insertion_interval),
      `${number(m.deletion_area)} (${number(m.random_area)})`,
      `${number(m.insertion_area)} (${number(m.random_insertion_area)})`,
      number(m.infidelity),
    ]),
  );
}

function sanityTable(maps) {
  const checked = Object.entries(maps).filter(([, { sanity }]) => sanity?.series > 0);
  if (checked.length === 0) return [];
  return [
    '',
    `Randomization and sensitivity, over ${checked[0][1].sanity.series} of these series:`,
    '',
    ...table(
      [
        'map',
        'output layer randomized',
        'all weights randomized',
        'two random models',
        'permuted labels',
        'sensitivity',
      ],
      checked.map(([name, { sanity, sensitivity }]) => [
        name,
        ...[sanity.layers.output, sanity.weights, sanity.random, sanity.labels, sensitivity].map(number),
      ]),
    ),
  ];
}

function localizationTable(maps) {
  return table(
    ['map', 'points at it', 'by chance', 'area under precision and recall'],
    Object.entries(maps).map(([name, { localization: l }]) => [
      name,
      share(l.pointing, l.pointing_interval),
      percent(l.chance),
      number(l.precision_recall),
    ]),
  );
}

const TITLES = {
  carrier: `A trained carrier (\`${KINDS.carrier.join(' ')}\`)`,
  ensemble: `A drawn ensemble (\`${KINDS.ensemble.join(' ')}\`)`,
};

function render() {
  const lines = readFileSync(join(root, 'scripts/saliency-study.md'), 'utf8').trimEnd().split('\n');
  const read = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null);
  for (const kind of Object.keys(KINDS)) {
    const done = NAMES.map((name) => ({ name, result: read(resultFile(name, kind)) })).filter(({ result }) => result);
    const planted = read(resultFile('planted', kind));
    if (done.length === 0 && !planted) continue;
    lines.push('', `## ${TITLES[kind]}`);
    const missing = NAMES.filter((name) => !done.some((each) => each.name === name));
    if (missing.length > 0) lines.push('', `Not measured: ${missing.join(', ')}.`);
    for (const { name, result } of done) {
      lines.push('', `### ${name}, ${result.series} test series`, '', ...faithfulnessTable(result.maps));
      lines.push(...sanityTable(result.maps));
    }
    if (planted)
      lines.push('', `### Planted series, ${planted.series} classified right`, '', ...localizationTable(planted.maps));
    else lines.push('', 'Localization on planted series: not measured.');
  }
  writeFileSync(join(root, 'docs/saliency.md'), `${lines.join('\n')}\n`);
}

mkdirSync(CACHE, { recursive: true });
if (!process.argv.includes('--render')) {
  const kinds = option('kind', Object.keys(KINDS).join(',')).split(',');
  if (existsSync(DATA))
    for (const kind of kinds) for (const name of option('only', NAMES.join(',')).split(',')) study(name, kind);
  else console.error(`Data sets are skipped: ${DATA} is not here.`);
  if (process.argv.includes('--planted')) for (const kind of kinds) plantedStudy(kind);
}
render();
