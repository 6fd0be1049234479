import { V2SError } from '../errors';
import { Random } from '../math/random';
import type { LogitSample } from './sample';
import { wasserstein1 } from './wasserstein1';

/** Most source clips, and most series, of one Wasserstein-1 distance: half of the clips that a shipped model keeps. */
export const HALF = 400;
/** Splits over which the spread of the distances is measured. */
export const DEFAULT_SPLITS = 5;

/** A distance over several splits. */
export interface SplitDistance {
  mean: number;
  /** standard deviation over the splits (n - 1), 0 for one */
  deviation: number;
  /** of every split */
  values: number[];
}

/** Wasserstein-1 between source and target logits, with what tells how much of it is the smallness of the samples. */
export interface Wasserstein1Estimate {
  /** of the first split: the one figure that the bound is made of, wherever it is shown */
  value: number;
  /** of all splits: how much the figure depends on which clips are looked at */
  splits: SplitDistance;
  /**
   * the same between two halves of the source clips, at the same sizes: what the distance would be if the series sounded to the model
   * as speech does. Null for a model with one source clip
   */
  floor: SplitDistance | null;
  /** source clips and series of each distance */
  clips: number;
  series: number;
}

/**
 * Source logits cut into two halves by seeded shuffles, of at most 400 clips each. The first half is what target logits are compared
 * with, exactly, by optimal transport; the second stands in for the target to give the noise floor.
 */
export class SourceHalves {
  readonly #splits: { first: Float32Array; second: Float32Array }[];
  /** clips of each half */
  readonly size: number;

  /**
   * @param options size: most clips of a half; splits: how many, the first of which does not depend on their number
   * @throws V2SError `theory.splits` unless both are positive integers
   */
  constructor(
    source: LogitSample,
    private readonly k: number,
    private readonly options: { seed: number; size?: number; splits?: number },
  ) {
    const { seed, size = HALF, splits = DEFAULT_SPLITS } = options;
    if (!Number.isInteger(size) || size < 1 || !Number.isInteger(splits) || splits < 1)
      throw new V2SError(
        'theory.splits',
        `Cannot make ${splits} splits into halves of ${size} clips; both must be positive integers.`,
      );
    this.size = Math.min(size, Math.max(1, Math.floor(source.n / 2)));
    const random = new Random(seed);
    this.#splits = Array.from({ length: splits }, () => {
      const order = random.shuffle(Array.from({ length: source.n }, (_, i) => i));
      return {
        first: rowsOf(source.logits, order.slice(0, this.size), k),
        second: rowsOf(source.logits, order.slice(this.size, 2 * this.size), k),
      };
    });
  }

  /**
   * The distance of target logits from the first half of the first split.
   * @throws V2SError `theory.empty`, `theory.shape` or `theory.value`
   */
  distance(target: LogitSample): number {
    return this.#distance(target, 0);
  }

  /**
   * The distance over all splits, with its floor.
   * @throws V2SError `theory.empty`, `theory.shape` or `theory.value`
   */
  estimate(target: LogitSample): Wasserstein1Estimate {
    const { size } = this;
    const values = this.#splits.map((_, split) => this.#distance(target, split));
    const series = Math.min(target.n, size);
    return { value: values[0], splits: over(values), floor: this.floor(target.n), clips: size, series };
  }

  /** The distance between two halves of the source clips at the size that `n` series are compared at; null for a single clip. */
  floor(n: number): SplitDistance | null {
    const { size, k } = this;
    const series = Math.min(n, size);
    if (this.#splits[0].second.length === 0) return null;
    return over(
      this.#splits.map(({ first, second }) => wasserstein1(first, size, second.subarray(0, series * k), series, k)),
    );
  }

  /** More series than clips of a half are drawn from, for each split anew. */
  #distance({ logits, n }: LogitSample, split: number): number {
    const { size, k } = this;
    const { first } = this.#splits[split];
    if (n <= size) return wasserstein1(first, size, logits, n, k);
    const order = new Random((this.options.seed + 1 + split) >>> 0).shuffle(Array.from({ length: n }, (_, i) => i));
    return wasserstein1(first, size, rowsOf(logits, order.slice(0, size), k), size, k);
  }
}

function over(values: number[]): SplitDistance {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0, values };
}

function rowsOf(sample: Float32Array, rows: readonly number[], k: number): Float32Array {
  const out = new Float32Array(rows.length * k);
  rows.forEach((row, i) => out.set(sample.subarray(row * k, (row + 1) * k), i * k));
  return out;
}
