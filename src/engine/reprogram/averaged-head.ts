import { logSoftmax } from '../math/softmax';
import type { ClassifierHead } from './classifier-head';

/** Several heads, each over its own source logits, whose class probabilities are averaged: s_c = ln mean over the members of p_c. */
export class AveragedHead implements ClassifierHead {
  readonly classes: number;
  readonly width: number;
  readonly #starts: number[];
  /** ln p of every member, [members * classes] */
  readonly #logP: Float64Array;
  readonly #scores: Float64Array;

  constructor(private readonly heads: readonly ClassifierHead[]) {
    this.classes = heads[0].classes;
    const starts = [0];
    for (const { width } of heads) starts.push(starts.at(-1)! + width);
    this.#starts = starts;
    this.width = starts.at(-1)!;
    this.#logP = new Float64Array(heads.length * this.classes);
    this.#scores = new Float64Array(this.classes);
  }

  scores(logits: ArrayLike<number>, offset: number): Float64Array {
    const { classes, heads } = this;
    const logP = this.#logP;
    heads.forEach((head, p) => {
      const own = logP.subarray(p * classes, (p + 1) * classes);
      logSoftmax(head.scores(logits, offset + this.#starts[p]), 0, classes, own);
    });
    for (let c = 0; c < classes; c++) {
      let largest = -Infinity;
      for (let p = 0; p < heads.length; p++) largest = Math.max(largest, logP[p * classes + c]);
      let sum = 0;
      for (let p = 0; p < heads.length; p++) sum += Math.exp(logP[p * classes + c] - largest);
      this.#scores[c] = largest + Math.log(sum / heads.length);
    }
    return this.#scores;
  }

  probabilities(logits: ArrayLike<number>, offset: number, out: Float64Array): Float64Array {
    const scores = this.scores(logits, offset);
    for (let c = 0; c < this.classes; c++) out[c] = Math.exp(scores[c]);
    return out;
  }

  loss(logits: ArrayLike<number>, offset: number, y: number): number {
    return -this.scores(logits, offset)[y];
  }

  backward(dScores: ArrayLike<number>, offset: number, dLogits: Float32Array): void {
    const { classes, heads } = this;
    const logP = this.#logP;
    const dOwn = new Float64Array(classes);
    heads.forEach((head, p) => {
      // A member's part in a class, then its softmax: d s_c / d s^p_j = part_c (delta_cj - p_j).
      let sum = 0;
      for (let c = 0; c < classes; c++) {
        dOwn[c] = (dScores[c] * Math.exp(logP[p * classes + c] - this.#scores[c])) / heads.length;
        sum += dOwn[c];
      }
      for (let c = 0; c < classes; c++) dOwn[c] -= Math.exp(logP[p * classes + c]) * sum;
      head.backward(dOwn, offset + this.#starts[p], dLogits);
    });
  }
}
