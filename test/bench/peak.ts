import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { KernelVariant } from '../../src/engine/acoustic/fused/module';

/** Steps of a round: their operands, 48 bytes each, fill half of a first-level cache of 32 KiB. */
const DEPTH = 320;
const ROUNDS = 12_500;
/** Eight vector multiply-adds. */
const OPERATIONS_PER_STEP = 64;
const RUNS = 12;

/** Runs in each thread: the best of several runs of the peak kernel, ms. Memory is zero there, so no number ever grows. */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
if (workerData.relaxed) require('node:v8').setFlagsFromString('--experimental-wasm-relaxed-simd');
const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
const { peak } = new WebAssembly.Instance(new WebAssembly.Module(workerData.bytes), { env: { memory, abort() {} } }).exports;
for (let i = 0; i < 20; i++) peak(1024, workerData.depth, 100);
let best = Infinity;
for (let i = 0; i < workerData.runs; i++) {
  const start = performance.now();
  peak(1024, workerData.depth, workerData.rounds);
  best = Math.min(best, performance.now() - start);
}
parentPort.postMessage(best);
`;

/**
 * What WebAssembly reaches on `threads` cores at once in the best case we know: the inner loop of a matrix product, its operands in the
 * first-level cache. Not what the processor could do: native code has wider vectors (see `nativeProduct`).
 * @returns floating-point operations a second, all threads together
 */
export async function measurePeak(threads: number, variant: KernelVariant): Promise<number> {
  const bytes = readFileSync(join(__dirname, `kernels.${variant}.wasm`));
  const workerData = { bytes, relaxed: variant === 'relaxed', runs: RUNS, rounds: ROUNDS, depth: DEPTH };
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
  return best.reduce((sum, time) => sum + (ROUNDS * DEPTH * OPERATIONS_PER_STEP) / (time / 1000), 0);
}

const PRODUCT = `
import time, numpy
a = numpy.ones((1024, 1024), numpy.float32)
b = numpy.ones((1024, 1024), numpy.float32)
a @ b
best = 1e9
for _ in range(8):
    began = time.perf_counter()
    a @ b
    best = min(best, time.perf_counter() - began)
print(2 * 1024 ** 3 / best, numpy.__version__)
`;

/**
 * A single-precision matrix product in native code on `threads` cores: numpy's, where Python has it.
 * @returns floating-point operations a second; null without numpy
 */
export function nativeProduct(threads: number): { speed: number; by: string } | null {
  const limits = Object.fromEntries(
    ['OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'OMP_NUM_THREADS'].map((name) => [name, String(threads)]),
  );
  const { status, stdout } = spawnSync('python3', ['-c', PRODUCT], {
    encoding: 'utf8',
    env: { ...process.env, ...limits },
  });
  if (status !== 0) return null;
  const [speed, version] = stdout.trim().split(' ');
  return { speed: Number(speed), by: `numpy ${version}` };
}
