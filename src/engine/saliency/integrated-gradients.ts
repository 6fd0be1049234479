import { gradientSum, meanOf, scoresOf, type Subject } from './variants';

/** Points of the path at first; one batch of the kernels. */
const FIRST_POINTS = 32;
/** The points are tripled until the gap is small, at most up to this. */
const MAX_POINTS = 288;
const LARGEST_GAP = 0.05;
/**
 * The path is walked at the pace u^2: a model that hears on a logarithmic scale changes most while the series rises above theta, close
 * to the baseline, and points at equal distances are too few there.
 */
const POWER = 2;

/** Whether integrated gradients add up to what they explain. */
export interface Completeness {
  /** score of the series less the score of the baseline */
  difference: number;
  /** sum of the attributions */
  sum: number;
  /** |sum - difference| / |difference|; Infinity where the two scores are equal and the sum is not 0 */
  gap: number;
  /** points of the path */
  points: number;
  /** whether the gap is below 5 % */
  complete: boolean;
}

/**
 * Integrated gradients (Sundararajan et al. 2017) on the straight way from the flattened series (all values its mean) to the
 * series, by the midpoint rule. The values sum to the difference of the two scores but for a gap; points are added until it is below 5 %, or there are too many.
 * Tripling keeps the points that are there: the middle one of three lies where one was.
 * @returns signed, in units of the score, [L]
 * @throws CanceledError
 */
export async function integratedGradients(
  subject: Subject,
  signal?: AbortSignal,
): Promise<{ values: Float64Array; completeness: Completeness }> {
  const { values } = subject;
  const baseline = meanOf(values);
  const at = (share: number): Float64Array =>
    Float64Array.from(values, (value) => baseline + share * (value - baseline));
  const [whole, without] = await scoresOf(subject, [values, at(0)], { signal });
  const difference = whole - without;
  const gradients = new Float64Array(values.length);
  let added = Array.from({ length: FIRST_POINTS }, (_, i) => i);
  for (let points = FIRST_POINTS; ; points *= 3) {
    const steps = added.map((i) => (i + 0.5) / points);
    const path = steps.map((u) => at(u ** POWER));
    const slopes = steps.map((u) => POWER * u ** (POWER - 1));
    (await gradientSum(subject, path, slopes, signal)).forEach((d, j) => (gradients[j] += d));
    const attributions = gradients.map((d, j) => (d / points) * (values[j] - baseline));
    const sum = attributions.reduce((total, value) => total + value, 0);
    const gap = sum === difference ? 0 : Math.abs(sum - difference) / Math.abs(difference);
    const complete = gap < LARGEST_GAP;
    if (complete || 3 * points > MAX_POINTS)
      return { values: attributions, completeness: { difference, sum, gap, points, complete } };
    added = Array.from({ length: 3 * points }, (_, i) => i).filter((i) => i % 3 !== 1);
  }
}
