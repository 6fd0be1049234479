// Writes the first section of docs/results.md: what `v2s reprogram TRAIN --test TEST --seed 1` gives without any other option, on the
// data sets of ../shared/data/ucr, beside MiniRocket.
//   node scripts/default-results.mjs [--only NAME,..] [--render]
// Small data sets come first. Finished runs are kept in .v2s/default-results and not run again; --render only writes the section.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSection } from './doc-sections.mjs';
import { root } from './set-up.mjs';
import { listOption, v2s } from './v2s.mjs';

const DATA = join(root, '../shared/data/ucr');
const CACHE = join(root, '.v2s/default-results');

/** Test accuracy of MiniRocket (aeon, defaults, seed 1), from ../shared/prototype-renderings/README.md. */
const MINIROCKET = {
  Coffee: 100,
  Lightning2: 75.41,
  ECG200: 92,
  GunPoint: 99.33,
  Ham: 70.48,
  Worms: 75.32,
  WormsTwoClass: 81.82,
  Haptics: 51.95,
  Earthquakes: 73.38,
  DistalPhalanxTW: 69.78,
  SyntheticControl: 98.67,
  ProximalPhalanxTW: 79.02,
  ProximalPhalanxOutlineAgeGroup: 84.88,
  SonyAIBORobotSurface1: 89.35,
  SmallKitchenAppliances: 82.93,
  ProximalPhalanxOutlineCorrect: 91.41,
  Strawberry: 98.11,
  ItalyPowerDemand: 96.7,
  ECG5000: 94.44,
  Wafer: 99.92,
};

function resultOf(name, run) {
  const file = join(CACHE, `${name}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  if (!run) return null;
  mkdirSync(CACHE, { recursive: true });
  const train = join(DATA, name, `${name}_TRAIN.tsv`);
  const runs = join(CACHE, 'runs');
  const out = join(CACHE, `${name}.v2s.safetensors`);
  const places = ['--out', out, '--runs', runs, '--threads', '1'];
  const result = v2s(['reprogram', train, '--test', train.replace('_TRAIN', '_TEST'), '--seed', '1', ...places]);
  rmSync(runs, { recursive: true, force: true });
  const kept = { accuracy: 100 * result.test.accuracy, seconds: result.seconds };
  writeFileSync(file, `${JSON.stringify(kept)}\n`);
  console.log(`${name}: ${kept.accuracy.toFixed(2)} % in ${kept.seconds.toFixed(0)} s`);
  return kept;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function render(names) {
  const found = names.flatMap((name) => {
    const result = resultOf(name, false);
    return result ? [{ name, ...result }] : [];
  });
  const missing = names.filter((name) => !found.some((result) => result.name === name));
  const better = found.filter(({ name, accuracy }) => accuracy >= MINIROCKET[name] - 0.005).length;
  const section = [
    '## Defaults',
    '',
    'Written by `node scripts/default-results.mjs`: `v2s reprogram TRAIN --test TEST --seed 1`, everything else default (an ensemble of',
    '60 drawn members that reads the logits), all of TEST, one run each, one thread of a machine shared with other work. MiniRocket:',
    'aeon, its defaults, seed 1. The recipe was designed with these data sets in sight.',
    '',
    '| data set | v2s, defaults | MiniRocket | seconds |',
    '|---|---|---|---|',
    ...found.map(
      ({ name, accuracy, seconds }) =>
        `| ${name} | ${accuracy.toFixed(2)} | ${MINIROCKET[name].toFixed(2)} | ${seconds.toFixed(0)} |`,
    ),
    `| **mean of ${found.length}** | ${mean(found.map(({ accuracy }) => accuracy)).toFixed(2)} | ${mean(found.map(({ name }) => MINIROCKET[name])).toFixed(2)} | |`,
    '',
    `Not below MiniRocket on ${better} of ${found.length}.`,
    ...(missing.length > 0 ? ['', `Not measured yet with these defaults: ${missing.join(', ')}.`] : []),
  ];
  writeSection(join(root, 'docs/results.md'), 'defaults', section);
}

const names = listOption('only') ?? Object.keys(MINIROCKET);
if (!process.argv.includes('--render')) for (const name of names) resultOf(name, true);
render(Object.keys(MINIROCKET));
