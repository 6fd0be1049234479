import {
  convolutionLayers,
  DENSE1_UNITS,
  DENSE2_UNITS,
  featureShape,
  LSTM_UNITS,
  TAPS_PER_CONVOLUTION,
} from '../../src/engine/acoustic/architecture';
import type { FusedArchitecture, ModelCard } from '../../src/engine/acoustic/card';

/**
 * Floating-point operations that one reprogramming step cannot do without, multiply and add counted as two: products with the
 * weights forward and back, and one real transform a frame (2.5 N log2 N). Activations, normalization and the mel filters are left
 * out.
 */
export function stepFlops(card: Pick<ModelCard, 'architecture' | 'frontEnd' | 'sourceLabels'>, batch: number): number {
  const [frames, bins] = featureShape(card);
  let forward = 0;
  for (const { inputChannels, channels } of convolutionLayers(card.architecture as FusedArchitecture))
    forward += 2 * frames * bins * TAPS_PER_CONVOLUTION * inputChannels * channels;
  for (const inputs of [bins, 2 * LSTM_UNITS]) forward += 2 * 2 * frames * (inputs + LSTM_UNITS) * 4 * LSTM_UNITS;
  const state = 2 * LSTM_UNITS;
  forward += 2 * (state * state + 2 * frames * state + state * DENSE1_UNITS + DENSE1_UNITS * DENSE2_UNITS);
  forward += 2 * DENSE2_UNITS * card.sourceLabels.length;
  const { fftSize } = card.frontEnd;
  const transform = 2.5 * fftSize * Math.log2(fftSize) * frames;
  // Backward costs as much as forward; the gradient by theta is one adjoint transform for the whole batch.
  return batch * (2 * forward + transform) + transform;
}
