import type { TrainStatistics } from './train-statistics';
import { channelShift } from './channels';
import { Contour, checkValues, windowOf } from './contour';
import type { RenderingOf } from './description';
import { CLIP_SAMPLES, isCut, place, placeTransposed, placedLength, thetaMask } from './placement';
import type { Positions, RenderingParameters } from './rendering';
import { knotPosition } from './resample';
import type { Sound } from './sound';
import { MAX_FACTOR } from './squashing';

/** Copies of the series itself, or of one of its channels, at a rate (paper, equation 1 and section 5.2). */
export class ReplicasSound implements Sound {
  readonly parameterNames = [];
  readonly thetaMask: Uint8Array | null;
  readonly #contour: Contour | null;
  readonly #clip = new Float32Array(CLIP_SAMPLES);

  constructor(
    private readonly description: RenderingOf<'replicas'>,
    statistics: TrainStatistics | null,
  ) {
    const { contour, placement } = description;
    this.#contour = contour && new Contour(contour, statistics!, MAX_FACTOR, Infinity);
    this.thetaMask = placement.mask ? thetaMask(placement) : null;
  }

  addTo(values: ArrayLike<number>, _parameters: RenderingParameters, out: Float32Array): void {
    let heard = values;
    if (this.#contour) {
      this.#contour.read(values);
      heard = this.#contour.knots.subarray(0, this.#contour.count);
    } else checkValues(values);
    place(heard, this.description.placement, this.#clip);
    for (let i = 0; i < CLIP_SAMPLES; i++) out[i] += this.#clip[i];
  }

  pullback(values: ArrayLike<number>, _parameters: RenderingParameters, dClip: Float32Array): Float64Array {
    const { contour, placement } = this.description;
    if (!this.#contour) return placeTransposed(dClip, values.length, placement);
    const { from, to } = windowOf(values.length, contour!.window);
    return this.#contour.pullback(values, placeTransposed(dClip, to - from, placement));
  }

  parameterGradient(): void {
    // Theta is the only parameter.
  }

  positions(length: number): Positions {
    const { contour, placement } = this.description;
    const { from, to } = windowOf(length, contour?.window ?? null);
    const shift = contour ? channelShift(contour.channel) : 0;
    const count = placedLength(to - from, placement);
    const { rate, start, replicas, interval } = placement;
    const of = new Float32Array(CLIP_SAMPLES).fill(NaN);
    // What was cut off has no sample, but the rate of those that sound stays.
    const whole = isCut(to - from, placement) ? Math.round((to - from) * rate) : count;
    for (let i = 0; i < count; i++) {
      const position = Math.max(0, from + shift + (rate === 1 ? i : knotPosition(i, to - from, whole)));
      for (let r = 0; r < replicas; r++) of[start + r * interval + i] = position;
    }
    return { of, valuesPerSample: 1 / rate };
  }
}
