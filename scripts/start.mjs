// npm start: installs what is missing, builds, and reprograms a shipped data set with the shipped acoustic model.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, checkNode, installPackages, root, run } from './set-up.mjs';

checkNode();
installPackages();
build();

const v2s = join('dist', 'v2s.js');
const train = join('samples', 'SyntheticControl', 'SyntheticControl_TRAIN.csv');
const program = join('.v2s', 'SyntheticControl.v2s.safetensors');
if (existsSync(join(root, program))) {
  console.log(`${program} is there already; delete it to train again.`);
} else {
  console.log(`Reprogramming ${train} with the acoustic model att-rnn-asc (about a minute on two cores) ..`);
  run(process.execPath, [v2s, 'reprogram', train, '--epochs', '30', '--out', program]);
}
console.log(`
Your own file (one series a row, label in the first or last column; .csv .tsv .txt .ts .arff):
  node ${v2s} reprogram MY_TRAIN.csv --test MY_TEST.csv --out my.v2s.safetensors
  node ${v2s} classify MY_TEST.csv --program my.v2s.safetensors --csv predictions.csv
  node ${v2s} --help`);
