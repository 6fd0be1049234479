// Compares the implementations of an acoustic model on this machine: agreement with TensorFlow.js, and the time of one training
// step (batch 32, forward and gradient to the waveforms) of tfjs-node, tfjs-wasm and the WebAssembly kernels.
//
//   [NODE_PATH=FOLDER/node_modules] node scripts/tfjs-node-check.mjs [MODEL_FOLDER] [--backends node,wasm] [--steps 5]
//
// Without a model folder: seeded random weights of att-rnn with 36 labels. See docs/tfjs-node.md.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { loadEngine } from './engine.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { backends: { type: 'string', default: 'node,wasm' }, steps: { type: 'string', default: '5' } },
});
const steps = Number(values.steps);
const BATCH = 32;

const median = (numbers) => [...numbers].sort((x, y) => x - y)[Math.floor(numbers.length / 2)];

/** Median wall-clock and processor time in ms of one step; the first step warms up and does not count. */
async function timeStep(model, clips, upstream) {
  const wall = [];
  const processor = [];
  for (let step = 0; step <= steps; step++) {
    const started = performance.now();
    const cpu = process.cpuUsage();
    await model.forward(clips, BATCH);
    await model.backward(upstream, { input: 'sum' });
    const { user, system } = process.cpuUsage(cpu);
    if (step === 0) continue;
    wall.push(performance.now() - started);
    processor.push((user + system) / 1000);
  }
  return { wall: median(wall), processor: median(processor) };
}

/**
 * Largest relative difference allowed. A gradient to a weight is a sum over clips, frames and bins whose parts may nearly cancel
 * (that to the only gamma of the last convolution, say), and 32-bit rounding then weighs more in what remains.
 */
const TOLERANCE = { values: 1e-4, weights: 1e-3 };

/** Text of an agreement, and whether it is within the tolerance. */
function describe({ logits, features, attention, inputGradient, weightGradients, tapGradients, clipsAtKinks }) {
  const taps = Math.max(...tapGradients.map(({ relative }) => relative));
  const worst = weightGradients.reduce((most, each) => (each.relative > most.relative ? each : most));
  const digits = (value) => value.toExponential(1);
  return {
    text:
      `logits ${digits(logits)}, features ${digits(features)}, attention ${digits(attention)}, gradients: waveforms ` +
      `${digits(inputGradient)}, convolutions ${digits(taps)}, weights ${digits(worst.relative)} (${worst.name}); ` +
      `clips left out at a kink: ${clipsAtKinks.length}`,
    agrees:
      [logits, features, attention, inputGradient, taps].every((value) => value <= TOLERANCE.values) &&
      worst.relative <= TOLERANCE.weights,
  };
}

const engine = await loadEngine('tfjs-node-check', [
  'acoustic/tfjs/agreement',
  'acoustic/fused/fused-model',
  'acoustic/tfjs/tfjs-model',
  'acoustic/store',
  'audio/front-end',
  '../../test/unit/support/random-model',
]);
const { card, weights } = positionals[0]
  ? await engine.readModelFolder(positionals[0])
  : engine.randomModel('att-rnn', engine.LOG_MEL, 36);
const clips = engine.randomClips(BATCH, card.frontEnd.samples);
const upstream = Float32Array.from({ length: BATCH * card.sourceLabels.length }, (_, i) => Math.sin(1.7 * i));
console.log(`Model ${card.id}, ${card.architecture}; Node ${process.version}, ${availableParallelism()} processors`);

const report = async (model) => {
  const { wall, processor } = await timeStep(model, clips, upstream);
  console.log(
    `step of ${BATCH} clips  ${model.engine.padEnd(42)} ${wall.toFixed(0).padStart(7)} ms, processor time ${processor.toFixed(0).padStart(7)} ms`,
  );
};
for (const threads of [...new Set([1, Math.min(2, availableParallelism())])]) {
  const fused = await engine.openFusedModel(card, weights, { threads, batchLimit: BATCH });
  await report(fused);
  await fused.close();
}
let failed = false;
for (const backend of values.backends.split(',')) {
  const tfjs = await engine.openTfjsModel(card, weights, { backend, batchLimit: BATCH });
  await report(tfjs);
  const fused = await engine.openFusedModel(card, weights, { threads: 1 });
  const agreement = await engine.compareModels(fused, tfjs, clips.slice(0, 4 * card.frontEnd.samples), 4, 2);
  const { text, agrees } = describe(agreement);
  console.log(`  relative difference to the kernels, 4 clips: ${text}`);
  failed ||= !agrees;
  await fused.close();
  await tfjs.close();
}
if (failed) {
  console.error(`The implementations differ by more than ${TOLERANCE.values} (weights: ${TOLERANCE.weights}).`);
  process.exitCode = 1;
}
