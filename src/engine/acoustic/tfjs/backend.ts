import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import process from 'node:process';
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { V2SError } from '../../errors';
import type { TfjsApi, TfjsLayersApi } from './api';
import { registerProductGradient } from './product-gradient';
import { loadTfjsNode } from './node-addon';

type TfjsBackend = 'node' | 'wasm' | 'cpu';

export interface TfjsOptions {
  /** `auto` (default): tfjs-node when its native library loads, else wasm, else cpu */
  backend?: 'auto' | TfjsBackend;
  /** folder of the package @tensorflow/tfjs-node when Node does not find it by name (node_modules, NODE_PATH) */
  nodeModule?: string;
}

export interface TfjsRuntime {
  tf: TfjsApi;
  backend: TfjsBackend;
  /** which library really computes, for example `tfjs-node 4.22.0, TensorFlow 2.12.1` */
  engine: string;
  /**
   * Makes this the backend of the operations that follow. TensorFlow.js has one current backend per process: call this first
   * in every synchronous stretch of operations.
   */
  select(): void;
  /** Loads the Layers API; only models that are LayersModels need it. */
  loadLayers(): Promise<TfjsLayersApi>;
}

/** TensorFlow.js's own names of the backends. */
const BACKEND_NAMES: Record<TfjsBackend, string> = { node: 'tensorflow', wasm: 'wasm', cpu: 'cpu' };

const WASM_BINARY = 'tfjs-backend-wasm-simd.wasm';

/**
 * Loads TensorFlow.js with the backend asked for. Backends can live side by side in one process.
 * @throws V2SError `tfjs.backend` when that backend, or with `auto` every backend, cannot be had; the message says why
 */
export async function openTfjsRuntime(options: TfjsOptions = {}): Promise<TfjsRuntime> {
  const { backend = 'auto', nodeModule } = options;
  const candidates: TfjsBackend[] = backend === 'auto' ? ['node', 'wasm', 'cpu'] : [backend];
  const reasons: string[] = [];
  for (const candidate of candidates) {
    try {
      return await openBackend(candidate, nodeModule);
    } catch (error) {
      reasons.push(`${candidate}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new V2SError('tfjs.backend', `No TensorFlow.js backend could be started. ${reasons.join(' ')}`);
}

async function openBackend(backend: TfjsBackend, nodeModule: string | undefined): Promise<TfjsRuntime> {
  const { tf, engine } = await load(backend, nodeModule);
  const name = BACKEND_NAMES[backend];
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js could not initialize its backend ${name}`);
  // For a backend that is already initialized setBackend takes effect before it returns.
  return {
    tf,
    backend,
    engine,
    select: () => void tf.setBackend(name),
    loadLayers: async () => {
      // tfjs-node brings a Layers API of its own, which must be used with its own tensors.
      if (backend === 'node') return tf as unknown as TfjsLayersApi;
      const layers = await import('@tensorflow/tfjs-layers');
      registerProductGradient(tf);
      return layers;
    },
  };
}

async function load(backend: TfjsBackend, nodeModule: string | undefined): Promise<{ tf: TfjsApi; engine: string }> {
  if (backend === 'node') {
    const { tf, tensorflowVersion, version } = loadTfjsNode(nodeModule);
    tf.enableProdMode();
    return { tf, engine: `tfjs-node ${version}, TensorFlow ${tensorflowVersion}` };
  }
  const tf = await import('@tensorflow/tfjs-core');
  // Silences the advice to install tfjs-node and the notes about what the second copy of the library registers again.
  tf.enableProdMode();
  // The package's main entry registers no gradients. The registry is global, shared by every copy of the library.
  await import('@tensorflow/tfjs-core/dist/register_all_gradients');
  registerProductGradient(tf);
  if (backend === 'cpu') {
    await import('@tensorflow/tfjs-backend-cpu');
    return { tf, engine: `tfjs-cpu ${tf.version_core}` };
  }
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  await withoutNewProcessListeners(async () => {
    setWasmPaths(wasmFolder() + sep);
    await tf.setBackend(BACKEND_NAMES.wasm);
  });
  return { tf, engine: `tfjs-wasm ${tf.version_core}` };
}

/** Folder of the WebAssembly binaries of tfjs-backend-wasm: beside our bundle, where the build puts them, else in node_modules. */
function wasmFolder(): string {
  if (existsSync(join(__dirname, WASM_BINARY))) return __dirname;
  return dirname(createRequire(__filename).resolve(`@tensorflow/tfjs-backend-wasm/dist/${WASM_BINARY}`));
}

/**
 * The start-up code of tfjs-backend-wasm installs listeners that rethrow every uncaught exception and unhandled rejection of
 * the whole process, which would replace the caller's own handling of them. They are taken away again.
 */
async function withoutNewProcessListeners(work: () => Promise<void>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'];
  const emitter: NodeJS.EventEmitter = process;
  const before = events.map((event) => new Set(emitter.listeners(event)));
  try {
    await work();
  } finally {
    events.forEach((event, i) => {
      for (const listener of emitter.listeners(event))
        if (!before[i].has(listener)) emitter.removeListener(event, listener as () => void);
    });
  }
}

/** A copy of the values of a tensor. */
export function floats(tensor: TfTensor): Float32Array {
  return Float32Array.from(tensor.dataSync());
}

/** Runs operations and frees every tensor they made; as tf.tidy, for results that are no tensors. */
export function inScope<T>(tf: TfjsApi, work: () => T): T {
  tf.engine().startScope();
  try {
    return work();
  } finally {
    tf.engine().endScope();
  }
}
