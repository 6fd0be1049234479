import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ModelCard } from '../../../src/engine/acoustic/card';
import { LOG_MEL } from '../../../src/engine/audio/front-end';
import {
  findModelFolder,
  listModels,
  readModelFolder,
  readSourceLogits,
  writeModelFolder,
} from '../../../src/engine/acoustic/store';
import { initialWeights } from '../../../src/engine/acoustic/training/initial-weights';
import { V2SError } from '../../../src/engine/errors';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'v2s-store-'));
});
after(() => rm(root, { recursive: true }));

const draft: ModelCard = {
  formatVersion: 1,
  id: 'tiny',
  title: 'Tiny',
  architecture: 'att-rnn',
  hyperParameters: { lstmUnits: 64 },
  frontEnd: LOG_MEL,
  sourceLabels: ['no', 'yes', 'zoom in'],
  parameters: 1,
  weightsSha256: '0'.repeat(64),
  source: { name: 'none', license: 'none', split: 'none' },
  test: null,
  training: {},
  license: 'Apache-2.0',
};

const withCode =
  (code: string, ...parts: string[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof V2SError, String(error));
    assert.equal(error.code, code);
    for (const part of parts) assert.ok(error.message.includes(part), `"${error.message}" lacks "${part}"`);
    return true;
  };

test('a model folder comes back as it was written', async () => {
  const folder = join(root, 'round', 'tiny');
  const weights = initialWeights(draft, 7);
  const sourceLogits = { logits: Float32Array.of(1, 2, 3, 4, 5, 6), labels: Int32Array.of(2, 0), k: 3 };
  const card = await writeModelFolder(folder, { card: draft, weights, sourceLogits, readme: '# Tiny\n' });
  let values = 0;
  for (const { data } of weights.values()) values += data.length;
  assert.equal(card.parameters, values);
  const read = await readModelFolder(folder);
  assert.deepEqual(read.card, card);
  assert.equal(read.weights.size, weights.size);
  for (const [name, tensor] of weights) assert.deepEqual(read.weights.get(name), tensor);
  assert.deepEqual(await readSourceLogits(folder), sourceLogits);
  assert.ok((await stat(join(folder, 'weights.safetensors'))).size < 2e6);
  assert.equal(await readFile(join(folder, 'README.md'), 'utf8'), '# Tiny\n');
});

test('models are found by id before path, broken ones are reported, unknown ones name the known', async () => {
  const first = join(root, 'first');
  const second = join(root, 'second');
  const weights = initialWeights(draft, 1);
  await writeModelFolder(join(first, 'tiny'), { card: draft, weights });
  await writeModelFolder(join(second, 'tiny'), { card: { ...draft, title: 'hidden' }, weights });
  await writeModelFolder(join(second, 'folder-name'), { card: { ...draft, id: 'other' }, weights });
  await mkdir(join(second, 'broken'));
  await writeFile(join(second, 'broken', 'card.json'), '{"formatVersion": 1, "architecture": "att-rnn"}');
  const roots = [first, join(root, 'absent'), second];
  const { models, problems } = await listModels(roots);
  assert.deepEqual(
    models.map(({ card }) => [card.id, card.title]),
    [
      ['tiny', 'Tiny'],
      ['other', 'Tiny'],
    ],
  );
  assert.equal(problems.length, 1);
  assert.match(problems[0].message, /broken.*card\.json is not a valid model card/);
  assert.equal(await findModelFolder('tiny', roots), join(first, 'tiny'));
  assert.equal(await findModelFolder('other', roots), join(second, 'folder-name'));
  assert.equal(await findModelFolder(join(second, 'tiny'), roots), join(second, 'tiny'));
  await assert.rejects(findModelFolder('third', roots), withCode('model.missing', '"third"', 'tiny, other'));
});

test('a damaged folder is refused with what is wrong', async (t) => {
  const weights = initialWeights(draft, 1);
  const fresh = async (name: string): Promise<string> => {
    const folder = join(root, name);
    await writeModelFolder(folder, { card: draft, weights });
    return folder;
  };
  const editCard = async (folder: string, change: object): Promise<void> => {
    const path = join(folder, 'card.json');
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...change }));
  };
  await t.test('no card', async () => {
    await assert.rejects(readModelFolder(join(root, 'nowhere')), withCode('model.missing', 'card.json'));
  });
  await t.test('unknown version', async () => {
    const folder = await fresh('version');
    await editCard(folder, { formatVersion: 2 });
    await assert.rejects(readModelFolder(folder), withCode('model.version', 'version 2', 'newer'));
  });
  await t.test('unknown architecture', async () => {
    const folder = await fresh('architecture');
    await editCard(folder, { architecture: 'resnet' });
    await assert.rejects(readModelFolder(folder), withCode('model.architecture', '"resnet"', 'unet-att-rnn'));
  });
  await t.test('other labels than weights', async () => {
    const folder = await fresh('labels');
    await editCard(folder, { sourceLabels: ['no', 'yes'] });
    await assert.rejects(readModelFolder(folder), withCode('model.weights', 'output.kernel', '[32, 3]', '[32, 2]'));
  });
  await t.test('one changed bit', async () => {
    const folder = await fresh('bit');
    const path = join(folder, 'weights.safetensors');
    const bytes = await readFile(path);
    bytes[bytes.length - 5] ^= 1;
    await writeFile(path, bytes);
    await assert.rejects(readModelFolder(folder), withCode('model.checksum', path));
  });
  await t.test('truncated weights', async () => {
    const folder = await fresh('cut');
    const path = join(folder, 'weights.safetensors');
    await writeFile(path, (await readFile(path)).subarray(0, 100_000));
    await assert.rejects(readModelFolder(folder), withCode('safetensors.corrupt', path));
  });
  await t.test('source logits of another model', async () => {
    const folder = await fresh('logits');
    const sourceLogits = { logits: new Float32Array(3), labels: Int32Array.of(2), k: 3 };
    await writeModelFolder(folder, { card: draft, weights, sourceLogits });
    await editCard(folder, { sourceLabels: ['no', 'yes'] });
    await assert.rejects(readSourceLogits(folder), withCode('model.source-logits', '[n, 2]'));
  });
});

test('initial weights follow the Keras initializers', () => {
  const weights = initialWeights(draft, 3);
  assert.deepEqual(initialWeights(draft, 3), weights);
  const recurrent = weights.get('lstm1.forward.recurrent')!.data;
  for (const [a, b] of [
    [0, 0],
    [5, 5],
    [0, 1],
    [17, 60],
  ]) {
    let dot = 0;
    for (let i = 0; i < 256; i++) dot += recurrent[a * 256 + i] * recurrent[b * 256 + i];
    assert.ok(Math.abs(dot - (a === b ? 1 : 0)) < 1e-6, `rows ${a}, ${b}: ${dot}`);
  }
  const bias = weights.get('lstm2.backward.bias')!.data;
  assert.deepEqual([bias[63], bias[64], bias[127], bias[128]], [0, 1, 1, 0]);
  const limit = Math.sqrt(6 / (5 * 11));
  const kernel = weights.get('conv1.kernel')!.data;
  assert.ok(kernel.every((value) => Math.abs(value) <= limit) && kernel.some((value) => Math.abs(value) > 0.7 * limit));
});
