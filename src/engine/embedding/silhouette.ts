import { V2SError } from '../errors';
import { checkPoints, squaredDistances, type Points } from './points';

export interface Silhouette {
  /** mean over all points, -1..1: near 1 for compact, separate classes, below 0 where points lie nearer to another class */
  mean: number;
  /** of each point; 0 for the only point of its class, NaN without a label */
  values: Float64Array;
}

/**
 * Silhouette (Rousseeuw 1987) of labeled points, Euclidean: (b - a) / max(a, b), where a is a point's mean distance to the
 * others of its class, and b the mean distance to the nearest other class. Comparable between layouts of different scale.
 * @param labels the class index of each point; -1 for a point without a label, which is left out
 * @returns null when there are fewer than two classes, or no class with two points: there is nothing to compare
 * @throws V2SError `embedding.shape`, `embedding.value` or `embedding.labels`
 */
export function silhouette(points: Points, labels: ArrayLike<number>): Silhouette | null {
  checkPoints(points);
  const { n } = points;
  if (labels.length !== n) throw new V2SError('embedding.labels', `There are ${labels.length} labels for ${n} points.`);
  const sizes: number[] = [];
  for (let i = 0; i < n; i++) {
    if (labels[i] === -1) continue;
    if (!Number.isInteger(labels[i]) || labels[i] < 0)
      throw new V2SError('embedding.labels', `Label ${labels[i]} of point ${i + 1} is not a class index.`);
    sizes[labels[i]] = (sizes[labels[i]] ?? 0) + 1;
  }
  const classes = [...sizes.keys()].filter((c) => sizes[c] > 0);
  if (classes.length < 2 || classes.every((c) => sizes[c] === 1)) return null;

  const squares = squaredDistances(points);
  const values = new Float64Array(n).fill(NaN);
  let total = 0;
  const sums = new Float64Array(sizes.length);
  for (let i = 0; i < n; i++) {
    const own = labels[i];
    if (own === -1) continue;
    values[i] = 0;
    if (sizes[own] === 1) continue;
    sums.fill(0);
    for (let j = 0; j < n; j++) if (labels[j] !== -1) sums[labels[j]] += Math.sqrt(squares[i * n + j]);
    const a = sums[own] / (sizes[own] - 1);
    let b = Infinity;
    for (const c of classes) if (c !== own) b = Math.min(b, sums[c] / sizes[c]);
    if (Math.max(a, b) > 0) values[i] = (b - a) / Math.max(a, b);
    total += values[i];
  }
  return { mean: total / classes.reduce((sum, c) => sum + sizes[c], 0), values };
}
