/** Steps of the elimination between two pauses. */
const STEPS_PER_TURN = 32;

/**
 * A symmetric matrix as Q T Q^T with T tridiagonal (Householder; Golub & Van Loan, Matrix Computations, section 8.3.1).
 *
 * For a grid of ridge strengths this replaces the eigen-decomposition (Elden 1977 does so with a bidiagonal matrix): T + s I is
 * solved in linear time for every s, so that the iteration for eigenvalues and vectors, which takes most of the time, is not needed.
 */
export class Tridiagonal {
  /** diagonal of T, [n] */
  readonly diagonal: Float64Array;
  /** T[i][i - 1], [n]; entry 0 is 0 */
  readonly below: Float64Array;
  /** row i holds the i leading entries of reflector i, which acts on them alone */
  readonly #reflectors: Float64Array;
  /** 2 / |reflector|^2; 0 for none */
  readonly #factors: Float64Array;

  private constructor(
    matrix: Float64Array,
    readonly n: number,
  ) {
    this.diagonal = new Float64Array(n);
    this.below = new Float64Array(n);
    this.#reflectors = matrix;
    this.#factors = new Float64Array(n);
  }

  /**
   * @param matrix [n * n], its lower triangle; overwritten and kept
   * @param pause awaited every few steps
   */
  static async of(matrix: Float64Array, n: number, pause: () => Promise<void>): Promise<Tridiagonal> {
    const result = new Tridiagonal(matrix, n);
    const p = new Float64Array(n);
    for (let i = n - 1; i > 0; i--) {
      result.#eliminate(i, p);
      if (i % STEPS_PER_TURN === 0) await pause();
    }
    result.diagonal[0] = matrix[0];
    return result;
  }

  /** Makes row i tridiagonal by a reflection of the i leading coordinates. */
  #eliminate(i: number, p: Float64Array): void {
    const { n } = this;
    const a = this.#reflectors;
    const row = i * n;
    this.diagonal[i] = a[row + i];
    let largest = 0;
    for (let k = 0; k < i - 1; k++) largest = Math.max(largest, Math.abs(a[row + k]));
    const last = a[row + i - 1];
    if (largest === 0) {
      this.below[i] = last;
      return;
    }
    const unit = Math.max(largest, Math.abs(last));
    let norm = 0;
    for (let k = 0; k < i; k++) norm += (a[row + k] / unit) ** 2;
    norm = unit * Math.sqrt(norm);
    // Away from the last entry, so that nothing cancels.
    const image = last > 0 ? -norm : norm;
    this.below[i] = image;
    a[row + i - 1] = last - image;
    const factor = 1 / (norm * (norm + Math.abs(last)));
    this.#factors[i] = factor;
    p.fill(0, 0, i);
    // p = factor * A u for the leading i x i part, of which only the lower triangle exists.
    for (let j = 0; j < i; j++) {
      const rowJ = j * n;
      const u = a[row + j];
      let sum = 0;
      for (let k = 0; k < j; k++) {
        const entry = a[rowJ + k];
        sum += entry * a[row + k];
        p[k] += entry * u;
      }
      p[j] = sum + a[rowJ + j] * u;
    }
    let inner = 0;
    for (let j = 0; j < i; j++) {
      p[j] *= factor;
      inner += p[j] * a[row + j];
    }
    const half = (factor * inner) / 2;
    for (let j = 0; j < i; j++) p[j] -= half * a[row + j];
    // A <- A - u p^T - p u^T
    for (let j = 0; j < i; j++) {
      const rowJ = j * n;
      const u = a[row + j];
      const q = p[j];
      for (let k = 0; k <= j; k++) a[rowJ + k] -= u * p[k] + q * a[row + k];
    }
  }

  /** Rows times Q, in place. @param rows [count * n], row-major */
  async timesQ(rows: Float64Array, count: number, pause: () => Promise<void>): Promise<void> {
    const { n } = this;
    const a = this.#reflectors;
    // Blocks of rows share the reflectors while they are in the cache.
    const block = 16;
    for (let from = 0; from < count; from += block) {
      await pause();
      for (let i = n - 1; i > 0; i--) {
        const factor = this.#factors[i];
        if (factor === 0) continue;
        const row = i * n;
        for (let r = from; r < Math.min(count, from + block); r++) {
          const at = r * n;
          let sum = 0;
          for (let k = 0; k < i; k++) sum += rows[at + k] * a[row + k];
          if (sum === 0) continue;
          sum *= factor;
          for (let k = 0; k < i; k++) rows[at + k] -= sum * a[row + k];
        }
      }
    }
  }

  /** Q times a vector, in place. @param vector [n] */
  qTimes(vector: Float64Array): void {
    const { n } = this;
    const a = this.#reflectors;
    for (let i = 1; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let k = 0; k < i; k++) sum += vector[k] * a[row + k];
      sum *= this.#factors[i];
      for (let k = 0; k < i; k++) vector[k] -= sum * a[row + k];
    }
  }

  /**
   * Cholesky factor L (bidiagonal) of T + shift I.
   * @param shift positive; more than the rounding of the least eigenvalue
   * @returns 1 / L[i][i] and L[i][i - 1]
   */
  factor(shift: number): BidiagonalFactor {
    const { n } = this;
    const inverse = new Float64Array(n);
    const below = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      below[i] = i > 0 ? this.below[i] * inverse[i - 1] : 0;
      // Rounding may leave a trace below the shift where the matrix is singular.
      inverse[i] = 1 / Math.sqrt(Math.max(this.diagonal[i] + shift - below[i] ** 2, shift * 1e-3));
    }
    return new BidiagonalFactor(inverse, below);
  }
}

/** L of T + s I = L L^T. */
export class BidiagonalFactor {
  constructor(
    private readonly inverse: Float64Array,
    private readonly below: Float64Array,
  ) {}

  /** v^T (T + s I)^-1 v for v = values[at..at + n) */
  quadraticForm(values: Float64Array, at: number): number {
    const { inverse, below } = this;
    let w = 0;
    let sum = 0;
    for (let i = 0; i < inverse.length; i++) {
      w = (values[at + i] - below[i] * w) * inverse[i];
      sum += w * w;
    }
    return sum;
  }

  /** (T + s I)^-1 b in place. */
  solve(b: Float64Array): void {
    const { inverse, below } = this;
    const n = inverse.length;
    for (let i = 0; i < n; i++) b[i] = (b[i] - (i > 0 ? below[i] * b[i - 1] : 0)) * inverse[i];
    for (let i = n - 1; i >= 0; i--) b[i] = (b[i] - (i + 1 < n ? below[i + 1] * b[i + 1] : 0)) * inverse[i];
  }
}
