import { openFusedModel } from './fused/fused-model';
import type { ModelFolder } from './store';
import { openTfjsRuntime } from './tfjs/backend';

/** Something that computes acoustic models: what it calls itself, or why it does not run here. */
export type EngineState =
  { runs: true; engine: string; clipsPerSecond: number | null } | { runs: false; reason: string };

/** What can compute acoustic models in this process. */
export interface Engines {
  /** kernels of the attention-RNN family, with the same bits everywhere */
  exact: EngineState;
  /** with fused multiply-add */
  fast: EngineState;
  /** TensorFlow.js for models of layers */
  node: EngineState;
  wasm: EngineState;
}

/** Clips of one measured forward pass, and how many are measured after one that warms up. */
const CLIPS = 16;
const PASSES = 3;

/**
 * Tries every engine.
 * @param stored a model of the attention-RNN family, whose forward pass is timed on the kernels; null: they are only compiled
 * @param threads of the kernels; default: the processors, at most 8
 */
export async function examineEngines(stored: ModelFolder | null, threads?: number): Promise<Engines> {
  return {
    exact: await attempt(() => kernels('simd', stored, threads)),
    fast: await attempt(() => kernels('relaxed', stored, threads)),
    node: await attempt(() => tensorflow('node')),
    wasm: await attempt(() => tensorflow('wasm')),
  };
}

async function attempt(work: () => Promise<{ engine: string; clipsPerSecond: number | null }>): Promise<EngineState> {
  try {
    return { runs: true, ...(await work()) };
  } catch (error) {
    return { runs: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

async function kernels(variant: 'simd' | 'relaxed', stored: ModelFolder | null, threads: number | undefined) {
  if (stored === null) throw new Error('No acoustic model of the attention-RNN family was found to try them with.');
  const model = await openFusedModel(stored.card, stored.weights, { kernels: variant, threads, batchLimit: CLIPS });
  try {
    const clips = new Float32Array(CLIPS * stored.card.frontEnd.samples).fill(0.01);
    let fastest = Infinity;
    for (let pass = 0; pass <= PASSES; pass++) {
      const began = performance.now();
      await model.forward(clips, CLIPS);
      if (pass > 0) fastest = Math.min(fastest, performance.now() - began);
    }
    return { engine: model.engine, clipsPerSecond: (1000 * CLIPS) / fastest };
  } finally {
    await model.close();
  }
}

async function tensorflow(backend: 'node' | 'wasm') {
  const { engine } = await openTfjsRuntime({ backend });
  return { engine, clipsPerSecond: null };
}
