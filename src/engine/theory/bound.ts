import { V2SError } from '../errors';
import type { LogitSample } from './sample';
import { PAPER_PROJECTIONS, SlicedWassersteinReference, type SlicedEstimate } from './sliced-wasserstein';
import { SourceHalves, type Wasserstein1Estimate } from './source-halves';

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

/** No risk is larger: the distance of the two most different distributions. A bound above it says nothing about the risk's height. */
export const LARGEST_RISK = Math.SQRT2;

export interface BoundEstimate {
  sourceRisk: number;
  w1: Wasserstein1Estimate;
  /** sliced Wasserstein-2 over all vectors of both samples, and its Monte-Carlo error */
  swd: SlicedEstimate;
  k: number;
  /** from the W_1 of the first split; everywhere the same for the same logits, seed and size */
  bound: number;
}

export interface BoundOptions {
  /** of splits and projections; default 1, as for the figures of every epoch */
  seed?: number;
  /** most clips of a half of the source, and most series, of one Wasserstein-1 distance */
  size?: number;
  splits?: number;
  projections?: number;
}

const DEFAULT_SEED = 1;

/**
 * The one definition of the bound and its terms: of the run's epochs, of `v2s bound` and of `v2s compare`. W_1 is exact, between half
 * of the source clips (at most 400) and the series (as many at most), see SourceHalves.
 */
export class BoundEstimator {
  readonly #halves: SourceHalves;
  readonly #sliced: SlicedWassersteinReference;

  /**
   * @param source logits of source clips
   * @throws V2SError `theory.*`
   */
  constructor(
    source: LogitSample,
    private readonly k: number,
    private readonly sourceRisk: number,
    { seed = DEFAULT_SEED, size, splits, projections = PAPER_PROJECTIONS }: BoundOptions = {},
  ) {
    this.#halves = new SourceHalves(source, k, { seed, size, splits });
    this.#sliced = new SlicedWassersteinReference(source.logits, source.n, k, { projections, seed });
  }

  /**
   * The figures alone, without their errors: one transport instead of two per split.
   * @param target logits of reprogrammed series, from the same AM
   * @throws V2SError of the distances
   */
  figures(target: LogitSample): Record<'swd' | 'w1' | 'bound', number> {
    const w1 = this.#halves.distance(target);
    return { swd: this.#sliced.estimate(target.logits, target.n).distance, w1, bound: this.#bound(w1) };
  }

  /** As `figures`, with noise floor and errors. */
  estimate(target: LogitSample): BoundEstimate {
    const w1 = this.#halves.estimate(target);
    const swd = this.#sliced.estimate(target.logits, target.n);
    return { sourceRisk: this.sourceRisk, w1, swd, k: this.k, bound: this.#bound(w1.value) };
  }

  #bound(w1: number): number {
    return targetRiskBound({ sourceRisk: this.sourceRisk, k: this.k, w1 });
  }
}
