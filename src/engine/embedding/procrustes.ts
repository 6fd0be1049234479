import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { V2SError } from '../errors';
import { checkPoints, type Points } from './points';

/**
 * Turns, mirrors and shifts a layout so that its points come nearest, in the mean squared distance, to those of another layout
 * of the same series (orthogonal Procrustes problem, Schoenemann 1966). Distances within the layout stay as they are: t-SNE,
 * UMAP and PCA layouts mean the same in every orientation, so this makes two of them comparable and changes neither.
 * @throws V2SError `embedding.shape` when the layouts differ in points or axes; `embedding.value`
 */
export function alignTo(layout: Points, reference: Points): Points {
  checkPoints(layout);
  checkPoints(reference);
  const { n, d } = layout;
  if (reference.n !== n || reference.d !== d)
    throw new V2SError(
      'embedding.shape',
      `A layout of ${n} points in ${d} axes cannot be aligned to one of ${reference.n} points in ${reference.d} axes.`,
    );
  const from = center(layout);
  const to = center(reference);
  const covariance = Matrix.zeros(d, d);
  for (let i = 0; i < n; i++)
    for (let a = 0; a < d; a++)
      for (let b = 0; b < d; b++)
        covariance.set(
          a,
          b,
          covariance.get(a, b) + (layout.values[i * d + a] - from[a]) * (reference.values[i * d + b] - to[b]),
        );
  const { leftSingularVectors, rightSingularVectors } = new SingularValueDecomposition(covariance);
  const rotation = leftSingularVectors.mmul(rightSingularVectors.transpose());
  const values = new Float64Array(n * d);
  for (let i = 0; i < n; i++)
    for (let b = 0; b < d; b++) {
      let sum = to[b];
      for (let a = 0; a < d; a++) sum += (layout.values[i * d + a] - from[a]) * rotation.get(a, b);
      values[i * d + b] = sum;
    }
  return { values, n, d };
}

function center({ values, n, d }: Points): Float64Array {
  const mean = new Float64Array(d);
  for (let i = 0; i < values.length; i++) mean[i % d] += values[i] / n;
  return mean;
}
