// Importing acoustic models of others through the background process, and the files that an import names.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { layers as layersApi, sequential } from '@tensorflow/tfjs-layers';
import type { ModelCard } from '../../../src/engine/acoustic/card';
import { readLabels } from '../../../src/engine/acoustic/import/labels-file';
import { openTfjsRuntime } from '../../../src/engine/acoustic/tfjs/backend';
import { V2SError } from '../../../src/engine/errors';
import { isCanceled, RemoteError } from '../../../src/protocol/rpc';
import type { ModelImport } from '../../../src/protocol/model-import';
import { importItems, type ImportState } from '../../../src/host/flow/import-items';
import { withBackground } from '../support/background';
import { saveKerasModel } from '../support/layers-files';
import { SMALL_MODEL_WORDS, writeSmallLayersModel } from '../support/small-layers-model';

const MODELS = join(process.cwd(), 'models');
const KERAS_MODEL = resolve('test/fixtures/parity/keras-attention-rnn.h5');
const root = mkdtempSync(join(tmpdir(), 'v2s-import-'));
after(() => rm(root, { recursive: true, force: true }));

const withCode =
  (code: string, ...parts: string[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof V2SError || error instanceof RemoteError, String(error));
    assert.equal(error.code, code, error.message);
    for (const part of parts) assert.ok(error.message.includes(part), `"${error.message}" lacks "${part}"`);
    return true;
  };

const t = (text: string, ...values: (string | number)[]): string =>
  text.replace(/\{(\d)\}/g, (_, i: string) => String(values[Number(i)]));

/** Asks until the answer is as wished; fails after a minute. */
async function until<T>(ask: () => Promise<T>, wished: (answer: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 60_000; ;) {
    const answer = await ask();
    if (wished(answer)) return answer;
    assert.ok(Date.now() < deadline, 'the run takes too long');
    await sleep(100);
  }
}

test('labels are read from an array, an object and lines, and everything else is refused with the reason', async () => {
  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    const path = join(root, name);
    await writeFile(path, content);
    return path;
  };
  const good: [string, string, string[]][] = [
    ['array.json', ' ["yes", "no"]\n', ['yes', 'no']],
    ['object.json', '{"source": "x", "labels": ["yes", "no"]}', ['yes', 'no']],
    ['over-lines.txt', '[\n"yes",\n"no"\n]', ['yes', 'no']],
    ['lines.txt', '\ufeffyes\r\n\r\n  no \r\n', ['yes', 'no']],
    ['brackets.txt', '[unknown]\n{noise}\nyes\n', ['[unknown]', '{noise}', 'yes']],
  ];
  for (const [name, content, expected] of good) assert.deepEqual(await readLabels(await file(name, content)), expected);
  const bad: [string, string | Uint8Array, string][] = [
    ['open.txt', '["yes", "no"\n', 'is not JSON'],
    ['lines.json', 'yes\nno\n', 'is not JSON'],
    ['numbers.json', '[1, 2]', 'does not list source words'],
    ['other.json', '{"words": ["yes"]}', 'does not list source words'],
    ['blank.json', '["yes", " "]', 'does not list source words'],
    ['empty.txt', ' \n\n', 'it is empty'],
    ['utf16.txt', Buffer.from('\ufeffyes\nno', 'utf16le'), 'not UTF-8 text'],
    ['zeros.txt', 'y\0e\0s', 'not text'],
  ];
  for (const [name, content, why] of bad) {
    const path = await file(name, content);
    await assert.rejects(readLabels(path), withCode('model.labels', path, why, 'one word per line'), name);
  }
  await assert.rejects(readLabels(join(root, 'none.txt')), withCode('file.enoent', 'none.txt'));
});

test('a model.json is inspected, checked part by part, imported, listed, and reprogrammed', async () => {
  const file = writeSmallLayersModel(join(root, 'small'));
  const out = join(root, 'imported');
  const plain: ModelImport = {
    file,
    out,
    id: 'small',
    labels: null,
    layers: { frontEnd: null, taps: ['listen'], attention: null },
    title: null,
    license: null,
    source: null,
    sourceLicense: null,
  };
  const frontEnd = join(root, 'front-end.json');
  await withBackground([MODELS, out], async (remote) => {
    const model = await remote.inspectModelFile({ file });
    assert.ok(model.kind === 'layers');
    assert.deepEqual([model.network, model.words, model.input], ['small', 4, '[125, 80]']);
    const listen = model.layers.find(({ name }) => name === 'listen')!;
    assert.deepEqual(listen, {
      name: 'listen',
      className: 'Conv1D',
      shape: '[125, 3]',
      convolution: true,
      shown: true,
      weighs: null,
    });
    assert.deepEqual(
      model.layers.filter(({ shown }) => shown).map(({ name }) => name),
      ['listen'],
    );

    // Nothing but the front end is missing; then everything is wrong at once, and every part says what.
    const first = await remote.checkModelImport(plain);
    assert.deepEqual(
      first.problems.map(({ part }) => part),
      ['frontEnd'],
    );
    await writeFile(frontEnd, '{"kind": "log-mel", "hop": 160}');
    const labels = join(root, 'three.txt');
    await writeFile(labels, 'a\nb\nc\n');
    const wrong = {
      ...plain,
      id: '../att-rnn-asc',
      labels,
      layers: { frontEnd: { file: frontEnd }, taps: [], attention: 'listen' },
    };
    const { problems, features } = await remote.checkModelImport(wrong);
    assert.deepEqual(features, { kind: 'log-mel', frames: 100, bins: 80 });
    const told = Object.fromEntries(problems.map(({ part, message }) => [part, message]));
    assert.match(told.frontEnd, /shape \[125, 80\], but its front end gives 100 frames of 80 mel bins/);
    assert.match(told.taps, /No layer was chosen/);
    assert.match(told.attention, /listen gives \[125, 3\]/);
    assert.match(
      told.labels,
      /number of source words \(3\) differs from the number of outputs of the model in .* \(4\)/,
    );
    assert.match(told.id, /cannot be the id of a model/);
    await assert.rejects(remote.importModel(wrong), withCode('model.id'));
    await assert.rejects(remote.importModel({ ...wrong, id: 'att-rnn-asc' }), withCode('model.exists', MODELS));
    await assert.rejects(remote.importModel({ ...wrong, id: 'small' }), withCode('model.input'));
    await assert.rejects(remote.importModel(plain), withCode('model.front-end', 'must be chosen'));

    // The overview of both states.
    const items = (check: ImportState['check'], request = plain) =>
      importItems({ model, request: request as ImportState['request'], check }, t, (path) => path);
    const [start, ...parts] = items({ problems, features, labels: null }, wrong);
    assert.equal(start.label, 'Cannot import yet');
    assert.ok(start.description.startsWith('model.json takes input of shape'), start.description);
    assert.deepEqual(
      parts.filter(({ icon }) => icon === 'error').map(({ id }) => id),
      ['frontEnd', 'labels', 'taps', 'attention', 'id'],
    );

    await writeFile(frontEnd, '{"kind": "log-mel", "floor": 0.001}');
    const right: ModelImport = {
      ...plain,
      labels: join(root, 'small', 'labels.txt'),
      layers: { frontEnd: { file: frontEnd }, taps: ['listen'], attention: null },
      source: 'Words',
      license: 'CC BY 4.0',
    };
    const check = await remote.checkModelImport(right);
    assert.deepEqual(check.problems, []);
    assert.deepEqual(check.labels, SMALL_MODEL_WORDS);
    const [ready, ...rest] = items(check, right);
    assert.deepEqual([ready.label, ready.description], ['Import', 'small: 3 layers, input [125, 80], 4 source words']);
    const described = Object.fromEntries(rest.map(({ id, description }) => [id, description]));
    assert.deepEqual([described.taps, described.source, described.sourceLicense], ['listen', 'Words', 'unknown']);

    const canceling = new AbortController();
    const canceled = remote.importModel(right, { signal: canceling.signal });
    canceling.abort();
    await assert.rejects(canceled, isCanceled);
    const imported = await remote.importModel(right);
    assert.deepEqual(imported, { id: 'small', folder: join(out, 'small') });
    const card = JSON.parse(await readFile(join(imported.folder, 'card.json'), 'utf8')) as ModelCard;
    assert.deepEqual(card.sourceLabels, SMALL_MODEL_WORDS);
    assert.deepEqual([card.frontEnd.floor, card.license, card.source.name], [0.001, 'CC BY 4.0', 'Words']);
    assert.deepEqual([card.layers!.taps, card.layers!.attention], [['listen'], null]);
    await assert.rejects(remote.importModel(right), withCode('model.exists', 'holds an acoustic model already'));

    const { models } = await remote.listModels({});
    const listed = models.find(({ id }) => id === 'small')!;
    assert.deepEqual([listed.folder, listed.implementation, listed.sourceWords], [imported.folder, 'tfjs', 4]);
    const train = join(root, 'Sines_TRAIN.csv');
    const row = (i: number): string =>
      [i % 2, ...Array.from({ length: 30 }, (_, x) => Math.sin((1 + (i % 2)) * 0.3 * x + i).toFixed(5))].join(',');
    await writeFile(train, Array.from({ length: 8 }, (_, i) => `${row(i)}\n`).join(''));
    const program = join(root, 'Sines.v2s.safetensors');
    const { folder } = await remote.startReprogram({
      train,
      test: null,
      read: {},
      model: listed.folder,
      options: { epochs: 2, replicas: 2, batchSize: 8, validation: 0 },
      threads: 2,
      out: program,
      runs: join(root, 'runs'),
    });
    const { result } = await until(
      () => remote.runHistory({ folder }),
      ({ written }) => written,
    );
    assert.equal(result!.weights.sha256Before, card.weightsSha256);
    assert.equal(result!.weights.sha256After, card.weightsSha256);
    const { model: heard } = await remote.classify({ file: train, program });
    assert.equal(heard, 'small');
  });
});

test('a Keras file: layers ask for a front end, the attention-RNN does not, and is imported as it is', async () => {
  (await openTfjsRuntime({ backend: 'wasm' })).select();
  const own = sequential({
    name: 'keras_small',
    layers: [
      layersApi.conv1d({ name: 'listen', filters: 2, kernelSize: 3, inputShape: [125, 80] }),
      layersApi.globalAveragePooling1d({ name: 'mean' } as never),
      layersApi.dense({ name: 'words', units: 3, activation: 'softmax' }),
    ],
  });
  const out = join(root, 'keras-imported');
  await mkdir(out);
  const about = { out, labels: null, title: null, license: null, source: null, sourceLicense: null };
  await withBackground([MODELS, out], async (remote) => {
    const file = await saveKerasModel(join(root, 'Small one.H5'), own);
    const model = await remote.inspectModelFile({ file });
    assert.ok(model.kind === 'layers' && model.words === 3);
    const layers = { frontEnd: 'kapre-db' as const, taps: ['listen'], attention: null };
    const imported = await remote.importModel({ ...about, file, id: null, layers });
    assert.equal(imported.id, 'Small one');
    assert.ok(existsSync(join(imported.folder, 'README.md')));
    await assert.rejects(remote.importModel({ ...about, file, id: 'x', layers: null }), withCode('keras.architecture'));

    const none = join(root, 'none.h5');
    await writeFile(none, 'no HDF5');
    await assert.rejects(remote.inspectModelFile({ file: none }), withCode('keras.hdf5', none));
    const found = await remote.inspectModelFile({ file: KERAS_MODEL });
    assert.equal(found.kind, 'attention-rnn');
    const question = { ...about, file: KERAS_MODEL, id: 'gsc', layers: null };
    assert.deepEqual((await remote.checkModelImport(question)).problems, []);
    assert.equal((await remote.importModel(question)).folder, join(out, 'gsc'));
  });
});
