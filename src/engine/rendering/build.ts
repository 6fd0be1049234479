import { V2SError } from '../errors';
import { DrawnCarrier, TrainedCarrier } from './carrier';
import type { TrainStatistics } from './train-statistics';
import type { RenderingDescription } from './description';
import { FormantSound } from './formant';
import { colored } from './noise';
import { PitchSound } from './pitch';
import { CLIP_SAMPLES } from './placement';
import type { Positions, Rendering, RenderingParameters } from './rendering';
import { ReplicasSound } from './replicas';
import type { Sound } from './sound';

/**
 * The rendering of a description. Equal descriptions and statistics give equal clips, bit for bit and on every machine: from the
 * seeds on, only operations are used whose results ECMAScript defines exactly.
 *
 * A rendering keeps buffers between its calls (about 0.3 MB); it is not for concurrent use, which JavaScript's threads exclude.
 * @param statistics of TRAIN; null only for replicas of the file's values
 * @throws V2SError `rendering.statistics` when the description needs statistics and there are none
 */
export function buildRendering(description: RenderingDescription, statistics: TrainStatistics | null): Rendering {
  const sound = soundOf(description, statistics);
  return new RenderingWithTheta(sound, description.theta && colored(description.theta));
}

function soundOf(description: RenderingDescription, statistics: TrainStatistics | null): Sound {
  if (description.kind === 'replicas' && description.contour === null) return new ReplicasSound(description, null);
  if (!statistics)
    throw new V2SError(
      'rendering.statistics',
      `A rendering as ${description.kind} needs the statistics of its training series.`,
    );
  switch (description.kind) {
    case 'replicas':
      return new ReplicasSound(description, statistics);
    case 'carrier':
      return description.harmonics
        ? new DrawnCarrier(description.contour, description.harmonics, statistics)
        : new TrainedCarrier(description.contour, statistics);
    case 'pitch':
      return new PitchSound(description, statistics);
    case 'formant':
      return new FormantSound(description, statistics);
  }
}

/** Theta, drawn or trained, under a sound. */
class RenderingWithTheta implements Rendering {
  readonly parameterNames: readonly string[];

  constructor(
    private readonly sound: Sound,
    private readonly drawn: Float32Array | null,
  ) {
    this.parameterNames = drawn ? sound.parameterNames : ['theta', ...sound.parameterNames];
  }

  render(values: ArrayLike<number>, parameters: RenderingParameters, out: Float32Array): void {
    const theta = this.drawn ?? parameters.get('theta')!;
    const { thetaMask } = this.sound;
    if (thetaMask) for (let i = 0; i < CLIP_SAMPLES; i++) out[i] = thetaMask[i] * theta[i];
    else out.set(theta);
    this.sound.addTo(values, parameters, out);
  }

  pullback(values: ArrayLike<number>, parameters: RenderingParameters, dClip: Float32Array): Float64Array {
    return this.sound.pullback(values, parameters, dClip);
  }

  parameterGradient(values: ArrayLike<number>, dClip: Float32Array, into: RenderingParameters): void {
    const dTheta = this.drawn ? undefined : into.get('theta');
    if (dTheta) {
      const { thetaMask } = this.sound;
      for (let i = 0; i < CLIP_SAMPLES; i++) dTheta[i] += thetaMask ? thetaMask[i] * dClip[i] : dClip[i];
    }
    this.sound.parameterGradient(values, dClip, into);
  }

  positions(length: number): Positions {
    return this.sound.positions(length);
  }
}
