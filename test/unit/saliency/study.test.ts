import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { LOG_MEL } from '../../../src/engine/audio/front-end';
import { Random } from '../../../src/engine/math/random';
import { classifierOf, CLIP_SAMPLES, planPlacement, type Program } from '../../../src/engine/reprogram';
import { infidelity, removalTrials } from '../../../src/engine/saliency/infidelity';
import { localization } from '../../../src/engine/saliency/localization';
import { PLANTED_DESIGNS, plantedSeries } from '../../../src/engine/saliency/planted-series';
import { meanCurve, removalOf } from '../../../src/engine/saliency/removal';
import { layersFromOutput, randomizedLayers } from '../../../src/engine/saliency/sanity-check';
import { segmentsOf } from '../../../src/engine/saliency/segments';
import { sensitivities } from '../../../src/engine/saliency/sensitivity';
import { studyAll, type SeriesOutcome } from '../../../src/engine/saliency/study';
import { shareOf, studyFigures } from '../../../src/engine/saliency/study-figures';
import { LinearModel } from '../support/linear-model';
import { randomModel } from '../support/random-model';

const K = 9;
const near = (a: number, b: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a}, expected ${b}`);

/** A program that was not trained: checks of maps need none that is right. */
function programOf(values: Float64Array, sourceWords: number): Program {
  const random = new Random(6);
  const { placement } = planPlacement([values], 3, false);
  const theta = Float32Array.from({ length: CLIP_SAMPLES }, () => 0.1 * random.gaussian());
  const words = [
    [0, 3],
    [1, 4],
    [2, 5],
  ];
  const mapping = { kind: 'random', sourceWords, words };
  const description = {
    classNames: ['left', 'right', 'up'],
    members: [{ rendering: { kind: 'replicas', contour: null, placement, theta: null }, mapping }],
    statistics: null,
  };
  return {
    description,
    members: [{ parameters: new Map([['theta', theta]]), mappingWeights: null }],
    thetaInitial: theta,
    ensemble: null,
  } as unknown as Program;
}

function noisySine(length: number): Float64Array {
  const random = new Random(5);
  return Float64Array.from({ length }, (_, i) => Math.sin(i / 5) + 0.5 * random.gaussian());
}

test('removed values are replaced by the mean, by the TRAIN mean curve, or by the line between those that stay', () => {
  const values = [4, 0, 2, 8, 6];
  const [no, yes] = [false, true];
  assert.deepEqual([...removalOf('mean')(values, [yes, no, no, yes, no])], [4, 0, 2, 4, 6]);
  const train = meanCurve([
    [1, 2, 3, 4, 5],
    [3, 4, 5],
  ]);
  assert.deepEqual([...train], [2, 3, 4, 4, 5]);
  assert.deepEqual([...removalOf('train-mean', train)(values, [yes, no, no, yes, yes])], [2, 0, 2, 4, 5]);
  // Shorter than the curve: its ends stay its ends.
  assert.deepEqual([...removalOf('train-mean', [0, 1, 2, 3])([9, 9], [yes, yes])], [0.5, 2.5]);
  assert.throws(() => removalOf('train-mean'), { code: 'study.train' });
  const line = removalOf('interpolation');
  line(values, [no, yes, yes, no, no]).forEach((x, i) => near(x, [4, 16 / 3, 20 / 3, 8, 6][i]));
  assert.deepEqual([...line(values, [yes, yes, no, yes, yes])], [2, 2, 2, 2, 2]);
  assert.deepEqual([...line(values, [yes, yes, yes, yes, yes])], [4, 4, 4, 4, 4]);
});

test('infidelity: 0 for what every fall is foretold by, on any scale; 1 for a map of zeros; between for others', async () => {
  const model = new LinearModel(6, 1);
  const values = noisySine(48);
  const classifier = classifierOf(programOf(values, 6));
  // A score that is linear in the logits, of a linear model: its true attributions are known.
  const score = {
    value: (logits: ArrayLike<number>, at: number) => logits[at] - logits[at + 1],
    gradient: () => undefined,
  };
  const trials = await removalTrials({ model, classifier, values, score }, removalOf('mean'), { draws: 24, seed: 2 });
  const random = new Random(1);
  const noise = values.map(() => random.gaussian());
  const exact = new Float64Array(48);
  const mean = values.reduce((a, b) => a + b) / 48;
  for (const [i] of exact.entries()) {
    const without = values.map((x, j) => (j === i ? mean : x));
    const clips = [values, without].map((series) => {
      const clip = new Float32Array(CLIP_SAMPLES);
      classifier.members[0].rendering.render(series, classifier.members[0].parameters, clip);
      return clip;
    });
    const [a, b] = [await model.logits(clips[0], 1), await model.logits(clips[1], 1)];
    exact[i] = score.value(a, 0) - score.value(b, 0);
  }
  near(infidelity(exact, trials)!, 0, 1e-6);
  near(
    infidelity(
      exact.map((x) => -3 * x),
      trials,
    )!,
    0,
    1e-6,
  );
  assert.equal(infidelity(new Float64Array(48), trials), 1);
  const other = infidelity(noise, trials)!;
  assert.ok(other > 0.05 && other <= 1, `${other}`);
  assert.equal(infidelity(noise, { ...trials, falls: new Float64Array(24) }), null);
});

test('sensitivity is the largest relative change; a map of zeros has none', async () => {
  const values = noisySine(30);
  const maps = (series: ArrayLike<number>) => ({
    linear: Float64Array.from(series, (x) => 2 * x),
    fixed: Float64Array.from(series, (_, i) => i),
    none: new Float64Array(series.length),
  });
  const draws = { draws: 10, seed: 1 };
  const found = await sensitivities(values, maps(values), async (series) => maps(series), draws);
  assert.deepEqual([found.fixed, found.none], [0, null]);
  // Uniform changes of at most 0.02 deviations, whose root mean square is 0.02 / sqrt(3) of a deviation.
  assert.ok(found.linear! > 0.008 && found.linear! < 0.02, `${found.linear}`);
});

test('localization: pointing with half a segment of margin, and the area under precision and recall by hand', () => {
  const truth = { from: 16, to: 24 };
  const peak = (at: number) => Float64Array.from({ length: 64 }, (_, i) => -Math.abs(i - at));
  assert.deepEqual(
    [13, 14, 20, 25, 26].map((at) => localization(peak(at), truth).hit),
    [false, true, true, true, false],
  );
  near(localization(peak(20), truth).chance, 12 / 64);
  // The middle of equal values points; one value that was never heard counts least.
  const flat = Float64Array.from({ length: 64 }, (_, i) => Number(i >= 10 && i < 30));
  assert.equal(localization(flat, truth).hit, true);
  near(localization(flat, truth).precisionRecall, 8 / 20);
  near(localization(new Float64Array(64), truth).precisionRecall, 8 / 64);
  near(
    localization(
      Float64Array.from({ length: 4 }, (_, i) => [3, 4, NaN, 1][i]),
      { from: 0, to: 1 },
    ).precisionRecall,
    1 / 2,
  );
});

test('planted series: reproducible, the classes differ in the named part alone, confounders say nothing', () => {
  for (const design of PLANTED_DESIGNS) {
    const options = { design, perClass: 150, seed: 3 };
    const series = plantedSeries(options);
    assert.deepEqual(plantedSeries(options), series);
    assert.equal(series.filter(({ label }) => label === 'up').length, 150);
    const inside = (sign: number, truth: boolean): number => {
      const means = series
        .filter(({ label }) => (label === 'up') === sign > 0)
        .map(({ values, truth: { from, to } }) => {
          const part = [...values].filter((_, i) => (i >= from && i < to) === truth);
          return part.reduce((a, b) => a + b) / part.length;
        });
      return means.reduce((a, b) => a + b) / means.length;
    };
    assert.ok(inside(1, true) > 1 && inside(-1, true) < -1, design);
    assert.ok(Math.abs(inside(1, false)) < 0.1 && Math.abs(inside(-1, false)) < 0.1, design);
    const starts = new Set(series.map(({ truth }) => truth.from));
    assert.equal(starts.size > 1, design !== 'middle');
  }
  assert.throws(() => plantedSeries({ design: 'rare', perClass: 0, seed: 1 }), { code: 'generators.count' });
});

test('segments cover a series once and are nearly equal; a share has the interval of Wilson', () => {
  for (const length of [1, 7, 16, 24, 150]) {
    const segments = segmentsOf(length);
    assert.equal(segments.length, Math.min(16, length));
    assert.deepEqual([segments[0].from, segments.at(-1)!.to], [0, length]);
    segments.forEach(({ from }, i) => i > 0 && assert.equal(from, segments[i - 1].to));
    const widths = segments.map(({ from, to }) => to - from);
    assert.ok(Math.max(...widths) - Math.min(...widths) <= 1);
  }
  // statsmodels.stats.proportion.proportion_confint(14, 16, method='wilson')
  const { share, interval } = shareOf(14, 16);
  near(share, 0.875);
  near(interval[0], 0.639771, 1e-5);
  near(interval[1], 0.96503, 1e-4);
  assert.equal(shareOf(16, 16).interval[1], 1);
});

test('a study of a series: every check of every map; weights are randomized from the output down', async () => {
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  const layers = layersFromOutput(card, weights);
  assert.deepEqual([layers[0], layers.at(-1)], ['output', 'conv1']);
  const top = randomizedLayers(weights, ['output'], 1);
  for (const [name, { data }] of weights)
    if (name === 'output.kernel') assert.notDeepEqual(top.get(name)!.data, data);
    else if (!name.startsWith('output.')) assert.equal(top.get(name)!.data, data);

  const open = () => openFusedModel(card, weights, { threads: 1, batchLimit: 32 });
  const [model, randomized] = [await open(), await open()];
  const values = noisySine(900);
  const classifier = classifierOf(programOf(values, K));
  const outcomes: SeriesOutcome[] = [];
  const truth = { from: 100, to: 400 };
  const study = studyAll(model, classifier, [{ values, truth }, { values: values.map((x) => 0.5 * x) }], {
    methods: ['gradient-x-input'],
    variants: true,
    seed: 1,
    sensitivity: true,
    deep: 1,
    permuted: classifier,
    randomize: { model: randomized, weights },
  });
  for await (const outcome of study) outcomes.push(outcome);
  const [deep, shallow] = outcomes;
  const names = ['attention', 'conv1', 'conv2', 'gradient-x-input'];
  const variants = ['grad-cam', 'layer-cam', 'signed-hires-cam'].flatMap((cam) => [`${cam} conv1`, `${cam} conv2`]);
  assert.deepEqual(Object.keys(deep.maps), [...names, ...variants, 'distance-from-mean']);
  for (const map of Object.values(deep.maps)) {
    assert.ok(map.deletionArea >= 0 && map.deletionArea <= 1 && map.infidelity! >= 0 && map.infidelity! <= 1);
    assert.ok(map.localization!.precisionRecall > 0);
  }
  const gradient = deep.maps['gradient-x-input'];
  assert.ok(gradient.sensitivity! > 0);
  // Of the same program, the maps are the same.
  near(gradient.labels!, 1, 1e-6);
  assert.deepEqual(Object.keys(gradient.sanity!.layers), layers);
  assert.equal(gradient.sanity!.weights, gradient.sanity!.layers.conv1);
  assert.ok(gradient.sanity!.weights! < 0.5 && gradient.sanity!.random! < 0.5);
  // The control knows no model.
  const control = deep.maps['distance-from-mean'];
  assert.deepEqual([control.sensitivity, control.labels], [null, null]);
  const { maps: later } = shallow;
  assert.deepEqual([later.conv1.sanity, later.conv1.sensitivity, later.conv1.localization], [null, null, null]);
  await Promise.all([model.close(), randomized.close()]);
});

test('figures of a study: shares over all series, means over those that were measured', () => {
  const outcome = (deletionArea: number, weights: number | null): SeriesOutcome => ({
    target: 'a',
    probability: 1,
    random: { deletionArea: 0.5, insertionArea: 0.4 },
    maps: {
      m: {
        constant: weights === null,
        deletionArea,
        insertionArea: 0.6,
        deletionBeats: deletionArea < 0.5,
        insertionBeats: true,
        infidelity: deletionArea,
        sensitivity: null,
        sanity: weights === null ? null : { layers: { output: weights }, weights, random: 0.1 },
        labels: null,
        localization: { hit: deletionArea < 0.3, chance: 0.2, precisionRecall: 0.5 },
      },
    },
  });
  const other: SeriesOutcome = { target: 'b', probability: 1, random: { deletionArea: 0, insertionArea: 1 }, maps: {} };
  const { m } = studyFigures([outcome(0.2, 0.4), outcome(0.4, 0.2), outcome(0.9, null), other]);
  assert.deepEqual([m.series, m.constant, m.deletion.share, m.insertion.share], [4, 2, 0.5, 0.75]);
  near(m.deletionArea, 0.5);
  near(m.randomDeletionArea, 0.5);
  near(m.infidelity!, 0.5);
  assert.equal(m.sensitivity, null);
  near(m.sanity!.weights!, 0.3);
  near(m.sanity!.layers.output!, 0.3);
  assert.equal(m.sanity!.series, 2);
  near(m.localization!.hits.share, 1 / 3);
});
