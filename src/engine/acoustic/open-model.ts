import type { ModelCard } from './card';
import { openFusedModel } from './fused-model';
import type { Tensors, TrainableAcousticModel } from './model';
import { openTfjsModel } from './tfjs-model';

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
  { card, weights }: { card: ModelCard; weights: Tensors },
  { threads, batchLimit }: OpenOptions = {},
): Promise<TrainableAcousticModel> {
  if (card.architecture === 'tfjs') return await openTfjsModel(card, weights, { batchLimit });
  return await openFusedModel(card, weights, { threads, batchLimit });
}
