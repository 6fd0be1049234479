import { CLIP_SAMPLES, place, placedLength, type Placement, type Program } from '../reprogram';
import type { Positions, Rendering, RenderingParameters } from '../rendering/rendering';

/** How a program turns a series into its clip. */
export interface ProgramRendering {
  rendering: Rendering;
  parameters: RenderingParameters;
  /** the value that adds nothing to the clip; it stands for a missing one in attributions */
  baseline: number;
}

/** The rendering of a program of the paper: replicas of the series, and theta. */
export function renderingOf({ description: { placement }, theta }: Program): ProgramRendering {
  return {
    rendering: new PlacedReplicas(placement),
    parameters: new Map([['theta', theta]]),
    baseline: placement.offset,
  };
}

/** x' = Pad(x) + M theta of a placement (paper, equation 1); theta comes masked. */
class PlacedReplicas implements Rendering {
  readonly parameterNames = ['theta'];

  constructor(private readonly placement: Placement) {}

  render(values: ArrayLike<number>, parameters: RenderingParameters, out: Float32Array): void {
    place(values, this.placement, out);
    const theta = parameters.get('theta')!;
    for (let i = 0; i < CLIP_SAMPLES; i++) out[i] += theta[i];
  }

  pullback(values: ArrayLike<number>, _parameters: RenderingParameters, dClip: Float32Array): Float64Array {
    const { replicas, interval, rate, scale } = this.placement;
    const { length } = values;
    const count = placedLength(length, this.placement);
    const gradient = new Float64Array(length);
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let r = 0; r < replicas; r++) sum += dClip[r * interval + i];
      // A sample is the mean of the values that pass during it, each by the part that falls into it.
      const from = rate === 1 ? i : Math.min(i / rate, length - 1);
      const to = rate === 1 ? i + 1 : Math.min((i + 1) / rate, length);
      for (let j = Math.floor(from); j < to; j++)
        gradient[j] += ((Math.min(j + 1, to) - Math.max(j, from)) / (to - from)) * (sum / scale);
    }
    return gradient;
  }

  parameterGradient(_values: ArrayLike<number>, dClip: Float32Array, into: RenderingParameters): void {
    const theta = into.get('theta')!;
    for (let i = 0; i < CLIP_SAMPLES; i++) theta[i] += dClip[i];
  }

  positions(length: number): Positions {
    const { replicas, interval, rate } = this.placement;
    const of = new Float32Array(CLIP_SAMPLES).fill(NaN);
    const count = placedLength(length, this.placement);
    for (let r = 0; r < replicas; r++) for (let i = 0; i < count; i++) of[r * interval + i] = (i + 0.5) / rate - 0.5;
    return { of, valuesPerSample: 1 / rate };
  }
}
