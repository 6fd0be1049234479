// Ensembles that read hidden states instead of the logits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { openTfjsModel } from '../../../src/engine/acoustic/tfjs/tfjs-model';
import { LOG_MEL } from '../../../src/engine/audio/front-end';
import { Random } from '../../../src/engine/math/random';
import {
  classifierOf,
  classify,
  decodeProgram,
  encodeProgram,
  parseReprogramOptions,
  reprogram,
} from '../../../src/engine/reprogram';
import { explain } from '../../../src/engine/saliency';
import type { SeriesDataset } from '../../../src/engine/series';
import { LinearModel } from '../support/linear-model';
import { randomModel } from '../support/random-model';
import { TSV_FORMAT } from '../support/series-files';

const K = 5;
const MEMBERS = 3;
const STATE = 128;
const { card, weights } = randomModel('att-rnn', LOG_MEL, K);

/** Sines of one frequency per class, in noise. */
function sines(each: number, seed: number): SeriesDataset {
  const random = new Random(seed);
  const series = ['a', 'b'].flatMap((label, c) =>
    Array.from({ length: each }, (_, i) => ({
      ...{ label, row: c * each + i + 1 },
      values: Float64Array.from({ length: 40 }, (_, t) => Math.sin((c + 1) * 0.3 * t) + 0.1 * random.gaussian()),
    })),
  );
  const file = `sines-${seed}.tsv`;
  return {
    name: 'sines',
    file,
    sha256: 'ab'.repeat(32),
    series,
    classNames: ['a', 'b'],
    notes: [],
    format: TSV_FORMAT,
  };
}

const noise = (n: number, random: Random): Float32Array =>
  Float32Array.from({ length: n * LOG_MEL.samples }, () => 0.3 * random.gaussian());

test('hidden states of the kernels are those of TensorFlow.js, for any number of threads and beyond one batch', async () => {
  const n = 11;
  const clips = noise(n, new Random(2));
  const reference = await openTfjsModel(card, weights, { backend: 'wasm' });
  try {
    const wanted = await reference.readouts(clips, n);
    for (const options of [
      { threads: 1, batchLimit: 8 },
      { threads: 2, batchLimit: 16 },
    ]) {
      const model = await openFusedModel(card, weights, options);
      try {
        const found = await model.readouts(clips, n);
        assert.deepEqual(found.logits, await model.logits(clips, n), 'the logits of a plain forward pass');
        for (const [name, width] of [
          ['logits', K],
          ['context', STATE],
          ['states', STATE],
        ] as const) {
          assert.equal(found[name].length, n * width, name);
          const largest = wanted[name].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          assert.ok(largest > 1e-3, `${name} says something`);
          const worst = found[name].reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[name][i])), 0);
          assert.ok(worst <= 2e-4 * largest, `${name} deviates by ${worst} of ${largest}`);
        }
      } finally {
        await model.close();
      }
    }
  } finally {
    await reference.close();
  }
});

for (const readout of ['context', 'states'] as const)
  test(`read-out ${readout}: the program keeps it, classifies by it after it was written, and has no maps`, async () => {
    const model = await openFusedModel(card, weights, { threads: 1 });
    try {
      const options = parseReprogramOptions({ members: MEMBERS, readout });
      const test = sines(6, 2);
      const { program, test: figures } = await reprogram(options, model, sines(8, 1), test, {});
      assert.equal(program.description.ensemble!.readout, readout);
      assert.equal(program.ensemble!.means.length, MEMBERS * STATE);
      const again = decodeProgram(encodeProgram(program), 'p');
      assert.deepEqual(again, program);
      const { predictions } = await classify(again, model, test);
      const right = predictions.filter(({ label }, i) => label === test.series[i].label).length;
      assert.ok(Math.abs(right / test.series.length - figures!.accuracy) < 1e-9, 'as the run did on TEST');

      // By hand: the hidden states of each rendered clip under the linear mapping.
      const { members, head } = classifierOf(again);
      const clips = new Float32Array(MEMBERS * LOG_MEL.samples);
      members.forEach(({ rendering, parameters }, p) =>
        rendering.render(
          test.series[0].values,
          parameters,
          clips.subarray(p * LOG_MEL.samples, (p + 1) * LOG_MEL.samples),
        ),
      );
      const states = (await model.readouts(clips, MEMBERS))[readout];
      const expected = head.probabilities(states, 0, new Float64Array(2));
      predictions[0].probabilities.forEach((p, c) => assert.ok(Math.abs(p - expected[c]) < 1e-5));

      await assert.rejects(explain(model, classifierOf(again), test.series[0].values), { code: 'explain.readout' });
    } finally {
      await model.close();
    }
  });

test('an ensemble from before there were read-outs reads the logits', async () => {
  const model = await openFusedModel(card, weights, { threads: 1 });
  try {
    const { program } = await reprogram(parseReprogramOptions({ members: 2 }), model, sines(6, 1), null, {});
    const { ensemble, training } = program.description;
    const { readout: _, ...older } = ensemble!;
    const { readout: __, ...olderOptions } = training.options;
    const description = {
      ...program.description,
      ensemble: older,
      training: { ...training, options: olderOptions },
    } as typeof program.description;
    assert.deepEqual(decodeProgram(encodeProgram({ ...program, description }), 'p'), program);
  } finally {
    await model.close();
  }
});

test('a model of layers has no hidden states to read, and says so before it hears anything', async () => {
  const model = new LinearModel(K, 1);
  for (const readout of ['context', 'states'] as const)
    await assert.rejects(
      reprogram(parseReprogramOptions({ members: 2, readout }), model, sines(6, 1), null, {}),
      (error: Error & { code?: string }) =>
        error.code === 'model.readout' && error.message.includes(model.card.id) && error.message.includes(readout),
    );
  assert.equal(model.heard, 0);
});
