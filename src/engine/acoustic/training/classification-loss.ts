import { argmax, logSoftmax } from '../../math/softmax';

/** How well logits fit classes. All are means over the clips. */
export interface Scores {
  clips: number;
  /** share of clips whose largest logit is that of their class (the first one where several are equal) */
  accuracy: number;
  /** cross-entropy in nats */
  loss: number;
  /** ||softmax - onehot||_2, the paper's risk (section 4) */
  rmse: number;
}

/**
 * @param logits packed [n, k]
 * @param classes [n]
 */
export function scoreLogits(logits: Float32Array, classes: Int32Array, k: number): Scores {
  const n = classes.length;
  const logProbabilities = new Float64Array(k);
  let correct = 0;
  let loss = 0;
  let rmse = 0;
  for (let row = 0; row < n; row++) {
    logSoftmax(logits, row * k, k, logProbabilities);
    let squares = 0;
    for (let j = 0; j < k; j++) squares += (Math.exp(logProbabilities[j]) - (j === classes[row] ? 1 : 0)) ** 2;
    rmse += Math.sqrt(squares);
    loss -= logProbabilities[classes[row]];
    if (argmax(logits, row * k, k) === classes[row]) correct++;
  }
  return { clips: n, accuracy: correct / n, loss: loss / n, rmse: rmse / n };
}

/**
 * Mean cross-entropy with label smoothing and its gradient.
 * @param logits packed [n, k]
 * @param classes [n]
 * @param smoothing share of the target spread evenly over all k classes
 * @param dLogits [n, k], receives the gradient of the mean
 * @returns the mean loss
 */
export function smoothedCrossEntropy(
  logits: Float32Array,
  classes: Int32Array,
  k: number,
  smoothing: number,
  dLogits: Float32Array,
): number {
  const n = classes.length;
  const logProbabilities = new Float64Array(k);
  let total = 0;
  for (let row = 0; row < n; row++) {
    logSoftmax(logits, row * k, k, logProbabilities);
    for (let j = 0; j < k; j++) {
      const target = smoothing / k + (j === classes[row] ? 1 - smoothing : 0);
      total -= target * logProbabilities[j];
      dLogits[row * k + j] = (Math.exp(logProbabilities[j]) - target) / n;
    }
  }
  return total / n;
}
