import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { V2SError } from '../../errors';

/**
 * `simd` is the default and bit-reproducible everywhere; `relaxed` uses fused multiply-add: faster, but its last bits depend on
 * the processor, so its programs are reproducible only on like machines.
 */
export type KernelVariant = 'simd' | 'relaxed';

type Kernel = (...pointersAndSizes: number[]) => void;

/** Exports of src/engine/kernels/assembly/index.ts; pointers are byte offsets into the imported memory. */
export interface Kernels {
  interleave: Kernel;
  melForward: Kernel;
  logForward: Kernel;
  decibelForward: Kernel;
  logBackward: Kernel;
  decibelBackward: Kernel;
  melBackwardSum: Kernel;
  melBackwardEach: Kernel;
  foldLanes: Kernel;
  toColumns: Kernel;
  fromColumns: Kernel;
  convolveMany: Kernel;
  convolveOne: Kernel;
  activate: Kernel;
  normalize: Kernel;
  channelSums: Kernel;
  activateBackward: Kernel;
  convolveManyWeights: Kernel;
  convolveOneWeights: Kernel;
  lstmForward: Kernel;
  lstmBackward: Kernel;
  dense: Kernel;
  rectifyBackward: Kernel;
  attend: Kernel;
  attendBackward: Kernel;
  outerProducts: Kernel;
  rowSums: Kernel;
  peak: (at: number, depth: number, rounds: number) => number;
}

/** The folder of the running bundle, where the build puts kernels.*.wasm and shard-thread.js. */
export const ASSET_FOLDER = __dirname;

const compiled = new Map<KernelVariant, Promise<WebAssembly.Module>>();

/**
 * Compiles the kernels once a process.
 * @throws V2SError `kernels.unsupported` where the engine does not validate the variant
 */
export function compileKernels(variant: KernelVariant): Promise<WebAssembly.Module> {
  let module = compiled.get(variant);
  if (!module) {
    module = compile(variant);
    compiled.set(variant, module);
  }
  return module;
}

/** Whether this JavaScript engine has fused multiply-add. */
export async function relaxedKernelsRun(): Promise<boolean> {
  return validates('relaxed', await binaryOf('relaxed'));
}

async function binaryOf(variant: KernelVariant): Promise<Buffer> {
  return await readFile(join(ASSET_FOLDER, `kernels.${variant}.wasm`));
}

function validates(variant: KernelVariant, bytes: Buffer): boolean {
  // Node 20 knows relaxed SIMD behind a flag that can still be set before the first module that needs it is compiled.
  if (variant === 'relaxed' && !WebAssembly.validate(bytes)) setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(bytes);
}

async function compile(variant: KernelVariant): Promise<WebAssembly.Module> {
  const bytes = await binaryOf(variant);
  if (!validates(variant, bytes))
    throw new V2SError(
      'kernels.unsupported',
      variant === 'relaxed'
        ? `This JavaScript engine (${process.version}) cannot run the relaxed SIMD kernels. Choose the plain SIMD kernels.`
        : `This JavaScript engine (${process.version}) cannot run the SIMD kernels. They need Node 16.4 or later.`,
    );
  return WebAssembly.compile(bytes);
}

export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const abort = (): never => {
    throw new Error('a kernel aborted');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Kernels;
}
