// Writes docs/bound.md: how well the bound after a short run predicts the accuracy after a full one, over all UCR data sets of
// ../shared/data/ucr and the acoustic models of docs/results.md that have source logits.
//   node scripts/bound-study.mjs [--models a,b,..] [--only NAME,..] [--render]
// Short runs are kept in .v2s/bound-study and not run again. Accuracies are those that scripts/results.mjs has kept.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadEngine } from './engine.mjs';
import { root } from './set-up.mjs';
import { listOption, v2s } from './v2s.mjs';

const DATA = join(root, '../shared/data/ucr');
const RESULTS = join(root, '.v2s/results');
const CACHE = join(root, '.v2s/bound-study');
/** As `v2s compare` has it. */
const EPOCHS = 10;
/** Source labels of the shipped models. */
const MANY_WORDS = 40;

const accuracyOf = (model, name) => {
  const file = join(RESULTS, model, `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).accuracy : null;
};

/** Runs `v2s compare` for the models that are not yet known on a data set; returns what it said of each by model id. */
function shortRuns(models, name, run) {
  const file = join(CACHE, `${name}.json`);
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const missing = models.filter((model) => !known[basename(model)]);
  if (missing.length === 0 || !run) return known;
  // A comparison is over equal sub-samples, so all are run again when one is new.
  const args = [
    'compare',
    join(DATA, name, `${name}_TRAIN.tsv`),
    '--models',
    models.join(','),
    '--method',
    'theta',
    '--epochs',
    String(EPOCHS),
  ];
  const { ranking } = v2s(args);
  const found = Object.fromEntries(
    ranking.map(({ model, bound, w1, swd, target_risk, train, validation, seconds }) => [
      model,
      {
        bound,
        w1,
        swd,
        targetRisk: target_risk,
        train: train.accuracy,
        validation: validation?.accuracy ?? null,
        seconds,
      },
    ]),
  );
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(file, `${JSON.stringify(found)}\n`);
  console.log(
    `${name}: ${Object.entries(found)
      .map(([model, { bound }]) => `${model} ${bound.toFixed(1)}`)
      .join(', ')}`,
  );
  return found;
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const signed = (value) => (value === null ? 'undefined' : value.toFixed(2));

/** Points {name, model, accuracy, ..} of all data sets with at least two models that have both figures. */
function points(models, names) {
  return names.flatMap((name) => {
    const runs = shortRuns(models, name, false);
    const here = Object.entries(runs).flatMap(([model, run]) => {
      const accuracy = accuracyOf(model, name);
      return accuracy === null ? [] : [{ name, model, accuracy, ...run }];
    });
    return here.length > 1 ? here : [];
  });
}

const QUANTITIES = [
  ['bound', 'bound after the short run', -1],
  ['swd', 'sliced Wasserstein-2 after the short run', -1],
  ['targetRisk', 'risk on TRAIN after the short run', -1],
  ['train', 'accuracy on TRAIN after the short run', 1],
];

/** Within each data set: share of model pairs that a quantity orders as the accuracy does (ties count half). */
function concordance(all, names, key, sign) {
  let agreed = 0;
  let pairs = 0;
  for (const name of names) {
    const here = all.filter((point) => point.name === name);
    for (let i = 0; i < here.length; i++)
      for (let j = i + 1; j < here.length; j++) {
        const byAccuracy = Math.sign(here[i].accuracy - here[j].accuracy);
        if (byAccuracy === 0) continue;
        const byKey = sign * Math.sign(here[i][key] - here[j][key]);
        agreed += byKey === 0 ? 0.5 : Number(byKey === byAccuracy);
        pairs++;
      }
  }
  return { agreed, pairs };
}

/** Number of source words of a model given by its id, of those named by --models or shipped. */
function wordsOf(id) {
  const folder = models.find((model) => basename(model) === id && existsSync(join(model, 'card.json')));
  return JSON.parse(readFileSync(join(folder ?? join(root, 'models', id), 'card.json'), 'utf8')).sourceLabels.length;
}
const hasManyWords = (id) => wordsOf(id) === MANY_WORDS;

/** The table of how well each quantity predicts the accuracies of these points. */
function predictions(all, names) {
  const lines = [
    '| quantity | pairs in order | its first is a best | correlation over all | within data sets |',
    '|---|---|---|---|---|',
  ];
  const ofName = (name) => all.filter((point) => point.name === name);
  const used = names.filter((name) => ofName(name).length > 1);
  const centered = (key) => all.map((point) => point[key] - mean(ofName(point.name).map((other) => other[key])));
  for (const [key, words, sign] of QUANTITIES) {
    const { agreed, pairs } = concordance(all, used, key, sign);
    let first = 0;
    for (const name of used) {
      const here = ofName(name);
      const chosen = here.reduce((a, b) => (sign * b[key] > sign * a[key] ? b : a));
      if (chosen.accuracy >= Math.max(...here.map(({ accuracy }) => accuracy))) first++;
    }
    const whole = spearman(
      all.map((point) => point[key]),
      all.map(({ accuracy }) => accuracy),
    );
    const within = spearman(centered(key), centered('accuracy'));
    lines.push(
      `| ${words} | ${agreed} of ${pairs} (${((100 * agreed) / pairs).toFixed(0)} %) | ${first} of ${used.length} | ${signed(whole)} | ${signed(within)} |`,
    );
  }
  return lines;
}

function render(models, names) {
  const all = points(models, names);
  const used = names.filter((name) => all.some((point) => point.name === name));
  const ids = [...new Set(all.map(({ model }) => model))];
  const lines = [
    '# Does the bound predict accuracy?',
    '',
    'Written by `node scripts/bound-study.mjs` (build first: `npm run build`), after `node scripts/results.mjs`.',
    '',
    `For every data set each acoustic model is reprogrammed for ${EPOCHS} epochs on TRAIN, and the bound of Theorem 1 is computed from its`,
    'logits there, exactly as `v2s compare` does (seed 1, options default). Does it say which model will have the better test accuracy',
    'after a full run (docs/results.md)? The reference model is left out: the speech it was trained on is not here, so it has no source',
    'logits.',
    '',
    'The programs of this page are of the method theta, which the theorem is about. It does not apply to ensembles, the default method.',
    '',
    '**The figures below are older than the present definition of the bound.** They are of the mean over five draws of at most 500 clips and',
    'series of equal number. Today the Wasserstein-1 distance is exact between half of the source clips (400 of the shipped models) and all',
    'training series up to as many, the same in every command and panel, and its noise floor is given beside: see docs/theory.md. No risk',
    'is above 1.414, so every bound of this page is above the trivial one, and only the order of the models could mean something.',
    '',
    'Within a data set: share of the pairs of models that the quantity orders as the test accuracy does (one half is chance), and how',
    'often the model it puts first is (one of) the best. Over all data sets: Spearman correlation of the quantity with accuracy over all',
    'pairs of data set and model, which mostly tells easy data sets from hard ones, and the same with the mean of each data set taken',
    'off both, which is about models only. A good predictor has a negative correlation (positive for the last row).',
    '',
    'The bound has the factor sqrt(K) and the scale of the logits in it: a model of few source words comes first on every data set,',
    'whatever its accuracy. Compare models of equal K by it: the second table.',
    '',
    ...predictions(all, used),
    '',
    `Among the models of ${MANY_WORDS} source words only (${ids.filter(hasManyWords).join(', ')}):`,
    '',
    ...predictions(
      all.filter(({ model }) => hasManyWords(model)),
      used,
    ),
  ];
  lines.push(
    '',
    'Means over the data sets of the table below:',
    '',
    '| acoustic model | bound | SWD | test accuracy |',
    '|---|---|---|---|',
  );
  const complete = used.filter((name) =>
    ids.every((id) => all.some((point) => point.name === name && point.model === id)),
  );
  const means = ids.map((id) => {
    const mine = all.filter(({ model, name }) => model === id && complete.includes(name));
    const meanOf = (key) => mean(mine.map((point) => point[key]));
    return { id, bound: meanOf('bound'), swd: meanOf('swd'), accuracy: meanOf('accuracy') };
  });
  for (const { id, bound, swd, accuracy } of means)
    lines.push(`| ${id} | ${bound.toFixed(2)} | ${swd.toFixed(3)} | ${accuracy.toFixed(2)} % |`);
  const overModels = (key) => {
    const same = means.filter(({ id }) => hasManyWords(id));
    return signed(
      spearman(
        same.map((model) => model[key]),
        same.map(({ accuracy }) => accuracy),
      ),
    );
  };
  lines.push(
    '',
    `Over the models of ${MANY_WORDS} source words in this table, the Spearman correlation of the mean bound with the mean accuracy is ${overModels('bound')},`,
    `that of the mean SWD ${overModels('swd')}; in the paper's table 4, over seven models, a lower SWD goes with a higher accuracy.`,
  );
  if (complete.length < used.length)
    lines.push('', `(Over the ${complete.length} data sets that all of them were run on.)`);
  lines.push('', `Bound (Wasserstein-1, SWD) after ${EPOCHS} epochs, and test accuracy after the full run:`, '');
  lines.push(`| data set | ${ids.join(' | ')} |`, `|---|${ids.map(() => '---').join('|')}|`);
  for (const name of used) {
    const cells = ids.map((id) => {
      const point = all.find((other) => other.name === name && other.model === id);
      return point
        ? `${point.bound.toFixed(1)} (${point.w1.toFixed(2)}, ${point.swd.toFixed(2)}): ${point.accuracy.toFixed(1)} %`
        : '-';
    });
    lines.push(`| ${name} | ${cells.join(' | ')} |`);
  }
  writeFileSync(join(root, 'docs/bound.md'), `${lines.join('\n')}\n`);
}

const { spearman } = await loadEngine('bound-study', ['math/rank-correlation']);
if (!existsSync(DATA)) {
  console.error(`skipped: ${DATA} is not here.`);
  process.exit(0);
}
const names =
  listOption('only') ?? readdirSync(DATA).filter((name) => existsSync(join(DATA, name, `${name}_TRAIN.tsv`)));
const models = listOption('models') ?? ['att-rnn-asc', 'unet-att-rnn-asc'];
if (!process.argv.includes('--render')) for (const name of names) shortRuns(models, name, true);
render(models, names);
