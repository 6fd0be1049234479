import type { AcousticModel } from '../acoustic/model';
import { throwIfCanceled } from '../errors';
import { Random } from '../math/random';
import { CLIP_SAMPLES } from '../reprogram';
import type { ProgramRendering } from './program-rendering';
import type { TargetScore } from './target-score';

/** One series, how it is rendered, and the score that is explained. */
export interface Subject extends ProgramRendering {
  values: ArrayLike<number>;
  score: TargetScore;
}

/** Windows of occlusion: as many as the series has room for, at most this. */
const MAX_WINDOWS = 64;
/** Noisy copies of SmoothGrad. */
const NOISY_SERIES = 32;
/** Deviation of SmoothGrad's noise, as a part of the range of the series; its authors use a tenth to a fifth. */
const NOISE_LEVEL = 0.15;

/** The clips of variants of the series, [n * 16000]. */
export function renderAll(
  { rendering, parameters }: Pick<Subject, 'rendering' | 'parameters'>,
  variants: readonly ArrayLike<number>[],
): Float32Array {
  const clips = new Float32Array(variants.length * CLIP_SAMPLES);
  variants.forEach((values, i) =>
    rendering.render(values, parameters, clips.subarray(i * CLIP_SAMPLES, (i + 1) * CLIP_SAMPLES)),
  );
  return clips;
}

/** The score of each variant of the series. @throws CanceledError */
export async function scoresOf(
  model: AcousticModel,
  subject: Subject,
  variants: readonly ArrayLike<number>[],
  signal?: AbortSignal,
): Promise<Float64Array> {
  const k = model.card.sourceLabels.length;
  const scores = new Float64Array(variants.length);
  for (let from = 0; from < variants.length; from += model.batchLimit) {
    throwIfCanceled(signal);
    const batch = variants.slice(from, from + model.batchLimit);
    const logits = await model.logits(renderAll(subject, batch), batch.length);
    for (let i = 0; i < batch.length; i++) scores[from + i] = subject.score.value(logits, i * k);
  }
  return scores;
}

/**
 * Weighted sum over variants of the series of d score / d values at each of them, [L].
 * @param weights one a variant
 * @throws CanceledError
 */
export async function gradientSum(
  model: AcousticModel,
  subject: Subject,
  variants: readonly ArrayLike<number>[],
  weights: readonly number[],
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { rendering, parameters, score, values } = subject;
  const k = model.card.sourceLabels.length;
  const sum = new Float64Array(values.length);
  for (let from = 0; from < variants.length; from += model.batchLimit) {
    throwIfCanceled(signal);
    const batch = variants.slice(from, from + model.batchLimit);
    const logits = await model.forward(renderAll(subject, batch), batch.length);
    const dLogits = new Float32Array(batch.length * k);
    for (let i = 0; i < batch.length; i++) score.gradient(logits, i * k, dLogits);
    const { input } = await model.backward(dLogits, { input: 'each' });
    batch.forEach((variant, i) => {
      const dClip = input!.subarray(i * CLIP_SAMPLES, (i + 1) * CLIP_SAMPLES);
      const weight = weights[from + i];
      rendering.pullback(variant, parameters, dClip).forEach((d, j) => (sum[j] += weight * d));
    });
  }
  return sum;
}

/**
 * Gradient x input (Shrikumar et al. 2016): the slope of the score by each value, times the value's distance from the baseline. Theta
 * belongs to the model here and gets nothing.
 * @param dClip d score / d clip, [16000]
 * @returns signed, in units of the score, [L]
 */
export function gradientTimesInput(
  { values, rendering, parameters, baseline }: Omit<Subject, 'score'>,
  dClip: Float32Array,
): Float64Array {
  return rendering.pullback(values, parameters, dClip).map((d, i) => d * (values[i] - baseline));
}

/**
 * SmoothGrad (Smilkov et al. 2017): as gradient x input, with the mean of the gradients at noisy copies of the series.
 * @returns signed, in units of the score, [L]
 * @throws CanceledError
 */
export async function smoothGrad(
  model: AcousticModel,
  subject: Subject,
  { seed = 1, signal }: { seed?: number; signal?: AbortSignal } = {},
): Promise<Float64Array> {
  const { values, baseline } = subject;
  const random = new Random(seed);
  let least = Infinity;
  let largest = -Infinity;
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i]);
    largest = Math.max(largest, values[i]);
  }
  const deviation = NOISE_LEVEL * (largest - least);
  const noisy = Array.from({ length: NOISY_SERIES }, () =>
    Float64Array.from(values, (value) => value + deviation * random.gaussian()),
  );
  const equal = new Array<number>(NOISY_SERIES).fill(1 / NOISY_SERIES);
  const gradient = await gradientSum(model, subject, noisy, equal, signal);
  return gradient.map((d, i) => d * (values[i] - baseline));
}

/**
 * Occlusion (Zeiler and Fergus 2014): how far the score falls when a window of the series is replaced by the baseline; windows overlap
 * by half and every value takes the mean of the windows over it.
 * @returns signed, in units of the score, [L]; and the width of a window in values
 * @throws CanceledError
 */
export async function occlusion(
  model: AcousticModel,
  subject: Subject,
  signal?: AbortSignal,
): Promise<{ values: Float64Array; width: number }> {
  const { values, baseline } = subject;
  const { length } = values;
  const half = Math.max(1, Math.ceil(length / MAX_WINDOWS));
  const width = half === 1 ? 1 : 2 * half;
  const windows = Array.from({ length: Math.ceil(length / half) }, (_, i) => {
    const start = Math.round((i - 0.5) * half);
    return { from: Math.max(0, start), to: Math.min(length, start + width) };
  });
  const variants = windows.map(({ from, to }) => Float64Array.from(values).fill(baseline, from, to));
  const [whole, ...scores] = await scoresOf(model, subject, [values, ...variants], signal);
  const fall = new Float64Array(length);
  const cover = new Float64Array(length);
  windows.forEach(({ from, to }, i) => {
    for (let j = from; j < to; j++) {
      fall[j] += whole - scores[i];
      cover[j]++;
    }
  });
  return { values: fall.map((sum, j) => (cover[j] > 0 ? sum / cover[j] : 0)), width };
}
