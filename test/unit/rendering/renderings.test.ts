import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Random } from '../../../src/engine/math/random';
import { buildRendering } from '../../../src/engine/rendering/build';
import { renderingSchema, type RenderingDescription } from '../../../src/engine/rendering/description';
import { ContourMeasure } from '../../../src/engine/rendering/measure-contour';
import type { Rendering, RenderingParameters } from '../../../src/engine/rendering/rendering';
import { squash, squashingSchema, squashingSlope } from '../../../src/engine/rendering/squashing';
import { measureTrain, trainStatisticsSchema } from '../../../src/engine/rendering/train-statistics';
import { ALL_CHANNELS, everyKind, walks } from '../support/renderings';

const CLIP = 16_000;
const TRAIN = walks(12, 60);
const STATISTICS = measureTrain(TRAIN);

function parametersOf(rendering: Rendering, seed = 4): RenderingParameters {
  const random = new Random(seed);
  return new Map(
    rendering.parameterNames.map((name) => [name, Float32Array.from({ length: CLIP }, () => 0.1 * random.gaussian())]),
  );
}

function clipOf(rendering: Rendering, values: ArrayLike<number>, parameters = parametersOf(rendering)): Float32Array {
  const clip = new Float32Array(CLIP).fill(NaN);
  rendering.render(values, parameters, clip);
  return clip;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};
const finite = (numbers: ArrayLike<number>): boolean => Array.from(numbers).every((x) => Number.isFinite(x));
const gaussians = (length: number, seed: number): Float32Array => {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.gaussian());
};

/** A phase moves by hundreds of turns per unit of the series, so that the step must be as small as 32-bit samples allow. */
const STEP: Record<RenderingDescription['kind'], number> = {
  replicas: 1e-4,
  carrier: 5e-5,
  pitch: 2e-6,
  formant: 5e-5,
};

/** <pullback, direction> against central differences of a weighted sum of the clip along it. */
function assertPullback(description: RenderingDescription, values: Float64Array, what: string): void {
  const rendering = buildRendering(description, STATISTICS);
  const parameters = parametersOf(rendering);
  const weights = gaussians(CLIP, 8);
  const gradient = rendering.pullback(values, parameters, weights);
  assert.equal(gradient.length, values.length);
  const step = STEP[description.kind];
  const length = Math.sqrt(dot(gradient, gradient));
  for (let trial = 0; trial < 2; trial++) {
    // Along the gradient, and in a random direction.
    const random = gaussians(values.length, 20 + trial);
    const direction = trial === 0 && length > 0 ? gradient.map((g) => g / length) : Float64Array.from(random);
    const at = (sign: number): number =>
      dot(
        weights,
        clipOf(
          rendering,
          values.map((v, i) => v + sign * step * direction[i]),
          parameters,
        ),
      );
    const difference = (at(1) - at(-1)) / (2 * step);
    const expected = dot(gradient, direction);
    const tolerance = 5e-3 * length + 1e-6;
    assert.ok(
      Math.abs(difference - expected) < tolerance,
      `${what}, direction ${trial}: ${difference}, not ${expected}`,
    );
  }
}

test('pullback agrees with finite differences for every kind, channel and squashing', () => {
  const [values] = walks(1, 60, 77);
  for (const channel of ALL_CHANNELS)
    for (const squashing of squashingSchema.options)
      for (const description of everyKind(TRAIN, channel, squashing, null, true))
        assertPullback(description, values, `${description.kind} of ${channel.type}, ${squashing}`);
});

test('pullback agrees with finite differences in windows, at other lengths, and for the values of the file', () => {
  const channel = { type: 'deviation-slope' } as const;
  for (const length of [1, 2, 43, 171, 900, 17_000]) {
    const [values] = walks(1, length, 5);
    for (const description of everyKind(TRAIN, channel, 'clip', [0.3, 0.72]))
      assertPullback(description, values, `${description.kind}, ${length} values`);
    const placement = {
      slot: 60,
      replicas: 2,
      interval: 8000,
      rate: 2.5,
      start: 30,
      mask: true,
      offset: 3,
      scale: 0.5,
    };
    assertPullback({ kind: 'replicas', contour: null, placement, theta: null }, values, `file, ${length} values`);
  }
});

test('parameters: the clip is affine in them, and their gradient is exact', () => {
  const [values] = walks(1, 60, 6);
  for (const description of everyKind(TRAIN, { type: 'value' }, 'asinh')) {
    const rendering = buildRendering(description, STATISTICS);
    const weights = gaussians(CLIP, 9);
    const into = new Map(rendering.parameterNames.map((name) => [name, new Float32Array(CLIP)]));
    rendering.parameterGradient(values, weights, into);
    const zero = new Map(rendering.parameterNames.map((name) => [name, new Float32Array(CLIP)]));
    const parameters = parametersOf(rendering);
    const difference =
      dot(weights, clipOf(rendering, values, parameters)) - dot(weights, clipOf(rendering, values, zero));
    const expected = rendering.parameterNames.reduce(
      (sum, name) => sum + dot(into.get(name)!, parameters.get(name)!),
      0,
    );
    assert.ok(Math.abs(difference - expected) < 1e-3, `${description.kind}: ${difference}, not ${expected}`);
  }
  const masked = everyKind(TRAIN, { type: 'value' }, 'none').find(
    (description) => description.kind === 'replicas' && description.placement.mask,
  )!;
  const rendering = buildRendering(masked, STATISTICS);
  const gradient = new Map([['theta', new Float32Array(CLIP)]]);
  rendering.parameterGradient(values, new Float32Array(CLIP).fill(1), gradient);
  assert.deepEqual(
    [99, 100, 499, 500, 5433, 5832, 5833].map((i) => gradient.get('theta')![i]),
    [1, 0, 0, 1, 0, 0, 1],
  );
});

test('a description and the statistics are JSON, and rebuild the same clip bit for bit on every machine', () => {
  const hash = createHash('sha256');
  const statistics = trainStatisticsSchema.parse(JSON.parse(JSON.stringify(STATISTICS)));
  for (const channel of ALL_CHANNELS)
    for (const description of everyKind(TRAIN, channel, channel.type === 'local' ? 'rank' : 'asinh')) {
      const text = JSON.stringify(description);
      assert.ok(text.length < 3000, `${text.length} characters`);
      const first = clipOf(buildRendering(description, STATISTICS), TRAIN[3]);
      const rebuilt = buildRendering(renderingSchema.parse(JSON.parse(text)), statistics);
      // Nothing of another series is left behind.
      clipOf(rebuilt, TRAIN[4].subarray(0, 31));
      assert.deepEqual(clipOf(rebuilt, TRAIN[3]), first);
      hash.update(first);
    }
  assert.equal(hash.digest('hex'), 'faa65a1e7d85cd8e6728b9ea3af8d14a77f5fbe89c107dce8067fd46c67c9a8a');
});

test('odd series are heard as finite clips and gradients; empty ones and gaps are refused', () => {
  const odd = [
    Float64Array.of(4),
    Float64Array.of(1, 2),
    new Float64Array(60).fill(7),
    Float64Array.from({ length: 60 }, (_, i) => (i === 30 ? 1e300 : i)),
    Float64Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 1e308 : -1e308)),
    Float64Array.from({ length: 60 }, () => 1e-320),
    walks(1, 16_001)[0],
    walks(1, 40_000)[0],
  ];
  const trains = [TRAIN, [new Float64Array(60).fill(3)], [Float64Array.of(5), Float64Array.of(6)]];
  for (const [t, train] of trains.entries()) {
    const statistics = measureTrain(train);
    for (const channel of t === 0 ? ALL_CHANNELS : ALL_CHANNELS.slice(3, 5))
      for (const description of everyKind(train, channel, channel.type === 'value' ? 'none' : 'rank')) {
        const rendering = buildRendering(description, statistics);
        const what = `${description.kind} of ${channel.type}`;
        // What is long takes its time once.
        for (const values of t === 0 && channel.type === 'local' ? odd : odd.slice(0, 6)) {
          assert.ok(finite(clipOf(rendering, values)), `${what}: clip of ${values.length} values`);
          const gradient = rendering.pullback(values, parametersOf(rendering), gaussians(CLIP, 2));
          assert.ok(finite(gradient), `${what}: gradient of ${values.length} values`);
        }
        assert.throws(() => clipOf(rendering, []), { code: 'rendering.empty' });
        assert.throws(() => clipOf(rendering, [1, NaN, 2]), { code: 'rendering.value' });
      }
  }
  assert.throws(() => measureTrain([new Float64Array(0)]), { code: 'placement.empty' });
  const [, , , carrier] = everyKind(TRAIN, { type: 'value' }, 'clip');
  assert.throws(() => buildRendering(carrier, null), { code: 'rendering.statistics' });
});

test('the rank of a value among the quantiles: linear between them, the middle of equal ones, with its slope', () => {
  const quantiles = [0, 1, 1, 1, 3];
  const rank = (v: number): number => {
    const x = Float64Array.of(v);
    squash(x, 1, 'rank', quantiles, 1);
    return x[0];
  };
  assert.deepEqual([-1, 0, 0.5, 1, 2, 3, 9].map(rank), [-2, -2, -1.5, 0, 1.5, 2, 2]);
  const slope = (x: number): number => squashingSlope(x, 'rank', quantiles, 1);
  assert.deepEqual([-1, 0.5, 1, 2, 9].map(slope), [0, 1, 0, 0.5, 0]);
});

test('positions run through the series, once in each replica, at the stated resolution', () => {
  for (const length of [1, 37, 60, 5000, 20_000])
    for (const description of everyKind(TRAIN, { type: 'slope' }, 'clip', [0.25, 0.75])) {
      const { of, valuesPerSample } = buildRendering(description, STATISTICS).positions(length);
      const what = `${description.kind}, ${length} values`;
      const sounding = Array.from(of).filter((position) => !Number.isNaN(position));
      assert.ok(
        sounding.every((position) => position >= 0 && position <= length - 1),
        what,
      );
      const copies = description.kind === 'replicas' ? description.placement.replicas : 1;
      for (let r = 0; r < copies; r++) {
        const one = sounding.slice((r * sounding.length) / copies, ((r + 1) * sounding.length) / copies);
        assert.ok(
          one.every((position, i) => i === 0 || position >= one[i - 1]),
          what,
        );
        if (length < 60 || one.length < 60) continue;
        const middle = one.length >> 1;
        const step = (one[middle + 20] - one[middle - 20]) / 40;
        assert.ok(
          Math.abs(step - valuesPerSample) < 0.02 * valuesPerSample,
          `${what}: ${step}, not ${valuesPerSample}`,
        );
      }
    }
});

test('a bump of the series is heard where positions say', () => {
  for (const description of everyKind(TRAIN, { type: 'value' }, 'none')) {
    const rendering = buildRendering(description, STATISTICS);
    const flat = new Float64Array(60);
    const bump = flat.map((_, i) => (i === 22 ? 1 : 0));
    const [a, b] = [clipOf(rendering, flat), clipOf(rendering, bump)];
    const { of } = rendering.positions(60);
    const first = a.findIndex((x, i) => x !== b[i]);
    const second =
      description.kind === 'pitch' || description.kind === 'formant' ? first : a.findLastIndex((x, i) => x !== b[i]);
    for (const i of [first, second])
      assert.ok(Math.abs(of[i] - 22) < 1.7, `${description.kind}: sample ${i} is at ${of[i]}`);
  }
});

test('the channels are what they say, in TRAIN deviations', () => {
  const measure = new ContourMeasure(TRAIN, STATISTICS);
  const scales = ALL_CHANNELS.map((channel) => measure.complete({ channel, squashing: 'rank', window: null }));
  for (const { channel, scale, quantiles } of scales) {
    assert.ok(scale > 0.05 && scale < 20, `${channel.type}: ${scale}`);
    assert.ok(quantiles!.every((q, i) => i === 0 || q >= quantiles![i - 1]));
  }
  // Deviation from the TRAIN mean: the mean curve itself has none.
  const mean = STATISTICS.mean.map((m) => m * STATISTICS.scale + STATISTICS.offset);
  const contour = measure.complete({ channel: { type: 'deviation' }, squashing: 'none', window: null });
  const description: RenderingDescription = { kind: 'carrier', contour, harmonics: null, theta: null };
  const rendering = buildRendering(description, STATISTICS);
  const one = new Map([
    ['theta', new Float32Array(CLIP)],
    ['phi', new Float32Array(CLIP).fill(1)],
  ]);
  assert.ok(clipOf(rendering, mean, one).every((x) => Math.abs(x) < 1e-6));
});
