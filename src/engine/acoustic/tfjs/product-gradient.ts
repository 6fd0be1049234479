import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { TfjsApi } from './api';

/**
 * Replaces TensorFlow.js's gradient of the matrix product by one that transposes first where the backend is wasm: its product has
 * a fast path for matrices as they lie only (4,000 x 513 by 513 x 513: 0.1 s, with a transposed factor 2 s). The registry is
 * global, and loading the Layers API fills it anew.
 */
export function registerProductGradient(tf: TfjsApi): void {
  tf.registerGradient({
    kernelName: 'BatchMatMul',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved, attributes) => {
      const [a, b] = saved;
      const { transposeA, transposeB } = attributes as unknown as { transposeA: boolean; transposeB: boolean };
      // y = op(a) op(b): d op(a) = dy op(b)^T, d op(b) = op(a)^T dy, each transposed again if op is.
      return {
        a: () =>
          transposeA
            ? product(tf, b, dy as TfTensor, transposeB, true)
            : product(tf, dy as TfTensor, b, false, !transposeB),
        b: () =>
          transposeB
            ? product(tf, dy as TfTensor, a, true, transposeA)
            : product(tf, a, dy as TfTensor, !transposeA, false),
      };
    },
  });
}

function product(tf: TfjsApi, a: TfTensor, b: TfTensor, transposeA: boolean, transposeB: boolean): TfTensor {
  if (tf.getBackend() !== 'wasm') return tf.matMul(a, b, transposeA, transposeB);
  return tf.tidy(() => tf.matMul(transposeA ? transposed(tf, a) : a, transposeB ? transposed(tf, b) : b));
}

/** The last two axes exchanged. */
function transposed(tf: TfjsApi, x: TfTensor): TfTensor {
  const axes = x.shape.map((_, i) => i);
  return tf.transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}
