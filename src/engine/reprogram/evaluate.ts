import type { AcousticModel } from '../acoustic/model';
import { throwIfCanceled } from '../errors';
import { argmax } from '../math/softmax';
import { CLIP_SAMPLES, place, type Placement } from '../rendering/placement';

/** Clips handed to the model at once when nothing has to be kept: enough to share among threads, little memory (4 MB). */
const CHUNK = 64;

export interface EvaluationHooks {
  signal?: AbortSignal;
  /** series done so far */
  onProgress?(done: number, total: number): void;
}

/** How well a set of series is classified. */
export interface Metrics {
  /** mean loss of paper equation 3 */
  loss: number;
  /** 0..1 */
  accuracy: number;
}

/**
 * The reprogrammed clip x + delta (paper, equation 1) of one series.
 * @param delta M * theta, [16000]; null for the padded series alone
 * @param out [16000], overwritten
 */
export function reprogramClip(
  values: ArrayLike<number>,
  placement: Placement,
  delta: Float32Array | null,
  out: Float32Array,
): void {
  place(values, placement, out);
  if (delta) for (let i = 0; i < CLIP_SAMPLES; i++) out[i] += delta[i];
}

/**
 * Source logits of any number of series, [n * K], computed in chunks of bounded memory.
 * @param delta M * theta; null to hear the series without a program
 * @throws CanceledError
 */
export async function sourceLogitsOf(
  model: AcousticModel,
  series: readonly ArrayLike<number>[],
  placement: Placement,
  delta: Float32Array | null,
  { signal, onProgress }: EvaluationHooks = {},
): Promise<Float32Array> {
  const k = model.card.sourceLabels.length;
  const result = new Float32Array(series.length * k);
  const clips = new Float32Array(Math.min(CHUNK, series.length) * CLIP_SAMPLES);
  for (let from = 0; from < series.length; from += CHUNK) {
    throwIfCanceled(signal);
    const n = Math.min(CHUNK, series.length - from);
    for (let i = 0; i < n; i++)
      reprogramClip(series[from + i], placement, delta, clips.subarray(i * CLIP_SAMPLES, (i + 1) * CLIP_SAMPLES));
    result.set(await model.logits(clips.subarray(0, n * CLIP_SAMPLES), n), from * k);
    onProgress?.(from + n, series.length);
  }
  return result;
}

export interface LabeledSeries {
  series: readonly ArrayLike<number>[];
  /** class index of every series */
  labels: readonly number[];
}

export interface Evaluation {
  /** of every series */
  losses: Float64Array;
  /** class index predicted for every series */
  predicted: Int32Array;
  metrics: Metrics;
}

/** What turns the K source logits of a series (at `offset`) into class scores and a loss. */
export interface SeriesHead {
  /** valid until the next call */
  scores(logits: ArrayLike<number>, offset: number): Float64Array;
  loss(logits: ArrayLike<number>, offset: number, y: number): number;
}

/**
 * Classifies labeled series.
 * @param theta M * theta, [16000]; null to hear the series without a program
 * @throws CanceledError
 */
export async function evaluate(
  model: AcousticModel,
  { series, labels }: LabeledSeries,
  placement: Placement,
  theta: Float32Array | null,
  head: SeriesHead,
  hooks: EvaluationHooks = {},
): Promise<Evaluation> {
  const logits = await sourceLogitsOf(model, series, placement, theta, hooks);
  const k = model.card.sourceLabels.length;
  const losses = new Float64Array(labels.length);
  const predicted = new Int32Array(labels.length);
  let loss = 0;
  let correct = 0;
  labels.forEach((label, i) => {
    losses[i] = head.loss(logits, i * k, label);
    predicted[i] = argmax(head.scores(logits, i * k));
    loss += losses[i];
    if (predicted[i] === label) correct++;
  });
  const n = Math.max(1, labels.length);
  return { losses, predicted, metrics: { loss: loss / n, accuracy: correct / n } };
}

/** Counts [true class][predicted class]. */
export function confusionMatrix(labels: readonly number[], predicted: ArrayLike<number>, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((label, i) => counts[label][predicted[i]]++);
  return counts;
}
