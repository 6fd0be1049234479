import type { Positions, RenderingParameters } from './rendering';

/** What a rendering adds to theta: the part of the clip that depends on the series. */
export interface Sound {
  /** parameters besides theta */
  readonly parameterNames: readonly string[];
  /** where theta acts, [16000]; null everywhere */
  readonly thetaMask: Uint8Array | null;
  /** Adds the sound of the series to `out`, [16000]. */
  addTo(values: ArrayLike<number>, parameters: RenderingParameters, out: Float32Array): void;
  /** @returns d score / d values, [L] */
  pullback(values: ArrayLike<number>, parameters: RenderingParameters, dClip: Float32Array): Float64Array;
  /** Adds d score / d parameter, theta excepted. */
  parameterGradient(values: ArrayLike<number>, dClip: Float32Array, into: RenderingParameters): void;
  positions(length: number): Positions;
}
