import { throwIfCanceled, V2SError } from '../errors';
import { fitRidge, type RidgeTrial } from '../math/ridge';
import { argmax } from '../math/softmax';
import { fitTemperature } from './temperature';

/**
 * One linear map from the source logits of all members to the classes, for the place of the paper's label mapping. A member's
 * logits are centered (only their differences matter to a softmax), hidden states are not; the weights are folded with the
 * standardization by TRAIN and, of logits, sum to 0 over a member's words, so that score_c = intercept_c + sum of weights_c (logits -
 * means) holds for logits as they are.
 */
export interface EnsembleMapping {
  /** source words of each member; F in all */
  words: readonly number[];
  classes: number;
  /** [classes * F] */
  weights: Float32Array;
  /** TRAIN means of the centered logits, [F] */
  means: Float32Array;
  /** [classes] */
  intercept: Float32Array;
  /** probabilities are softmax(score / temperature) */
  temperature: number;
}

/** What leaving out each training series in turn says. */
interface LeaveOneOut {
  /** [n * classes] */
  scores: Float64Array;
  accuracy: number;
  /** mean of -ln(probability of the true class), at the temperature that makes it least */
  logLoss: number;
}

export interface FittedMapping {
  mapping: EnsembleMapping;
  leaveOneOut: LeaveOneOut;
  /** the ridge's strength as a multiple of the number of features, and the whole grid */
  strength: number;
  trials: RidgeTrial[];
}

/** Source logits, or another read-out, with their truth. */
export interface LabeledLogits {
  /** [n * F], row-major; members one after another */
  logits: Float32Array;
  /** whether only differences within a member mean something, as of logits; default: true */
  centered?: boolean;
  /** source words of each member, or its numbers of another read-out; F in all */
  words: readonly number[];
  /** class of each series, from 0 */
  labels: ArrayLike<number>;
  classes: number;
  /**
   * Logits of series without content, [m * F], which should speak for no class; default: none. They are fitted to the mean of the
   * targets and are left out of the leave-one-out figures: the accuracy stays, and a class's score falls when what speaks for it is
   * taken out of a series.
   */
  flat?: Float32Array;
}

/** Strengths tried, per feature: the sum of all features' variances, of which each has 1, is the natural unit. */
const STRENGTHS = Array.from({ length: 15 }, (_, i) => 10 ** (i / 2 - 5));
/** Added to a TRAIN deviation before it divides: logits of 32 bits are not more exact. */
const LEAST_DEVIATION = 1e-6;

/**
 * Fits the mapping: logits centered per member, standardized by TRAIN, ridge regression of +-1 per class with the strength of least
 * leave-one-out error, temperature by the leave-one-out scores (Guo et al. 2017, which takes a held-out part). The standardization
 * and the strength have seen the series that is left out; its scores have not.
 * @throws V2SError `ensemble.shape` for sizes that do not fit or fewer than two series, `ridge.value` for logits that are not finite;
 * CanceledError
 */
export async function fitMapping(
  { logits, words, labels, classes, centered = true, flat = new Float32Array(0) }: LabeledLogits,
  signal?: AbortSignal,
): Promise<FittedMapping> {
  const n = labels.length;
  const width = words.reduce((sum, count) => sum + count, 0);
  const rows = n + flat.length / width;
  if (n < 2 || classes < 2 || logits.length !== n * width || !Number.isInteger(rows))
    throw new V2SError(
      'ensemble.shape',
      `The mapping of an ensemble needs two series and classes or more; found ${n} series, ${classes} classes, ` +
        `${logits.length} logits for ${width} words a series.`,
    );
  throwIfCanceled(signal);
  const features = new Float64Array(logits.length + flat.length);
  features.set(logits);
  features.set(flat, logits.length);
  if (centered) centerPerMember(features, words, rows);
  const { means, deviations } = standardize(features, n, rows, width);
  const targets = new Float64Array(rows * classes).fill(-1, 0, n * classes).fill(2 / classes - 1, n * classes);
  for (let i = 0; i < n; i++) targets[i * classes + labels[i]] = 1;
  const strengths = STRENGTHS.map((strength) => strength * width);
  const fit = await fitRidge(
    { features, n: rows, judged: n, d: width, targets, targetCount: classes, strengths },
    { signal },
  );
  const leaveOneOut = fit.leaveOneOut.slice(0, n * classes);
  const { temperature, logLoss } = fitTemperature(leaveOneOut, labels, classes);
  const weights = new Float32Array(classes * width);
  for (let c = 0; c < classes; c++)
    for (let f = 0; f < width; f++) weights[c * width + f] = fit.weights[f * classes + c] / deviations[f];
  if (centered) centerPerMember(weights, words, classes);
  // The ridge centers its rows, to which the series without content belong; the stored means are those of TRAIN.
  const intercept = new Float32Array(classes);
  for (let c = 0; c < classes; c++) {
    let value = fit.intercept[c];
    for (let f = 0; f < width; f++) value -= fit.means[f] * fit.weights[f * classes + c];
    intercept[c] = value;
  }
  let correct = 0;
  for (let i = 0; i < n; i++) if (argmax(leaveOneOut, i * classes, classes) === labels[i]) correct++;
  return {
    mapping: {
      words,
      classes,
      weights,
      means: Float32Array.from(means),
      intercept,
      temperature,
    },
    leaveOneOut: { scores: leaveOneOut, accuracy: correct / n, logLoss },
    strength: fit.strength / width,
    trials: fit.trials.map((trial) => ({ ...trial, strength: trial.strength / width })),
  };
}

/** The same series with some members' logits only, in the given order. */
export function membersOnly(data: LabeledLogits, kept: readonly number[]): LabeledLogits {
  const { words } = data;
  const starts = startsOf(words);
  const width = starts[words.length];
  const keptWords = kept.map((p) => words[p]);
  const keptWidth = keptWords.reduce((sum, count) => sum + count, 0);
  const only = (logits: Float32Array): Float32Array => {
    const rows = logits.length / width;
    const out = new Float32Array(rows * keptWidth);
    for (let i = 0, at = 0; i < rows; i++)
      for (const p of kept) {
        out.set(logits.subarray(i * width + starts[p], i * width + starts[p + 1]), at);
        at += words[p];
      }
    return out;
  };
  return { ...data, logits: only(data.logits), words: keptWords, flat: data.flat && only(data.flat) };
}

/** First feature of each member, and F at the end. */
export function startsOf(words: readonly number[]): number[] {
  const starts = [0];
  for (const count of words) starts.push(starts.at(-1)! + count);
  return starts;
}

/** Each row's numbers less their mean over the member's words. */
function centerPerMember(x: Float64Array | Float32Array, words: readonly number[], rows: number): void {
  const starts = startsOf(words);
  const width = starts[words.length];
  for (let i = 0; i < rows; i++)
    for (let p = 0; p < words.length; p++) {
      const [from, to] = [i * width + starts[p], i * width + starts[p + 1]];
      let mean = 0;
      for (let f = from; f < to; f++) mean += x[f] / (to - from);
      for (let f = from; f < to; f++) x[f] -= mean;
    }
}

/** Mean 0 and deviation 1 of every column over its first n rows, in place for all rows. */
function standardize(
  x: Float64Array,
  n: number,
  rows: number,
  width: number,
): { means: Float64Array; deviations: Float64Array } {
  const means = new Float64Array(width);
  const deviations = new Float64Array(width);
  for (let i = 0; i < n; i++) for (let f = 0; f < width; f++) means[f] += x[i * width + f] / n;
  for (let i = 0; i < n; i++) for (let f = 0; f < width; f++) deviations[f] += (x[i * width + f] - means[f]) ** 2 / n;
  for (let f = 0; f < width; f++) deviations[f] = Math.sqrt(deviations[f]) + LEAST_DEVIATION;
  for (let i = 0; i < rows; i++)
    for (let f = 0; f < width; f++) x[i * width + f] = (x[i * width + f] - means[f]) / deviations[f];
  return { means, deviations };
}
