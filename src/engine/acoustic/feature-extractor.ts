import type { InputGradient } from './model';

/** A front end as a function of waveforms, with its vector-Jacobian product. */
export interface FeatureExtractor {
  /**
   * @param waveforms [n * samples]
   * @returns standardized features [n * frames * bins]
   */
  features(waveforms: Float32Array, n: number): Float32Array;
  /**
   * @param dFeatures gradient by the features of these waveforms, [n * frames * bins]
   * @returns gradient by the waveforms: [samples] summed over the clips, or [n * samples] for each
   */
  backward(waveforms: Float32Array, n: number, dFeatures: Float32Array, input: WaveformGradient): Float32Array;
  dispose(): void;
}

export type WaveformGradient = Exclude<InputGradient, 'none'>;
