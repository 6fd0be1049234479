import type { Random } from '../math/random';
import type { Metrics } from './evaluate';
import type { OutOfSample } from './out-of-sample';
import { mostReplicas } from '../rendering/placement';
import { FEWEST_FOR_SELECTION, mean } from './selection';
import { stratifiedFolds, type Split } from './split';

/** What `replicas: auto` compares, besides as many replicas as fit. */
const CANDIDATES = [1, 3, 5, 10, 20];
/** Length of the short runs, as a fraction of the epochs, and the least. */
const TRIAL_EPOCHS = { fraction: 0.2, least: 10 };
/** Folds where the validation split is too small to compare by. */
const TRIAL_FOLDS = 3;

/** The short runs of `replicas: auto`: every candidate on every split. */
export interface TrialPlan {
  candidates: number[];
  splits: Split[];
  /** epochs of each short run, and of all of them */
  each: number;
  epochs: number;
}

/** Out-of-sample outcome of one candidate. */
export type ReplicaTrial = Metrics & { replicas: number };

/**
 * @param longest values of the longest training series
 * @param folds of cross-validation, which the trials then use as well; empty without
 * @param held the validation split; used when it is large enough, else TRAIN is cut into a few folds
 * @returns null when there is nothing to compare: one replica fits, or no class has two series
 */
export function planTrials(
  labels: readonly number[],
  longest: number,
  epochs: number,
  folds: Split[],
  held: Split,
  random: Random,
): TrialPlan | null {
  const fitting = mostReplicas(longest);
  const candidates = [...new Set([...CANDIDATES, fitting].map((replicas) => Math.min(replicas, fitting)))];
  let splits = folds;
  if (splits.length === 0 && held.validation.length >= FEWEST_FOR_SELECTION) splits = [held];
  if (splits.length === 0)
    splits = stratifiedFolds(labels, TRIAL_FOLDS, random).filter(({ validation }) => validation.length > 0);
  if (candidates.length === 1 || splits.length === 0) return null;
  const each = Math.min(epochs, Math.max(TRIAL_EPOCHS.least, Math.ceil(TRIAL_EPOCHS.fraction * epochs)));
  return { candidates, splits, each, epochs: candidates.length * splits.length * each };
}

/** Pools the series of all splits, each after the last epoch of its short run. */
export function trialOutcome(replicas: number, results: readonly OutOfSample[]): ReplicaTrial {
  const losses = results.flatMap((result) => [...result.losses.at(-1)!]);
  const correct = results.flatMap((result) => [...result.correct.at(-1)!]);
  return { replicas, loss: mean(losses), accuracy: mean(correct) };
}
