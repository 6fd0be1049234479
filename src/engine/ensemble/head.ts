import { logSoftmax } from '../math/softmax';
import { startsOf, type EnsembleMapping } from './mapping';

/** Scores, probabilities, shares and gradients of an ensemble's mapping, in 64-bit floats over its stored 32-bit weights. */
export class EnsembleHead {
  readonly #starts: number[];
  /** F */
  readonly width: number;
  readonly members: number;
  readonly classes: number;

  constructor(private readonly mapping: EnsembleMapping) {
    this.#starts = startsOf(mapping.words);
    this.members = mapping.words.length;
    this.width = this.#starts[this.members];
    this.classes = mapping.classes;
  }

  /**
   * Score of each class of one series, [classes].
   * @param logits of all members, [F] from `offset`
   */
  scores(logits: ArrayLike<number>, offset: number): Float64Array {
    const scores = Float64Array.from(this.mapping.intercept);
    for (let c = 0; c < this.classes; c++) for (const share of this.shares(logits, c, offset)) scores[c] += share;
    return scores;
  }

  /** Calibrated probabilities of one series, [classes]. */
  probabilities(logits: ArrayLike<number>, offset: number, out: Float64Array): Float64Array {
    this.#logProbabilities(logits, offset, out);
    for (let c = 0; c < this.classes; c++) out[c] = Math.exp(out[c]);
    return out;
  }

  /** -ln of the calibrated probability of class `y`. */
  loss(logits: ArrayLike<number>, offset: number, y: number): number {
    return -this.#logProbabilities(logits, offset, new Float64Array(this.classes))[y];
  }

  #logProbabilities(logits: ArrayLike<number>, offset: number, out: Float64Array): Float64Array {
    out.set(this.scores(logits, offset));
    for (let c = 0; c < this.classes; c++) out[c] /= this.mapping.temperature;
    logSoftmax(out, 0, this.classes, out);
    return out;
  }

  /** Vector-Jacobian product of `scores`, the same for every series, as the mapping is affine: written at `offset` of `dLogits`. */
  backward(dScores: ArrayLike<number>, offset: number, dLogits: Float32Array): void {
    const { weights } = this.mapping;
    for (let f = 0; f < this.width; f++) {
      let sum = 0;
      for (let c = 0; c < this.classes; c++) sum += dScores[c] * weights[c * this.width + f];
      dLogits[offset + f] = sum;
    }
  }

  /**
   * What each member adds to the score of a class beyond what it adds to the average training series, [members]; with the
   * intercept they sum to the score.
   */
  shares(logits: ArrayLike<number>, classIndex: number, offset = 0): Float64Array {
    const { weights, means } = this.mapping;
    const row = classIndex * this.width;
    const shares = new Float64Array(this.members);
    for (let p = 0; p < this.members; p++)
      for (let f = this.#starts[p]; f < this.#starts[p + 1]; f++)
        shares[p] += weights[row + f] * (logits[offset + f] - means[f]);
    return shares;
  }
}
