import { V2SError } from '../errors';
import { logSoftmax } from '../math/softmax';
import { checkSample } from './sample';

/**
 * The risk of the paper's theory: the mean over a sample of l(x, y) = ||f(x) - y||_2, with f(x) the class probabilities and y
 * the one-hot vector of the true class. It lies between 0 and sqrt(2).
 *
 * For the source task f is the softmax of the AM's K logits. For the target task the paper sets l_T(x_t, y_t) equal to the
 * source loss at the one source label that stands for y_t (assumptions 2 and 3). That is undefined when several source labels
 * stand for a class, as in the paper's own experiments, so here f is the program's distribution over the C target classes
 * (after the label mapping, summing to one) and y one-hot over C: the risk of the classifier that is actually used.
 * @param probabilities [n * classes], row-major
 * @param labels the true class of each row, 0 .. classes - 1
 * @throws V2SError `theory.empty`, `theory.shape`, `theory.value` or `theory.label`
 */
export function rootSquaredRisk(
  probabilities: Float32Array,
  labels: ArrayLike<number>,
  n: number,
  classes: number,
): number {
  checkSample(probabilities, n, classes, 'class probabilities');
  if (labels.length !== n)
    throw new V2SError('theory.shape', `There are ${labels.length} labels for ${n} rows of class probabilities.`);
  let risk = 0;
  for (let i = 0; i < n; i++) {
    const label = labels[i];
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new V2SError(
        'theory.label',
        `Label ${label} of row ${i + 1} is not a class index from 0 to ${classes - 1}.`,
      );
    let squares = 0;
    for (let c = 0; c < classes; c++) {
      const error = probabilities[i * classes + c] - (c === label ? 1 : 0);
      squares += error * error;
    }
    risk += Math.sqrt(squares);
  }
  return risk / n;
}

/**
 * Softmax of every row.
 * @param logits [n * classes], row-major
 * @returns [n * classes]; every row sums to one
 */
export function softmaxRows(logits: Float32Array, n: number, classes: number): Float32Array {
  const probabilities = new Float32Array(n * classes);
  const row = new Float64Array(classes);
  for (let i = 0; i < n; i++) {
    logSoftmax(logits, i * classes, classes, row);
    for (let c = 0; c < classes; c++) probabilities[i * classes + c] = Math.exp(row[c]);
  }
  return probabilities;
}

/**
 * The source risk epsilon_S of an AM: rootSquaredRisk of its softmax over source clips.
 * @param logits [n * k], row-major
 * @param labels the true source label of each row, 0 .. k - 1
 * @throws V2SError as rootSquaredRisk
 */
export function sourceRisk(logits: Float32Array, labels: ArrayLike<number>, n: number, k: number): number {
  checkSample(logits, n, k, 'source logits');
  return rootSquaredRisk(softmaxRows(logits, n, k), labels, n, k);
}
