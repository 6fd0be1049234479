import { z } from 'zod';
import { V2SError } from '../errors';
import { standardization } from './placement';
import { average, stretch } from './resample';

/** Most points of the stored TRAIN curves; longer series read them stretched. */
const MAX_POINTS = 2048;
/** The variance at a point is at least about this part of the mean variance of all points. */
const VARIANCE_FLOOR = 0.1;
const LEAST_VARIANCE = 1e-12;
/** Standardized values are cut here, so that no sum, difference or square of them overflows or drowns the others. */
export const MAX_STANDARDIZED = 1e6;
/** Digits kept of every stored number. The stored ones are used from the beginning, so nothing depends on the rest. */
const DIGITS = 7;

/** What all renderings of a program know of TRAIN: computed once, stored with the program. */
export const trainStatisticsSchema = z.object({
  /** values of the longest training series */
  length: z.int().min(1),
  /** values are standardized as (value - offset) / scale */
  offset: z.number(),
  scale: z.number().positive(),
  /** TRAIN mean curve of the standardized series, over the whole of their length; at most 2,048 points */
  mean: z.array(z.number()).min(1).max(MAX_POINTS),
  /** floored standard deviation at each of these points */
  deviation: z.array(z.number().positive()).min(1).max(MAX_POINTS),
});
export type TrainStatistics = z.infer<typeof trainStatisticsSchema>;

/**
 * Statistics of the training series alone. A series shorter than the longest one is stretched to it for the curves.
 * @param series values, gaps filled; series without any value are left out
 * @throws V2SError `placement.empty` without any value, `placement.range` when the values overflow
 */
export function measureTrain(series: readonly ArrayLike<number>[]): TrainStatistics {
  const filled = series.filter(({ length }) => length > 0);
  if (filled.length === 0) throw new V2SError('placement.empty', 'There is no value in any training series.');
  const { offset, scale } = standardization(filled);
  const length = filled.reduce((longest, values) => Math.max(longest, values.length), 1);
  const points = Math.min(length, MAX_POINTS);
  const mean = new Float64Array(points);
  const squares = new Float64Array(points);
  filled.forEach((values, n) => {
    const standardized = Float64Array.from(values, (value) => limited((value - offset) / scale));
    const curve = resampled(standardized, points);
    for (let i = 0; i < points; i++) {
      const difference = curve[i] - mean[i];
      mean[i] += difference / (n + 1);
      squares[i] += difference * (curve[i] - mean[i]);
    }
  });
  const variances = squares.map((sum) => sum / filled.length);
  const floor = (VARIANCE_FLOOR * variances.reduce((a, b) => a + b)) / points + LEAST_VARIANCE;
  return {
    length,
    offset,
    scale,
    mean: Array.from(mean, rounded),
    deviation: Array.from(variances, (variance) => rounded(Math.sqrt(variance + floor))),
  };
}

/** A standardized value within +-1e6. */
export function limited(u: number): number {
  return u > MAX_STANDARDIZED ? MAX_STANDARDIZED : u < -MAX_STANDARDIZED ? -MAX_STANDARDIZED : u;
}

/** A curve read at another number of points. */
export function resampled(curve: ArrayLike<number>, points: number): Float64Array {
  if (curve.length === points) return Float64Array.from(curve);
  const out = new Float64Array(points);
  if (curve.length > points) average(curve, curve.length, points / curve.length, out, points);
  else stretch(curve, curve.length, out, points);
  return out;
}

/** As numbers are stored. */
export const rounded = (x: number): number => Number(x.toPrecision(DIGITS));
