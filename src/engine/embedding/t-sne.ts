import { throwIfCanceled } from '../errors';
import { Random } from '../math/random';
import { pca } from './pca';
import { checkPoints, squaredDistances, type Dimensions, type Points } from './points';

export interface TSneOptions {
  dimensions: Dimensions;
  /** effective number of neighbors; clamped to (n - 1) / 3; default 30 */
  perplexity?: number;
  seed: number;
  /** gradient steps in all; default 750 */
  iterations?: number;
  signal?: AbortSignal;
  onProgress?: (iteration: number, iterations: number) => void;
}

export interface TSneLayout {
  layout: Points;
  /** the perplexity after clamping */
  perplexity: number;
  /** Kullback-Leibler divergence of the layout's affinities from the data's, in nats */
  divergence: number;
  /** the divergence every 50 iterations, without exaggeration */
  history: { iteration: number; divergence: number }[];
}

const DEFAULT_PERPLEXITY = 30;
const DEFAULT_ITERATIONS = 750;
/** The first steps pull neighbors together: affinities times 4, as in the paper (12 as in later programs gained nothing here). */
const EXAGGERATION = 4;
const EXAGGERATED_STEPS = 100;
/** Standard deviation of the starting layout: small, so that no point starts on the wrong side of another. */
const START_SPREAD = 1e-4;
/** Points that coincide exactly would stay together for ever: a hundredth of the starting spread tells them apart. */
const START_JITTER = 1e-6;
const RECORD_EVERY = 50;
/** How long the thread may be held before other events get a turn, ms. */
const TURN_MS = 50;

/** The largest perplexity n points allow: a point has to have three times as many others. At least 1. */
export function clampPerplexity(perplexity: number, n: number): number {
  return Math.max(1, Math.min(perplexity, (n - 1) / 3));
}

/**
 * Exact t-SNE (van der Maaten and Hinton 2008): every pair of points counts, no approximation. Gradient descent with momentum
 * and per-coordinate gains (section 3.4 there); learning rate n / 12, at least 200 but for few points (Belkina et al. 2019);
 * principal components as start (Kobak and Berens 2019). The same points, options and seed give the same layout.
 *
 * Time and memory grow with n^2. The thread is yielded often enough for canceling.
 * @throws V2SError `embedding.points` below 4 points, `embedding.shape`, `embedding.value`; CanceledError
 */
export async function tSne(points: Points, options: TSneOptions): Promise<TSneLayout> {
  checkPoints(points, 4);
  const { n } = points;
  const { dimensions, seed, iterations = DEFAULT_ITERATIONS, signal, onProgress } = options;
  const perplexity = clampPerplexity(options.perplexity ?? DEFAULT_PERPLEXITY, n);
  const descent = new Descent(
    jointAffinities(points, perplexity),
    startingLayout(pca(points, dimensions).layout, seed),
  );
  const history: TSneLayout['history'] = [];
  let turn = performance.now();
  for (let iteration = 1; iteration <= iterations; iteration++) {
    const early = iteration <= EXAGGERATED_STEPS;
    descent.step(early ? EXAGGERATION : 1, early ? 0.5 : 0.8);
    if (iteration % RECORD_EVERY === 0 && iteration < iterations)
      history.push({ iteration, divergence: descent.divergence() });
    if (performance.now() - turn > TURN_MS) {
      onProgress?.(iteration, iterations);
      await new Promise((resolve) => setImmediate(resolve));
      throwIfCanceled(signal);
      turn = performance.now();
    }
  }
  const divergence = descent.divergence();
  history.push({ iteration: iterations, divergence });
  return { layout: descent.layout(), perplexity, divergence, history };
}

/**
 * The learning rate, for a gradient without the factor 4: 200 for 100 to 2,400 points, n / 12 for more. Fewer points take smaller
 * steps: at 200 they jump to and fro and settle at a higher divergence.
 */
function learningRate(n: number): number {
  return Math.max(n / 12, Math.min(200, 2 * n));
}

/** The layout at spread START_SPREAD along its first axis, with a little seeded jitter. */
function startingLayout({ values, n, d }: Points, seed: number): Points {
  const random = new Random(seed);
  let variance = 0;
  for (let i = 0; i < n; i++) variance += values[i * d] ** 2 / n;
  const scale = variance > 0 ? START_SPREAD / Math.sqrt(variance) : 0;
  return { values: values.map((value) => value * scale + START_JITTER * random.gaussian()), n, d };
}

/**
 * p_ij = (p_j|i + p_i|j) / 2n for i > j, packed by rows of the lower triangle: [n (n - 1) / 2]. p_j|i is Gaussian in the
 * distance, with the width that gives each point the wanted perplexity (equation 1 there).
 */
function jointAffinities(points: Points, perplexity: number): Float64Array {
  const { n } = points;
  const distances = squaredDistances(points);
  const joint = new Float64Array((n * (n - 1)) / 2);
  const row = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    conditionalAffinities(distances.subarray(i * n, (i + 1) * n), i, Math.log(perplexity), row);
    for (let j = 0; j < n; j++)
      if (j !== i) joint[j < i ? (i * (i - 1)) / 2 + j : (j * (j - 1)) / 2 + i] += row[j] / (2 * n);
  }
  return joint;
}

/**
 * Finds the precision at which the entropy of the affinities of point i is `entropy` nats, and writes the affinities to `out`.
 * Newton's method, with bisection where its step would leave the bracket.
 */
function conditionalAffinities(distances: Float64Array, i: number, entropy: number, out: Float64Array): void {
  let nearest = Infinity;
  let mean = 0;
  for (let j = 0; j < distances.length; j++)
    if (j !== i) {
      nearest = Math.min(nearest, distances[j]);
      mean += distances[j] / (distances.length - 1);
    }
  // Distances from the nearest one leave the affinities as they are and their sum at 1 or more.
  let precision = mean > nearest ? 1 / (mean - nearest) : 1;
  let low = 0;
  let high = Infinity;
  for (let step = 0; step < 100; step++) {
    let sum = 0;
    let first = 0;
    let second = 0;
    for (let j = 0; j < distances.length; j++) {
      const distance = distances[j] - nearest;
      const affinity = j === i ? 0 : Math.exp(-precision * distance);
      out[j] = affinity;
      sum += affinity;
      first += affinity * distance;
      second += affinity * distance * distance;
    }
    for (let j = 0; j < distances.length; j++) out[j] /= sum;
    const average = first / sum;
    const difference = Math.log(sum) + precision * average - entropy;
    // With ties or duplicates no precision reaches a small entropy: the last affinities are then the nearest possible.
    if (Math.abs(difference) < 1e-6) return;
    if (difference > 0) low = precision;
    else high = precision;
    // The slope of the entropy is -precision times the variance of the distance.
    const newton = precision + difference / (precision * (second / sum - average * average));
    if (newton > low && newton < high) precision = newton;
    else precision = high === Infinity ? precision * 2 : (low + high) / 2;
  }
}

/** Gradient descent on the layout. */
class Descent {
  readonly #joint: Float64Array;
  readonly #n: number;
  readonly #d: number;
  /** one array per axis */
  readonly #axes: Float64Array[];
  readonly #steps: Float64Array[];
  readonly #gains: Float64Array[];
  readonly #gradient: Float64Array[];
  /** w_ij = 1 / (1 + |y_i - y_j|^2), packed as the affinities */
  readonly #weights: Float64Array;
  readonly #rate: number;

  constructor(joint: Float64Array, start: Points) {
    const perAxis = (fill = 0) => Array.from({ length: start.d }, () => new Float64Array(start.n).fill(fill));
    this.#joint = joint;
    this.#n = start.n;
    this.#d = start.d;
    this.#axes = perAxis();
    for (let axis = 0; axis < start.d; axis++)
      for (let i = 0; i < start.n; i++) this.#axes[axis][i] = start.values[i * start.d + axis];
    this.#steps = perAxis();
    this.#gains = perAxis(1);
    this.#gradient = perAxis();
    this.#weights = new Float64Array(joint.length);
    this.#rate = learningRate(start.n);
  }

  /** One step along the gradient, with affinities times `exaggeration`. */
  step(exaggeration: number, momentum: number): void {
    this.#computeGradient(exaggeration, this.#computeWeights());
    for (let axis = 0; axis < this.#d; axis++) {
      const [y, steps, gains, gradient] = [this.#axes, this.#steps, this.#gains, this.#gradient].map((of) => of[axis]);
      let mean = 0;
      for (let i = 0; i < this.#n; i++) {
        // The gain grows while the step goes downhill, and shrinks where it overshot (Jacobs 1988).
        gains[i] = gradient[i] * steps[i] > 0 ? Math.max(gains[i] * 0.8, 0.01) : gains[i] + 0.2;
        steps[i] = momentum * steps[i] - this.#rate * gains[i] * gradient[i];
        y[i] += steps[i];
        mean += y[i] / this.#n;
      }
      for (let i = 0; i < this.#n; i++) y[i] -= mean;
    }
  }

  /** Fills the weights; returns Z, their sum over ordered pairs. */
  #computeWeights(): number {
    const [x, y, z] = this.#axes;
    return 2 * (this.#d === 2 ? weighInPlane(x, y, this.#weights) : weighInSpace(x, y, z, this.#weights));
  }

  /** Equation 5 there, without its factor 4: sum over j of (e p_ij - q_ij) w_ij (y_i - y_j), where q_ij = w_ij / Z. */
  #computeGradient(exaggeration: number, total: number): void {
    for (const axis of this.#gradient) axis.fill(0);
    const pairs = { joint: this.#joint, weights: this.#weights, exaggeration, inverse: 1 / total };
    const [x, y, z] = this.#axes;
    const [gx, gy, gz] = this.#gradient;
    if (this.#d === 2) pullInPlane(pairs, x, y, gx, gy);
    else pullInSpace(pairs, x, y, z, gx, gy, gz);
  }

  /** KL(P || Q) = sum over ordered pairs of p log(p / q), in nats. */
  divergence(): number {
    const total = this.#computeWeights();
    let sum = 0;
    for (let pair = 0; pair < this.#joint.length; pair++) {
      const p = this.#joint[pair];
      if (p > 0) sum += 2 * p * Math.log(p / this.#weights[pair]);
    }
    // The affinities sum to one, so dividing every w by Z adds log Z once.
    return sum + Math.log(total);
  }

  layout(): Points {
    const values = new Float64Array(this.#n * this.#d);
    for (let axis = 0; axis < this.#d; axis++)
      for (let i = 0; i < this.#n; i++) values[i * this.#d + axis] = this.#axes[axis][i];
    return { values, n: this.#n, d: this.#d };
  }
}

/** What the forces of all pairs are made of. */
interface Pairs {
  joint: Float64Array;
  weights: Float64Array;
  exaggeration: number;
  /** 1 / Z */
  inverse: number;
}

// The plane and space have loops of their own: these take nearly all the time, and an axis that stays 0 costs a third more.

/** Writes 1 / (1 + squared distance) of every pair i > j to `weights`; returns their sum. */
function weighInPlane(x: Float64Array, y: Float64Array, weights: Float64Array): number {
  let total = 0;
  for (let i = 1, pair = 0; i < x.length; i++) {
    const xi = x[i];
    const yi = y[i];
    for (let j = 0; j < i; j++, pair++) {
      const dx = xi - x[j];
      const dy = yi - y[j];
      const weight = 1 / (1 + dx * dx + dy * dy);
      weights[pair] = weight;
      total += weight;
    }
  }
  return total;
}

/** As `weighInPlane`. */
function weighInSpace(x: Float64Array, y: Float64Array, z: Float64Array, weights: Float64Array): number {
  let total = 0;
  for (let i = 1, pair = 0; i < x.length; i++) {
    const xi = x[i];
    const yi = y[i];
    const zi = z[i];
    for (let j = 0; j < i; j++, pair++) {
      const dx = xi - x[j];
      const dy = yi - y[j];
      const dz = zi - z[j];
      const weight = 1 / (1 + dx * dx + dy * dy + dz * dz);
      weights[pair] = weight;
      total += weight;
    }
  }
  return total;
}

/** Adds the forces of every pair to the gradients of its two points. */
function pullInPlane(
  { joint, weights, exaggeration, inverse }: Pairs,
  x: Float64Array,
  y: Float64Array,
  gx: Float64Array,
  gy: Float64Array,
): void {
  for (let i = 1, pair = 0; i < x.length; i++) {
    const xi = x[i];
    const yi = y[i];
    let sx = 0;
    let sy = 0;
    for (let j = 0; j < i; j++, pair++) {
      const weight = weights[pair];
      const force = (exaggeration * joint[pair] - weight * inverse) * weight;
      const fx = force * (xi - x[j]);
      const fy = force * (yi - y[j]);
      sx += fx;
      sy += fy;
      gx[j] -= fx;
      gy[j] -= fy;
    }
    gx[i] += sx;
    gy[i] += sy;
  }
}

/** As `pullInPlane`. */
function pullInSpace(
  { joint, weights, exaggeration, inverse }: Pairs,
  x: Float64Array,
  y: Float64Array,
  z: Float64Array,
  gx: Float64Array,
  gy: Float64Array,
  gz: Float64Array,
): void {
  for (let i = 1, pair = 0; i < x.length; i++) {
    const xi = x[i];
    const yi = y[i];
    const zi = z[i];
    let sx = 0;
    let sy = 0;
    let sz = 0;
    for (let j = 0; j < i; j++, pair++) {
      const weight = weights[pair];
      const force = (exaggeration * joint[pair] - weight * inverse) * weight;
      const fx = force * (xi - x[j]);
      const fy = force * (yi - y[j]);
      const fz = force * (zi - z[j]);
      sx += fx;
      sy += fy;
      sz += fz;
      gx[j] -= fx;
      gy[j] -= fy;
      gz[j] -= fz;
    }
    gx[i] += sx;
    gy[i] += sy;
    gz[i] += sz;
  }
}
