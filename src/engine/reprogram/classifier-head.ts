/**
 * The part of a classifier behind the acoustic model: from the source logits of all members to the classes. Instances hold scratch
 * space, so that one serves one caller at a time.
 */
export interface ClassifierHead {
  readonly classes: number;
  /** logits of one series: members times source words */
  readonly width: number;
  /** Score of every class of one series, whose largest is the prediction; valid until the next call. */
  scores(logits: ArrayLike<number>, offset: number): Float64Array;
  /** Probability of every class, written to `out`, [classes]; they sum to 1. */
  probabilities(logits: ArrayLike<number>, offset: number, out: Float64Array): Float64Array;
  /** Loss of one series of class `y`. */
  loss(logits: ArrayLike<number>, offset: number, y: number): number;
  /** Vector-Jacobian product of the last `scores` call: from dScores [classes] to the logits, written at `offset` of `dLogits`. */
  backward(dScores: ArrayLike<number>, offset: number, dLogits: Float32Array): void;
}
