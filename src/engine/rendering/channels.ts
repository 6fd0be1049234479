import * as z from 'zod';
import { averageAround, averageAroundTransposed } from './moving-average';

const lagSchema = z.int().min(1);

/**
 * What is heard of a standardized series u. Lags, radii and dilations are in samples of the longest training series; a series of
 * another length scales them. Beyond its ends a series continues with its first and last value.
 * - `value`: u; `slope`: u_t - u_(t-1), per TRAIN sample of time; `smooth-slope`: that after a moving mean over a tenth of the series;
 * - `deviation`: distance from the TRAIN mean curve in floored TRAIN deviations at each point; `deviation-slope`: its slope;
 * - `difference`: u_(t+lag) - u_(t-lag); `curvature`: u_(t+lag) - 2 u_t + u_(t-lag);
 * - `kernel`: a kernel of MiniRocket (Dempster et al. 2021): nine weights -1, three of which are 2, at a dilation;
 * - `local`: u less its mean over t - radius .. t + radius, divided by its deviation there plus `floor`.
 */
export const channelSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['value', 'slope', 'smooth-slope', 'deviation', 'deviation-slope']) }),
  z.object({ type: z.enum(['difference', 'curvature']), lag: lagSchema }),
  z.object({
    type: z.literal('kernel'),
    dilation: lagSchema,
    /** which of the nine weights are 2 */
    heavy: z.tuple([z.int().min(0).max(8), z.int().min(0).max(8), z.int().min(0).max(8)]),
  }),
  z.object({
    type: z.literal('local'),
    radius: lagSchema,
    /** a tenth of the mean local deviation over TRAIN */
    floor: z.number().positive(),
  }),
]);
export type Channel = z.infer<typeof channelSchema>;

/** TRAIN's mean curve and floored deviations at each point of a series, in standardized units. */
interface PointStatistics {
  mean: Float64Array;
  deviation: Float64Array;
}

/** A series' length, and what its channels need besides its values. */
export interface ChannelFrame {
  length: number;
  /** length / length of the longest training series */
  relativeLength: number;
  points: PointStatistics;
  /** three of at least length + 1 */
  scratch: [Float64Array, Float64Array, Float64Array];
}

/** Half of the moving mean's window is this part of the series. */
const SMOOTHING = 1 / 20;
const KERNEL_LENGTH = 9;
const KERNEL_HEAVY = 3;

/** Turns a standardized series u[0..length) into one of its channels, in place. */
export function toChannel(u: Float64Array, channel: Channel, frame: ChannelFrame): void {
  const { length, points, scratch } = frame;
  switch (channel.type) {
    case 'value':
      return;
    case 'deviation':
    case 'deviation-slope':
      for (let i = 0; i < length; i++) u[i] = (u[i] - points.mean[i]) / points.deviation[i];
      if (channel.type === 'deviation-slope') filter(u, slopeTaps(frame), length, scratch[0]);
      return;
    case 'smooth-slope':
      averageAround(u, length, smoothingRadius(length), scratch[0]);
      filter(u, slopeTaps(frame), length, scratch[0]);
      return;
    case 'local': {
      const deviation = localDeviation(u, channel.radius, frame);
      for (let i = 0; i < length; i++) u[i] /= deviation[i] + channel.floor;
      return;
    }
    default:
      filter(u, taps(channel, frame), length, scratch[0]);
  }
}

/**
 * Vector-Jacobian product of `toChannel`, in place: from d score / d channel to d score / d standardized series.
 * @param u the standardized series; overwritten. Only the local channel, which is not affine, depends on it.
 */
export function channelPullback(d: Float64Array, u: Float64Array, channel: Channel, frame: ChannelFrame): void {
  const { length, points, scratch } = frame;
  switch (channel.type) {
    case 'value':
      return;
    case 'deviation':
    case 'deviation-slope':
      if (channel.type === 'deviation-slope') filterTransposed(d, slopeTaps(frame), length, scratch[0]);
      for (let i = 0; i < length; i++) d[i] /= points.deviation[i];
      return;
    case 'smooth-slope':
      filterTransposed(d, slopeTaps(frame), length, scratch[0]);
      averageAroundTransposed(d, length, smoothingRadius(length), scratch[0]);
      return;
    case 'local':
      return localPullback(d, u, channel.radius, channel.floor, frame);
    default:
      filterTransposed(d, taps(channel, frame), length, scratch[0]);
  }
}

/** Offset of a channel's value j from sample j of the series: a difference of neighbors belongs between its two. */
export function channelShift({ type }: Channel): number {
  return type.endsWith('slope') ? -0.5 : 0;
}

/** Leaves u less its local mean in u. @returns the local deviation, in a scratch array */
export function localDeviation(
  u: Float64Array,
  radius: number,
  { length, relativeLength, scratch }: ChannelFrame,
): Float64Array {
  const [sums, deviation] = scratch;
  const samples = scaled(radius, relativeLength);
  deviation.set(u.subarray(0, length));
  averageAround(deviation, length, samples, sums);
  for (let i = 0; i < length; i++) {
    u[i] -= deviation[i];
    deviation[i] = u[i] * u[i];
  }
  averageAround(deviation, length, samples, sums);
  for (let i = 0; i < length; i++) deviation[i] = Math.sqrt(Math.max(0, deviation[i]));
  return deviation;
}

/** With a = u - B u and s^2 = B a^2 (B the moving mean): da = d / (s + f) + a B^T(-d a / (s + f)^2 / s), du = da - B^T da. */
function localPullback(d: Float64Array, u: Float64Array, radius: number, floor: number, frame: ChannelFrame): void {
  const { length, relativeLength, scratch } = frame;
  const samples = scaled(radius, relativeLength);
  const deviation = localDeviation(u, radius, frame);
  const [sums, , spread] = scratch;
  for (let i = 0; i < length; i++) {
    const divisor = deviation[i] + floor;
    // Where all around is constant a is 0, and so is what the deviation contributes.
    spread[i] = deviation[i] === 0 ? 0 : (-d[i] * u[i]) / (divisor * divisor) / deviation[i];
  }
  averageAroundTransposed(spread, length, samples, sums);
  for (let i = 0; i < length; i++) d[i] = d[i] / (deviation[i] + floor) + u[i] * spread[i];
  spread.set(d.subarray(0, length));
  averageAroundTransposed(spread, length, samples, sums);
  for (let i = 0; i < length; i++) d[i] -= spread[i];
}

interface Tap {
  /** samples from t */
  offset: number;
  weight: number;
}

const scaled = (samples: number, relativeLength: number): number => Math.max(1, Math.round(samples * relativeLength));
const smoothingRadius = (length: number): number => Math.max(1, Math.round(length * SMOOTHING));

/** Differences grow by the relative length when the same shape has fewer samples. */
function slopeTaps({ relativeLength }: ChannelFrame): Tap[] {
  return [
    { offset: 0, weight: relativeLength },
    { offset: -1, weight: -relativeLength },
  ];
}

type FilterChannel = Exclude<Channel, { type: 'local' }>;

function taps(channel: FilterChannel, frame: ChannelFrame): Tap[] {
  switch (channel.type) {
    case 'difference':
    case 'curvature': {
      const lag = scaled(channel.lag, frame.relativeLength);
      return channel.type === 'difference'
        ? [
            { offset: lag, weight: 1 },
            { offset: -lag, weight: -1 },
          ]
        : [
            { offset: lag, weight: 1 },
            { offset: 0, weight: -2 },
            { offset: -lag, weight: 1 },
          ];
    }
    case 'kernel': {
      const dilation = scaled(channel.dilation, frame.relativeLength);
      return Array.from({ length: KERNEL_LENGTH }, (_, k) => ({
        offset: (k - (KERNEL_LENGTH - 1) / 2) * dilation,
        weight: channel.heavy.includes(k) ? KERNEL_HEAVY - 1 : -1,
      }));
    }
    default:
      return slopeTaps(frame);
  }
}

/** u_t <- sum of weight u_(t + offset), with the ends held. */
function filter(u: Float64Array, taps: Tap[], length: number, copy: Float64Array): void {
  copy.set(u.subarray(0, length));
  u.fill(0, 0, length);
  for (const { offset, weight } of taps)
    for (let t = 0; t < length; t++) {
      const at = t + offset;
      u[t] += weight * copy[at < 0 ? 0 : at >= length ? length - 1 : at];
    }
}

function filterTransposed(d: Float64Array, taps: Tap[], length: number, copy: Float64Array): void {
  copy.set(d.subarray(0, length));
  d.fill(0, 0, length);
  for (const { offset, weight } of taps)
    for (let t = 0; t < length; t++) {
      const at = t + offset;
      d[at < 0 ? 0 : at >= length ? length - 1 : at] += weight * copy[t];
    }
}
