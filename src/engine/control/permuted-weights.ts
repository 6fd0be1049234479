import type { Tensors } from '../acoustic/model';
import { Random } from '../math/random';

/** Scale, shift and statistics of normalization layers, as this family or as LayersModels name them. */
const NORMALIZATION = /^bn\d+\.|\/(gamma|beta|moving_mean|moving_variance)$/;

/** Whether a weight belongs to a normalization layer. */
export function isNormalization(name: string): boolean {
  return NORMALIZATION.test(name);
}

/**
 * Weights that keep their sizes and nothing of what was learned: every tensor is permuted within itself. Normalization layers stay as
 * they are, so that activations keep about their scale and the network does not just saturate.
 * @param seed of the permutations; equal seeds give equal weights, whatever the order of the tensors
 */
export function permutedWeights(weights: Tensors, seed: number): Tensors {
  const random = new Random(seed);
  const permuted: Tensors = new Map();
  for (const name of [...weights.keys()].sort()) {
    const { shape, data } = weights.get(name)!;
    const values = isNormalization(name) ? data.slice() : Float32Array.from(random.shuffle(Array.from(data)));
    permuted.set(name, { shape: [...shape], data: values });
  }
  return permuted;
}
