import { V2SError } from '../errors';

/** How many axes a layout has. */
export type Dimensions = 2 | 3;

/** n points of d coordinates, row-major. */
export interface Points {
  values: Float64Array;
  n: number;
  d: number;
}

/** @throws V2SError `embedding.shape`, or `embedding.value` with the row and the column, both from 1 */
export function checkPoints({ values, n, d }: Points, least = 1): void {
  if (!Number.isInteger(n) || n < 1 || !Number.isInteger(d) || d < 1 || values.length !== n * d)
    throw new V2SError('embedding.shape', `${values.length} numbers are not ${n} points of ${d} coordinates.`);
  if (n < least)
    throw new V2SError(
      'embedding.points',
      `This embedding needs at least ${least} points, but there are only ${n}. Use more series, or PCA.`,
    );
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new V2SError(
        'embedding.value',
        `Point ${Math.floor(i / d) + 1} has ${values[i]} in coordinate ${(i % d) + 1}, but an embedding needs finite numbers.`,
      );
}

/** All squared Euclidean distances, [n * n], row-major. */
export function squaredDistances({ values, n, d }: Points): Float64Array {
  const distances = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let a = i * d, b = j * d, end = a + d; a < end; a++, b++) {
        const difference = values[a] - values[b];
        sum += difference * difference;
      }
      distances[i * n + j] = sum;
      distances[j * n + i] = sum;
    }
  return distances;
}
