import { exp } from '../math/elementary';

/**
 * Resampling as linear maps, each with its exact transpose: `stretch` interpolates to more samples, `average` reduces to fewer.
 * Both take sample i of n as the interval [i / n, (i + 1) / n) of the whole, so that centers lie at (i + 0.5) / n.
 */

/** Position, in knots from 0, of sample i of n over `count` knots; constant beyond the first and the last center. */
export function knotPosition(i: number, count: number, n: number): number {
  const q = ((i + 0.5) * count) / n - 0.5;
  return q < 0 ? 0 : q > count - 1 ? count - 1 : q;
}

/** First sample of n at or beyond the center of knot `a` of `count`. */
function firstSampleOf(a: number, count: number, n: number): number {
  return Math.min(n, Math.max(0, Math.ceil(((a + 0.5) * n) / count - 0.5)));
}

/**
 * Linear interpolation of knots[0..count) to n >= count samples, the first `kept` of which are written to out[at..at + kept).
 * @param count at least 1
 */
export function stretch(
  knots: ArrayLike<number>,
  count: number,
  out: Float32Array | Float64Array,
  n: number,
  at = 0,
  kept = n,
): void {
  let i = Math.min(kept, firstSampleOf(0, count, n));
  out.fill(knots[0], at, at + i);
  for (let a = 0; a < count - 1 && i < kept; a++) {
    const end = Math.min(kept, firstSampleOf(a + 1, count, n));
    const from = knots[a];
    const rise = knots[a + 1] - from;
    for (; i < end; i++) out[at + i] = from + (((i + 0.5) * count) / n - 0.5 - a) * rise;
  }
  out.fill(knots[count - 1], at + i, at + kept);
}

/** Adds the transpose of `stretch` to dKnots[0..count): from d score / d samples to d score / d knots. */
export function stretchTransposed(
  dSamples: ArrayLike<number>,
  count: number,
  dKnots: Float64Array,
  n: number,
  at = 0,
  kept = n,
): void {
  let i = Math.min(kept, firstSampleOf(0, count, n));
  for (let j = 0; j < i; j++) dKnots[0] += dSamples[at + j];
  for (let a = 0; a < count - 1 && i < kept; a++) {
    const end = Math.min(kept, firstSampleOf(a + 1, count, n));
    let whole = 0;
    let upper = 0;
    for (; i < end; i++) {
      const d = dSamples[at + i];
      whole += d;
      upper += d * (((i + 0.5) * count) / n - 0.5 - a);
    }
    dKnots[a] += whole - upper;
    dKnots[a + 1] += upper;
  }
  for (; i < kept; i++) dKnots[count - 1] += dSamples[at + i];
}

/**
 * factor * e^(rate * stretched knots), [n]: between two knots it grows by a constant ratio per sample, so that two exponentials
 * per knot are enough.
 */
export function stretchExponential(
  knots: ArrayLike<number>,
  count: number,
  rate: number,
  factor: number,
  out: Float64Array,
  n: number,
): void {
  let i = firstSampleOf(0, count, n);
  out.fill(factor * exp(rate * knots[0]), 0, i);
  for (let a = 0; a < count - 1; a++) {
    const end = firstSampleOf(a + 1, count, n);
    if (i === end) continue;
    const rise = knots[a + 1] - knots[a];
    let value = factor * exp(rate * (knots[a] + (((i + 0.5) * count) / n - 0.5 - a) * rise));
    out[i++] = value;
    if (i === end) continue;
    const ratio = exp((rate * rise * count) / n);
    for (; i < end; i++) out[i] = value *= ratio;
  }
  if (i < n) out.fill(factor * exp(rate * knots[count - 1]), i, n);
}

/**
 * Mean of the values, each constant over its sample, over [i / rate, (i + 1) / rate) for every i < count: the low-pass filter that
 * keeps fast changes from aliasing at a lower rate.
 * @param length values[0..length)
 * @param rate samples per value, below 1
 */
export function average(
  values: ArrayLike<number>,
  length: number,
  rate: number,
  out: Float32Array | Float64Array,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const from = Math.min(i / rate, length - 1);
    const to = Math.min((i + 1) / rate, length);
    let sum = 0;
    for (let j = Math.floor(from); j < to; j++) sum += values[j] * (Math.min(j + 1, to) - Math.max(j, from));
    out[i] = sum / (to - from);
  }
}

/** Adds the transpose of `average` to dValues[0..length). */
export function averageTransposed(
  dOut: ArrayLike<number>,
  length: number,
  rate: number,
  dValues: Float64Array,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const from = Math.min(i / rate, length - 1);
    const to = Math.min((i + 1) / rate, length);
    const d = dOut[i] / (to - from);
    for (let j = Math.floor(from); j < to; j++) dValues[j] += d * (Math.min(j + 1, to) - Math.max(j, from));
  }
}
