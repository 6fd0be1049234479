import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { checkPoints, type Dimensions, type Points } from './points';

export interface PcaLayout {
  layout: Points;
  /** share of the variance along each axis, descending; sums to at most 1 (0 throughout for identical points) */
  explained: number[];
}

/**
 * Principal components: the centered points on the directions of greatest variance (eigenvectors of the covariance, Pearson
 * 1901). Each direction's largest loading is positive, so that the result does not depend on the solver's choice of sign.
 * Axes beyond the number of coordinates are zero.
 * @throws V2SError `embedding.shape` or `embedding.value`
 */
export function pca(points: Points, dimensions: Dimensions): PcaLayout {
  checkPoints(points);
  const { values, n, d } = points;
  const mean = new Float64Array(d);
  for (let i = 0; i < values.length; i++) mean[i % d] += values[i] / n;
  const centered = values.map((value, i) => value - mean[i % d]);
  const covariance = Matrix.zeros(d, d);
  for (let a = 0; a < d; a++)
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += centered[i * d + a] * centered[i * d + b];
      covariance.set(a, b, sum / n);
      covariance.set(b, a, sum / n);
    }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const axes = realEigenvalues.map((_, axis) => axis).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  const total = realEigenvalues.reduce((sum, value) => sum + Math.max(value, 0), 0);
  const layout = { values: new Float64Array(n * dimensions), n, d: dimensions };
  const explained = new Array<number>(dimensions).fill(0);
  for (let axis = 0; axis < Math.min(dimensions, d); axis++) {
    const direction = eigenvectorMatrix.getColumn(axes[axis]);
    const largest = direction.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
    const sign = largest < 0 ? -1 : 1;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let a = 0; a < d; a++) sum += centered[i * d + a] * direction[a];
      layout.values[i * dimensions + axis] = sign * sum;
    }
    if (total > 0) explained[axis] = Math.max(realEigenvalues[axes[axis]], 0) / total;
  }
  return { layout, explained };
}
