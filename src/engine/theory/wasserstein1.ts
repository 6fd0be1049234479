import { munkres } from 'munkres';
import { V2SError } from '../errors';
import { Random } from '../math/random';
import { checkSample } from './sample';

/**
 * Exact Wasserstein-1 distance, with Euclidean cost, between two empirical distributions of equal size in R^k. For uniform
 * weights and equal sizes an optimal transport plan is a permutation (Birkhoff), so this is an assignment problem, solved
 * exactly by the Hungarian algorithm of the munkres package.
 * Units: those of the logits. Time grows with n^3 at worst; 500 vectors take well below a second.
 * @param a [n * k] and @param b [n * k], row-major
 * @throws V2SError `theory.empty`, `theory.shape` or `theory.value`
 */
export function wasserstein1(a: Float32Array, b: Float32Array, n: number, k: number): number {
  checkSample(a, n, k, 'vectors of the first sample');
  checkSample(b, n, k, 'vectors of the second sample');
  const costs = euclideanDistances(a, b, n, k);
  let sum = 0;
  for (const [i, j] of munkres(costs)) sum += costs[i][j];
  return sum / n;
}

function euclideanDistances(a: Float32Array, b: Float32Array, n: number, k: number): Float64Array[] {
  return Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n);
    for (let j = 0; j < n; j++) {
      let squares = 0;
      for (let c = 0; c < k; c++) {
        const difference = a[i * k + c] - b[j * k + c];
        squares += difference * difference;
      }
      row[j] = Math.sqrt(squares);
    }
    return row;
  });
}

/** More vectors than this per draw cost time without changing the picture. */
export const DEFAULT_DRAW_SIZE = 500;
export const DEFAULT_DRAWS = 5;

/** Wasserstein-1 between two samples of different size, by seeded sub-samples of equal size. */
export interface Wasserstein1Estimate {
  mean: number;
  /** standard deviation over the draws (n - 1), 0 for one draw */
  deviation: number;
  min: number;
  max: number;
  /** the exact distance of every draw */
  values: number[];
  /** vectors per draw, from each side */
  size: number;
}

/**
 * Several exact distances between equal-size sub-samples, drawn without replacement. Where both samples are used whole there is
 * nothing to draw, and one distance is computed.
 *
 * An empirical Wasserstein distance overestimates that of the distributions, more so the smaller the sub-samples and the
 * higher k: values are comparable at equal `size` only.
 * @param a [na * k] and @param b [nb * k], row-major
 * @throws V2SError `theory.empty`, `theory.shape`, `theory.value` or `theory.draws`
 */
export function estimateWasserstein1(
  a: Float32Array,
  na: number,
  b: Float32Array,
  nb: number,
  k: number,
  options: { seed: number; size?: number; draws?: number },
): Wasserstein1Estimate {
  const { seed, draws = DEFAULT_DRAWS } = options;
  checkSample(a, na, k, 'vectors of the first sample');
  checkSample(b, nb, k, 'vectors of the second sample');
  const size = Math.min(options.size ?? DEFAULT_DRAW_SIZE, na, nb);
  if (!Number.isInteger(draws) || draws < 1 || !Number.isInteger(size) || size < 1)
    throw new V2SError(
      'theory.draws',
      `Cannot make ${draws} draws of ${size} vectors; both must be positive integers.`,
    );
  const random = new Random(seed);
  const values: number[] = [];
  for (let draw = 0; draw < (size === na && size === nb ? 1 : draws); draw++)
    values.push(wasserstein1(subSample(a, na, k, size, random), subSample(b, nb, k, size, random), size, k));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    mean,
    deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0,
    min: Math.min(...values),
    max: Math.max(...values),
    values,
    size,
  };
}

function subSample(sample: Float32Array, n: number, k: number, size: number, random: Random): Float32Array {
  if (size === n) return sample;
  const rows = random.shuffle(Array.from({ length: n }, (_, i) => i)).slice(0, size);
  const drawn = new Float32Array(size * k);
  rows.forEach((row, i) => drawn.set(sample.subarray(row * k, (row + 1) * k), i * k));
  return drawn;
}
