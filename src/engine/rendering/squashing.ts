import { z } from 'zod';
import { asinh } from '../math/elementary';

/**
 * What keeps a channel, in TRAIN deviations, within the range of a carrier, a pitch or a formant:
 * - `none`: as it is, cut at +-1e6 where the clip is proportional to it, and at +-4 where it is an exponent;
 * - `clip`: cut at +-3;
 * - `asinh`: asinh(4 x) / 1.4, which opens up small values and compresses large ones, cut at +-4;
 * - `rank`: the rank among all TRAIN values of the channel, from -2 to 2, linear between their quantiles.
 */
export const squashingSchema = z.enum(['none', 'clip', 'asinh', 'rank']);
export type Squashing = z.infer<typeof squashingSchema>;

/** Where `none` cuts. */
export const MAX_FACTOR = 1e6;
export const MAX_EXPONENT = 4;

const MAX_CLIP = 3;
const ASINH_GAIN = 4;
const ASINH_DIVISOR = 1.4;
const MAX_ASINH = 4;
const MAX_RANK = 2;

/** Squashes x[0..count) in place. @param most where `none` cuts; @param quantiles of the channel over TRAIN, ascending; read for `rank` */
export function squash(
  x: Float64Array,
  count: number,
  squashing: Squashing,
  quantiles: number[] | null,
  most: number,
): void {
  for (let i = 0; i < count; i++) {
    const v = x[i];
    if (squashing === 'rank') x[i] = rank(v, quantiles!);
    else if (squashing === 'asinh') x[i] = limit(asinh(ASINH_GAIN * v) / ASINH_DIVISOR, MAX_ASINH);
    else x[i] = limit(v, squashing === 'clip' ? MAX_CLIP : most);
  }
}

/** Derivative of the squashing at x; 0 where it cuts. */
export function squashingSlope(x: number, squashing: Squashing, quantiles: number[] | null, most: number): number {
  switch (squashing) {
    case 'rank':
      return rankSlope(x, quantiles!);
    case 'asinh':
      return Math.abs(asinh(ASINH_GAIN * x) / ASINH_DIVISOR) >= MAX_ASINH
        ? 0
        : ASINH_GAIN / ASINH_DIVISOR / Math.sqrt(1 + (ASINH_GAIN * x) ** 2);
    default:
      return Math.abs(x) >= (squashing === 'clip' ? MAX_CLIP : most) ? 0 : 1;
  }
}

function limit(x: number, most: number): number {
  return x > most ? most : x < -most ? -most : x;
}

/** First index whose quantile is at least x (`above` false) or more than x (`above` true). */
function find(x: number, quantiles: ArrayLike<number>, above: boolean): number {
  let low = 0;
  let high = quantiles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (above ? quantiles[middle] <= x : quantiles[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rank(x: number, quantiles: ArrayLike<number>): number {
  const last = quantiles.length - 1;
  const first = find(x, quantiles, false);
  if (first > last) return MAX_RANK;
  let position: number;
  // Many equal TRAIN values share one rank, the middle of theirs.
  if (quantiles[first] === x) position = (first + find(x, quantiles, true) - 1) / 2;
  else if (first === 0) return -MAX_RANK;
  else position = first - 1 + (x - quantiles[first - 1]) / (quantiles[first] - quantiles[first - 1]);
  return (2 * MAX_RANK * position) / last - MAX_RANK;
}

function rankSlope(x: number, quantiles: ArrayLike<number>): number {
  const last = quantiles.length - 1;
  const first = find(x, quantiles, false);
  if (first > last || first === 0 || quantiles[first] === x) return 0;
  return (2 * MAX_RANK) / last / (quantiles[first] - quantiles[first - 1]);
}
