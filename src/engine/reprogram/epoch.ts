import { throwIfCanceled, V2SError } from '../errors';
import { cosineDecay } from '../math/adam';
import type { Random } from '../math/random';
import type { Metrics } from './evaluate';

/** Where a training stands and how it goes on. */
export interface EpochPlan {
  /** series of the training part */
  count: number;
  batchSize: number;
  /** at the first step of the schedule; half a cosine takes it to 0 at the last one */
  learningRate: number;
  /** epochs done before this one, and length of the schedule */
  epoch: number;
  epochs: number;
  random: Random;
  signal?: AbortSignal;
  onStep?(step: number, steps: number): void;
}

/** What one epoch did, the validation apart. */
export interface EpochReport {
  /** mean over the steps of the epoch, while the parameters move */
  train: Metrics;
  /** of the first step */
  learningRate: number;
  msPerStep: number;
}

/**
 * One pass over the training part in random order; the last batch may be smaller.
 * @param update makes one step with the series at these positions; gives the sum of their losses and how many were classified right
 * @throws V2SError `training.diverged`; CanceledError between two steps: the state is then of no use, the last checkpoint is
 */
export async function runEpoch(
  plan: EpochPlan,
  update: (batch: readonly number[], learningRate: number) => Promise<{ loss: number; correct: number }>,
): Promise<EpochReport> {
  const { count, batchSize, learningRate, epoch, epochs, random, signal, onStep } = plan;
  const order = random.shuffle(Array.from({ length: count }, (_, i) => i));
  const stepsPerEpoch = Math.ceil(count / batchSize);
  const rate = (step: number): number =>
    cosineDecay(learningRate, epoch * stepsPerEpoch + step, epochs * stepsPerEpoch);
  let loss = 0;
  let correct = 0;
  const started = performance.now();
  for (let step = 0; step < stepsPerEpoch; step++) {
    throwIfCanceled(signal);
    const done = await update(order.slice(step * batchSize, (step + 1) * batchSize), rate(step));
    if (!Number.isFinite(done.loss))
      throw new V2SError(
        'training.diverged',
        `The loss is no longer a number in epoch ${epoch + 1}, step ${step + 1}. Choose a smaller learning rate ` +
          `than ${learningRate}, and check the series for extreme values.`,
      );
    loss += done.loss;
    correct += done.correct;
    onStep?.(step + 1, stepsPerEpoch);
  }
  return {
    train: { loss: loss / count, accuracy: correct / count },
    learningRate: rate(0),
    msPerStep: (performance.now() - started) / stepsPerEpoch,
  };
}
