import type { ModelCard } from './card';
import { openFusedModel } from './fused/fused-model';
import type { Tensors, TrainableAcousticModel } from './model';
import type { Topology } from './topology';

export interface OpenOptions {
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
  { threads, batchLimit }: OpenOptions = {},
): Promise<TrainableAcousticModel> {
  if (card.architecture === 'tfjs') {
    // TensorFlow.js is large: it is loaded when a model needs it.
    const { openTfjsModel } = await import('./tfjs/tfjs-model');
    return await openTfjsModel(card, weights, { batchLimit, topology });
  }
  return await openFusedModel(card, weights, { threads, batchLimit });
}
