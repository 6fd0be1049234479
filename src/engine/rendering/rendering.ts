/**
 * A rendering turns a series into a clip that the acoustic model hears, and knows the way back.
 *
 * With its trainable parameters fixed it is the paper's equation 1 (x' = Pad(x) + M theta) and its kin: a carrier
 * (x' = theta + phi * stretch(x)), a tone whose pitch follows the series, a pulse train whose formants do.
 */
export interface Rendering {
  /** names of the parameters that training may change, each [16000]: `theta`, and `phi` for a trained carrier; none when drawn */
  readonly parameterNames: readonly string[];

  /**
   * Writes the clip x' of one series.
   * @param values as in the file, [L], L at least 1, gaps filled
   * @param out [16000], overwritten
   * @throws V2SError `rendering.empty` without any value, `rendering.value` for NaN
   */
  render(values: ArrayLike<number>, parameters: RenderingParameters, out: Float32Array): void;

  /**
   * Vector-Jacobian product d score / d values of the exact rendering; 0 for values that are cut off or beyond a limit.
   * @param dClip d score / d clip, [16000]
   * @returns [L], in score per unit of the file's values
   */
  pullback(values: ArrayLike<number>, parameters: RenderingParameters, dClip: Float32Array): Float64Array;

  /** Adds d score / d parameter to `into`, for training; the clip is linear in its parameters, which therefore are not needed. */
  parameterGradient(values: ArrayLike<number>, dClip: Float32Array, into: RenderingParameters): void;

  /** Which part of a series of `length` values each clip sample belongs to. */
  positions(length: number): Positions;
}

/** Trainable parameters by name, each [16000]. */
export type RenderingParameters = ReadonlyMap<string, Float32Array>;

export interface Positions {
  /** position on the series axis (0 is the center of the first value) of every clip sample, [16000]; NaN where none sounds */
  of: Float32Array;
  /** series values that pass during one clip sample; times the model's window it is the resolution of a map in series values */
  valuesPerSample: number;
}
