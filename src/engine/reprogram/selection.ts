/**
 * Fewer validation series than this cannot tell one epoch from another: the last epoch is kept. Nor are they left out of the final
 * training: ten of the hundred of ECG200 cost five points of test accuracy.
 */
export const FEWEST_FOR_SELECTION = 30;

/**
 * Which epoch to keep, decided epoch by epoch: the latest one whose validation loss is not worse than the lowest by more than one
 * standard error of the paired difference (the one-standard-error rule of Breiman et al. 1984, with training time in the place of
 * model size).
 *
 * Small validation parts are why: the lowest of a hundred noisy losses is an accident, and the learning rate's decay makes late
 * epochs the better ones unless the validation loss really says otherwise. Deciding on the way is the same as deciding at the end,
 * because a new lowest loss is always kept itself.
 */
export class EpochSelection {
  /** epoch (from 1) with the lowest mean validation loss, 0 before the first */
  best = 0;
  /** losses of the validation series after that epoch */
  bestLosses = new Float64Array(0);
  /** epoch that is kept */
  selected = 0;

  /** Continues a selection from a checkpoint. */
  static restore(state: { best: number; selected: number; bestLosses: Float64Array }): EpochSelection {
    return Object.assign(new EpochSelection(), state);
  }

  /**
   * @param epoch from 1, ascending
   * @param losses of every validation series after this epoch
   * @returns whether this epoch is now the one to keep
   */
  offer(epoch: number, losses: Float64Array): boolean {
    if (this.best === 0 || mean(losses) <= mean(this.bestLosses)) {
      this.best = epoch;
      this.bestLosses = losses.slice();
      this.selected = epoch;
    } else if (losses.length < FEWEST_FOR_SELECTION || excess(losses, this.bestLosses) <= 1) {
      this.selected = epoch;
    }
    return this.selected === epoch;
  }
}

/** The rule applied to a whole history, for losses pooled over folds. @param losses of every epoch @returns the epoch, from 1 */
export function selectEpoch(losses: readonly Float64Array[]): number {
  const selection = new EpochSelection();
  losses.forEach((ofEpoch, i) => selection.offer(i + 1, ofEpoch));
  return selection.selected;
}

/** By how many standard errors of the paired difference `losses` exceed `best`; the lengths are equal and at least 2. */
function excess(losses: Float64Array, best: Float64Array): number {
  const n = losses.length;
  const difference = mean(losses) - mean(best);
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (losses[i] - best[i] - difference) ** 2;
  const standardError = Math.sqrt(squares / (n - 1) / n);
  if (difference <= 0) return 0;
  return standardError > 0 ? difference / standardError : Infinity;
}

/** 0 for no values. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return values.length > 0 ? sum / values.length : 0;
}
