// Which recipe draws the best ensembles, how many members they need, and what of the model the mapping should read.
//   node scripts/ensemble-study.mjs [--data FOLDER] [--only NAME,..] [--recipes drawn,plain,..] [--seeds 1,..] [--members 80]
//     [--cap 100] [--model ID] [--hear | --fit] [--json FILE]
// Every member hears TRAIN, four series without content, and the first --cap series of TEST, on one thread; its logits, context
// and mean BiLSTM states are kept in .v2s/ensemble-study, one file per member, so that a stopped study goes on where it was.
// --hear only hears; --fit only fits what has been heard. Mapping, strength and pruning see TRAIN alone; TEST is reported.
// Build first: npm run build.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadEngine } from './engine.mjs';
import { root } from './set-up.mjs';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: join(root, '../shared/data/ucr') },
    // One half of the shared data sets, the smaller ones for the time that it takes.
    only: {
      type: 'string',
      default:
        'Coffee,Lightning2,SonyAIBORobotSurface1,ECG200,GunPoint,Ham,ItalyPowerDemand,Worms,Haptics,SyntheticControl',
    },
    recipes: { type: 'string', default: 'drawn,plain' },
    seeds: { type: 'string', default: '1' },
    members: { type: 'string', default: '80' },
    cap: { type: 'string', default: '100' },
    model: { type: 'string', default: 'att-rnn-asc' },
    hear: { type: 'boolean', default: false },
    fit: { type: 'boolean', default: false },
    prune: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const list = (text) => text.split(',').filter(Boolean);
const READOUTS = ['logits', 'context', 'states'];
const SIZES = [20, 40, 60, 80];
const FLAT_SERIES = 4;
const CLIPS = 32;
const members = Number(options.members);
const cap = Number(options.cap);
const CACHE = join(root, '.v2s/ensemble-study', options.model);

const engine = await loadEngine('ensemble-study', [
  'acoustic/open-model',
  'acoustic/store',
  'ensemble/draw-members',
  'ensemble/head',
  'ensemble/mapping',
  'ensemble/sampler',
  'ensemble/selection',
  'math/random',
  'math/softmax',
  'rendering/build',
  'rendering/placement',
  'rendering/train-statistics',
  'reprogram/masking',
  'reprogram/streams',
  'reprogram/training-data',
  'series/index',
]);
const { SAMPLER } = engine;

/**
 * Recipes by name. `drawn`: the one that runs use. `plain`: the channels of ../shared/prototype-renderings, the mean of its samplers v1 and v3: values, slope,
 * deviation from the TRAIN mean curve and its slope; no filters.
 */
const RECIPES = {
  drawn: SAMPLER,
  plain: {
    ...SAMPLER,
    channels: [
      ['value', 8],
      ['slope', 7],
      ['deviation', 3],
      ['deviation-slope', 2],
    ],
    squashings: [
      ['clip', 10],
      ['asinh', 1],
      ['rank', 1],
    ],
    window: { probability: 0.1, part: [0.2, 0.8], leastValues: 8 },
  },
};

async function dataOf(name) {
  const file = (part) => join(resolve(options.data), name, `${name}_${part}.tsv`);
  const { train, test } = await engine.readTrainTest(file('TRAIN'), file('TEST'));
  const data = engine.trainingDataOf(train, test);
  const { series } = data.train;
  const flat = Math.min(FLAT_SERIES, series.length);
  const without = Array.from({ length: flat }, (_, i) =>
    engine.flattened(series[Math.floor((i * series.length) / flat)]),
  );
  return { ...data, flat, heard: [...series, ...without, ...data.test.series.slice(0, cap)] };
}

const fileOf = (name, recipe, seed, p) => join(CACHE, `${name}-${cap}-${recipe}-${seed}`, `${p}.f32`);

/** One member's three read-outs of all series, one after another. */
async function hearMember(model, rendering, heard) {
  const parts = { logits: [], context: [], states: [] };
  const clips = new Float32Array(CLIPS * engine.CLIP_SAMPLES);
  for (let from = 0; from < heard.length; from += CLIPS) {
    const count = Math.min(CLIPS, heard.length - from);
    for (let b = 0; b < count; b++)
      rendering.render(
        heard[from + b],
        new Map(),
        clips.subarray(b * engine.CLIP_SAMPLES, (b + 1) * engine.CLIP_SAMPLES),
      );
    const found = await model.readouts(clips.subarray(0, count * engine.CLIP_SAMPLES), count);
    for (const readout of READOUTS) parts[readout].push(Buffer.from(found[readout].slice().buffer));
  }
  return Buffer.concat(READOUTS.flatMap((readout) => parts[readout]));
}

async function hear(stored, model, name, recipe, seed) {
  const data = await dataOf(name);
  const statistics = engine.measureTrain(data.train.series);
  const drawn = engine.drawMembers({
    seed: engine.streamOf(seed, engine.STREAM.ensemble).below(2 ** 32),
    count: members,
    sampler: RECIPES[recipe],
    train: data.train.series,
    statistics,
    edge: engine.silentEdge(stored.card.frontEnd),
  });
  const started = performance.now();
  let clips = 0;
  for (const [p, description] of drawn.entries()) {
    const file = fileOf(name, recipe, seed, p);
    if (existsSync(file)) continue;
    const found = await hearMember(model, engine.buildRendering(description, statistics), data.heard);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(`${file}.part`, found);
    renameSync(`${file}.part`, file);
    clips += data.heard.length;
  }
  const seconds = (performance.now() - started) / 1000;
  if (clips > 0)
    console.error(
      `${name}, ${recipe}, seed ${seed}: ${seconds.toFixed(0)} s, ${((1000 * seconds) / clips).toFixed(2)} ms per clip`,
    );
}

/** Members of several recipes in turn, as one ensemble: [recipe, p] of each. */
function membersOf(recipe, count) {
  const recipes = recipe.split('+');
  return Array.from({ length: count }, (_, i) => [recipes[i % recipes.length], Math.floor(i / recipes.length)]);
}

/** Features of one read-out, [rows * members * width], and the width. */
function features(name, recipe, seed, count, readout, rows, k) {
  const widths = { logits: k, context: 128, states: 128 };
  const width = widths[readout];
  const before = READOUTS.slice(0, READOUTS.indexOf(readout)).reduce((sum, other) => sum + widths[other], 0);
  const out = new Float32Array(rows * count * width);
  for (const [m, [own, p]] of membersOf(recipe, count).entries()) {
    const bytes = readFileSync(fileOf(name, own, seed, p));
    const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    for (let i = 0; i < rows; i++) {
      const at = before * rows + i * width;
      out.set(all.subarray(at, at + width), (i * count + m) * width);
    }
  }
  return { features: out, width };
}

function testAccuracy(mapping, logits, labels) {
  const head = new engine.EnsembleHead(mapping);
  let correct = 0;
  for (let i = 0; i < labels.length; i++)
    if (engine.argmax(head.scores(logits, i * head.width)) === labels[i]) correct++;
  return correct / labels.length;
}

async function fit(name, recipe, seed, count, readout, k, prune) {
  const data = await dataOf(name);
  const n = data.train.labels.length;
  const found = features(name, recipe, seed, count, readout, data.heard.length, k);
  const row = count * found.width;
  const labeled = {
    logits: found.features.subarray(0, n * row),
    flat: found.features.subarray(n * row, (n + data.flat) * row),
    words: Array.from({ length: count }, () => found.width),
    labels: data.train.labels,
    classes: data.classNames.length,
    centered: readout === 'logits',
  };
  const testRows = found.features.subarray((n + data.flat) * row);
  const labels = data.test.labels.slice(0, cap);
  const started = performance.now();
  const { mapping, leaveOneOut } = await engine.fitMapping(labeled);
  const result = {
    ...{ name, recipe, seed, readout, members: count },
    ...{ leaveOneOut: leaveOneOut.accuracy, logLoss: leaveOneOut.logLoss },
    ...{ test: testAccuracy(mapping, testRows, labels), testSeries: labels.length },
    fitSeconds: (performance.now() - started) / 1000,
  };
  if (!prune) return result;
  const clock = performance.now();
  const { kept, fitted, rounds } = await engine.pruneMembers(labeled);
  const part = engine.membersOnly({ ...labeled, logits: testRows, flat: undefined }, kept);
  return {
    ...result,
    kept: kept.length,
    prunedTest: testAccuracy(fitted.mapping, part.logits, labels),
    pruneSeconds: (performance.now() - clock) / 1000,
    rounds,
  };
}

const names = list(options.only);
const recipes = list(options.recipes);
const seeds = list(options.seeds).map(Number);
const stored = await engine.readModelFolder(join(root, 'models', options.model));
if (!options.fit) {
  const model = await engine.openAcousticModel(stored, { threads: 1 });
  for (const seed of seeds)
    for (const name of names)
      for (const recipe of new Set(recipes.flatMap((recipe) => recipe.split('+'))))
        await hear(stored, model, name, recipe, seed);
  await model.close();
}
if (!options.hear) {
  const rows = [];
  for (const seed of seeds)
    for (const name of names)
      for (const recipe of recipes)
        for (const count of SIZES.filter((size) => size <= members)) {
          const there = membersOf(recipe, count).every(([own, p]) => existsSync(fileOf(name, own, seed, p)));
          if (!there) continue;
          for (const readout of READOUTS) {
            const prune = options.prune && readout === 'logits';
            rows.push(await fit(name, recipe, seed, count, readout, stored.card.sourceLabels.length, prune));
          }
        }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 1)}\n`);
  report(rows);
}

/** Test and leave-one-out accuracy in percent, per data set and as means over those that have all of them. */
function report(rows) {
  const columns = [...new Set(rows.map(({ recipe, readout, members: count }) => `${recipe} ${readout} ${count}`))];
  const cell = (name, column) => {
    const found = rows.filter((row) => row.name === name && `${row.recipe} ${row.readout} ${row.members}` === column);
    if (found.length === 0) return null;
    const mean = (of) => found.reduce((sum, row) => sum + row[of], 0) / found.length;
    return { test: mean('test'), leaveOneOut: mean('leaveOneOut'), kept: mean('kept'), prunedTest: mean('prunedTest') };
  };
  const used = names.filter((name) => columns.every((column) => cell(name, column)));
  console.log(`Means over ${used.length} data sets: ${used.join(', ')}; at most ${cap} series of TEST each.\n`);
  console.log(
    '| recipe, read-out, members | leave-one-out, % | test, % | members kept | test of these, % | by data set |',
  );
  console.log('|---|---|---|---|---|---|');
  const percent = (x) => (Number.isNaN(x) ? '' : (100 * x).toFixed(2));
  for (const column of columns) {
    const cells = used.map((name) => cell(name, column));
    const mean = (of) => cells.reduce((sum, found) => sum + found[of], 0) / cells.length;
    const kept = mean('kept');
    console.log(
      `| ${column} | ${percent(mean('leaveOneOut'))} | ${percent(mean('test'))} | ${Number.isNaN(kept) ? '' : kept.toFixed(1)} | ` +
        `${percent(mean('prunedTest'))} | ${cells.map(({ test }) => percent(test)).join(' ')} |`,
    );
  }
}
