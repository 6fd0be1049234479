import type { AcousticModel } from '../acoustic/model';
import { throwIfCanceled } from '../errors';
import { CLIP_SAMPLES, place, placedLength, type Placement } from '../reprogram';
import { targetScore } from './target-score';

/** One reprogrammed series and the score that is explained. */
export interface Subject {
  values: ArrayLike<number>;
  placement: Placement;
  /** M * theta, [16000] */
  theta: Float32Array;
  /** d score / d logits, [K] */
  target: Float32Array;
}

/** Points of the path of integrated gradients; one batch of the kernels. */
const PATH_POINTS = 32;
/** Windows of occlusion: as many as the series has room for, at most this. */
const MOST_WINDOWS = 64;

const repeat = (target: Float32Array, n: number): Float32Array => {
  const all = new Float32Array(n * target.length);
  for (let i = 0; i < n; i++) all.set(target, i * target.length);
  return all;
};

function clipOf({ values, placement, theta }: Subject, factor = 1): Float32Array {
  const clip = new Float32Array(CLIP_SAMPLES);
  place(values, placement, clip);
  for (let i = 0; i < CLIP_SAMPLES; i++) clip[i] = factor * clip[i] + theta[i];
  return clip;
}

/** The placed series without theta. */
function placed({ values, placement }: Subject): Float32Array {
  const clip = new Float32Array(CLIP_SAMPLES);
  place(values, placement, clip);
  return clip;
}

/**
 * Gradient x input (Shrikumar et al. 2016) of the placed series; theta belongs to the model here and gets nothing.
 * @returns signed, one value a clip sample
 */
export async function gradientTimesInput(model: AcousticModel, subject: Subject): Promise<Float64Array> {
  await model.forward(clipOf(subject), 1);
  const { input } = await model.backward(subject.target, { input: 'each' });
  return Float64Array.from(placed(subject), (x, i) => x * input![i]);
}

/**
 * Integrated gradients (Sundararajan et al. 2017) from the program alone (theta, no series) to the reprogrammed series, by
 * the midpoint rule. The values sum to the difference of the two scores.
 * @returns signed, one value a clip sample
 */
export async function integratedGradients(
  model: AcousticModel,
  subject: Subject,
  points = PATH_POINTS,
): Promise<Float64Array> {
  const series = placed(subject);
  const sum = new Float64Array(CLIP_SAMPLES);
  const atOnce = Math.min(points, model.batchLimit);
  for (let from = 0; from < points; from += atOnce) {
    const n = Math.min(atOnce, points - from);
    const clips = new Float32Array(n * CLIP_SAMPLES);
    for (let i = 0; i < n; i++) clips.set(clipOf(subject, (from + i + 0.5) / points), i * CLIP_SAMPLES);
    await model.forward(clips, n);
    const { input } = await model.backward(repeat(subject.target, n), { input: 'sum' });
    for (let i = 0; i < CLIP_SAMPLES; i++) sum[i] += input![i];
  }
  return sum.map((gradient, i) => (gradient / points) * series[i]);
}

/**
 * Occlusion (Zeiler & Fergus 2014): how far the score falls when a window of the series is replaced by 0 in every copy;
 * windows overlap by half and every sample takes the mean of the windows over it.
 * @returns signed, one value a clip sample (0 outside the copies)
 */
export async function occlusion(model: AcousticModel, subject: Subject, signal?: AbortSignal): Promise<Float64Array> {
  const { placement, values, target } = subject;
  const { replicas, interval } = placement;
  const length = placedLength(values.length, placement);
  const half = Math.max(1, Math.ceil(length / MOST_WINDOWS));
  const starts = Array.from({ length: Math.ceil(length / half) }, (_, i) => (i - 0.5) * half).map(Math.round);
  const width = half === 1 ? 1 : 2 * half;
  const whole = clipOf(subject);
  const logits = await model.logits(whole, 1);
  const score = targetScore(target, logits, 0);
  const fall = new Float64Array(length);
  const cover = new Float64Array(length);
  for (let from = 0; from < starts.length; from += model.batchLimit) {
    throwIfCanceled(signal);
    const batch = starts.slice(from, from + model.batchLimit);
    const clips = new Float32Array(batch.length * CLIP_SAMPLES);
    batch.forEach((start, i) => {
      const clip = clips.subarray(i * CLIP_SAMPLES, (i + 1) * CLIP_SAMPLES);
      clip.set(whole);
      for (let r = 0; r < replicas; r++)
        for (let j = Math.max(0, start); j < Math.min(length, start + width); j++)
          clip[r * interval + j] = subject.theta[r * interval + j];
    });
    const scores = await model.logits(clips, batch.length);
    batch.forEach((start, i) => {
      const drop = score - targetScore(target, scores, i * target.length);
      for (let j = Math.max(0, start); j < Math.min(length, start + width); j++) {
        fall[j] += drop;
        cover[j]++;
      }
    });
  }
  const curve = new Float64Array(CLIP_SAMPLES);
  for (let r = 0; r < replicas; r++)
    for (let j = 0; j < length; j++) curve[r * interval + j] = cover[j] > 0 ? fall[j] / cover[j] : 0;
  return curve;
}
