// npm start: installs what is missing, builds, reprograms a shipped data set with the shipped acoustic model, and opens VS Code on it.
//   npm start -- --no-editor     ends after the first part
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, checkNode, installPackages, root, run } from './set-up.mjs';

checkNode();
installPackages();
build();

const v2s = join('dist', 'v2s.js');
const workspace = 'samples';
const train = join(workspace, 'SyntheticControl', 'SyntheticControl_TRAIN.csv');
const test = train.replace('_TRAIN', '_TEST');
const program = join(workspace, '.v2s', 'SyntheticControl.v2s.safetensors');
if (existsSync(join(root, program))) {
  console.log(`${program} is there already; delete it to train again.`);
} else {
  console.log(`Reprogramming ${train} with the acoustic model att-rnn-asc (about a minute on two cores) ..`);
  const runs = join(workspace, '.v2s', 'runs');
  run(process.execPath, [
    v2s,
    'reprogram',
    train,
    '--test',
    test,
    '--method',
    'theta',
    '--epochs',
    '40',
    '--out',
    program,
    '--runs',
    runs,
  ]);
}
console.log(`
Your own file (one series a row, label in the first or last column; .csv .tsv .txt .ts .arff .npy .npz):
  node ${v2s} reprogram MY_TRAIN.csv --test MY_TEST.csv --out my.v2s.safetensors
  node ${v2s} classify MY_TEST.csv --program my.v2s.safetensors --csv predictions.csv
  node ${v2s} --help
`);

if (!process.argv.includes('--no-editor')) {
  const { openEditor } = await import('./vscode/open.mjs');
  const editor = await openEditor({ root, folder: join(root, workspace) });
  if (editor.kind === 'desktop') console.log('VS Code is open on the sample workspace.');
  else {
    console.log(`VS Code is open on the sample workspace at ${editor.url}\nPress Ctrl-C to stop it.`);
    for (const signal of ['SIGINT', 'SIGTERM'])
      process.once(signal, () => void editor.stop().then(() => process.exit(0)));
  }
}
