// Writes docs/saliency.md: which saliency maps are faithful and depend on what the acoustic model has learned.
//   node scripts/saliency-study.mjs [--only NAME,..] [--unit value|segment] [--series 20] [--threads n] [--render]
// Build first (npm run build). Programs are trained with default options through the shipped att-rnn-asc, unless .v2s/saliency-study
// has them already; finished data sets are kept there too, and --render only writes the document from them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { loadEngine } from './engine.mjs';
import { root } from './set-up.mjs';

const DATA = join(root, '../shared/data/ucr');
const CACHE = join(root, '.v2s/saliency-study');
const MODEL = 'att-rnn-asc';
const NAMES = ['ItalyPowerDemand', 'GunPoint', 'Coffee', 'ECG200'];
/** Bars: least share of series for which deletion beats random order, and largest mean correlation with randomized weights. */
const BARS = { beats: 0.8, correlation: 0.3 };

/** What the maps explain; kept with each result, since results that explained something else may lie there. */
const EXPLAINED = 'score of the classifier, through the rendering';
const OUTDATED = [
  '**The figures below are older than this.** They were measured when the maps explained the mean logit of the words of the class, which',
  'often belongs to another class than the prediction, and when attention and Grad-CAM were averaged over the replicas. They have not been',
  'measured again yet.',
];

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
};
const UNITS = ['value', 'segment'];
const wanted = Number(option('series', '20'));
const threads = Number(option('threads', String(Math.min(8, cpus().length))));

const fileOf = (name, part) => join(DATA, name, `${name}_${part}.tsv`);

/** The program for a data set, trained by the command line with default options. */
function programOf(name) {
  const out = join(CACHE, `${name}.v2s.safetensors`);
  if (existsSync(out)) return out;
  console.log(`${name}: reprogramming ${MODEL}`);
  const runs = join(CACHE, 'runs');
  const args = [
    'reprogram',
    fileOf(name, 'TRAIN'),
    '--test',
    fileOf(name, 'TEST'),
    '--method',
    'theta',
    '--model',
    MODEL,
    '--out',
    out,
  ];
  const { status } = spawnSync(process.execPath, [join(root, 'dist/v2s.js'), ...args, '--runs', runs], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`v2s ${args.join(' ')} failed`);
  rmSync(runs, { recursive: true, force: true });
  return out;
}

/** Every test series at an equal distance, so that all parts of the file are seen. */
function spread(series, count) {
  const n = Math.min(count, series.length);
  return Array.from({ length: n }, (_, i) => series[Math.floor((i * series.length) / n)]);
}

const resultFile = (name, unit) => join(CACHE, `${name}.${unit}.json`);

async function study(engine, name, unit) {
  const program = await engine.readProgram(programOf(name));
  const dataset = await engine.readSeriesFile(fileOf(name, 'TEST'));
  const stored = await engine.readModelFolder(await engine.findModelFolder(MODEL, [join(root, 'models')]));
  const model = await engine.openAcousticModel(stored, { threads });
  const randomized = await engine.openAcousticModel(stored, { threads: 1 });
  const { metrics } = program.description;
  const result = {
    name,
    unit,
    explained: EXPLAINED,
    length: Math.max(...dataset.series.map(({ values }) => values.length)),
    testAccuracy: metrics.test?.accuracy ?? null,
    seconds: 0,
    assessments: [],
  };
  const started = performance.now();
  for (const [i, { values }] of spread(dataset.series, wanted).entries()) {
    const options = { unit, seed: i + 1 };
    result.assessments.push(await engine.assessSeries(model, randomized, stored.weights, program, values, options));
    result.seconds = (performance.now() - started) / 1000;
    console.log(`${name} by ${unit}: ${i + 1} series, ${result.seconds.toFixed(0)} s`);
    // After every series, so that a study that is stopped has something to show.
    writeFileSync(resultFile(name, unit), `${JSON.stringify(result)}\n`);
  }
  await model.close();
  await randomized.close();
}

const percent = (share) => `${(100 * share).toFixed(0)} %`;
const area = (value) => value.toFixed(3);
const signed = (value) => (value === null ? '-' : value.toFixed(2));

function tableOf(figures) {
  const lines = [
    '| map | deletion beats random | insertion beats random | deletion area (random) | insertion area (random) | correlation with randomized weights | mean magnitude | constant maps |',
    '|---|---|---|---|---|---|---|---|',
  ];
  for (const [name, f] of Object.entries(figures))
    lines.push(
      `| ${name} | ${percent(f.deletionBeatsRandom)} | ${percent(f.insertionBeatsRandom)} | ` +
        `${area(f.deletionArea)} (${area(f.randomDeletionArea)}) | ${area(f.insertionArea)} (${area(f.randomInsertionArea)}) | ` +
        `${signed(f.correlation)} | ${signed(f.magnitude)} | ${f.constant} |`,
    );
  return lines;
}

const passes = (f) => ({
  beats: f.deletionBeatsRandom >= BARS.beats,
  sane: f.correlation !== null && f.correlation < BARS.correlation,
});

/** Which maps reach the bars, and why the others do not. */
function verdict(figures) {
  const names = Object.keys(figures);
  const both = names.filter((name) => passes(figures[name]).beats && passes(figures[name]).sane);
  const best = names
    .filter((name) => passes(figures[name]).sane)
    .sort((a, b) => figures[b].deletionBeatsRandom - figures[a].deletionBeatsRandom)[0];
  const lines = [
    both.length > 0
      ? `Both bars: ${both.join(', ')}.`
      : `No map reaches both bars. Of those below the bar of correlation, ${best} beats random most often ` +
        `(${percent(figures[best].deletionBeatsRandom)}).`,
    '',
  ];
  for (const name of names.filter((each) => !both.includes(each))) {
    const { beats, sane } = passes(figures[name]);
    const reasons = [
      ...(beats ? [] : [`deletion beats random on ${percent(figures[name].deletionBeatsRandom)}`]),
      ...(sane ? [] : [`correlation ${signed(figures[name].correlation)}`]),
    ];
    lines.push(`- ${name}: ${reasons.join(', ')}.`);
  }
  return lines;
}

const TITLES = { value: 'Deleting value by value', segment: 'Deleting segment by segment' };

function render({ summarizeMaps }, results) {
  const lines = [
    '# Do the saliency maps explain the model?',
    '',
    'Written by `node scripts/saliency-study.mjs` (build first: `npm run build`).',
    '',
    `Acoustic model ${MODEL}; programs trained with default options (seed 1) on TRAIN; test series taken at equal distances from`,
    'the TEST files; for each the predicted class is explained.',
    '',
    'What is explained is the score by which the program classifies: the log of the mean probability of the source words of the',
    'predicted class. Attention and Grad-CAM on the series add up over the replicas, and the attributions go through the rendering of the',
    'series (gradient x input, SmoothGrad, integrated gradients from the value that adds nothing to the clip, occlusion).',
    '',
    ...(results.every(({ explained }) => explained === EXPLAINED) ? [] : [...OUTDATED, '']),
    'Two questions, on the axis of the series:',
    '',
    '- **Faithfulness** (deletion and insertion, Petsiuk et al. 2018): the series is replaced by its mean in the order of the map, in 16',
    '  steps, and the probability of the class is followed; the area is its mean over the steps. A map beats random when its deletion',
    '  area is smaller (insertion area larger) than the mean of 5 random orders.',
    '- **Sanity** (Adebayo et al. 2018): Spearman correlation of the map with the same map from shuffled weights (every kernel within',
    '  itself, another shuffling for each series). A map that stays the same explains the series and not the model. A map of equal values',
    '  has no order: it counts as not beating random and is left out of the correlation.',
    '',
    `Bars: deletion beats random on at least ${percent(BARS.beats)} of the series, and a mean correlation below ${BARS.correlation}.`,
    '',
    'A smooth map is nearly monotone over a short series: two of them correlate near 1 or -1 whatever they show, and the mean over',
    'series hides that. The mean magnitude shows it.',
  ];
  const missing = NAMES.filter((name) => !results.some((result) => result.name === name));
  if (missing.length > 0) lines.push('', `Not measured: ${missing.join(', ')}.`);
  if (results.some(({ unit }) => unit === 'segment'))
    lines.push(
      '',
      'Deletion is measured in two units. Value by value, a random order leaves a comb of jumps in the series, wherever they are; a',
      'smooth map removes connected parts. Segment by segment (16 contiguous parts, ranked by their mean saliency, against random',
      'orders of the same parts), both make the same kind of change, and only the places are compared.',
    );
  for (const unit of UNITS) {
    const ofUnit = results.filter((result) => result.unit === unit);
    if (ofUnit.length === 0) continue;
    const all = summarizeMaps(ofUnit.flatMap(({ assessments }) => assessments));
    const counted = ofUnit.map(({ name, assessments }) => `${name} ${assessments.length}`).join(', ');
    lines.push('', `## ${TITLES[unit]}`, '', `All series (${counted}):`, '', ...tableOf(all), '', ...verdict(all));
    for (const { name, length, testAccuracy, seconds, assessments } of ofUnit)
      lines.push(
        '',
        `### ${name}`,
        '',
        `${assessments.length} test series of ${length} values; test accuracy of the program ` +
          `${testAccuracy === null ? 'unknown' : percent(testAccuracy)}; ${seconds.toFixed(0)} s on a shared machine.`,
        '',
        ...tableOf(summarizeMaps(assessments)),
      );
  }
  mkdirSync(join(root, 'docs'), { recursive: true });
  writeFileSync(join(root, 'docs/saliency.md'), `${lines.join('\n')}\n`);
}

if (!existsSync(DATA)) {
  console.error(`skipped: ${DATA} is not here.`);
  process.exit(0);
}
mkdirSync(CACHE, { recursive: true });
const engine = await loadEngine('saliency-study', [
  'acoustic/open-model',
  'acoustic/store',
  'reprogram',
  'saliency',
  'series',
]);
const names = option('only', NAMES.join(',')).split(',');
const units = option('unit', UNITS.join(',')).split(',');
if (!process.argv.includes('--render'))
  for (const unit of units) for (const name of names) await study(engine, name, unit);
const done = UNITS.flatMap((unit) => NAMES.map((name) => resultFile(name, unit))).filter(existsSync);
render(
  engine,
  done.map((file) => JSON.parse(readFileSync(file, 'utf8'))),
);
