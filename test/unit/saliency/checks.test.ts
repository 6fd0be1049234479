import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOG_MEL } from '../../../src/engine/audio/front-end';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { CanceledError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';
import {
  CLIP_SAMPLES,
  parseReprogramOptions,
  planPlacement,
  reprogram,
  classifierOf,
  type Program,
} from '../../../src/engine/reprogram';
import { checkMaps } from '../../../src/engine/saliency';
import { occlusion } from '../../../src/engine/saliency/attribution';
import { chanceCurves, faithfulness, type FaithfulnessCurves } from '../../../src/engine/saliency/faithfulness';
import { randomizedWeights, rankCorrelations } from '../../../src/engine/saliency/sanity-check';
import { ClassScore } from '../../../src/engine/saliency/target-score';
import type { SeriesDataset } from '../../../src/engine/series';
import { LinearModel } from '../support/linear-model';
import { randomModel } from '../support/random-model';

const LENGTH = 48;
const K = 9;

/** Two classes that differ by a bump at one of two places, in noise. */
function bumps(each: number, seed: number): SeriesDataset {
  const random = new Random(seed);
  const classNames = ['early', 'late'];
  const series = classNames.flatMap((label, c) =>
    Array.from({ length: each }, (_, i) => ({
      label,
      row: c * each + i + 1,
      values: Float64Array.from({ length: LENGTH }, (_, t) => {
        const bump = Math.abs(t - (c === 0 ? 10 : 34)) < 5 ? 2 : -0.4;
        return bump + 0.3 * random.gaussian();
      }),
    })),
  );
  const format = { labelColumn: 1 } as SeriesDataset['format'];
  return { name: 'bumps', file: 'bumps.tsv', sha256: 'ab'.repeat(32), series, classNames, notes: [], format };
}

async function trainedProgram(model: LinearModel): Promise<Program> {
  const options = parseReprogramOptions({ method: 'theta', epochs: 30, batchSize: 8, replicas: 4 });
  return (await reprogram(options, model, bumps(10, 1), null)).program;
}

async function probability(model: LinearModel, program: Program, values: Float64Array, index: number): Promise<number> {
  const classifier = classifierOf(program);
  const logits = await classifier.logits(model, [values]);
  return classifier.head.probabilities(logits, 0, new Float64Array(classifier.head.classes))[index];
}

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;

test('deletion ends, and insertion starts, at the constant series; areas lie within 0..1; a constant map beats nothing', async () => {
  const model = new LinearModel(6, 1);
  const program = await trainedProgram(model);
  const classifier = classifierOf(program);
  const { values } = bumps(1, 7).series[1];
  const whole = await probability(model, program, values, 1);
  const mean = values.reduce((a, b) => a + b) / LENGTH;
  const constant = await probability(model, program, new Float64Array(LENGTH).fill(mean), 1);
  const check = (curves: FaithfulnessCurves): void => {
    assert.ok(near(curves.deletion[0], whole) && near(curves.insertion.at(-1)!, whole));
    assert.ok(near(curves.insertion[0], constant) && near(curves.deletion.at(-1)!, constant));
    for (const area of [curves.deletionArea, curves.insertionArea]) assert.ok(area >= 0 && area <= 1, `${area}`);
  };
  const ramp = Array.from({ length: LENGTH }, (_, i) => (i === 3 ? NaN : i));
  const result = await faithfulness(model, classifier, values, ramp, 1);
  check(result.saliency);
  check(result.random);
  assert.deepEqual([result.shares[0], result.shares.at(-1), result.constant], [0, 1, false]);
  // Deleting in one order is inserting in the reverse one, read backward.
  const reverse = await faithfulness(
    model,
    classifier,
    values,
    ramp.map((value) => (Number.isNaN(value) ? 99 : -value)),
    1,
  );
  reverse.saliency.insertion.forEach((p, i) => assert.ok(near(p, result.saliency.deletion.at(-1 - i)!)));
  const flat = await faithfulness(model, classifier, values, new Array<number>(LENGTH).fill(0.5), 1);
  assert.deepEqual([flat.constant, flat.deletionBeatsRandom, flat.insertionBeatsRandom], [true, false, false]);
  // By segments: only which of the 16 comes first counts, not the order within one.
  const within = await faithfulness(
    model,
    classifier,
    values,
    Array.from({ length: LENGTH }, (_, i) => 10 * Math.floor(i / 3) - (i % 3)),
    1,
    { unit: 'segment' },
  );
  const segments = await faithfulness(model, classifier, values, [...values.keys()], 1, { unit: 'segment' });
  assert.deepEqual(within, segments);
  check(segments.random);
  assert.notDeepEqual(segments.random, result.random);
  // Random orders are seeded, and may be shared among maps.
  const chance = await chanceCurves(model, classifier, values, 1);
  assert.deepEqual(result.random, chance);
  assert.notDeepEqual(await chanceCurves(model, classifier, values, 1, { seed: 2 }), chance);
  const signal = AbortSignal.abort();
  await assert.rejects(faithfulness(model, classifier, values, ramp, 1, { signal, chance }), CanceledError);
});

test('on a trained program the map of occlusion beats random order, and its negative does not', async () => {
  const model = new LinearModel(6, 1);
  const program = await trainedProgram(model);
  const classifier = classifierOf(program);
  const { classNames } = program.description;
  const { series } = bumps(4, 9);
  let wins = 0;
  for (const { values, label } of series) {
    const index = classNames.indexOf(label!);
    // What speaks for this class rather than the other.
    const score = new ClassScore(classifier.head, index, 1 - index);
    const { values: curve } = await occlusion({ model, classifier, values, score });
    const chance = await chanceCurves(model, classifier, values, index);
    const right = await faithfulness(model, classifier, values, [...curve], index, { chance });
    const wrong = await faithfulness(
      model,
      classifier,
      values,
      [...curve].map((value) => -value),
      index,
      { chance },
    );
    if (right.deletionBeatsRandom && right.insertionBeatsRandom) wins++;
    assert.ok(!wrong.deletionBeatsRandom && !wrong.insertionBeatsRandom);
  }
  assert.ok(wins >= series.length - 1, `${wins} of ${series.length}`);
});

test('rank correlations: order only, missing values left out, undefined for constant maps', () => {
  const maps = { a: [1, 2, NaN, 4], b: [1, 1, 1, 1], c: [NaN, NaN, 3, NaN] };
  const others = { a: [10, 20, 5, 1000], b: [1, 2, 3, 4], c: [1, 2, 3, 4] };
  assert.deepEqual(rankCorrelations(maps, others), { a: 1, b: null, c: null });
});

test('shuffled weights keep values and statistics and give other maps; the same weights give the same', async () => {
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  const shuffled = randomizedWeights(weights, 3);
  for (const [name, { data, shape }] of weights) {
    const other = shuffled.get(name)!;
    assert.deepEqual(other.shape, shape);
    assert.deepEqual(Float32Array.from(other.data).sort(), Float32Array.from(data).sort());
    if (/^bn\d\.(mean|variance)$/.test(name)) assert.deepEqual(other.data, data);
    else if (data.length > 20) assert.notDeepEqual(other.data, data);
  }
  assert.deepEqual(randomizedWeights(weights, 3), shuffled);

  const random = new Random(5);
  const values = Float64Array.from({ length: 900 }, (_, i) => Math.sin(i / 5) + 0.5 * random.gaussian());
  const { placement } = planPlacement([values], 3, false);
  const theta = Float32Array.from({ length: CLIP_SAMPLES }, () => 0.1 * random.gaussian());
  const words = [
    [0, 3],
    [1, 4],
    [2, 8],
  ];
  const mapping = { kind: 'random', sourceWords: K, words };
  const description = {
    classNames: ['left', 'right', 'up'],
    members: [{ rendering: { kind: 'replicas', contour: null, placement, theta: null }, mapping }],
    statistics: null,
  };
  const program = {
    description,
    members: [{ parameters: new Map([['theta', theta]]), mappingWeights: null }],
    thetaInitial: theta,
    ensemble: null,
  } as unknown as Program;
  const open = (held = weights) => openFusedModel(card, held, { threads: 1, batchLimit: 16 });
  const [model, same, randomized] = [await open(), await open(), await open(shuffled)];
  const options = { targetClass: 'right', methods: ['gradient-x-input'] as const, seed: 1 };
  const unchanged = await checkMaps(model, same, classifierOf(program), values, options);
  assert.deepEqual(Object.keys(unchanged.faithfulness), ['attention', 'conv1', 'conv2', 'gradient-x-input']);
  for (const [name, rho] of Object.entries(unchanged.sanity.correlation))
    if (!unchanged.faithfulness[name].constant) assert.ok(rho! > 0.999, `${name}: ${rho}`);
  const changed = await checkMaps(model, randomized, classifierOf(program), values, options);
  assert.ok(Math.abs(changed.sanity.correlation['gradient-x-input']!) < 0.5);
  assert.ok(changed.sanity.correlation.attention! < 0.99);
  await same.close();
  await Promise.all([model.close(), randomized.close()]);
});
