import { ranks } from '../math/rank-correlation';

/**
 * Tests for the comparison of classifiers over many data sets: J. Demsar, "Statistical Comparisons of Classifiers over Multiple Data
 * Sets", JMLR 7 (2006), with Wilcoxon-Holm in place of Nemenyi as in A. Benavoli, G. Corani and F. Mangili, "Should We Really Use
 * Post-Hoc Tests Based on Mean-Ranks?", JMLR 17 (2016).
 */

/** Ranks per row from 1 for the highest score, [n][k]; equal scores share the mean of their ranks. */
function rowRanks(scores: readonly (readonly number[])[]): Float64Array[] {
  return scores.map((row) => ranks(row.map((score) => -score)));
}

export interface Friedman {
  chi2: number;
  /** k - 1 */
  degrees: number;
  p: number;
  /** mean rank per column, [k] */
  meanRanks: number[];
}

/**
 * Friedman's test with the correction for ties.
 * @param scores [n >= 2 data sets][k >= 2 classifiers], higher is better
 */
export function friedman(scores: readonly (readonly number[])[]): Friedman {
  const n = scores.length;
  const k = scores[0].length;
  const ranked = rowRanks(scores);
  const sums = Array.from({ length: k }, (_, c) => ranked.reduce((sum, row) => sum + row[c], 0));
  const ties = scores.reduce((sum, row) => sum + tieTerm(row), 0);
  const correction = 1 - ties / (n * k * (k * k - 1));
  const raw = (12 / (n * k * (k + 1))) * sums.reduce((sum, r) => sum + r * r, 0) - 3 * n * (k + 1);
  // Where every row is one tie, nothing tells the columns apart.
  const chi2 = correction > 0 ? Math.max(0, raw / correction) : 0;
  return { chi2, degrees: k - 1, p: chiSquareTail(chi2, k - 1), meanRanks: sums.map((sum) => sum / n) };
}

/** Sum of t^3 - t over the groups of t equal values. */
function tieTerm(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].reduce((sum, t) => sum + (t ** 3 - t), 0);
}

/** Up to so many differences, all signs are counted; beyond, the normal distribution is near enough. */
const MAX_EXACT = 50;

/** Differences this near are equal: scores are means of accuracies, whose last bits depend on the order of adding. */
const EQUAL = 1e-9;

/**
 * Wilcoxon's signed-rank test, two-sided. Equal pairs are left out, equal differences share the mean of their ranks. For up to 50
 * differences the distribution is exact, ties included.
 * @returns w, the smaller of the two rank sums; p is 1 when all pairs are equal
 */
export function wilcoxon(a: readonly number[], b: readonly number[]): { w: number; p: number } {
  const differences = a
    .map((value, i) => Math.round((value - b[i]) / EQUAL) * EQUAL)
    .filter((difference) => difference !== 0);
  const n = differences.length;
  if (n === 0) return { w: 0, p: 1 };
  const sizes = differences.map(Math.abs);
  const ranked = ranks(sizes);
  const total = (n * (n + 1)) / 2;
  const plus = differences.reduce((sum, difference, i) => sum + (difference > 0 ? ranked[i] : 0), 0);
  const w = Math.min(plus, total - plus);
  if (n <= MAX_EXACT) return { w, p: exactTail(ranked, w) };
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - tieTerm(sizes) / 48;
  const z = (w - total / 2) / Math.sqrt(variance);
  return { w, p: Math.min(1, chiSquareTail(z * z, 1)) };
}

/** Twice the share of all choices of signs whose sum of ranks is at most `w`. Ranks may be halves: doubled, they are whole. */
function exactTail(ranked: Float64Array, w: number): number {
  const doubled = Array.from(ranked, (rank) => Math.round(2 * rank));
  const total = doubled.reduce((a, b) => a + b, 0);
  // Shares instead of counts: 2^50 choices are more than counts stay exact for in sums of them.
  const share = new Float64Array(total + 1);
  share[0] = 1;
  let reached = 0;
  for (const rank of doubled) {
    reached += rank;
    for (let sum = reached; sum >= 0; sum--) share[sum] = (share[sum] + (sum >= rank ? share[sum - rank] : 0)) / 2;
  }
  let tail = 0;
  for (let sum = 0; sum <= Math.round(2 * w); sum++) tail += share[sum];
  return Math.min(1, 2 * tail);
}

/** Holm's step-down correction: adjusted p-values in the order of the given ones. */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((i, j) => p[i] - p[j]);
  const adjusted = new Array<number>(p.length);
  let most = 0;
  order.forEach((i, place) => {
    most = Math.max(most, Math.min(1, (p.length - place) * p[i]));
    adjusted[i] = most;
  });
  return adjusted;
}

/** Share of a chi-square distribution above x: the regularized incomplete gamma function Q(degrees / 2, x / 2). */
export function chiSquareTail(x: number, degrees: number): number {
  if (x <= 0) return 1;
  const s = degrees / 2;
  const z = x / 2;
  const front = Math.exp(s * Math.log(z) - z - logGamma(s));
  return z < s + 1 ? 1 - front * lowerSeries(s, z) : front * upperFraction(s, z);
}

/** Series of P(s, z) / front. */
function lowerSeries(s: number, z: number): number {
  let term = 1 / s;
  let sum = term;
  for (let i = 1; i < 1000 && term > sum * 1e-17; i++) {
    term *= z / (s + i);
    sum += term;
  }
  return sum;
}

/** Continued fraction of Q(s, z) / front, by Lentz's method. */
function upperFraction(s: number, z: number): number {
  const tiny = 1e-300;
  let b = z + 1 - s;
  let c = 1 / tiny;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 1000; i++) {
    const a = -i * (i - s);
    b += 2;
    d = a * d + b;
    if (Math.abs(d) < tiny) d = tiny;
    c = b + a / c;
    if (Math.abs(c) < tiny) c = tiny;
    d = 1 / d;
    const factor = d * c;
    h *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return h;
}

/** ln of the gamma function at a whole or half number, as degrees of freedom need it. */
function logGamma(s: number): number {
  let sum = s % 1 === 0 ? 0 : Math.log(Math.PI) / 2;
  for (let x = s % 1 === 0 ? 1 : 0.5; x < s; x++) sum += Math.log(x);
  return sum;
}
