// The background process, asked as the extension host asks it, with a shipped acoustic model.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAcousticModel } from '../../src/engine/acoustic/open-model';
import { readModelFolder } from '../../src/engine/acoustic/store';
import { Random } from '../../src/engine/math/random';
import { parseReprogramOptions, reprogram, writeProgram } from '../../src/engine/reprogram';
import { CHECK_SEED, checkMaps, randomizedWeights } from '../../src/engine/saliency';
import { readSeriesFile } from '../../src/engine/series';
import { isCancelled, RemoteError } from '../../src/protocol/rpc';
import { withBackground } from './support/background';

const MODELS = join(process.cwd(), 'models');
const MODEL = join(MODELS, 'att-rnn-asc');

/** A file of slow and fast sines in noise. */
async function writeSines(path: string, n: number): Promise<void> {
  const random = new Random(3);
  const lines = Array.from({ length: n }, (_, i) => {
    const values = Array.from({ length: 40 }, (_, t) => Math.sin(t / (i % 2 ? 2 : 7)) + 0.1 * random.gaussian());
    return [i % 2 ? 'fast' : 'slow', ...values.map((value) => value.toFixed(6))].join(',');
  });
  await writeFile(path, `${lines.join('\n')}\n`);
}

test('checks of the maps: as the engine finds them, with progress; cancelled they stop; kept they come at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-background-'));
  const stored = await readModelFolder(MODEL);
  const model = await openAcousticModel(stored, { threads: 2 });
  try {
    const file = join(folder, 'Sines_TRAIN.csv');
    await writeSines(file, 12);
    const train = await readSeriesFile(file);
    const { program } = await reprogram(parseReprogramOptions({ epochs: 2, replicas: 5 }), model, train, null);
    const path = join(folder, 'Sines.v2s.safetensors');
    await writeProgram(path, program);

    await withBackground([MODELS], async (remote) => {
      const question = { file, program: path, index: 3, target: 'fast' };
      const cancelling = new AbortController();
      const cancelled = remote.checkSaliency(question, {
        signal: cancelling.signal,
        onProgress: () => cancelling.abort(),
      });
      await assert.rejects(cancelled, isCancelled);

      const shares: number[] = [];
      const found = await remote.checkSaliency(question, {
        onProgress: ({ done, total }) => shares.push(done / total),
      });
      assert.ok(shares.length > 5 && shares.at(-1) === 1, shares.join(' '));
      assert.ok(shares.every((share, i) => i === 0 || share > shares[i - 1]));
      const randomized = await openAcousticModel({ ...stored, weights: randomizedWeights(stored.weights, CHECK_SEED) });
      const expected = await checkMaps(model, randomized, program, train.series[3].values, {
        targetClass: 'fast',
        methods: ['gradient-x-input', 'integrated-gradients', 'occlusion'],
        seed: CHECK_SEED,
      }).finally(() => randomized.close());
      assert.deepEqual(
        found.maps.map(({ source }) => source),
        Object.keys(expected.faithfulness),
      );
      for (const { source, deletion, insertionArea, correlation } of found.maps) {
        const { saliency } = expected.faithfulness[source];
        deletion.forEach((value, i) => assert.ok(Math.abs(value - saliency.deletion[i]) < 1e-4, source));
        assert.ok(Math.abs(insertionArea - saliency.insertionArea) < 1e-4, source);
        const other = expected.sanity.correlation[source];
        assert.ok(correlation === null ? other === null : Math.abs(correlation - other!) < 0.01, source);
      }
      assert.equal(found.target, 'fast');
      const again: unknown[] = [];
      assert.deepEqual(await remote.checkSaliency(question, { onProgress: (share) => again.push(share) }), found);
      assert.deepEqual(again, []);

      const beyond = remote.checkSaliency({ ...question, index: 12 });
      await assert.rejects(beyond, (error) => error instanceof RemoteError && error.code === 'series.index');
      const unknown = remote.checkSaliency({ ...question, target: 'medium' });
      await assert.rejects(unknown, (error) => error instanceof RemoteError && error.code === 'explain.class');
    });
  } finally {
    await model.close();
    await rm(folder, { recursive: true });
  }
});
