import { throwIfCanceled, V2SError } from '../errors';
import { gram } from './gram';
import { argmax } from './softmax';
import { Tridiagonal } from './tridiagonal';

export interface RidgeProblem {
  /** [n * d], row-major; overwritten */
  features: Float64Array;
  n: number;
  d: number;
  /** [n * targets], row-major */
  targets: Float64Array;
  targetCount: number;
  /** rows, from the first, by which the strength is judged; the others are fitted only. Default: all */
  judged?: number;
  /** penalties to choose from, each positive */
  strengths: readonly number[];
}

/** One strength of the grid, by leave-one-out. */
export interface RidgeTrial {
  strength: number;
  /** mean squared error over judged series and targets */
  error: number;
  /** part of the judged series whose largest target has the largest prediction */
  accuracy: number;
}

export interface RidgeFit {
  /** the chosen one */
  strength: number;
  trials: RidgeTrial[];
  /** predictions of every series by the fit without it, [n * targets] */
  leaveOneOut: Float64Array;
  /** [d * targets], row-major: prediction = intercept + (x - means) weights */
  weights: Float64Array;
  intercept: Float64Array;
  /** of the features, [d] */
  means: Float64Array;
}

/** Below this, 1 - leverage is rounding: the series alone determines its prediction. */
const LEAST_FREEDOM = 1e-10;

/**
 * Ridge regression with an unpenalized intercept, its strength chosen by leave-one-out in closed form: the residual without series i
 * is r_i / (1 - h_i), h the diagonal of the hat matrix (Allen 1974; Golub, Heath & Wahba 1979). The cheaper of X X^T and X^T X is
 * made tridiagonal once, in about 4/3 m^3 operations for m = min(n, d) and as many more for the basis; each strength then takes time
 * linear in n m. Everything is in 64-bit floats.
 *
 * @param choose `error`: the least mean squared error (as scikit-learn's RidgeClassifierCV does); `accuracy`: the highest accuracy,
 * then the least error. Of equals the stronger penalty.
 * The event loop gets its turn in between, for signals and messages.
 * @throws V2SError `ridge.shape` for fewer than two series or sizes that do not fit, `ridge.value` for a number that is not finite;
 * CanceledError
 */
export async function fitRidge(
  problem: RidgeProblem,
  { choose = 'error', signal }: { choose?: 'error' | 'accuracy'; signal?: AbortSignal } = {},
): Promise<RidgeFit> {
  check(problem);
  const pause = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    throwIfCanceled(signal);
  };
  const { features, n, d, targetCount } = problem;
  const means = center(features, n, d);
  const targets = problem.targets.slice();
  const intercept = center(targets, n, targetCount);
  const dual = n <= d;
  const m = dual ? n : d;
  const tridiagonal = await Tridiagonal.of(await gram(features, n, d, dual ? 'rows' : 'columns', pause), m, pause);
  // Rows in the basis Q: of the identity (then (K + s)^-1 is rows T^-1 rows^T), or of X itself.
  const rows = dual ? identity(n) : features;
  await tridiagonal.timesQ(rows, n, pause);
  const projected = transposedProduct(rows, targets, n, m, targetCount);

  const trials: RidgeTrial[] = [];
  let best: { trial: RidgeTrial; leaveOneOut: Float64Array; solution: Float64Array[] } | null = null;
  for (const strength of [...problem.strengths].sort((a, b) => b - a)) {
    await pause();
    const factor = tridiagonal.factor(strength);
    const solution = projected.map((column) => column.slice());
    for (const column of solution) factor.solve(column);
    const leaveOneOut = new Float64Array(n * targetCount);
    for (let i = 0; i < n; i++) {
      const form = factor.quadraticForm(rows, i * m);
      const freedom = Math.max(dual ? strength * form - 1 / n : 1 - 1 / n - form, LEAST_FREEDOM);
      for (let c = 0; c < targetCount; c++) {
        const y = targets[i * targetCount + c];
        const product = dot(rows, i * m, solution[c]);
        const residual = dual ? strength * product : y - product;
        leaveOneOut[i * targetCount + c] = intercept[c] + y - residual / freedom;
      }
    }
    const trial = { strength, ...judge(leaveOneOut, problem) };
    trials.push(trial);
    if (best === null || isBetter(trial, best.trial, choose)) best = { trial, leaveOneOut, solution };
  }
  const { trial, leaveOneOut, solution } = best!;
  const weights = new Float64Array(d * targetCount);
  for (let c = 0; c < targetCount; c++) {
    const column = solution[c];
    if (!dual) tridiagonal.qTimes(column);
    for (let f = 0; f < d && !dual; f++) weights[f * targetCount + c] = column[f];
    for (let i = 0; i < n && dual; i++) {
      const alpha = dot(rows, i * m, column);
      for (let f = 0; f < d; f++) weights[f * targetCount + c] += alpha * features[i * d + f];
    }
  }
  return { strength: trial.strength, trials, leaveOneOut, weights, intercept, means };
}

function check({ features, n, d, targets, targetCount, strengths }: RidgeProblem): void {
  if (n < 2 || d < 1 || targetCount < 1 || features.length !== n * d || targets.length !== n * targetCount)
    throw new V2SError(
      'ridge.shape',
      `A ridge regression needs at least two series of one feature and one target; found ${n} series, ` +
        `${features.length} numbers for ${d} features and ${targets.length} for ${targetCount} targets.`,
    );
  if (strengths.length === 0 || !strengths.every((strength) => strength > 0 && Number.isFinite(strength)))
    throw new V2SError('ridge.value', `The strengths of a ridge are positive numbers, not [${strengths.join(', ')}].`);
  for (const numbers of [features, targets])
    for (let i = 0; i < numbers.length; i++)
      if (!Number.isFinite(numbers[i]))
        throw new V2SError('ridge.value', 'A ridge regression cannot take numbers that are not finite.');
}

/** Subtracts every column's mean in place. */
function center(x: Float64Array, n: number, columns: number): Float64Array {
  const means = new Float64Array(columns);
  for (let i = 0; i < n; i++) for (let f = 0; f < columns; f++) means[f] += x[i * columns + f];
  for (let f = 0; f < columns; f++) means[f] /= n;
  for (let i = 0; i < n; i++) for (let f = 0; f < columns; f++) x[i * columns + f] -= means[f];
  return means;
}

function identity(n: number): Float64Array {
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  return rows;
}

/** Columns of rows^T targets, each [m]. */
function transposedProduct(
  rows: Float64Array,
  targets: Float64Array,
  n: number,
  m: number,
  targetCount: number,
): Float64Array[] {
  return Array.from({ length: targetCount }, (_, c) => {
    const column = new Float64Array(m);
    for (let i = 0; i < n; i++) {
      const y = targets[i * targetCount + c];
      for (let k = 0; k < m; k++) column[k] += y * rows[i * m + k];
    }
    return column;
  });
}

function dot(rows: Float64Array, at: number, vector: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < vector.length; k++) sum += rows[at + k] * vector[k];
  return sum;
}

function judge(predictions: Float64Array, problem: RidgeProblem): Omit<RidgeTrial, 'strength'> {
  const { targets, targetCount } = problem;
  const n = problem.judged ?? problem.n;
  let error = 0;
  let correct = 0;
  for (let i = 0; i < n; i++) {
    const at = i * targetCount;
    for (let c = 0; c < targetCount; c++) error += (predictions[at + c] - targets[at + c]) ** 2;
    if (argmax(predictions, at, targetCount) === argmax(targets, at, targetCount)) correct++;
  }
  return { error: error / (n * targetCount), accuracy: correct / n };
}

function isBetter(a: RidgeTrial, b: RidgeTrial, choose: 'error' | 'accuracy'): boolean {
  if (choose === 'accuracy' && a.accuracy !== b.accuracy) return a.accuracy > b.accuracy;
  return a.error < b.error;
}
