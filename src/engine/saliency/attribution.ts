import { Random } from '../math/random';
import type { Member } from '../ensemble/member-logits';
import { gradientSum, meanOf, scoresOf, type Subject, type VariantHooks } from './variants';

/** Windows of occlusion: as many as the series has room for, at most this. */
const MAX_WINDOWS = 64;
/** Noisy copies of SmoothGrad. */
const NOISY_SERIES = 32;
/** Deviation of SmoothGrad's noise, as a part of the range of the series; its authors use a tenth to a fifth. */
const NOISE_LEVEL = 0.15;

/**
 * Gradient x input (Shrikumar et al. 2016): the slope of the score by each value, times the value's distance from the mean of the
 * series. Theta belongs to the model here and gets nothing.
 * @param dClip d score / d clip, [16000]
 * @returns signed, in units of the score, [L]
 */
export function gradientTimesInput(
  { rendering, parameters }: Member,
  values: ArrayLike<number>,
  dClip: Float32Array,
): Float64Array {
  const mean = meanOf(values);
  return rendering.pullback(values, parameters, dClip).map((d, i) => d * (values[i] - mean));
}

/**
 * SmoothGrad (Smilkov et al. 2017): as gradient x input, with the mean of the gradients at noisy copies of the series.
 * @returns signed, in units of the score, [L]
 * @throws CanceledError
 */
export async function smoothGrad(
  subject: Subject,
  { seed = 1, signal }: { seed?: number; signal?: AbortSignal } = {},
): Promise<Float64Array> {
  const { values } = subject;
  const mean = meanOf(values);
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
  const gradient = await gradientSum(subject, noisy, equal, signal);
  return gradient.map((d, i) => d * (values[i] - mean));
}

/**
 * Occlusion (Zeiler and Fergus 2014): how far the score falls when a window of the series is replaced by its mean; windows overlap by
 * half and every value takes the mean of the windows over it.
 * @returns signed, in units of the score, [L]; and the width of a window in values
 * @throws CanceledError
 */
export async function occlusion(
  subject: Subject,
  hooks: VariantHooks = {},
): Promise<{ values: Float64Array; width: number }> {
  const { values } = subject;
  const mean = meanOf(values);
  const { length } = values;
  const half = Math.max(1, Math.ceil(length / MAX_WINDOWS));
  const width = half === 1 ? 1 : 2 * half;
  const windows = Array.from({ length: Math.ceil(length / half) }, (_, i) => {
    const start = Math.round((i - 0.5) * half);
    return { from: Math.max(0, start), to: Math.min(length, start + width) };
  });
  const variants = windows.map(({ from, to }) => Float64Array.from(values).fill(mean, from, to));
  const [whole, ...scores] = await scoresOf(subject, [values, ...variants], hooks);
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
