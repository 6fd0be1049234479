import { test } from 'node:test';
import assert from 'node:assert/strict';
import { isMovingStatistic } from '../../../src/engine/acoustic/architecture';
import { KAPRE_DB, LOG_MEL } from '../../../src/engine/audio/front-end';
import type { FeatureMask, Tensors } from '../../../src/engine/acoustic/model';
import { openTfjsModel } from '../../../src/engine/acoustic/tfjs/tfjs-model';
import { Random } from '../../../src/engine/math/random';
import { randomClips, randomModel } from '../support/random-model';

const SAMPLES = 16000;
const K = 6;
const CLIPS = 2;

const gaussians = (n: number, seed: number): Float32Array => {
  const random = new Random(seed);
  return Float32Array.from({ length: n }, () => random.gaussian());
};
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
const norm = (a: Float32Array): number => Math.sqrt(dot(a, a));
const largest = (a: Float32Array): number => a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const deviation = (a: Float32Array, b: Float32Array): number => largest(a.map((value, i) => value - b[i]));

/** Central difference at 0 over a step that changes the value by about `change`, given the slope expected. */
async function slopeAt0(f: (step: number) => Promise<number>, expected: number, change: number): Promise<number> {
  const step = change / Math.abs(expected);
  return ((await f(step)) - (await f(-step))) / (2 * step);
}

function assertClose(analytic: number, numeric: number, tolerance: number, what: string): void {
  const error = Math.abs(analytic - numeric) / Math.max(Math.abs(analytic), Math.abs(numeric));
  assert.ok(error <= tolerance, `${what}: analytic ${analytic}, finite difference ${numeric}, relative error ${error}`);
}

/** A direction of the length of the gradient, half along it and half at random: the slope is well above rounding errors. */
function direction(gradient: Float32Array, seed: number): Float32Array {
  const noise = gaussians(gradient.length, seed);
  const scale = norm(gradient) / norm(noise);
  return gradient.map((value, i) => value + scale * noise[i]);
}

const moved = (weights: Tensors, directions: Map<string, Float32Array>, step: number): Tensors =>
  new Map(
    [...weights].map(([name, { shape, data }]) => {
      const along = directions.get(name);
      return [name, { shape, data: along ? data.map((value, i) => value + step * along[i]) : data }];
    }),
  );

/**
 * Weights by how well their slopes can be measured in 32-bit arithmetic. Those of the convolutions move thousands of ReLUs
 * over their kinks, so only a small step is linear, and rounding errors are then of the order of a percent of it.
 */
const GROUPS = [
  { weights: ['conv', 'bn'], change: 1e-3, tolerance: 0.03 },
  { weights: ['lstm1', 'lstm2', 'query', 'dense', 'output'], change: 4e-3, tolerance: 1e-3 },
];

for (const architecture of ['att-rnn', 'unet-att-rnn'] as const)
  for (const frontEnd of [LOG_MEL, KAPRE_DB]) {
    const { card, weights } = randomModel(architecture, frontEnd, K, 5);
    const clips = randomClips(CLIPS, SAMPLES, 4);
    const upstream = gaussians(CLIPS * K, 3);

    test(`${architecture}, ${frontEnd.kind}: the gradient to the waveforms is the slope`, async () => {
      const model = await openTfjsModel(card, weights, { backend: 'wasm' });
      await model.forward(clips, CLIPS);
      const each = (await model.backward(upstream, { input: 'each' })).input!;
      await model.forward(clips, CLIPS);
      const sum = (await model.backward(upstream, { input: 'sum' })).input!;
      const added = each.slice(0, SAMPLES).map((value, i) => value + each[SAMPLES + i]);
      assert.ok(deviation(sum, added) <= 1e-6 * largest(sum));
      const along = direction(each, 5);
      const value = async (step: number): Promise<number> =>
        dot(
          await model.logits(
            clips.map((sample, i) => sample + step * along[i]),
            CLIPS,
          ),
          upstream,
        );
      const slope = dot(each, along);
      // ReLUs that open or close within the step leave an error of its order.
      assertClose(slope, await slopeAt0(value, slope, 2e-3), 5e-3, 'waveforms');
      await assert.rejects(model.backward(upstream, { input: 'each' }), { code: 'acoustic.order' });
      await model.close();
    });

    // The weights lie behind the front end: one of the two is enough for them.
    for (const training of frontEnd === LOG_MEL ? [false, true] : [])
      test(`${architecture}, ${frontEnd.kind}: weight gradients ${training ? 'with batch statistics and masks ' : ''}are slopes`, async () => {
        const model = await openTfjsModel(card, weights, { backend: 'wasm' });
        const masks: FeatureMask[][] = [[{ firstFrame: 20, frames: 30, firstBin: 0, bins: 80 }], []];
        const forward = (): Promise<Float32Array> =>
          training ? model.trainForward(clips, CLIPS, masks) : model.forward(clips, CLIPS);
        await forward();
        const { weights: gradients, input } = await model.backward(upstream, { input: 'none', weights: true });
        assert.equal(input, null);
        // After trainForward the moving statistics come along as the batch left them.
        assert.deepEqual(
          [...gradients!.keys()].sort(),
          [...weights.keys()].filter((name) => training || !isMovingStatistic(name)).sort(),
        );
        for (const { weights: groups, change, tolerance } of GROUPS)
          for (const group of groups) {
            const directions = new Map<string, Float32Array>();
            let slope = 0;
            for (const [name, { data }] of gradients!)
              if (name.startsWith(group) && !isMovingStatistic(name)) {
                const along = direction(data, 7);
                directions.set(name, along);
                slope += dot(data, along);
              }
            const value = async (step: number): Promise<number> => {
              await model.setWeights(moved(weights, directions, step));
              return dot(await forward(), upstream);
            };
            assertClose(slope, await slopeAt0(value, slope, change), tolerance, group);
          }
        await model.close();
      });
  }
