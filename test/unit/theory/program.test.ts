import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { LOG_MEL } from '../../../src/engine/audio/front-end';
import { writeModelFolder, type SourceLogits } from '../../../src/engine/acoustic/store';
import { layoutsOfProgram } from '../../../src/engine/embedding';
import { CanceledError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';
import { classifierOf, parseReprogramOptions, reprogram } from '../../../src/engine/reprogram';
import { readSeriesFile, type SeriesDataset } from '../../../src/engine/series';
import {
  boundOfProgram,
  compareModels,
  distancesOfMembers,
  hasBound,
  openEpochTheory,
  rootSquaredRisk,
  sourceRisk,
} from '../../../src/engine/theory';
import { SourceHalves } from '../../../src/engine/theory/source-halves';
import { LinearModel } from '../support/linear-model';
import { randomModel } from '../support/random-model';

const K = 6;

/** Two classes of noisy sines, slow and fast, as a TSV file read back. */
async function sines(folder: string, n: number, labels = true): Promise<SeriesDataset> {
  const random = new Random(3);
  const lines = Array.from({ length: n }, (_, i) => {
    const values = Array.from({ length: 40 }, (_, t) => Math.sin(t / (i % 2 ? 2 : 7)) + 0.1 * random.gaussian());
    return [...(labels ? [i % 2 ? 'fast' : 'slow'] : []), ...values.map((value) => value.toFixed(6))].join('\t');
  });
  const path = join(folder, `Sines${n}${labels ? '' : 'Unlabeled'}_TRAIN.tsv`);
  await writeFile(path, `${lines.join('\n')}\n`);
  return await readSeriesFile(path, labels ? {} : { labels: 'none' });
}

function sourceOf(k: number, n: number, seed: number): SourceLogits {
  const random = new Random(seed);
  const labels = Int32Array.from({ length: n }, (_, i) => i % k);
  const logits = Float32Array.from(
    { length: n * k },
    (_, at) => random.gaussian() + (at % k === labels[Math.floor(at / k)] ? 5 : 0),
  );
  return { logits, labels, k };
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-theory-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const SHORT = parseReprogramOptions({ method: 'theta', epochs: 2, batchSize: 8, replicas: 3 });

test('an ensemble has no bound, but each member has its distances from the speech', () =>
  inFolder(async (folder) => {
    const model = new LinearModel(K, 1);
    const train = await sines(folder, 16);
    const options = parseReprogramOptions({ method: 'ensemble', members: 3 });
    const { program } = await reprogram(options, model, train, null);
    const source = sourceOf(K, 40, 5);
    assert.equal(hasBound(program), false);
    await assert.rejects(boundOfProgram(program, model, source, train), { code: 'theory.method' });
    const found = await distancesOfMembers(program, model, source, train, { projections: 50, splits: 2 });

    const classifier = classifierOf(program);
    const logits = await classifier.logits(
      model,
      train.series.map(({ values }) => values),
    );
    const members = classifier.members.length;
    assert.equal(found.members.length, members);
    const halves = new SourceHalves({ logits: source.logits, n: 40 }, K, { seed: 1, splits: 2 });
    for (const [p, member] of found.members.entries()) {
      const own = Float32Array.from({ length: 16 * K }, (_, at) => {
        const row = Math.floor(at / K);
        return logits[(row * members + p) * K + (at % K)];
      });
      assert.equal(member.w1, halves.distance({ logits: own, n: 16 }));
      assert.equal(member.rendering, classifier.members[p].description.kind);
    }
    assert.deepEqual(found.floor, halves.floor(16));
    assert.ok(found.targetRisk! >= 0 && found.targetRisk! <= Math.SQRT2);
    const stopped = distancesOfMembers(program, model, source, train, { signal: AbortSignal.abort() });
    await assert.rejects(stopped, CanceledError);
  }));

test('the bound of a program is made of its own logits and probabilities', () =>
  inFolder(async (folder) => {
    const model = new LinearModel(K, 1);
    const train = await sines(folder, 16);
    const { program } = await reprogram(SHORT, model, train, null);
    const source = sourceOf(K, 40, 5);
    const found = await boundOfProgram(program, model, source, train, { projections: 50 });

    const { head, ...classifier } = classifierOf(program);
    const logits = await classifier.logits(
      model,
      train.series.map(({ values }) => values),
    );
    const halves = new SourceHalves({ logits: source.logits, n: 40 }, K, { seed: 1 });
    assert.equal(found.w1.value, halves.distance({ logits, n: 16 }));
    assert.deepEqual([found.w1.clips, found.w1.series, found.clips, found.series], [20, 16, 40, 16]);
    assert.equal(found.sourceRisk, sourceRisk(source.logits, source.labels, 40, K));
    assert.ok(Math.abs(found.bound - (found.sourceRisk + 2 * Math.sqrt(K) * found.w1.value)) < 1e-12);
    const probabilities = Float32Array.from(
      train.series.flatMap((_, i) => [...head.probabilities(logits, i * K, new Float64Array(2))]),
    );
    const truths = train.series.map(({ label }) => program.description.classNames.indexOf(label!));
    assert.equal(found.targetRisk, rootSquaredRisk(probabilities, truths, 16, 2));

    // the risk of the card, when it has one, is over more clips than the stored logits
    Object.assign(model.card, { test: { clips: 9000, accuracy: 0.9, loss: 0.4, rmse: 0.123 } });
    assert.equal((await boundOfProgram(program, model, source, train)).sourceRisk, 0.123);
    const unlabeled = await sines(folder, 16, false);
    assert.equal((await boundOfProgram(program, model, source, unlabeled)).targetRisk, null);
    await assert.rejects(boundOfProgram(program, new LinearModel(K, 2), source, train), {
      code: 'program.checksum',
    });
  }));

test('the figures of an epoch are those of the theta after it: of the last one, those of the program', () =>
  inFolder(async (folder) => {
    const train = await sines(folder, 16);
    const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
    const source = sourceOf(K, 40, 5);
    await writeModelFolder(join(folder, 'model'), { card, weights, sourceLogits: source });
    const model = await openFusedModel(card, weights, { threads: 1, batchLimit: 8 });
    try {
      const measure = await openEpochTheory(join(folder, 'model'));
      // drop-out must not be heard in the figures
      const options = parseReprogramOptions({ method: 'theta', epochs: 3, batchSize: 8, replicas: 3, dropout: 0.5 });
      const { program } = await reprogram(options, model, train, null, { measure });
      const { history } = program.description;
      const expected = await boundOfProgram(program, model, source, train);
      const { swd, w1, bound, target_risk: risk } = history.at(-1)!.measures;
      assert.deepEqual([swd, w1, bound], [expected.swd.distance, expected.w1.value, expected.bound]);
      assert.ok(Math.abs(risk - expected.targetRisk!) < 1e-6);
      assert.equal(new Set(history.map(({ measures }) => measures.bound)).size, 3);
    } finally {
      await model.close();
    }
  }));

test('layouts of a program: before, after, fine-tuned; rows are series', () =>
  inFolder(async (folder) => {
    const model = new LinearModel(K, 1);
    const train = await sines(folder, 20);
    const { program } = await reprogram(SHORT, model, train, null);
    const tuned = {
      logits: Float32Array.from({ length: 40 }, (_, at) => (at % 2 === Math.floor(at / 2) % 2 ? 3 : 0)),
      k: 2,
    };
    const shares: number[] = [];
    const found = await layoutsOfProgram(program, model, train, tuned, {
      method: 'pca',
      dimensions: 3,
      seed: 1,
      onProgress: (done) => shares.push(done),
    });
    assert.deepEqual(
      [found.before, found.after, found.fineTuned!].map(({ name }) => name),
      ['before', 'after', 'fine-tuned'],
    );
    assert.deepEqual(
      [...found.labels],
      train.series.map(({ label }) => (label === 'fast' ? 0 : 1)),
    );
    assert.ok(found.fineTuned!.silhouette! > 0.99);
    assert.equal(found.after.layout.values.length, 60);
    // "before" is the series alone: the theta of the start moves all clips of a linear model by the same step, so shapes agree
    const spread = (values: Float64Array) =>
      Math.hypot(...values.subarray(0, 3).map((value, axis) => value - values[57 + axis]));
    assert.ok(Math.abs(spread(found.before.layout.values) - spread(found.after.layout.values)) < 1e-4);
    assert.ok(shares.every((share, i) => share > 0 && share <= 1 && (i === 0 || share >= shares[i - 1])));
    const unlabeled = await layoutsOfProgram(program, model, await sines(folder, 20, false), null, {
      method: 'pca',
      seed: 1,
    });
    assert.equal(unlabeled.after.silhouette, null);
    assert.equal(unlabeled.fineTuned, null);
  }));

test('models are ranked by the bound; one that cannot be compared is left out with its reason', () =>
  inFolder(async (folder) => {
    const train = await sines(folder, 8);
    const write = async (id: string, seed: number, source?: SourceLogits): Promise<string> => {
      const { card, weights } = randomModel('att-rnn', LOG_MEL, K, seed);
      await writeModelFolder(join(folder, id), { card: { ...card, id }, weights, sourceLogits: source });
      return join(folder, id);
    };
    // far source logits make a large bound
    const near = sourceOf(K, 40, 1);
    const far = { ...near, logits: near.logits.map((value) => 30 * value) };
    const folders = [await write('far', 1, far), await write('near', 2, near), await write('mute', 3)];
    const order: string[] = [];
    const compared = await compareModels(
      train,
      folders,
      { reprogram: parseReprogramOptions({ method: 'theta', epochs: 1, batchSize: 8 }), threads: 1 },
      { onModel: (outcome) => order.push('failure' in outcome ? outcome.failure.code : outcome.card.id) },
    );
    assert.deepEqual(
      compared.ranking.map(({ card }) => card.id),
      ['near', 'far'],
    );
    assert.deepEqual(order, ['model.source-logits', 'far', 'near']);
    assert.equal(compared.failed[0].folder, folders[2]);
    assert.deepEqual(
      compared.ranking.map(({ bound }) => bound.w1.clips),
      [20, 20],
    );
    assert.ok(compared.ranking[0].bound.bound < compared.ranking[1].bound.bound);

    const options = { reprogram: SHORT, threads: 1 };
    await assert.rejects(compareModels(train, [folders[0], folders[0]], options), { code: 'compare.models' });
    await assert.rejects(compareModels(train, [folders[2], join(folder, 'none')], options), {
      code: 'model.source-logits',
    });
    const signal = AbortSignal.abort();
    await assert.rejects(compareModels(train, folders, options, { signal }), CanceledError);
  }));
