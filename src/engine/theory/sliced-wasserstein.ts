import { V2SError } from '../errors';
import { Random } from '../math/random';
import { checkSample } from './sample';

/** The number of random projections in the paper's experiments. */
export const PAPER_PROJECTIONS = 1000;

export interface ProjectionOptions {
  /** how many directions stand for the integral over the unit sphere; default 1,000 as in the paper */
  projections?: number;
  /** seed of the directions: the same seed, dimension and number give the same directions, so that epochs are comparable */
  seed: number;
}

/**
 * Directions drawn uniformly from the unit sphere of R^k: normalized Gaussian vectors, [count * k], row-major.
 * The first directions do not depend on count.
 * @throws V2SError `theory.projections` unless count and k are positive integers
 */
export function unitProjections(k: number, count: number, seed: number): Float64Array {
  if (!Number.isInteger(count) || count < 1 || !Number.isInteger(k) || k < 1)
    throw new V2SError(
      'theory.projections',
      `Cannot draw ${count} projections in ${k} dimensions; both must be positive integers.`,
    );
  const random = new Random(seed);
  const directions = new Float64Array(count * k);
  for (let p = 0; p < count; p++) {
    const direction = directions.subarray(p * k, (p + 1) * k);
    let squares = 0;
    while (squares === 0) {
      for (let j = 0; j < k; j++) direction[j] = random.gaussian();
      squares = direction.reduce((sum, value) => sum + value * value, 0);
    }
    const norm = Math.sqrt(squares);
    for (let j = 0; j < k; j++) direction[j] /= norm;
  }
  return directions;
}

/** Projects n vectors on one or a few directions at a time and sorts each projection. */
function forEachSortedProjection(
  sample: Float64Array,
  n: number,
  k: number,
  directions: Float64Array,
  visit: (sorted: Float64Array, projection: number) => void,
): void {
  // Four directions per pass over the sample: each loaded number is used four times.
  const width = 4;
  const count = directions.length / k;
  const lanes = Array.from({ length: width }, () => new Float64Array(n));
  for (let first = 0; first < count; first += width) {
    // The last pass repeats the last direction in the lanes that are left over.
    const [o0, o1, o2, o3] = [0, 1, 2, 3].map((lane) => Math.min(first + lane, count - 1) * k);
    const [lane0, lane1, lane2, lane3] = lanes;
    for (let i = 0; i < n; i++) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let j = 0, at = i * k; j < k; j++, at++) {
        const x = sample[at];
        s0 += x * directions[o0 + j];
        s1 += x * directions[o1 + j];
        s2 += x * directions[o2 + j];
        s3 += x * directions[o3 + j];
      }
      lane0[i] = s0;
      lane1[i] = s1;
      lane2[i] = s2;
      lane3[i] = s3;
    }
    for (let lane = 0; lane < Math.min(width, count - first); lane++) visit(lanes[lane].sort(), first + lane);
  }
}

/**
 * W_2^2 on the line, exactly: the integral over q in 0..1 of (F_a^-1(q) - F_b^-1(q))^2, where F^-1 is the quantile function of
 * the sample (a step function), so the samples may differ in size (Villani 2003, theorem 2.18; POT's `wasserstein_1d`).
 * @param a sorted ascending; @param b sorted ascending
 */
export function squaredWasserstein2OnLine(a: Float64Array, b: Float64Array): number {
  const na = a.length;
  const nb = b.length;
  let sum = 0;
  if (na === nb) {
    for (let i = 0; i < na; i++) {
      const difference = a[i] - b[i];
      sum += difference * difference;
    }
    return sum / na;
  }
  // Quantiles in units of 1 / (na * nb) are whole numbers: no step is lost or doubled by rounding.
  for (let i = 0, j = 0, from = 0; i < na && j < nb;) {
    const endOfA = (i + 1) * nb;
    const endOfB = (j + 1) * na;
    const to = Math.min(endOfA, endOfB);
    const difference = a[i] - b[j];
    sum += (to - from) * difference * difference;
    from = to;
    if (endOfA === to) i++;
    if (endOfB === to) j++;
  }
  return sum / na / nb;
}

export interface SlicedEstimate {
  distance: number;
  /** standard error of the Monte-Carlo integral over directions; 0 for a single one, which has none to compare with */
  error: number;
  projections: number;
}

/**
 * Sliced Wasserstein-2 distances from one fixed sample (the source logits) to many others (the target logits of every epoch):
 * the directions are drawn, and the fixed sample projected and sorted, once.
 */
export class SlicedWassersteinReference {
  readonly projections: number;
  readonly #k: number;
  readonly #directions: Float64Array;
  /** the fixed sample on every direction, each sorted */
  readonly #sorted: Float64Array[] = [];

  /**
   * @param sample [n * k], row-major
   * @throws V2SError `theory.empty`, `theory.shape`, `theory.value` or `theory.projections`
   */
  constructor(
    sample: Float32Array,
    n: number,
    k: number,
    { projections = PAPER_PROJECTIONS, seed }: ProjectionOptions,
  ) {
    checkSample(sample, n, k, 'vectors of the fixed sample');
    this.projections = projections;
    this.#k = k;
    this.#directions = unitProjections(k, projections, seed);
    forEachSortedProjection(Float64Array.from(sample), n, k, this.#directions, (sorted) =>
      this.#sorted.push(sorted.slice()),
    );
  }

  /**
   * The distance of another sample, [n * k], row-major; n may differ from the fixed sample's. See slicedWasserstein2. The error is
   * that of the mean of W_2^2 over the directions, through the root: s / sqrt(P) / (2 SWD).
   * @throws V2SError `theory.empty`, `theory.shape` or `theory.value`
   */
  estimate(sample: Float32Array, n: number): SlicedEstimate {
    checkSample(sample, n, this.#k, 'vectors of the compared sample');
    const { projections } = this;
    const squares = new Float64Array(projections);
    forEachSortedProjection(Float64Array.from(sample), n, this.#k, this.#directions, (sorted, projection) => {
      squares[projection] = squaredWasserstein2OnLine(this.#sorted[projection], sorted);
    });
    const mean = squares.reduce((sum, square) => sum + square, 0) / projections;
    const variance = squares.reduce((sum, square) => sum + (square - mean) ** 2, 0) / Math.max(1, projections - 1);
    const distance = Math.sqrt(mean);
    return { distance, error: distance > 0 ? Math.sqrt(variance / projections) / (2 * distance) : 0, projections };
  }
}

/**
 * Sliced Wasserstein-2 distance between two empirical distributions in R^k:
 * SWD = ( 1/P * sum over P unit directions u of W_2^2(<u, a>, <u, b>) )^(1/2), as POT's `ot.sliced_wasserstein_distance` with
 * p = 2 and uniform weights; na and nb may differ. Units: those of the logits. It never exceeds W_2, because a projection
 * shortens distances. The paper's experiments report it in place of W_1 of the bound.
 * @param a [na * k] and @param b [nb * k], row-major
 * @throws V2SError `theory.empty`, `theory.shape`, `theory.value` or `theory.projections`
 */
export function slicedWasserstein2(
  a: Float32Array,
  na: number,
  b: Float32Array,
  nb: number,
  k: number,
  options: ProjectionOptions,
): number {
  return new SlicedWassersteinReference(a, na, k, options).estimate(b, nb).distance;
}
