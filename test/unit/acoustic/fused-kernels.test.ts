import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { isMovingStatistic } from '../../../src/engine/acoustic/architecture';
import { KAPRE_DB, LOG_MEL } from '../../../src/engine/audio/front-end';
import type { FusedArchitecture } from '../../../src/engine/acoustic/card';
import type { Tensors, TrainableAcousticModel } from '../../../src/engine/acoustic/model';
import { Random } from '../../../src/engine/math/random';
import { randomClips, randomModel } from '../support/random-model';

const SAMPLES = 16000;
const K = 7;
const ARCHITECTURES: FusedArchitecture[] = ['att-rnn', 'unet-att-rnn'];

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
const gaussians = (n: number, seed: number): Float32Array => {
  const random = new Random(seed);
  return Float32Array.from({ length: n }, () => random.gaussian());
};
const moved = (weights: Tensors, direction: Tensors, step: number): Tensors =>
  new Map(
    [...weights].map(([name, { shape, data }]) => [
      name,
      { shape, data: data.map((value, i) => value + step * (direction.get(name)?.data[i] ?? 0)) },
    ]),
  );

/**
 * Checks a gradient by central differences: along itself, where the slope must be its norm, and along a random direction, where
 * the error is measured against the norm too (the scale of such a projection). ReLUs make the function kinked, so a wide step
 * would average over other linear pieces and a narrow one drowns in 32-bit rounding: the best of four steps counts, and an
 * eighth of the scale is left for both (a wrong term is of the order of the scale).
 */
async function checkGradient(
  gradient: Float32Array,
  at: (direction: Float32Array, step: number) => Promise<number>,
  steps: { along: number; across: number },
  what: string,
): Promise<void> {
  const norm = Math.sqrt(dot(gradient, gradient));
  assert.ok(norm > 0, `${what}: the gradient is zero`);
  const check = async (direction: Float32Array, expected: number, step: number, where: string): Promise<void> => {
    const slopes: number[] = [];
    for (const factor of [1, 0.3, 3, 0.1]) {
      const h = factor * step;
      slopes.push(((await at(direction, h)) - (await at(direction, -h))) / (2 * h));
      if (Math.abs(slopes[slopes.length - 1] - expected) < 0.02 * norm) return;
    }
    const best = Math.min(...slopes.map((slope) => Math.abs(slope - expected)));
    assert.ok(best < 0.125 * norm, `${what}: norm ${norm}, ${where} ${expected}, slopes ${slopes}`);
  };
  await check(
    gradient.map((g) => g / norm),
    norm,
    steps.along,
    'along the gradient',
  );
  const random = gaussians(gradient.length, 17);
  await check(random, dot(gradient, random), steps.across, 'across');
}

function close(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(Math.abs(actual), Math.abs(expected)) + 1e-6,
    `${what}: ${actual}, ${expected}`,
  );
}

for (const architecture of ARCHITECTURES) {
  for (const frontEnd of [LOG_MEL, KAPRE_DB]) {
    test(`${architecture} with ${frontEnd.kind}: input gradients agree with finite differences`, async () => {
      const { card, weights } = randomModel(architecture, frontEnd, K);
      const model = await openFusedModel(card, weights, { threads: 1 });
      const n = 5;
      const clips = randomClips(n, SAMPLES);
      const upstream = gaussians(n * K, 3);
      await model.forward(clips, n);
      const each = (await model.backward(upstream, { input: 'each' })).input!;
      await model.forward(clips, n);
      const sum = (await model.backward(upstream, { input: 'sum' })).input!;
      for (let i = 0; i < SAMPLES; i += 97) {
        let expected = 0;
        for (let clip = 0; clip < n; clip++) expected += each[clip * SAMPLES + i];
        assert.ok(Math.abs(expected - sum[i]) < 1e-4 * Math.max(1, ...sum.map(Math.abs)), `sample ${i}`);
      }
      const at = async (direction: Float32Array, step: number): Promise<number> =>
        dot(
          await model.logits(
            clips.map((x, i) => x + step * direction[i]),
            n,
          ),
          upstream,
        );
      await checkGradient(each, at, { along: 5e-3, across: 2e-5 }, 'waveform');
      await model.close();
    });
  }

  test(`${architecture}: weight gradients agree with finite differences, frozen and batch statistics`, async () => {
    const { card, weights } = randomModel(architecture, LOG_MEL, K);
    const model = await openFusedModel(card, weights, { threads: 1 });
    const n = 8;
    const clips = randomClips(n, SAMPLES);
    const upstream = gaussians(n * K, 3);
    const masks = Array.from({ length: n }, (_, i) => [{ firstFrame: 10 + i, frames: 12, firstBin: 0, bins: 80 }]);
    for (const training of [false, true]) {
      const forward = (): Promise<Float32Array> =>
        training ? model.trainForward(clips, n, masks) : model.forward(clips, n);
      await model.setWeights(weights);
      await forward();
      if (training) {
        await assert.rejects(model.backward(upstream, { input: 'sum' }), /masks/);
        await forward();
      }
      const gradients = (await model.backward(upstream, { input: 'none', weights: true })).weights!;
      for (const name of weights.keys()) {
        if (isMovingStatistic(name)) {
          assert.equal(gradients.has(name), training, name);
          continue;
        }
        const { shape, data } = gradients.get(name)!;
        assert.deepEqual(shape, weights.get(name)!.shape, name);
        const at = async (direction: Float32Array, step: number): Promise<number> => {
          await model.setWeights(moved(weights, new Map([[name, { shape, data: direction }]]), step));
          return dot(await forward(), upstream);
        };
        await checkGradient(
          data,
          at,
          { along: 1e-3, across: 1e-3 / Math.sqrt(data.length) },
          `${name}, training ${training}`,
        );
      }
    }
    await model.close();
  });
}

test('tap gradients are the derivative by the activations: they sum up to the gradient of the layer bias', async () => {
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  const model = await openFusedModel(card, weights, { threads: 1 });
  const clip = randomClips(1, SAMPLES);
  const upstream = gaussians(K, 5);
  const taps = await model.tap(clip, 1, upstream);
  assert.deepEqual(taps.logits, await model.logits(clip, 1));
  assert.ok(Math.abs(taps.attention!.reduce((a, b) => a + b) - 1) < 1e-5);
  await model.forward(clip, 1);
  const gradients = (await model.backward(upstream, { input: 'none', weights: true })).weights!;
  for (const { tap, activation, gradient } of taps.convolutions) {
    assert.equal(activation.length, tap.frames * tap.bins * tap.channels);
    const sums = new Float64Array(tap.channels);
    gradient!.forEach((g, i) => (sums[i % tap.channels] += activation[i] > 0 ? g : 0));
    const bias = gradients.get(`${tap.name}.bias`)!.data;
    bias.forEach((b, c) => close(sums[c], b, 1e-3, `${tap.name} channel ${c}`));
  }
  await model.close();
});

const same = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

test('taps of a batch over two threads are those of each clip alone, with the gradients of backward', async () => {
  for (const architecture of ['att-rnn', 'unet-att-rnn'] as const) {
    const { card, weights } = randomModel(architecture, LOG_MEL, K);
    const n = 19;
    const clips = randomClips(n, SAMPLES);
    const upstream = gaussians(n * K, 6);
    // A limit below n: more than one batch, more than one cell of a shard, and lanes that stay empty.
    const many = await openFusedModel(card, weights, { threads: 2, batchLimit: 16 });
    const one = await openFusedModel(card, weights, { threads: 1 });
    const taps = await many.tap(clips, n, upstream, { input: true });
    assert.deepEqual(taps.logits, await many.logits(clips, n));
    await one.forward(clips, n);
    const { input } = await one.backward(upstream, { input: 'each' });
    assert.ok(same(taps.input!, input!));
    for (let clip = 0; clip < n; clip++) {
      const of = (values: Float32Array): Float32Array =>
        values.subarray((clip * values.length) / n, ((clip + 1) * values.length) / n);
      const alone = await one.tap(clips.slice(clip * SAMPLES, (clip + 1) * SAMPLES), 1, of(upstream));
      assert.equal(alone.input, null);
      assert.ok(same(of(taps.features), alone.features));
      assert.ok(same(of(taps.attention!), alone.attention!));
      taps.convolutions.forEach(({ tap, activation, gradient }, i) => {
        assert.deepEqual(tap, alone.convolutions[i].tap);
        assert.ok(same(of(activation), alone.convolutions[i].activation), `${tap.name} of clip ${clip}`);
        assert.ok(same(of(gradient!), alone.convolutions[i].gradient!), `${tap.name} of clip ${clip}`);
      });
    }
    await assert.rejects(many.tap(clips, n + 1), RangeError);
    await Promise.all([many.close(), one.close()]);
  }
});

async function together(model: TrainableAcousticModel, clips: Float32Array, n: number): Promise<Float32Array[]> {
  const upstream = gaussians(n * K, 3);
  const logits = await model.forward(clips, n);
  const { input, weights } = await model.backward(upstream, { input: 'sum', weights: true });
  return [logits, input!, ...[...weights!.values()].map(({ data }) => data)];
}

test('any thread count gives the same numbers, the same thread count the same bits, and the weights stay as they were', async () => {
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  const n = 21;
  const clips = randomClips(n, SAMPLES);
  const one = await openFusedModel(card, weights, { threads: 1 });
  const two = await openFusedModel(card, weights, { threads: 2 });
  const [a, b, again] = [await together(one, clips, n), await together(two, clips, n), await together(two, clips, n)];
  a.forEach((values, i) => {
    const scale = Math.max(...values.map(Math.abs));
    values.forEach((value, j) =>
      assert.ok(Math.abs(value - b[i][j]) <= 1e-4 * scale + 1e-6, `array ${i}, element ${j}`),
    );
  });
  assert.deepEqual(b, again);
  assert.equal(await two.checksum(), card.weightsSha256);
  assert.equal(await one.checksum(), card.weightsSha256);
  await Promise.all([one.close(), two.close()]);
});

test('a silent clip has features of zero, finite logits and gradients', async () => {
  for (const frontEnd of [LOG_MEL, KAPRE_DB]) {
    const { card, weights } = randomModel('att-rnn', frontEnd, K);
    const model = await openFusedModel(card, weights, { threads: 1 });
    const logits = await model.forward(new Float32Array(SAMPLES), 1);
    const { input } = await model.backward(gaussians(K, 1), { input: 'each' });
    assert.ok([...logits, ...input!].every(Number.isFinite));
    const { features } = await model.tap(new Float32Array(SAMPLES), 1);
    assert.ok(features.every((value) => value === 0));
    await model.close();
  }
});
