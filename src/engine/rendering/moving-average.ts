/** Mean over t - radius .. t + radius, over fewer at the ends, in place. @param sums at least length + 1 */
export function averageAround(u: Float64Array, length: number, radius: number, sums: Float64Array): void {
  sums[0] = 0;
  for (let i = 0; i < length; i++) sums[i + 1] = sums[i] + u[i];
  for (let i = 0; i < length; i++) {
    const from = Math.max(0, i - radius);
    const to = Math.min(length, i + radius + 1);
    u[i] = (sums[to] - sums[from]) / (to - from);
  }
}

/** Transpose of `averageAround`, in place. */
export function averageAroundTransposed(d: Float64Array, length: number, radius: number, sums: Float64Array): void {
  sums[0] = 0;
  for (let i = 0; i < length; i++)
    sums[i + 1] = sums[i] + d[i] / (Math.min(length, i + radius + 1) - Math.max(0, i - radius));
  for (let i = 0; i < length; i++) d[i] = sums[Math.min(length, i + radius + 1)] - sums[Math.max(0, i - radius)];
}
