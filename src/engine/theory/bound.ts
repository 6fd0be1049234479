import { V2SError } from '../errors';
import { slicedWasserstein2, PAPER_PROJECTIONS } from './sliced-wasserstein';
import { estimateWasserstein1, type Wasserstein1Estimate } from './wasserstein1';

/**
 * Theorem 1 of the paper: the target risk of a reprogrammed AM is at most epsilon_S + 2 sqrt(K) W_1, where epsilon_S is the
 * source risk, K the number of source labels, and W_1 the distance between the distributions of source and target logits.
 *
 * Read it as a yardstick: risks never exceed sqrt(2), and with K of some dozens 2 sqrt(K) W_1 does, so the value ranks AMs for
 * one data set and does not predict a risk. The theorem pairs source and target inputs of like label, whereas W_1 is free to
 * pair any; it is computed as the paper states it.
 * @throws V2SError `theory.bound` when a term is not a finite number of 0 or more
 */
export function targetRiskBound(terms: { sourceRisk: number; k: number; w1: number }): number {
  for (const [name, value] of Object.entries(terms))
    if (!Number.isFinite(value) || value < 0)
      throw new V2SError('theory.bound', `The bound needs a finite ${name} of 0 or more, not ${value}.`);
  return terms.sourceRisk + 2 * Math.sqrt(terms.k) * terms.w1;
}

/** Logits of one AM: [n * k], row-major. */
export interface LogitSample {
  logits: Float32Array;
  n: number;
}

export interface BoundEstimate {
  sourceRisk: number;
  /** exact Wasserstein-1 over seeded draws; the bound uses its mean */
  w1: Wasserstein1Estimate;
  /** sliced Wasserstein-2 over all vectors of both samples */
  swd: number;
  k: number;
  bound: number;
}

/**
 * Both distances between source and target logits, and the bound they give.
 * @param source logits of source clips and @param target logits of reprogrammed series, from the same AM
 * @throws V2SError of the distances
 */
export function estimateBound(
  source: LogitSample,
  target: LogitSample,
  k: number,
  options: { sourceRisk: number; seed: number; projections?: number; drawSize?: number; draws?: number },
): BoundEstimate {
  const { seed, projections = PAPER_PROJECTIONS } = options;
  const w1 = estimateWasserstein1(source.logits, source.n, target.logits, target.n, k, {
    seed,
    size: options.drawSize,
    draws: options.draws,
  });
  const swd = slicedWasserstein2(source.logits, source.n, target.logits, target.n, k, { projections, seed });
  const bound = targetRiskBound({ sourceRisk: options.sourceRisk, k, w1: w1.mean });
  return { sourceRisk: options.sourceRisk, w1, swd, k, bound };
}
