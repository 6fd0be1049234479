// npm run bench: how fast the engine is, against baselines measured in the same run. See README, "Speed".
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFusedModel } from '../../src/engine/acoustic/fused/fused-model';
import { LOG_MEL } from '../../src/engine/audio/front-end';
import { listModels, readModelFolder } from '../../src/engine/acoustic/store';
import { openTfjsModel } from '../../src/engine/acoustic/tfjs/tfjs-model';
import type { AcousticModel } from '../../src/engine/acoustic/model';
import { cylinderBellFunnel } from '../../src/engine/series/generators';
import { slicedWasserstein2, wasserstein1 } from '../../src/engine/theory';
import { randomClips, randomModel } from '../unit/support/random-model';
import { layout, start } from './background';
import { stepFlops } from './flops';
import { heading, line, median, ms, timed } from './measure';
import { measurePeak, nativeProduct } from './peak';
import { renderings } from './renderings';

const BATCH = 32;
const TFJS_BATCH = 8;
const SAMPLES = 16000;
const K = 40;
const ENSEMBLE = 40;
const THREADS = [1, 2];
const quick = process.argv.includes('--quick');

const gigaflops = (operationsPerSecond: number): string => `${(operationsPerSecond / 1e9).toFixed(1)} GFLOP/s`;

async function step(model: AcousticModel, clips: Float32Array, upstream: Float32Array): Promise<void> {
  const n = clips.length / SAMPLES;
  await model.forward(clips, n);
  await model.backward(upstream, { input: 'sum' });
}

async function steps(): Promise<void> {
  const clips = randomClips(BATCH, SAMPLES);
  const upstream = new Float32Array(BATCH * K).fill(0.01);
  for (const architecture of ['att-rnn', 'unet-att-rnn'] as const) {
    const { card, weights } = randomModel(architecture, LOG_MEL, K);
    const operations = stepFlops(card, BATCH);
    for (const kernels of ['simd', 'relaxed'] as const) {
      for (const threads of THREADS) {
        const model = await openFusedModel(card, weights, { threads, kernels, batchLimit: BATCH });
        // The limit is measured before and after, because a shared machine's speed drifts; the better one counts.
        const before = await measurePeak(threads, kernels);
        const runs = quick ? 5 : 50;
        const times = await timed(runs, () => step(model, clips, upstream));
        const [time, fastest] = [median(times), Math.min(...times)];
        const limit = Math.max(before, await measurePeak(threads, kernels));
        const [{ times: stages, bytes }] = await model.times();
        await model.close();
        heading(
          `${architecture}, ${kernels} kernels, ${threads} ${threads === 1 ? 'thread' : 'threads'}, batch ${BATCH}`,
        );
        line('one training step', ms(time), `${(operations / 1e9).toFixed(2)} GFLOP, fastest ${ms(fastest)}`);
        line('speed', gigaflops((1000 * operations) / time));
        const against = (step: number, speed: number): string => `${((step * speed) / operations / 1000).toFixed(2)} x`;
        line(
          'time against a WebAssembly product',
          against(time, limit),
          `${gigaflops(limit)}, fastest step ${against(fastest, limit)}`,
        );
        const native = nativeProduct(threads);
        if (native)
          line(
            'time against a native product',
            against(time, native.speed),
            `${gigaflops(native.speed)}, ${native.by}, fastest step ${against(fastest, native.speed)}`,
          );
        else line('time against a native product', 'not measured', 'Python has no numpy here');
        line('memory of a shard', `${(bytes / 2 ** 20).toFixed(0)} MiB`);
        const total = Object.values(stages).reduce((a, b) => a + b);
        for (const [stage, spent] of Object.entries(stages))
          line(`  ${stage}`, ms(spent / (runs + 1)), `${((100 * spent) / total).toFixed(0)} %`);
      }
    }
  }
}

async function againstTfjs(): Promise<void> {
  heading(`kernels against tfjs, one step of att-rnn, batch ${TFJS_BATCH}`);
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  const clips = randomClips(TFJS_BATCH, SAMPLES);
  const upstream = new Float32Array(TFJS_BATCH * K).fill(0.01);
  const fused = await openFusedModel(card, weights, { threads: 1 });
  const fast = median(await timed(5, () => step(fused, clips, upstream)));
  line(`kernels (${fused.engine})`, ms(fast));
  await fused.close();
  const tfjs = await openTfjsModel(card, weights, { batchLimit: TFJS_BATCH });
  const slow = median(await timed(quick ? 1 : 3, () => step(tfjs, clips, upstream)));
  line(`tfjs (${tfjs.engine})`, ms(slow), `${(slow / fast).toFixed(0)} x the kernels' time`);
  await tfjs.close();
}

/** Shipped models of layers: the front end on the kernels against one of TensorFlow.js operations. */
async function modelsOfLayers(): Promise<void> {
  heading(`models of layers (TensorFlow.js), one step, batch ${BATCH}`);
  const clips = randomClips(BATCH, SAMPLES);
  const upstream = new Float32Array(BATCH * K).fill(0.01);
  const { models } = await listModels([join(__dirname, '../models')]);
  for (const { folder } of models.filter(({ card }) => card.architecture === 'tfjs')) {
    const { card, weights, topology } = await readModelFolder(folder);
    const times: number[] = [];
    for (const frontEnd of ['kernels', 'tfjs'] as const) {
      const model = await openTfjsModel(card, weights, { batchLimit: BATCH, topology, frontEnd });
      times.push(median(await timed(quick ? 2 : 7, () => step(model, clips, upstream))));
      await model.close();
    }
    const [fast, slow] = times;
    line(card.id, ms(fast), `front end in TensorFlow.js too: ${ms(slow)}, ${(slow / fast).toFixed(1)} x`);
  }
}

async function inference(): Promise<void> {
  heading('classify and explain, att-rnn');
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  const n = 256;
  const clips = randomClips(n, SAMPLES);
  for (const threads of THREADS) {
    const model = await openFusedModel(card, weights, { threads });
    const time = median(await timed(quick ? 2 : 7, () => model.logits(clips, n)));
    line(`classify, ${threads} ${threads === 1 ? 'thread' : 'threads'}`, `${((1000 * n) / time).toFixed(0)} series/s`);
    const clip = clips.slice(0, SAMPLES);
    const taps = median(await timed(quick ? 3 : 15, () => model.tap(clip, 1, new Float32Array(K).fill(1))));
    line(
      `explain one series, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
      ms(taps),
      'attention and Grad-CAM of every layer',
    );
    const upstream = new Float32Array(ENSEMBLE * K).fill(1);
    const many = clips.slice(0, ENSEMBLE * SAMPLES);
    const ensemble = median(await timed(quick ? 2 : 7, () => model.tap(many, ENSEMBLE, upstream, { input: true })));
    line(
      `explain one series through ${ENSEMBLE} programs, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
      ms(ensemble),
      'attention, activations and all gradients',
    );
    await model.close();
  }
}

async function theory(): Promise<void> {
  heading('theory, 1 thread');
  const logits = (n: number, seed: number): Float32Array => randomClips(n, K, seed);
  const [a, b] = [logits(600, 1), logits(600, 2)];
  line(
    'sliced Wasserstein-2, 600 x 600, 1,000 projections',
    ms(median(await timed(5, () => slicedWasserstein2(a, 600, b, 600, K, { seed: 1 })))),
    'bar 200 ms',
  );
  const [c, d] = [a.subarray(0, 500 * K), b.subarray(0, 500 * K)];
  line('Wasserstein-1, 500 x 500', ms(median(await timed(3, () => wasserstein1(c, 500, d, 500, K)))), 'bar 1,000 ms');
}

/** Peak resident memory of a child process in MiB (Linux only). */
function run(args: string[]): Promise<{ seconds: number; peak: number | null }> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, [join(__dirname, 'v2s.js'), ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    let peak: number | null = null;
    const poll = setInterval(() => {
      try {
        peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? NaN) / 1024;
      } catch {
        // Not Linux, or the process has just ended.
      }
    }, 100);
    child.on('close', (code) => {
      clearInterval(poll);
      if (code === 0) resolve({ seconds: (performance.now() - start) / 1000, peak });
      else reject(new Error(`v2s ${args.join(' ')} ended with code ${code}`));
    });
  });
}

async function wholeRuns(): Promise<void> {
  heading('whole runs of the command, shipped att-rnn');
  const folder = mkdtempSync(join(tmpdir(), 'v2s-bench-'));
  try {
    const write = (name: string, perClass: number): string => {
      const rows = cylinderBellFunnel({ perClass, seed: 5 }).map(({ label, values }) => [label, ...values].join('\t'));
      writeFileSync(join(folder, name), `${rows.join('\n')}\n`);
      return join(folder, name);
    };
    const out = join(folder, 'bench.v2s.safetensors');
    const runs = ['--runs', join(folder, 'runs'), '--out', out];
    const hundred = await run(['reprogram', write('hundred.tsv', 33), '--method', 'theta', '--epochs', '100', ...runs]);
    line('reprogram 99 series of 128, 100 epochs', `${hundred.seconds.toFixed(1)} s`);
    const many = await run(['reprogram', write('many.tsv', 1334), '--method', 'theta', '--epochs', '1', ...runs]);
    line('reprogram 4,002 series of 128, 1 epoch', `${many.seconds.toFixed(1)} s`);
    line('its peak memory', many.peak === null ? 'not measured' : `${many.peak.toFixed(0)} MiB`, 'bar 600 MiB');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  console.log(`V2S bench: Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}`);
  await steps();
  await againstTfjs();
  await modelsOfLayers();
  await inference();
  await renderings(quick);
  await theory();
  await layout(quick);
  await start(quick);
  await wholeRuns();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
