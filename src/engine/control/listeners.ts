import { networkName } from '../acoustic/card';
import type { AcousticModel } from '../acoustic/model';
import { openAcousticModel, type OpenOptions } from '../acoustic/open-model';
import type { ModelFolder } from '../acoustic/store';
import { initialWeights } from '../acoustic/training/initial-weights';
import { openUntrainedModel, TRAINABLE, type TrainableArchitecture } from '../acoustic/training/untrained-model';
import { permutedWeights } from './permuted-weights';

/** Who hears the clips: the speech model, the same with permuted weights, its architecture untrained, or its front end alone. */
export type Listener = 'speech' | 'permuted' | 'untrained' | 'front-end';

/** Networks of LayersModels whose layers are known well enough to begin anew; null for imported ones. */
export function untrainedArchitecture({ card }: ModelFolder): TrainableArchitecture | null {
  return TRAINABLE.find((architecture) => architecture === networkName(card)) ?? null;
}

/**
 * Opens one of the networks; the model's files stay as they are. The caller closes it.
 * @param seed of the permutation or of the initial weights; the speech model has none
 * @throws V2SError `model.*`, `kernels.*`, `tfjs.*`; TypeError for an untrained model of unknown architecture
 */
export async function openListener(
  stored: ModelFolder,
  listener: Exclude<Listener, 'front-end'>,
  seed: number | null,
  options: OpenOptions,
): Promise<AcousticModel> {
  if (listener === 'speech' || seed === null) return await openAcousticModel(stored, options);
  if (listener === 'permuted')
    return await openAcousticModel({ ...stored, weights: permutedWeights(stored.weights, seed) }, options);
  const { card } = stored;
  if (card.architecture !== 'tfjs')
    return await openAcousticModel({ card, weights: initialWeights(card, seed) }, options);
  const architecture = untrainedArchitecture(stored);
  if (architecture === null) throw new TypeError(`no untrained ${card.id}: its architecture is not one of ours`);
  const { threads = 1, batchLimit = 32 } = options;
  return (await openUntrainedModel(architecture, card, { seed, threads, batchLimit, kernels: 'simd' })).model;
}
