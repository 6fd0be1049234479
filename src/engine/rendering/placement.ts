import * as z from 'zod';
import type { FrontEnd } from '../audio/front-end';
import { V2SError } from '../errors';
import { average, averageTransposed, stretch, stretchTransposed } from './resample';

/** Samples of the clip an acoustic model hears: 1 s at 16 kHz. */
export const CLIP_SAMPLES = 16_000;

/** Clip samples per value of the longest series that could be read. */
const LEAST_RATE = 1e-9;

/** Values divided by anything beyond these bounds are no numbers of single precision any more. */
const LEAST_SCALE = 1e-30;
const GREATEST_SCALE = 1e30;

/**
 * Where a series lies on the clip (paper, equation 1 and section 5.2): `replicas` of it, at their native rate one series
 * sample per clip sample, starting at `start`, `start` + `interval`, `start` + 2 `interval`, ..
 *
 * A shorter series is placed at the start of each slot, zeros follow. A longer one (TEST may have it) is placed as far as the next
 * replica allows and cut there. When the longest training series exceeds the clip, every series is resampled by the factor `rate`;
 * a rate above 1, which the paper does not have, stretches every series.
 */
export const placementSchema = z
  .object({
    /** clip samples of one replica of the longest training series */
    slot: z.int().min(1).max(CLIP_SAMPLES),
    replicas: z.int().min(1).max(CLIP_SAMPLES),
    /** clip samples from the start of one replica to the start of the next: floor(16000 / replicas) */
    interval: z.int().min(1).max(CLIP_SAMPLES),
    /** clip samples per series sample: 1, less for series longer than the clip, more for stretched ones */
    rate: z.number().min(LEAST_RATE).max(CLIP_SAMPLES),
    /** first clip sample of the first replica; programs of the first version have 0 */
    start: z
      .int()
      .min(0)
      .max(CLIP_SAMPLES - 1)
      .default(0),
    /** whether theta is 0 in the slots (M of equation 1) */
    mask: z.boolean(),
    /** values are placed as (value - offset) / scale; 0 and 1 for data that are standardized already */
    offset: z.number().min(-GREATEST_SCALE).max(GREATEST_SCALE),
    scale: z.number().min(LEAST_SCALE).max(GREATEST_SCALE),
  })
  .refine(({ replicas, interval }) => replicas * interval <= CLIP_SAMPLES, {
    error: `the replicas do not fit on the ${CLIP_SAMPLES} samples of the clip`,
    path: ['replicas'],
  })
  .refine(({ replicas, interval, start }) => start + (replicas - 1) * interval < CLIP_SAMPLES, {
    error: 'the last replica begins behind the clip',
    path: ['start'],
  });
export type Placement = z.infer<typeof placementSchema>;

/**
 * Samples at the beginning of a clip that an uncentered front end hardly hears: its first window fades in from sample 0, and no
 * earlier one makes up for it. A single replica placed there was classified at chance.
 */
export function silentEdge({ kind, fftSize }: FrontEnd): number {
  return kind === 'log-mel' ? fftSize : 0;
}

/** Data whose mean and deviation lie within these bounds of 0 and 1 are standardized already and left as they are. */
const STANDARDIZED = { mean: 0.05, deviation: 0.1 };

/**
 * Plans the placement from the TRAIN series alone.
 * @param series values of every training series; none may be empty
 * @param replicas replicas wanted; capped at floor(16000 / longest)
 * @param edge samples that a single replica leaves free at the beginning, as far as there is room (see `silentEdge`)
 * @returns the placement, and what a person should know about it
 * @throws V2SError `placement.empty` without any value, `placement.range` when the values overflow
 */
export function planPlacement(
  series: readonly ArrayLike<number>[],
  replicas: number,
  mask: boolean,
  edge = 0,
): { placement: Placement; notes: string[] } {
  const notes: string[] = [];
  let longest = 0;
  for (const values of series) longest = Math.max(longest, values.length);
  if (longest === 0) throw new V2SError('placement.empty', 'There is no value in any training series.');
  const rate = longest > CLIP_SAMPLES ? CLIP_SAMPLES / longest : 1;
  const slot = Math.min(longest, CLIP_SAMPLES);
  if (rate < 1)
    notes.push(
      `The longest training series has ${longest} values, more than the ${CLIP_SAMPLES} samples of the clip: ` +
        `every series is resampled to ${((100 * CLIP_SAMPLES) / longest).toFixed(1)} % of its length.`,
    );
  const fitting = mostReplicas(longest);
  if (replicas > fitting)
    notes.push(`${replicas} replicas were asked for. At ${slot} samples for each, ${fitting} fit on the clip.`);
  const kept = Math.min(replicas, fitting);
  const { offset, scale } = standardization(series);
  if (offset !== 0 || scale !== 1)
    notes.push(
      `The values are not standardized: ${offset.toPrecision(4)} is subtracted and the result divided by ` +
        `${scale.toPrecision(4)}, mean and standard deviation of all training values.`,
    );
  return {
    placement: {
      slot,
      replicas: kept,
      interval: Math.floor(CLIP_SAMPLES / kept),
      rate,
      start: kept === 1 ? Math.min(edge, CLIP_SAMPLES - slot) : 0,
      mask,
      offset,
      scale,
    },
    notes,
  };
}

/** Most replicas of a series of this many values that fit on the clip without overlap, at least 1. */
export function mostReplicas(longest: number): number {
  return Math.max(1, Math.floor(CLIP_SAMPLES / longest));
}

/**
 * One offset and scale for the whole data set, so that differences of level between series survive and theta, which starts
 * near 0 and moves by about the learning rate per step, meets values of the order 1. (The archive's series are standardized.)
 */
export function standardization(series: readonly ArrayLike<number>[]): { offset: number; scale: number } {
  let count = 0;
  let mean = 0;
  let squares = 0;
  for (const values of series)
    for (let i = 0; i < values.length; i++) {
      const difference = values[i] - mean;
      mean += difference / ++count;
      squares += difference * (values[i] - mean);
    }
  const deviation = Math.sqrt(squares / count);
  if (!(Math.abs(mean) <= GREATEST_SCALE && deviation <= GREATEST_SCALE))
    throw new V2SError('placement.range', 'The values of the training series are too large to compute with.');
  if (deviation > 0 && deviation < LEAST_SCALE)
    throw new V2SError('placement.range', 'The values of the training series differ too little to compute with.');
  if (Math.abs(mean) < STANDARDIZED.mean && Math.abs(deviation - 1) < STANDARDIZED.deviation)
    return { offset: 0, scale: 1 };
  // A data set of one constant: nothing to scale by.
  return { offset: mean, scale: deviation > 0 ? deviation : 1 };
}

/** Clip samples a series of `length` values occupies in each replica. */
export function placedLength(length: number, placement: Placement): number {
  return Math.min(Math.max(1, resampledLength(length, placement)), room(placement));
}

/** Whether a series of `length` values is cut because the next replica (or the end of the clip) leaves no room. */
export function isCut(length: number, placement: Placement): boolean {
  return resampledLength(length, placement) > room(placement);
}

function resampledLength(length: number, { rate }: Placement): number {
  return rate === 1 ? length : Math.round(length * rate);
}

/** Clip samples from the start of a replica to the next one, or to the end of the clip. */
function room({ replicas, interval, start }: Placement): number {
  return Math.min(interval, CLIP_SAMPLES - start - (replicas - 1) * interval);
}

/**
 * Writes the padded clip Pad(x) of one series: zeros and the replicas.
 * @param values one series, no NaN
 * @param out [16000], overwritten
 */
export function place(values: ArrayLike<number>, placement: Placement, out: Float32Array): void {
  const { replicas, interval, rate, start, offset, scale } = placement;
  const { length } = values;
  const count = placedLength(length, placement);
  out.fill(0);
  if (rate === 1) for (let i = 0; i < count; i++) out[start + i] = (values[i] - offset) / scale;
  else {
    const samples = new Float64Array(count);
    if (rate < 1) average(values, length, rate, samples, count);
    else stretch(values, length, samples, Math.max(1, resampledLength(length, placement)), 0, count);
    for (let i = 0; i < count; i++) out[start + i] = (samples[i] - offset) / scale;
  }
  for (let r = 1; r < replicas; r++) out.copyWithin(start + r * interval, start, start + count);
}

/**
 * Vector-Jacobian product of `place`: the replicas add up.
 * @param dClip d score / d clip, [16000]
 * @returns d score / d values, [length]; 0 for values that were cut off
 */
export function placeTransposed(dClip: Float32Array, length: number, placement: Placement): Float64Array {
  const { replicas, interval, rate, start, scale } = placement;
  const count = placedLength(length, placement);
  const dSamples = new Float64Array(rate === 1 ? length : count);
  for (let r = 0; r < replicas; r++)
    for (let i = 0; i < count; i++) dSamples[i] += dClip[start + r * interval + i] / scale;
  if (rate === 1) return dSamples;
  const dValues = new Float64Array(length);
  if (rate < 1) averageTransposed(dSamples, length, rate, dValues, count);
  else stretchTransposed(dSamples, length, dValues, resampledLength(length, placement), 0, count);
  return dValues;
}

/** M of equation 1 (1 where theta acts): 0 in the slots when the placement masks them, else 1 everywhere. */
export function thetaMask({ mask, replicas, start, interval, slot }: Placement): Uint8Array {
  const acts = new Uint8Array(CLIP_SAMPLES).fill(1);
  if (mask) for (let r = 0; r < replicas; r++) acts.fill(0, start + r * interval, start + r * interval + slot);
  return acts;
}

/**
 * The way back: a curve over the clip (saliency, attention), averaged over the replicas, on the axis of the series.
 * @param curve [16000], one value per clip sample
 * @param length values of the series
 * @returns [length]; NaN for values that were cut off and that the model never heard
 */
export function overSeries(curve: ArrayLike<number>, length: number, placement: Placement): Float64Array {
  const { replicas, interval, rate, start } = placement;
  const count = placedLength(length, placement);
  const slot = new Float64Array(count);
  for (let r = 0; r < replicas; r++)
    for (let i = 0; i < count; i++) slot[i] += curve[start + r * interval + i] / replicas;
  const result = new Float64Array(length).fill(NaN);
  for (let j = 0; j < length; j++) {
    const i = rate === 1 ? j : Math.floor((j + 0.5) * rate);
    if (i < count) result[j] = slot[i];
    // Rounding of the resampled length may leave the last value without a sample of its own.
    else if (rate < 1 && !isCut(length, placement)) result[j] = slot[count - 1];
  }
  return result;
}
