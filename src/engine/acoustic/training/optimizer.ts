import { V2SError } from '../../errors';
import { adamStep, cosineDecay } from '../../math/adam';
import type { Tensors } from '../model';

/** Learning rate of a step (from 0): linear rise over the first steps, then half a cosine from `peak` down to 0 at the end. */
export function scheduledRate(step: number, totalSteps: number, warmUpSteps: number, peak: number): number {
  if (step < warmUpSteps) return (peak * (step + 1)) / warmUpSteps;
  return cosineDecay(peak, step - warmUpSteps, totalSteps - warmUpSteps);
}

/**
 * Scales gradients in place so that the Euclidean norm of all of them together is at most `limit`.
 * @returns the norm before
 * @throws V2SError `training.diverged` when it is not finite
 */
export function clipGlobalNorm(gradients: Tensors, names: readonly string[], limit: number): number {
  let squares = 0;
  for (const name of names) for (const value of gradients.get(name)!.data) squares += value * value;
  const norm = Math.sqrt(squares);
  if (!Number.isFinite(norm))
    throw new V2SError(
      'training.diverged',
      'The gradient of a training step is not finite: the training diverged. Use a smaller learning rate.',
    );
  if (norm > limit) {
    const factor = limit / norm;
    for (const name of names) {
      const { data } = gradients.get(name)!;
      for (let i = 0; i < data.length; i++) data[i] *= factor;
    }
  }
  return norm;
}

/**
 * One Adam step on named weights, in place. Only kernels (two or more dimensions) decay, biases and normalizations do not.
 * @param moments mean and mean square of the gradients so far, by name; updated in place
 * @param steps number of steps made before this one
 */
export function adamStepOn(
  weights: Tensors,
  gradients: Tensors,
  moments: { first: Tensors; second: Tensors },
  options: { learningRate: number; weightDecay: number },
  steps: number,
): void {
  for (const [name, { data: first }] of moments.first) {
    const { shape, data } = weights.get(name)!;
    const state = { first, second: moments.second.get(name)!.data, steps };
    const weightDecay = shape.length > 1 ? options.weightDecay : 0;
    adamStep(data, gradients.get(name)!.data, state, { learningRate: options.learningRate, weightDecay });
  }
}

/**
 * Moves an exponential moving average of weights one step on. Its memory grows with the number of steps up to the given decay,
 * so that the random start is soon forgotten.
 */
export function averageWeights(average: Tensors, weights: Tensors, decay: number, steps: number): void {
  const keep = Math.min(decay, (1 + steps) / (10 + steps));
  for (const [name, { data }] of average) {
    const current = weights.get(name)!.data;
    for (let i = 0; i < data.length; i++) data[i] = keep * data[i] + (1 - keep) * current[i];
  }
}

/** A deep copy. */
export function copyTensors(tensors: Tensors): Tensors {
  const copy: Tensors = new Map();
  for (const [name, { shape, data }] of tensors) copy.set(name, { shape: [...shape], data: new Float32Array(data) });
  return copy;
}
