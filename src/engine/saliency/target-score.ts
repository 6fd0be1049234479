import { EnsembleHead } from '../ensemble/head';
import type { ClassifierHead } from '../reprogram';

/** What saliency explains: a number that a classifier makes of source logits, and its gradient. */
export interface TargetScore {
  /** from the logits of one series at `offset` */
  value(logits: ArrayLike<number>, offset: number): number;
  /** Writes d value / d logits at `offset` of dLogits. */
  gradient(logits: ArrayLike<number>, offset: number, dLogits: Float32Array): void;
}

/**
 * The score by which a program classifies: of a mapping to words s_c = ln mean over k in B_c of p_k (+ sum over k of A_ck ln p_k for a
 * learned one), of an ensemble the linear map of all logits. With a contrast it is the difference s_c - s_b: what speaks for the
 * one class rather than the other.
 */
export class ClassScore implements TargetScore {
  readonly #dScores: Float64Array;

  /** @param contrast index of the class that is subtracted; null for none */
  constructor(
    private readonly head: ClassifierHead,
    private readonly target: number,
    private readonly contrast: number | null = null,
  ) {
    this.#dScores = new Float64Array(head.classes);
    this.#dScores[target] += 1;
    if (contrast !== null) this.#dScores[contrast] -= 1;
  }

  value(logits: ArrayLike<number>, offset: number): number {
    const scores = this.head.scores(logits, offset);
    return scores[this.target] - (this.contrast === null ? 0 : scores[this.contrast]);
  }

  gradient(logits: ArrayLike<number>, offset: number, dLogits: Float32Array): void {
    this.head.scores(logits, offset);
    this.head.backward(this.#dScores, offset, dLogits);
  }

  /** Whether the value is a sum over the members, so that maps of some of them are parts of the whole. */
  get isSum(): boolean {
    return this.head instanceof EnsembleHead;
  }

  /** Each member's part in the value, [members]: what the linear map of an ensemble adds up; members that are averaged count the same. */
  shares(logits: ArrayLike<number>, members: number): Float64Array {
    const { head } = this;
    if (!(head instanceof EnsembleHead)) return new Float64Array(members).fill(1 / members);
    const own = head.shares(logits, this.target);
    if (this.contrast !== null) head.shares(logits, this.contrast).forEach((share, p) => (own[p] -= share));
    return own;
  }
}
