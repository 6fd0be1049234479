// A program is a file of a stranger until the workspace is trusted: no path in it is looked at.
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findModelById, findModelFolder, readModelCard } from '../../../src/engine/acoustic/store';
import { V2SError } from '../../../src/engine/errors';
import { FRONT_ENDS } from '../../../src/engine/audio/front-end';
import { parseReprogramOptions, writeProgram, type Program } from '../../../src/engine/reprogram';
import { RemoteError } from '../../../src/protocol/rpc';
import { withBackground } from '../support/background';

const MODELS = join(process.cwd(), 'models');
const MODEL = join(MODELS, 'att-rnn-asc');

/** A program that fits the shipped model and says that its model is called `id` and lies in `folder`. */
async function programOf(id: string, folder: string | null): Promise<Program> {
  const { weightsSha256, sourceLabels } = await readModelCard(MODEL);
  const metrics = { loss: 1, accuracy: 0.5 };
  return {
    description: {
      name: 'Foreign',
      model: { id, weightsSha256, folder, sourceLabels, computationSha256: null },
      frontEnd: FRONT_ENDS['log-mel'],
      method: 'theta',
      members: [
        {
          rendering: {
            kind: 'replicas',
            contour: null,
            placement: { slot: 4, replicas: 1, interval: 16000, rate: 1, start: 0, mask: false, offset: 0, scale: 1 },
            theta: null,
          },
          mapping: { kind: 'random', sourceWords: sourceLabels.length, words: [[0], [1]] },
        },
      ],
      statistics: null,
      ensemble: null,
      read: null,
      classNames: ['a', 'b'],
      training: {
        options: parseReprogramOptions({}),
        implementation: 'fused',
        engine: 'test',
        trainingSeries: 2,
        validationSeries: 0,
        replicaTrials: [],
      },
      bestEpoch: 1,
      history: [],
      metrics: { train: metrics, validation: null, heldOut: null, test: null },
      data: { train: { file: 'x', sha256: weightsSha256, series: 2 }, test: null },
      notes: [],
    },
    members: [{ parameters: new Map([['theta', new Float32Array(16000)]]), mappingWeights: null }],
    thetaInitial: new Float32Array(16000),
    ensemble: null,
  };
}

test('a program of an untrusted folder loads no model from a path, whatever its id and folder are', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-trust-'));
  try {
    const elsewhere = join(folder, 'elsewhere');
    await cp(MODEL, elsewhere, { recursive: true });
    const root = join(folder, 'root');
    await mkdir(root);
    if (process.platform !== 'win32') await symlink(elsewhere, join(root, 'linked'));
    const file = join(folder, 'x.csv');
    await writeFile(file, 'a,1.5,2,3,4\nb,4.5,3,2,1\n');
    const path = join(folder, 'x.v2s.safetensors');
    await withBackground([root], async (remote) => {
      await remote.configure({ modelRoots: [root], threads: 1, trusted: false });
      const untrusted = (error: unknown): boolean => error instanceof RemoteError && error.code === 'model.untrusted';
      for (const [id, named] of [
        [elsewhere, null],
        ['../elsewhere', null],
        ['elsewhere', null],
        ['..', null],
        ['att-rnn-asc', elsewhere],
        ['att-rnn-asc', 'elsewhere'],
        ['att-rnn-asc', '\\\\server\\share'],
      ] as const) {
        await writeProgram(path, await programOf(id, named));
        await assert.rejects(remote.classify({ file, program: path }), untrusted, `${id}, ${named}`);
      }
      const options = { file, model: elsewhere, options: {} };
      await assert.rejects(remote.compareModel(options), untrusted, 'a folder outside of the roots');

      await writeProgram(path, await programOf('att-rnn-asc', elsewhere));
      await remote.configure({ modelRoots: [root], threads: 1, trusted: true });
      assert.equal((await remote.classify({ file, program: path })).predicted.length, 2);
      await remote.configure({ modelRoots: [MODELS], threads: 1, trusted: false });
      assert.equal((await remote.classify({ file, program: path })).predicted.length, 2, 'a shipped model is found');
    });

    const missing = (error: unknown): boolean => error instanceof V2SError && error.code === 'model.missing';
    await assert.rejects(findModelById(elsewhere, [root]), missing);
    await assert.rejects(findModelById('att-rnn-asc', [root]), missing, 'behind a link');
    if (process.platform !== 'win32')
      assert.equal(await findModelById('att-rnn-asc', [root], true), join(root, 'linked'));
    assert.equal(await findModelFolder(elsewhere, [root]), elsewhere);
  } finally {
    await rm(folder, { recursive: true });
  }
});
