import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { KernelVariant } from '../../src/engine/acoustic/fused/module';

const ROUNDS = 4e6;
const OPERATIONS_PER_ROUND = 96;
const RUNS = 12;

/** Runs in each thread: the best of several runs of the peak kernel, in operations a second. */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
if (workerData.relaxed) require('node:v8').setFlagsFromString('--experimental-wasm-relaxed-simd');
const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
const { peak } = new WebAssembly.Instance(new WebAssembly.Module(workerData.bytes), { env: { memory, abort() {} } }).exports;
for (let i = 0; i < 20; i++) peak(20000, 0.999);
let best = Infinity;
for (let i = 0; i < workerData.runs; i++) {
  const start = performance.now();
  peak(workerData.rounds, 0.999);
  best = Math.min(best, performance.now() - start);
}
parentPort.postMessage(best);
`;

/**
 * The compute limit of `threads` cores at once: independent vector multiply-adds in registers, nothing else.
 * @returns floating-point operations a second, all threads together
 */
export async function measurePeak(threads: number, variant: KernelVariant): Promise<number> {
  const bytes = readFileSync(join(__dirname, `kernels.${variant}.wasm`));
  const workerData = { bytes, relaxed: variant === 'relaxed', runs: RUNS, rounds: ROUNDS };
  const best = await Promise.all(
    Array.from(
      { length: threads },
      () =>
        new Promise<number>((resolve, reject) => {
          const worker = new Worker(PROGRAM, { eval: true, workerData });
          worker.on('message', resolve);
          worker.on('error', reject);
        }),
    ),
  );
  return best.reduce((sum, time) => sum + (ROUNDS * OPERATIONS_PER_ROUND) / (time / 1000), 0);
}
