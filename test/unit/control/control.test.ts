import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { readModelFolder, writeModelFolder } from '../../../src/engine/acoustic/store';
import { weightsSha256 } from '../../../src/engine/acoustic/weights';
import { LOG_MEL } from '../../../src/engine/audio/front-end';
import { runControls, summarizeControls } from '../../../src/engine/control';
import { meanSpectra } from '../../../src/engine/control/mean-spectra';
import { isNormalization, permutedWeights } from '../../../src/engine/control/permuted-weights';
import { CanceledError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';
import { buildRendering } from '../../../src/engine/rendering/build';
import { measureTrain } from '../../../src/engine/rendering/train-statistics';
import { readSeriesFile, type SeriesDataset } from '../../../src/engine/series';
import { randomClips, randomModel } from '../support/random-model';
import { everyKind, walks } from '../support/renderings';

const K = 6;

test('permuted weights keep the multiset of every tensor and the normalization; seeded; the input stays as it is', () => {
  const { weights } = randomModel('unet-att-rnn', LOG_MEL, K);
  weights.set('layer_bn/moving_variance', { shape: [3], data: Float32Array.of(3, 1, 2) });
  const before = weightsSha256(weights);
  const permuted = permutedWeights(weights, 4);
  assert.equal(weightsSha256(weights), before);
  assert.deepEqual([...permuted.keys()].sort(), [...weights.keys()].sort());
  let kept = 0;
  for (const [name, { shape, data }] of weights) {
    const other = permuted.get(name)!;
    assert.deepEqual(other.shape, shape);
    assert.deepEqual(other.data.slice().sort(), data.slice().sort(), name);
    if (isNormalization(name)) {
      kept++;
      assert.deepEqual(other.data, data, name);
    } else if (data.length > 10) assert.notDeepEqual(other.data, data, name);
  }
  assert.equal(kept, 4 * 4 + 1);
  assert.equal(weightsSha256(permutedWeights(weights, 4)), weightsSha256(permuted));
  assert.notEqual(weightsSha256(permutedWeights(weights, 5)), weightsSha256(permuted));
  const reversed = new Map([...weights].reverse());
  assert.equal(weightsSha256(permutedWeights(reversed, 4)), weightsSha256(permuted));
});

test('a permuted model says something else', async () => {
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  const clips = randomClips(3, 16_000);
  const logitsWith = async (held: typeof weights): Promise<Float32Array> => {
    const model = await openFusedModel(card, held, { threads: 1, batchLimit: 4 });
    try {
      return await model.logits(clips, 3);
    } finally {
      await model.close();
    }
  };
  const [own, permuted, other] = [
    await logitsWith(weights),
    await logitsWith(permutedWeights(weights, 1)),
    await logitsWith(permutedWeights(weights, 2)),
  ];
  const apart = (a: Float32Array, b: Float32Array): number => Math.hypot(...a.map((value, i) => value - b[i]));
  assert.ok(permuted.every(Number.isFinite));
  assert.ok(apart(own, permuted) > 0.1 && apart(own, other) > 0.1 && apart(permuted, other) > 0.1);
});

test('mean spectra are those of the taps, and sum to 0 with their last number', async () => {
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  const series = walks(3, 50);
  const statistics = measureTrain(series);
  const members = everyKind(series, { type: 'value' }, 'clip')
    .filter(({ kind, theta }) => kind !== 'replicas' && theta !== null)
    .map((description) => ({ rendering: buildRendering(description, statistics), parameters: new Map() }));
  const model = await openFusedModel(card, weights, { threads: 1, batchLimit: 4 });
  try {
    const { features, width } = await meanSpectra(model, members, series);
    const bins = LOG_MEL.melBins;
    assert.deepEqual([width, features.length], [bins + 1, 3 * members.length * width]);
    const clip = new Float32Array(16_000);
    members[1].rendering.render(series[2], new Map(), clip);
    const { features: heard } = await model.tap(clip, 1);
    const frames = heard.length / bins;
    const at = (2 * members.length + 1) * width;
    let sum = 0;
    for (let b = 0; b < bins; b++) {
      let mean = 0;
      for (let f = 0; f < frames; f++) mean += heard[f * bins + b] / frames;
      assert.ok(Math.abs(mean - features[at + b]) < 1e-4, `bin ${b}`);
      sum += features[at + b];
    }
    assert.ok(Math.abs(sum + features[at + bins]) < 1e-3);
  } finally {
    await model.close();
  }
});

/** Two classes of noisy sines, slow and fast, as a TSV file read back. */
async function sines(folder: string, name: string, n: number, seed: number): Promise<SeriesDataset> {
  const random = new Random(seed);
  const lines = Array.from({ length: n }, (_, i) => {
    const values = Array.from({ length: 40 }, (_, t) => Math.sin(t / (i % 2 ? 2 : 7)) + 0.1 * random.gaussian());
    return [i % 2 ? 'fast' : 'slow', ...values.map((value) => value.toFixed(6))].join('\t');
  });
  const path = join(folder, `${name}.tsv`);
  await writeFile(path, `${lines.join('\n')}\n`);
  return await readSeriesFile(path);
}

test('controls: every listener with its seeds, the same twice, the files of the model as they were', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-control-'));
  try {
    const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
    const home = join(folder, 'model');
    await writeModelFolder(home, { card, weights });
    const bytes = (): Promise<Buffer> => readFile(join(home, 'weights.safetensors'));
    const before = await bytes();
    const stored = await readModelFolder(home);
    const train = await sines(folder, 'TRAIN', 12, 1);
    const held = await sines(folder, 'TEST', 8, 2);
    const options = { seed: 3, members: 3, seeds: 2, rendering: null, threads: 1 };
    const progress: number[] = [];
    const { rows } = await runControls(train, held, stored, options, {
      onProgress: (done, total) => progress.push(done / total),
    });
    assert.deepEqual(
      rows.map(({ listener, seed }) => [listener, seed]),
      [
        ['speech', null],
        ['permuted', 1],
        ['permuted', 2],
        ['untrained', 1],
        ['untrained', 2],
        ['front-end', null],
      ],
    );
    assert.equal(progress.at(-1), 1);
    assert.ok(progress.every((share, i) => i === 0 || share > progress[i - 1]));
    for (const { heldOut, test: onTest } of rows) assert.deepEqual([heldOut.series, onTest!.series], [12, 8]);
    // slow against fast is heard by everything that hears pitch
    assert.equal(rows.at(-1)!.test!.accuracy, 1);
    const errors = rows.map(({ leaveOneOut }) => leaveOneOut.error);
    assert.equal(new Set(errors).size, errors.length);
    const again = await runControls(train, held, stored, options);
    assert.deepEqual(
      again.rows.map(({ leaveOneOut }) => leaveOneOut),
      rows.map(({ leaveOneOut }) => leaveOneOut),
    );
    assert.deepEqual(await bytes(), before);

    const summary = summarizeControls(rows);
    assert.deepEqual(
      summary.map(({ listener, seeds }) => [listener, seeds]),
      [
        ['speech', 1],
        ['permuted', 2],
        ['untrained', 2],
        ['front-end', 1],
      ],
    );
    assert.ok(Math.abs(summary[1].leaveOneOutError.mean - (errors[1] + errors[2]) / 2) < 1e-12);
    assert.equal(summary[1].leaveOneOutError.max, Math.max(errors[1], errors[2]));

    await assert.rejects(runControls(train, null, stored, { ...options, seeds: 0 }), { code: 'control.seeds' });
    const signal = AbortSignal.abort();
    await assert.rejects(runControls(train, null, stored, options, { signal }), CanceledError);
  } finally {
    await rm(folder, { recursive: true });
  }
});
