/** Natural logarithms of the least and the greatest temperature. */
const RANGE = [Math.log(1e-3), Math.log(1e3)] as const;
const STEPS = 60;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The temperature T for which softmax(score / T) gives the truth the greatest likelihood (Guo et al. 2017): the loss is convex in
 * 1 / T, hence has one valley in ln T, which a golden-section search finds. The truth counts as 1 - 1 / (n / C + 2), with the rest
 * for the other classes alike (Platt 1999): a few series that are all right do not prove certainty.
 * @param scores [n * classes] of series that the scores have not seen
 */
export function fitTemperature(
  scores: Float64Array,
  labels: ArrayLike<number>,
  classes: number,
): { temperature: number; logLoss: number } {
  let [low, high] = RANGE;
  let a = high - GOLDEN * (high - low);
  let b = low + GOLDEN * (high - low);
  const doubt = 1 / (labels.length / classes + 2) / (classes - 1);
  const loss = (logT: number): number => meanLogLoss(scores, labels, classes, Math.exp(logT), doubt);
  let lossA = loss(a);
  let lossB = loss(b);
  for (let step = 0; step < STEPS; step++)
    if (lossA < lossB) {
      high = b;
      b = a;
      lossB = lossA;
      a = high - GOLDEN * (high - low);
      lossA = loss(a);
    } else {
      low = a;
      a = b;
      lossA = lossB;
      b = low + GOLDEN * (high - low);
      lossB = loss(b);
    }
  const temperature = Math.exp((low + high) / 2);
  return { temperature, logLoss: meanLogLoss(scores, labels, classes, temperature, 0) };
}

/** Mean cross entropy of softmax(score / temperature), each class but the true one having the probability `doubt`. */
function meanLogLoss(
  scores: Float64Array,
  labels: ArrayLike<number>,
  classes: number,
  temperature: number,
  doubt: number,
): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const at = i * classes;
    let largest = -Infinity;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, scores[at + c]);
    let total = 0;
    let expected = 0;
    for (let c = 0; c < classes; c++) {
      total += Math.exp((scores[at + c] - largest) / temperature);
      expected += (c === labels[i] ? 1 - (classes - 1) * doubt : doubt) * (scores[at + c] - largest);
    }
    sum += Math.log(total) - expected / temperature;
  }
  return sum / labels.length;
}
