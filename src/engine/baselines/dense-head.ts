import type { Tensors } from '../acoustic/model';
import type { Random } from '../math/random';
import { logSoftmax } from '../math/softmax';

/** Names of the head's parameters: `head.kernel` [K, C] and `head.bias` [C]. */
export const HEAD_KERNEL = 'head.kernel';
export const HEAD_BIAS = 'head.bias';

/** An untrained head: Glorot uniform kernel, zero bias. */
export function initialHead(inputs: number, classes: number, random: Random): Tensors {
  const limit = Math.sqrt(6 / (inputs + classes));
  const kernel = Float32Array.from({ length: inputs * classes }, () => limit * (2 * random.uniform() - 1));
  return new Map([
    [HEAD_KERNEL, { shape: [inputs, classes], data: kernel }],
    [HEAD_BIAS, { shape: [classes], data: new Float32Array(classes) }],
  ]);
}

/**
 * The dense layer on top of a fine-tuned acoustic model: class scores s = z W + b from its K logits, cross-entropy of softmax(s).
 * Reads the parameters it was given, so it follows their training; holds scratch space, so one instance serves one caller at a time.
 */
export class DenseHead {
  readonly inputs: number;
  readonly classes: number;
  readonly #kernel: Float32Array;
  readonly #bias: Float32Array;
  readonly #scores: Float64Array;
  readonly #dScores: Float64Array;

  /** @param parameters with `head.kernel` [K, C] and `head.bias` [C] */
  constructor(parameters: Tensors) {
    const kernel = parameters.get(HEAD_KERNEL);
    const bias = parameters.get(HEAD_BIAS);
    if (!kernel || !bias || bias.data.length !== kernel.shape[1])
      throw new TypeError('a dense head needs a kernel [K, C] and a bias [C]');
    [this.inputs, this.classes] = kernel.shape;
    this.#kernel = kernel.data;
    this.#bias = bias.data;
    this.#scores = new Float64Array(this.classes);
    this.#dScores = new Float64Array(this.classes);
  }

  /** Scores of one series from its K logits at `offset`; valid until the next call. */
  scores(logits: ArrayLike<number>, offset: number): Float64Array {
    const { inputs, classes } = this;
    this.#scores.set(this.#bias);
    for (let k = 0; k < inputs; k++)
      for (let c = 0; c < classes; c++) this.#scores[c] += logits[offset + k] * this.#kernel[k * classes + c];
    return this.#scores;
  }

  /** Cross-entropy of one series of class `y`. */
  loss(logits: ArrayLike<number>, offset: number, y: number): number {
    logSoftmax(this.scores(logits, offset), 0, this.classes, this.#dScores);
    return -this.#dScores[y];
  }

  /**
   * Loss of one series and its gradient.
   * @param factor multiplies the gradient (1 / batch size)
   * @param dLogits the gradient by the K logits is written at `offset`
   * @param gradients those of the parameters are added to
   */
  differentiate(
    logits: ArrayLike<number>,
    offset: number,
    y: number,
    factor: number,
    dLogits: Float32Array,
    gradients: Tensors,
  ): number {
    const { inputs, classes } = this;
    const loss = this.loss(logits, offset, y);
    const dScores = this.#dScores;
    for (let c = 0; c < classes; c++) dScores[c] = factor * (Math.exp(dScores[c]) - (c === y ? 1 : 0));
    const dKernel = gradients.get(HEAD_KERNEL)!.data;
    const dBias = gradients.get(HEAD_BIAS)!.data;
    for (let c = 0; c < classes; c++) dBias[c] += dScores[c];
    for (let k = 0; k < inputs; k++) {
      let sum = 0;
      for (let c = 0; c < classes; c++) {
        dKernel[k * classes + c] += dScores[c] * logits[offset + k];
        sum += dScores[c] * this.#kernel[k * classes + c];
      }
      dLogits[offset + k] = sum;
    }
    return loss;
  }
}
