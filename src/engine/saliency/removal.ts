import { V2SError } from '../errors';
import { meanOf } from './variants';

/**
 * What stands in for values that are removed. None is neutral: the mean of the series keeps its level, the TRAIN mean curve is what an
 * average series has there, interpolation removes what is between the values that stay.
 */
export const REMOVALS = ['mean', 'train-mean', 'interpolation'] as const;
export type RemovalKind = (typeof REMOVALS)[number];

/** A copy of the series without the values for which `removed` is true. */
export type Removal = (values: ArrayLike<number>, removed: readonly boolean[]) => Float64Array;

/**
 * @param trainMean mean of the training series at each position, [length]; series of another length read it stretched
 * @throws V2SError `study.train` for `train-mean` without the curve
 */
export function removalOf(kind: RemovalKind, trainMean: ArrayLike<number> | null = null): Removal {
  switch (kind) {
    case 'mean':
      return (values, removed) => {
        const mean = meanOf(values);
        return Float64Array.from(values, (value, i) => (removed[i] ? mean : value));
      };
    case 'train-mean':
      if (!trainMean)
        throw new V2SError(
          'study.train',
          'To remove values by the mean of the training series, name the training file.',
        );
      return (values, removed) =>
        Float64Array.from(values, (value, i) => (removed[i] ? stretched(trainMean, i, values.length) : value));
    case 'interpolation':
      return interpolated;
  }
}

/** Mean over series at each position of the longest; shorter ones count where they have values. */
export function meanCurve(series: readonly ArrayLike<number>[]): Float64Array {
  const length = series.reduce((longest, values) => Math.max(longest, values.length), 0);
  return Float64Array.from({ length }, (_, i) => {
    const there = series.filter((values) => i < values.length);
    return there.reduce((sum, values) => sum + values[i], 0) / there.length;
  });
}

function stretched(curve: ArrayLike<number>, i: number, length: number): number {
  if (curve.length === length) return curve[i];
  const at = Math.min(curve.length - 1, Math.max(0, ((i + 0.5) * curve.length) / length - 0.5));
  const first = Math.floor(at);
  const second = Math.min(curve.length - 1, first + 1);
  return curve[first] + (at - first) * (curve[second] - curve[first]);
}

/** Removed values lie on the line between the nearest that stay; beyond the outermost its value goes on; all removed: the mean. */
function interpolated(values: ArrayLike<number>, removed: readonly boolean[]): Float64Array {
  const out = Float64Array.from(values);
  let before = -1;
  for (let i = 0; i <= out.length; i++) {
    if (i < out.length && removed[i]) continue;
    for (let j = before + 1; j < i; j++) {
      if (before < 0 && i === out.length) out[j] = meanOf(values);
      else if (before < 0) out[j] = values[i];
      else if (i === out.length) out[j] = values[before];
      else out[j] = values[before] + ((j - before) / (i - before)) * (values[i] - values[before]);
    }
    before = i;
  }
  return out;
}
