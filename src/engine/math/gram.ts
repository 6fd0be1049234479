/** Rows handled together, so that a row of the result is read and written once for all of them. */
const BLOCK = 8;

/**
 * X X^T for few rows or X^T X for few columns, in plain loops whose inner one runs over neighboring memory. Only the lower triangle
 * (column <= row) is filled.
 * @param x [n * d], row-major
 * @param pause awaited every few rows
 * @returns [n * n] when `side` is `rows`, [d * d] when it is `columns`
 */
export function gram(
  x: Float64Array,
  n: number,
  d: number,
  side: 'rows' | 'columns',
  pause: () => Promise<void>,
): Promise<Float64Array> {
  return side === 'rows' ? ofRows(x, n, d, pause) : ofColumns(x, n, d, pause);
}

/** Products of two by four rows at a time: eight sums in registers. */
async function ofRows(x: Float64Array, n: number, d: number, pause: () => Promise<void>): Promise<Float64Array> {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i += 2) {
    const a0 = i * d;
    if (i % 16 === 0) await pause();
    const a1 = Math.min(i + 1, n - 1) * d;
    for (let j = 0; j <= i + 1 && j < n; j += 4) {
      const [b0, b1, b2, b3] = [0, 1, 2, 3].map((k) => Math.min(j + k, n - 1) * d);
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      for (let k = 0; k < d; k++) {
        const u = x[a0 + k];
        const v = x[a1 + k];
        const p = x[b0 + k];
        const q = x[b1 + k];
        const r = x[b2 + k];
        const s = x[b3 + k];
        s00 += u * p;
        s01 += u * q;
        s02 += u * r;
        s03 += u * s;
        s10 += v * p;
        s11 += v * q;
        s12 += v * r;
        s13 += v * s;
      }
      const upper = [s00, s01, s02, s03];
      const lower = [s10, s11, s12, s13];
      for (let k = 0; k < 4 && j + k < n; k++) {
        if (j + k <= i) out[i * n + j + k] = upper[k];
        if (j + k <= i + 1 && i + 1 < n) out[(i + 1) * n + j + k] = lower[k];
      }
    }
  }
  return out;
}

async function ofColumns(x: Float64Array, n: number, d: number, pause: () => Promise<void>): Promise<Float64Array> {
  const out = new Float64Array(d * d);
  const padded = new Float64Array(BLOCK * d);
  for (let from = 0; from < n; from += BLOCK) {
    await pause();
    const rows = Math.min(BLOCK, n - from);
    padded.fill(0, rows * d);
    padded.set(x.subarray(from * d, (from + rows) * d));
    for (let a = 0; a < d; a++) {
      const [c0, c1, c2, c3, c4, c5, c6, c7] = [0, 1, 2, 3, 4, 5, 6, 7].map((r) => padded[r * d + a]);
      const row = a * d;
      for (let b = 0; b <= a; b++)
        out[row + b] +=
          c0 * padded[b] +
          c1 * padded[d + b] +
          c2 * padded[2 * d + b] +
          c3 * padded[3 * d + b] +
          c4 * padded[4 * d + b] +
          c5 * padded[5 * d + b] +
          c6 * padded[6 * d + b] +
          c7 * padded[7 * d + b];
    }
  }
  return out;
}
