import { Random } from '../../math/random';
import { LSTM_UNITS, weightShapes } from '../architecture';
import type { ModelCard } from '../card';
import type { Tensors } from '../model';

/**
 * Untrained weights, initialized as Keras does: Glorot uniform kernels, orthogonal recurrent kernels, zero biases but one for
 * the forget gates, batch normalization as the identity.
 */
export function initialWeights(
  card: Pick<ModelCard, 'architecture' | 'frontEnd' | 'sourceLabels'>,
  seed: number,
): Tensors {
  const random = new Random(seed);
  const weights: Tensors = new Map();
  for (const [name, shape] of weightShapes(card)) {
    const size = shape.reduce((product, n) => product * n, 1);
    const part = name.slice(name.lastIndexOf('.') + 1);
    let data = new Float32Array(size);
    if (part === 'recurrent') data = orthogonalRows(shape[0], shape[1], random);
    else if (part === 'kernel') {
      const [inputs, outputs] = shape.slice(-2);
      const taps = shape.length === 4 ? shape[0] * shape[1] : 1;
      const limit = Math.sqrt(6 / (taps * (inputs + outputs)));
      for (let i = 0; i < size; i++) data[i] = limit * (2 * random.uniform() - 1);
    } else if (part === 'gamma' || part === 'variance') data.fill(1);
    else if (part === 'bias' && name.startsWith('lstm')) data.fill(1, LSTM_UNITS, 2 * LSTM_UNITS);
    weights.set(name, { shape, data });
  }
  return weights;
}

/** rows x columns (rows <= columns), row-major, with orthonormal rows: Gram-Schmidt on Gaussian rows. */
function orthogonalRows(rows: number, columns: number, random: Random): Float32Array<ArrayBuffer> {
  const matrix = new Float64Array(rows * columns).map(() => random.gaussian());
  for (let r = 0; r < rows; r++) {
    const row = matrix.subarray(r * columns, (r + 1) * columns);
    // Twice, because one pass leaves rounding errors of the size of the cancellation.
    for (let pass = 0; pass < 2; pass++)
      for (let q = 0; q < r; q++) {
        const other = matrix.subarray(q * columns, (q + 1) * columns);
        let dot = 0;
        for (let i = 0; i < columns; i++) dot += row[i] * other[i];
        for (let i = 0; i < columns; i++) row[i] -= dot * other[i];
      }
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < columns; i++) row[i] /= norm;
  }
  return new Float32Array(matrix);
}
