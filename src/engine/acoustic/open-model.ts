import type { EngineOptions } from '../../common/run-options';
import type { ModelCard } from './card';
import { openFusedModel } from './fused/fused-model';
import { relaxedKernelsRun } from './fused/module';
import type { Tensors, TrainableAcousticModel } from './model';
import type { Topology } from './topology';

/** Kernels and backend: as `v2s reprogram --help` says; default `exact` and `auto`. */
export interface OpenOptions extends Partial<EngineOptions> {
  /** worker threads of the fused kernels; default: the processors, at most 8 */
  threads?: number;
  /** most clips of one forward pass; default 32 */
  batchLimit?: number;
}

/**
 * Opens an acoustic model by the implementation that suits its architecture: the fused kernels for the attention-RNN family, tfjs
 * for the rest. The caller closes it.
 * @throws V2SError `model.*`, `kernels.*`, `tfjs.*`
 */
export async function openAcousticModel(
  { card, weights, topology }: { card: ModelCard; weights: Tensors; topology?: Topology },
  { threads, batchLimit, kernels = 'exact', backend }: OpenOptions = {},
): Promise<TrainableAcousticModel> {
  if (card.architecture === 'tfjs') {
    // TensorFlow.js is large: it is loaded when a model needs it.
    const { openTfjsModel } = await import('./tfjs/tfjs-model');
    return await openTfjsModel(card, weights, { batchLimit, topology, backend });
  }
  const relaxed = kernels === 'fast' || (kernels === 'auto' && (await relaxedKernelsRun()));
  return await openFusedModel(card, weights, { threads, batchLimit, kernels: relaxed ? 'relaxed' : 'simd' });
}
