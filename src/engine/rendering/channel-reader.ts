import { channelPullback, localDeviation, toChannel, type Channel, type ChannelFrame } from './channels';
import { limited, MAX_STANDARDIZED, resampled, type TrainStatistics } from './train-statistics';

/** Reads channels of series, with buffers of its own: what it returns is overwritten by the next call. */
export class ChannelReader {
  #u = new Float64Array(0);
  #frame: ChannelFrame;

  constructor(private readonly statistics: TrainStatistics) {
    this.#frame = this.#frameOf(1);
  }

  /** The channel of one series, in the first `values.length` entries of the result. */
  read(values: ArrayLike<number>, channel: Channel): Float64Array {
    const frame = this.#standardize(values);
    toChannel(this.#u, channel, frame);
    return this.#u;
  }

  /** Deviation around each value over t - radius .. t + radius, in the first `values.length` entries of the result. */
  localDeviation(values: ArrayLike<number>, radius: number): Float64Array {
    const frame = this.#standardize(values);
    return localDeviation(this.#u, radius, frame);
  }

  /**
   * From d score / d channel to d score / d values, in place.
   * @param d [L]
   */
  pullback(values: ArrayLike<number>, channel: Channel, d: Float64Array): void {
    const frame = this.#standardize(values);
    channelPullback(d, this.#u, channel, frame);
    const { offset, scale } = this.statistics;
    for (let i = 0; i < values.length; i++)
      d[i] = Math.abs((values[i] - offset) / scale) >= MAX_STANDARDIZED ? 0 : d[i] / scale;
  }

  #standardize(values: ArrayLike<number>): ChannelFrame {
    const { length } = values;
    const { offset, scale } = this.statistics;
    if (this.#frame.length !== length) this.#frame = this.#frameOf(length);
    for (let i = 0; i < length; i++) this.#u[i] = limited((values[i] - offset) / scale);
    return this.#frame;
  }

  #frameOf(length: number): ChannelFrame {
    const { mean, deviation, length: trainLength } = this.statistics;
    if (this.#u.length < length) this.#u = new Float64Array(length);
    const scratch = (): Float64Array => new Float64Array(length + 1);
    return {
      length,
      relativeLength: length / trainLength,
      points: { mean: resampled(mean, length), deviation: resampled(deviation, length) },
      scratch: [scratch(), scratch(), scratch()],
    };
  }
}
