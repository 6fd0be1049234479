import * as z from 'zod';
import { V2SError } from '../errors';
import { argmax, logSoftmax } from '../math/softmax';
import type { Random } from '../math/random';

const MAPPING_KINDS = ['random', 'frequency', 'learned'] as const;

/**
 * How K source words become C classes (paper, equation 4): the score of a class is the log of the mean probability of its words,
 *   s_c = ln( (1 / |B_c|) sum over k in B_c of p_k ),  p = softmax(z).
 * Which words a class has is drawn (`random`) or decided by what the model hears in the series before any training (`frequency`).
 * `learned` draws them and adds a linear map on the source log-probabilities, s_c + sum over k of A_ck ln p_k, with A = 0 at the start.
 */
export const mappingSchema = z.object({
  kind: z.enum(MAPPING_KINDS),
  /** K */
  sourceWords: z.int().min(1),
  /** B_c: indices of source words, non-overlapping, floor(K / C) for each class */
  words: z.array(z.array(z.int().min(0)).min(1)).min(2),
});
export type LabelMapping = z.infer<typeof mappingSchema>;

/**
 * Draws a random, non-overlapping many-to-one mapping with floor(K / C) words for every class; K mod C words stay unused.
 * @param most words of a class
 * @throws V2SError `mapping.classes` when there are more classes than words
 */
export function randomMapping(
  sourceWords: number,
  classes: number,
  kind: 'random' | 'learned',
  random: Random,
  most = Infinity,
): LabelMapping {
  const each = Math.min(most, wordsPerClass(sourceWords, classes));
  const order = random.shuffle(Array.from({ length: sourceWords }, (_, k) => k));
  const words = Array.from({ length: classes }, (_, c) => order.slice(c * each, (c + 1) * each).sort((a, b) => a - b));
  return { kind, sourceWords, words };
}

/**
 * The non-overlapping many-to-one mapping by frequency (Tsai, Chen and Ho 2020): the pair of class and word that goes together most
 * often, as the share of the class's series in which the word is the model's first guess, is joined first, until every class has
 * floor(K / C) words. Ties, as among words that are never heard, go to the larger mean probability.
 * @param logits source logits [n * K] of the series as they are, without theta
 * @param labels classes [n], each at least once
 * @param most words of a class
 * @throws V2SError `mapping.classes` when there are more classes than words
 */
export function frequencyMapping(
  logits: Float32Array,
  labels: readonly number[],
  sourceWords: number,
  classes: number,
  most = Infinity,
): LabelMapping {
  const each = Math.min(most, wordsPerClass(sourceWords, classes));
  const size = classes * sourceWords;
  const heard = new Float64Array(size);
  const probability = new Float64Array(size);
  const ofClass = new Float64Array(classes);
  for (const label of labels) ofClass[label]++;
  const logP = new Float64Array(sourceWords);
  labels.forEach((label, i) => {
    logSoftmax(logits, i * sourceWords, sourceWords, logP);
    const row = label * sourceWords;
    heard[row + argmax(logP)] += 1 / ofClass[label];
    for (let k = 0; k < sourceWords; k++) probability[row + k] += Math.exp(logP[k]) / ofClass[label];
  });
  const pairs = Array.from({ length: size }, (_, pair) => pair);
  pairs.sort((a, b) => heard[b] - heard[a] || probability[b] - probability[a] || a - b);
  const words: number[][] = Array.from({ length: classes }, () => []);
  const taken = new Set<number>();
  for (const pair of pairs) {
    const own = words[Math.floor(pair / sourceWords)];
    const word = pair % sourceWords;
    if (own.length === each || taken.has(word)) continue;
    own.push(word);
    taken.add(word);
  }
  return { kind: 'frequency', sourceWords, words: words.map((own) => own.sort((a, b) => a - b)) };
}

/** floor(K / C), the most words that every class can have. @throws V2SError `mapping.classes` when it is 0 */
export function wordsPerClass(sourceWords: number, classes: number): number {
  const each = Math.floor(sourceWords / classes);
  if (each >= 1) return each;
  throw new V2SError(
    'mapping.classes',
    `The data set has ${classes} classes but the acoustic model knows only ${sourceWords} words, and every class needs ` +
      'a word of its own. Choose an acoustic model with more words, or merge classes.',
  );
}

/**
 * Turns source logits into class scores and losses, and differentiates them. Holds scratch space, so one instance serves one
 * caller at a time.
 *
 * The loss of one series of class y is
 * - `random`, `frequency`: -s_y, the -log P(h(Y_S) = y) of the paper's equation 3;
 * - `learned`: -log softmax(s)_y, because the scores then are no log-probabilities any more.
 */
export class ClassHead {
  readonly classes: number;
  /** K */
  readonly width: number;
  readonly #logP: Float64Array;
  readonly #scores: Float64Array;
  readonly #dScores: Float64Array;
  readonly #dLogP: Float64Array;

  /** @param weights A, [C][K] row-major; null unless the mapping is `learned` */
  constructor(
    readonly mapping: LabelMapping,
    readonly weights: Float32Array | null,
  ) {
    const k = mapping.sourceWords;
    this.width = k;
    this.classes = mapping.words.length;
    if ((mapping.kind === 'learned') !== (weights !== null) || (weights && weights.length !== this.classes * k))
      throw new TypeError('weights belong to a learned mapping and to no other');
    this.#logP = new Float64Array(k);
    this.#dLogP = new Float64Array(k);
    this.#scores = new Float64Array(this.classes);
    this.#dScores = new Float64Array(this.classes);
  }

  /** Scores s_c of one series from its K logits at `offset`; valid until the next call. */
  scores(logits: ArrayLike<number>, offset: number): Float64Array {
    const { words, sourceWords } = this.mapping;
    logSoftmax(logits, offset, sourceWords, this.#logP);
    for (let c = 0; c < this.classes; c++) {
      let score = logMeanExp(this.#logP, words[c]);
      if (this.weights) {
        const row = c * sourceWords;
        for (let k = 0; k < sourceWords; k++) score += this.weights[row + k] * this.#logP[k];
      }
      this.#scores[c] = score;
    }
    return this.#scores;
  }

  /**
   * Probabilities of the classes, normalized to sum to 1: softmax(s). Unless the mapping is learned these are the P of equation 4
   * divided by their sum.
   */
  probabilities(logits: ArrayLike<number>, offset: number, out: Float64Array): Float64Array {
    const scores = this.scores(logits, offset);
    logSoftmax(scores, 0, this.classes, out);
    for (let c = 0; c < this.classes; c++) out[c] = Math.exp(out[c]);
    return out;
  }

  /** Loss of one series of class `y`. */
  loss(logits: ArrayLike<number>, offset: number, y: number): number {
    return this.#lossOf(this.scores(logits, offset), y);
  }

  #lossOf(scores: Float64Array, y: number): number {
    if (!this.weights) return -scores[y];
    logSoftmax(scores, 0, this.classes, this.#dScores);
    return -this.#dScores[y];
  }

  /**
   * Loss of one series and its gradient.
   * @param factor multiplies the gradient (1 / batch size)
   * @param dLogits the gradient with respect to the K logits is written at `offset`
   * @param dWeights the gradient with respect to A is added to it; null unless the mapping is learned
   */
  differentiate(
    logits: ArrayLike<number>,
    offset: number,
    y: number,
    factor: number,
    dLogits: Float32Array,
    dWeights: Float32Array | null,
  ): number {
    const scores = this.scores(logits, offset);
    const loss = this.#lossOf(scores, y);
    const dScores = this.#dScores;
    if (!this.weights) dScores.fill(0);
    else for (let c = 0; c < this.classes; c++) dScores[c] = factor * Math.exp(dScores[c]);
    dScores[y] -= factor;
    this.backward(dScores, offset, dLogits, dWeights);
    return loss;
  }

  /**
   * Vector-Jacobian product of the last `scores` call: from dScores [C] to the logits (written at `offset` of `dLogits`) and,
   * for a learned mapping, to A (added to `dWeights`).
   */
  backward(
    dScores: ArrayLike<number>,
    offset: number,
    dLogits: Float32Array,
    dWeights: Float32Array | null = null,
  ): void {
    const { words, sourceWords } = this.mapping;
    const logP = this.#logP;
    const dLogP = this.#dLogP.fill(0);
    for (let c = 0; c < this.classes; c++) {
      const d = dScores[c];
      if (d === 0) continue;
      // d ln(mean of p over B_c) / d ln p_k is the share of word k in the class.
      const total = logMeanExp(logP, words[c]) + Math.log(words[c].length);
      for (const k of words[c]) dLogP[k] += d * Math.exp(logP[k] - total);
      if (!this.weights) continue;
      const row = c * sourceWords;
      for (let k = 0; k < sourceWords; k++) {
        dLogP[k] += d * this.weights[row + k];
        if (dWeights) dWeights[row + k] += d * logP[k];
      }
    }
    let sum = 0;
    for (let k = 0; k < sourceWords; k++) sum += dLogP[k];
    for (let k = 0; k < sourceWords; k++) dLogits[offset + k] = dLogP[k] - Math.exp(logP[k]) * sum;
  }
}

/** ln of the mean of exp(values[k]) over the given indices; no overflow and no underflow to ln 0. */
function logMeanExp(values: Float64Array, indices: readonly number[]): number {
  let largest = -Infinity;
  for (const k of indices) largest = Math.max(largest, values[k]);
  let sum = 0;
  for (const k of indices) sum += Math.exp(values[k] - largest);
  return largest + Math.log(sum / indices.length);
}
