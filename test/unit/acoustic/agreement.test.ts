import { join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { compareModels, compareTraining, type Agreement } from '../../../src/engine/acoustic/tfjs/agreement';
import { openFusedModel } from '../../../src/engine/acoustic/fused/fused-model';
import { KAPRE_DB, LOG_MEL } from '../../../src/engine/audio/front-end';
import type { Tensor, Tensors } from '../../../src/engine/acoustic/model';
import { openTfjsRuntime } from '../../../src/engine/acoustic/tfjs/backend';
import { openTfjsModel } from '../../../src/engine/acoustic/tfjs/tfjs-model';
import { V2SError } from '../../../src/engine/errors';
import { randomClips, randomModel } from '../support/random-model';

const TOLERANCE = 1e-4;
const K = 7;
const CLIPS = 4;
/** One for which no weight gradient is the small remainder of large parts that cancel between the clips. */
const UPSTREAM_SEED = 2;

function assertAgreement(agreement: Partial<Agreement>): void {
  const { weightGradients = [], tapGradients = [], ...single } = agreement;
  for (const [name, value] of Object.entries(single))
    if (typeof value === 'number') assert.ok(value <= TOLERANCE, `${name}: relative difference ${value}`);
  for (const { name, relative } of weightGradients)
    assert.ok(relative <= TOLERANCE, `gradient to the weight ${name}: relative difference ${relative}`);
  for (const { name, relative } of tapGradients)
    assert.ok(relative <= TOLERANCE, `gradient at ${name}: relative difference ${relative}`);
}

/** The same weights with activations moved up together with the mean that is subtracted: no ReLU is near its kink. */
function withOpenUnits(weights: Tensors): Tensors {
  return new Map(
    [...weights].map(([name, { shape, data }]): [string, Tensor] => [
      name,
      { shape, data: /^(conv\d+\.bias|bn\d+\.mean)$/.test(name) ? data.map((value) => value + 8) : data },
    ]),
  );
}

test('a backend that is not there is refused by name, and passed over by auto', async () => {
  const nodeModule = join(process.cwd(), 'no-such-folder');
  await assert.rejects(openTfjsRuntime({ backend: 'node', nodeModule }), {
    code: 'tfjs.backend',
    message: /No TensorFlow\.js backend could be started\. node: Cannot find module/,
  });
  assert.equal((await openTfjsRuntime({ backend: 'auto', nodeModule })).backend, 'wasm');
});

test('the kernels and tfjs-node agree', async (t) => {
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  const tfjs = await openTfjsModel(card, weights, { backend: 'node' }).catch((error: V2SError) => error);
  if (tfjs instanceof V2SError) return t.skip(`no tfjs-node here (docs/tfjs-node.md): ${tfjs.message.split('\n')[0]}`);
  const fused = await openFusedModel(card, weights, { threads: 1 });
  try {
    assert.match(tfjs.engine, /^tfjs-node /);
    const clips = randomClips(CLIPS, LOG_MEL.samples);
    assertAgreement(await compareModels(fused, tfjs, clips, CLIPS, UPSTREAM_SEED));
  } finally {
    await fused.close();
    await tfjs.close();
  }
});

for (const architecture of ['att-rnn', 'unet-att-rnn'] as const)
  for (const frontEnd of [LOG_MEL, KAPRE_DB])
    test(`${architecture} with ${frontEnd.kind}: the kernels and TensorFlow.js agree`, async () => {
      const { card, weights } = randomModel(architecture, frontEnd, K);
      const fused = await openFusedModel(card, weights, { threads: 1 });
      const tfjs = await openTfjsModel(card, weights, { backend: 'wasm' });
      try {
        const agreement = await compareModels(fused, tfjs, randomClips(CLIPS, frontEnd.samples), CLIPS, UPSTREAM_SEED);
        assert.ok(agreement.clipsAtKinks.length < CLIPS, 'every clip has a unit at the kink of its ReLU');
        assert.equal(
          agreement.weightGradients.length,
          [...weights.keys()].filter((name) => !/mean|variance/.test(name)).length,
        );
        assertAgreement(agreement);
      } finally {
        await fused.close();
        await tfjs.close();
      }
    });

for (const architecture of ['att-rnn', 'unet-att-rnn'] as const)
  test(`${architecture}: the kernels and TensorFlow.js agree in training`, async () => {
    const { card, weights } = randomModel(architecture, LOG_MEL, K);
    const open = withOpenUnits(weights);
    // A whole cell of eight clips: the kernels fill up smaller ones with repeated clips.
    const n = 8;
    const fused = await openFusedModel(card, open, { threads: 1, batchLimit: n });
    const tfjs = await openTfjsModel(card, open, { backend: 'wasm', batchLimit: n });
    try {
      const { logits, weightGradients } = await compareTraining(
        fused,
        tfjs,
        randomClips(n, LOG_MEL.samples),
        n,
        UPSTREAM_SEED,
      );
      // The mean of the batch takes away whatever an open unit's bias adds: its gradient is 0 but for rounding.
      const meaningful = weightGradients.filter(({ name }) => !/^conv\d+\.bias$/.test(name));
      assertAgreement({ logits, weightGradients: meaningful });
    } finally {
      await fused.close();
      await tfjs.close();
    }
  });
