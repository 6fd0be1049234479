import { V2SError } from '../errors';
import { ChannelReader } from './channel-reader';
import type { TrainStatistics } from './train-statistics';
import { channelShift } from './channels';
import type { ContourDescription } from './description';
import { CLIP_SAMPLES } from './placement';
import { average, averageTransposed, knotPosition } from './resample';
import type { Positions } from './rendering';
import { squash, squashingSlope } from './squashing';

/** The part of a series of `length` values that a contour hears: [from, to), never empty. */
export function windowOf(length: number, window: ContourDescription['window']): { from: number; to: number } {
  if (!window) return { from: 0, to: length };
  const from = Math.min(length - 1, Math.floor(window[0] * length));
  return { from, to: Math.min(length, Math.max(from + 1, Math.round(window[1] * length))) };
}

/**
 * From the values of a series to the knots of its contour and back: channel, squashing, window, and, where there are more values
 * than the clip can follow, their means.
 */
export class Contour {
  readonly #reader: ChannelReader;
  /** knots of the last series read, in the first `count` entries */
  knots = new Float64Array(0);
  count = 0;

  /**
   * @param limit where a contour that is not squashed is cut: MAX_FACTOR or MAX_EXPONENT
   * @param most knots at most; more are averaged
   */
  constructor(
    private readonly description: ContourDescription,
    statistics: TrainStatistics,
    private readonly limit: number,
    private readonly most = CLIP_SAMPLES,
  ) {
    this.#reader = new ChannelReader(statistics);
  }

  /**
   * Reads a series; the knots lie in `knots[0..count)` until the next call.
   * @throws V2SError `rendering.empty` without any value, `rendering.value` for NaN
   */
  read(values: ArrayLike<number>): void {
    checkValues(values);
    const { squashing, quantiles, window } = this.description;
    const x = this.#channel(values);
    const { from, to } = windowOf(values.length, window);
    const heard = x.subarray(from, to);
    squash(heard, to - from, squashing, quantiles, this.limit);
    this.count = Math.min(this.most, to - from);
    if (this.knots.length < this.count) this.knots = new Float64Array(this.count);
    if (this.count === to - from) this.knots.set(heard);
    else average(heard, to - from, this.count / (to - from), this.knots, this.count);
  }

  /**
   * @param dKnots d score / d knots of these values, in the first `count` entries
   * @returns d score / d values, [L]
   */
  pullback(values: ArrayLike<number>, dKnots: Float64Array): Float64Array {
    const { channel, scale, squashing, quantiles, window } = this.description;
    const { from, to } = windowOf(values.length, window);
    const d = new Float64Array(values.length);
    const count = Math.min(this.most, to - from);
    if (count === to - from) d.set(dKnots.subarray(0, count), from);
    else averageTransposed(dKnots, to - from, count / (to - from), d.subarray(from, to), count);
    const x = this.#channel(values);
    for (let i = from; i < to; i++) d[i] *= squashingSlope(x[i], squashing, quantiles, this.limit) / scale;
    this.#reader.pullback(values, channel, d);
    return d;
  }

  /** The channel in TRAIN deviations. */
  #channel(values: ArrayLike<number>): Float64Array {
    const { channel, scale } = this.description;
    const x = this.#reader.read(values, channel);
    for (let i = 0; i < values.length; i++) x[i] /= scale;
    return x;
  }

  /** Positions when the contour is stretched over the whole clip. */
  positions(length: number): Positions {
    const { channel, window } = this.description;
    const { from, to } = windowOf(length, window);
    const shift = channelShift(channel);
    const of = new Float32Array(CLIP_SAMPLES);
    for (let i = 0; i < CLIP_SAMPLES; i++) of[i] = Math.max(0, from + knotPosition(i, to - from, CLIP_SAMPLES) + shift);
    return { of, valuesPerSample: (to - from) / CLIP_SAMPLES };
  }
}

/** @throws V2SError `rendering.empty` without any value, `rendering.value` for NaN (gaps are filled when a file is read) */
export function checkValues(values: ArrayLike<number>): void {
  if (values.length === 0) throw new V2SError('rendering.empty', 'A series without any value cannot be heard.');
  for (let i = 0; i < values.length; i++)
    if (Number.isNaN(values[i]))
      throw new V2SError('rendering.value', `Value ${i + 1} of the series is missing; fill the gaps first.`);
}
