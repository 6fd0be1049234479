/** Logarithms of the softmax of `count` logits from `offset`, written to `out[0..count)`; exact for any finite logits. */
export function logSoftmax(logits: ArrayLike<number>, offset: number, count: number, out: Float64Array): void {
  let largest = -Infinity;
  for (let k = 0; k < count; k++) largest = Math.max(largest, logits[offset + k]);
  let sum = 0;
  for (let k = 0; k < count; k++) sum += Math.exp(logits[offset + k] - largest);
  const normalizer = largest + Math.log(sum);
  for (let k = 0; k < count; k++) out[k] = logits[offset + k] - normalizer;
}

/** Index of the largest of `count` values from `offset`, relative to `offset`; the first one of equals. */
export function argmax(values: ArrayLike<number>, offset = 0, count = values.length - offset): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (values[offset + k] > values[offset + best]) best = k;
  return best;
}
