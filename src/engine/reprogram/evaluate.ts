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
 * Source logits of any number of placed series without a program, [n * K], computed in chunks of bounded memory.
 * @throws CanceledError
 */
export async function placedLogitsOf(
  model: AcousticModel,
  series: readonly ArrayLike<number>[],
  placement: Placement,
  { signal, onProgress }: EvaluationHooks = {},
): Promise<Float32Array> {
  const k = model.card.sourceLabels.length;
  const result = new Float32Array(series.length * k);
  const clips = new Float32Array(Math.min(CHUNK, series.length) * CLIP_SAMPLES);
  for (let from = 0; from < series.length; from += CHUNK) {
    throwIfCanceled(signal);
    const n = Math.min(CHUNK, series.length - from);
    for (let i = 0; i < n; i++)
      place(series[from + i], placement, clips.subarray(i * CLIP_SAMPLES, (i + 1) * CLIP_SAMPLES));
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

/** What turns the logits of a series (at `offset`) into class scores and a loss. */
export interface SeriesHead {
  /** valid until the next call */
  scores(logits: ArrayLike<number>, offset: number): Float64Array;
  loss(logits: ArrayLike<number>, offset: number, y: number): number;
}

/** How labeled series are classified by their logits, [n * stride]. */
export function evaluateLogits(
  logits: ArrayLike<number>,
  stride: number,
  labels: readonly number[],
  head: SeriesHead,
): Evaluation {
  const losses = new Float64Array(labels.length);
  const predicted = new Int32Array(labels.length);
  let loss = 0;
  let correct = 0;
  labels.forEach((label, i) => {
    losses[i] = head.loss(logits, i * stride, label);
    predicted[i] = argmax(head.scores(logits, i * stride));
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
