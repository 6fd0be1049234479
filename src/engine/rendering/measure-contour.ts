import { ChannelReader } from './channel-reader';
import type { Channel } from './channels';
import { QUANTILES, type ContourDescription } from './description';
import { rounded, type TrainStatistics } from './train-statistics';

/** Values of a channel from which the quantiles are taken; more are thinned out evenly. */
const MAX_SORTED = 2 ** 18;
const LOCAL_FLOOR = 0.1;
const LEAST_LOCAL_FLOOR = 1e-9;

/** A contour before TRAIN has been asked for its scale. */
export interface ContourDraft {
  channel: UnmeasuredChannel;
  squashing: ContourDescription['squashing'];
  window: ContourDescription['window'];
}
export type UnmeasuredChannel = Exclude<Channel, { type: 'local' }> | { type: 'local'; radius: number };

/**
 * Completes contours by what TRAIN alone says of their channels: the floor of local deviations, the standard deviation, and the
 * quantiles for squashing by rank.
 */
export class ContourMeasure {
  readonly #reader: ChannelReader;
  readonly #series: ArrayLike<number>[];

  /** @param series the training series, gaps filled; those without any value are left out */
  constructor(
    series: readonly ArrayLike<number>[],
    readonly statistics: TrainStatistics,
  ) {
    this.#reader = new ChannelReader(statistics);
    this.#series = series.filter(({ length }) => length > 0);
  }

  complete({ channel: unmeasured, squashing, window }: ContourDraft): ContourDescription {
    const channel: Channel =
      unmeasured.type === 'local' ? { ...unmeasured, floor: this.#localFloor(unmeasured.radius) } : unmeasured;
    const total = this.#series.reduce((sum, { length }) => sum + length, 0);
    const thinning = Math.ceil(total / MAX_SORTED);
    const kept: number[] = [];
    let count = 0;
    let mean = 0;
    let squares = 0;
    for (const values of this.#series) {
      const x = this.#reader.read(values, channel);
      for (let i = 0; i < values.length; i++) {
        const difference = x[i] - mean;
        mean += difference / ++count;
        squares += difference * (x[i] - mean);
        if (squashing === 'rank' && count % thinning === 0) kept.push(x[i]);
      }
    }
    const deviation = rounded(Math.sqrt(squares / count));
    // A channel that is constant over TRAIN has nothing to scale by.
    const scale = deviation > 0 ? deviation : 1;
    return { channel, scale, squashing, quantiles: squashing === 'rank' ? quantilesOf(kept, scale) : null, window };
  }

  #localFloor(radius: number): number {
    let sum = 0;
    let count = 0;
    for (const values of this.#series) {
      const deviation = this.#reader.localDeviation(values, radius);
      for (let i = 0; i < values.length; i++) sum += deviation[i];
      count += values.length;
    }
    return rounded((LOCAL_FLOOR * sum) / count + LEAST_LOCAL_FLOOR);
  }
}

function quantilesOf(values: number[], scale: number): number[] {
  const sorted = Float64Array.from(values, (x) => x / scale).sort();
  return Array.from({ length: QUANTILES }, (_, q) => {
    const position = (q / (QUANTILES - 1)) * (sorted.length - 1);
    const below = Math.floor(position);
    const above = Math.min(below + 1, sorted.length - 1);
    return rounded(sorted[below] + (position - below) * (sorted[above] - sorted[below]));
  });
}
