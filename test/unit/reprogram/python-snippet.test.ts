// The Python that reads a program gives the probabilities of V2S, for every kind of mapping; where Python has what it needs.
import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAcousticModel } from '../../../src/engine/acoustic/open-model';
import { readModelFolder } from '../../../src/engine/acoustic/store';
import {
  classify,
  parseReprogramOptions,
  predictionsCsv,
  reprogram,
  writeProgram,
  type ReprogramOptions,
} from '../../../src/engine/reprogram';
import { pythonSnippet } from '../../../src/engine/reprogram/python-snippet';
import { sourceLogitsFile } from '../../../src/engine/reprogram/source-logits';
import { readTrainTest } from '../../../src/engine/series';

const CBF = join(process.cwd(), 'samples/CBF');
const METHODS: Partial<ReprogramOptions>[] = [
  { method: 'ensemble', members: 3 },
  { method: 'theta', epochs: 1, replicas: 1, members: 1 },
  { method: 'theta', epochs: 1, replicas: 1, members: 2, mapping: 'learned' },
];

test('Python from the snippet reproduces the probabilities of classify', async (t) => {
  const python = ['python3', 'python'].find(
    (name) => spawnSync(name, ['-c', 'import numpy, safetensors.numpy'], { encoding: 'utf8' }).status === 0,
  );
  if (python === undefined) return t.skip('Python with numpy and safetensors is not here.');
  const folder = await mkdtemp(join(tmpdir(), 'v2s-python-'));
  t.after(() => rm(folder, { recursive: true }));
  const stored = await readModelFolder(join(process.cwd(), 'models/att-rnn-asc'));
  const model = await openAcousticModel(stored, { threads: 1 });
  t.after(() => model.close());
  const { train, test: tested } = await readTrainTest(join(CBF, 'CBF_TRAIN.tsv'), join(CBF, 'CBF_TEST.tsv'));
  const few = { ...tested!, series: tested!.series.slice(0, 20) };
  for (const options of METHODS) {
    const { program } = await reprogram(parseReprogramOptions(options), model, train, null);
    const files = {
      program: join(folder, 'CBF "é" 中.v2s.safetensors'),
      logits: join(folder, 'logits.safetensors'),
      predictions: join(folder, 'predictions.csv'),
    };
    await writeProgram(files.program, program);
    const classified = await classify(program, model, few);
    await writeFile(files.logits, sourceLogitsFile(classified));
    await writeFile(files.predictions, predictionsCsv(classified));
    const ran: SpawnSyncReturns<string> = spawnSync(python, ['-'], { input: pythonSnippet(files), encoding: 'utf8' });
    const { stdout } = ran;
    assert.equal(ran.status, 0, ran.stderr);
    const difference = Number(/largest difference: (\S+)/.exec(stdout)![1]);
    assert.ok(difference <= 1e-4, `${JSON.stringify(options)}: ${stdout}`);
    assert.match(stdout, new RegExp(`^${classified.predictions[0].label} `, 'm'));
  }
});
