import type { TapDescription } from '../acoustic/model';

/**
 * Class activation maps of one convolution, from its activations A (after the ReLU) and the gradients G of the score by them:
 * - `grad-cam` (Selvaraju et al. 2017): relu(sum over channels of mean(G) A), the paper's;
 * - `layer-cam` (Jiang et al. 2021): relu(sum over channels of relu(G) A), each cell weighted by its own gradient;
 * - `hires-cam` (Draelos and Carin 2020): relu(sum over channels of G A), what each cell adds to the score, to first order;
 * - `signed-hires-cam`: the same with what speaks against the score.
 */
export const CAM_VARIANTS = ['grad-cam', 'layer-cam', 'hires-cam', 'signed-hires-cam'] as const;
export type CamVariant = (typeof CAM_VARIANTS)[number];

/**
 * The map of one clip, in units of the score. A layer of one channel (the last (5,1) convolution of the attention-RNN) has nothing to
 * weigh: its Grad-CAM is a scaled activation.
 * @param activation [frame][bin][channel]
 * @param gradient same layout
 * @returns [frame][bin]; at least 0 unless signed
 */
export function classActivationMap(
  variant: CamVariant,
  activation: Float32Array,
  gradient: Float32Array,
  { channels }: Pick<TapDescription, 'channels'>,
): Float32Array {
  const cells = activation.length / channels;
  const map = new Float32Array(cells);
  const means = variant === 'grad-cam' ? channelMeans(gradient, channels) : null;
  const positive = variant === 'layer-cam';
  const signed = variant === 'signed-hires-cam';
  for (let cell = 0, i = 0; cell < cells; cell++) {
    let sum = 0;
    for (let c = 0; c < channels; c++, i++) {
      const g = means ? means[c] : gradient[i];
      if (g > 0 || !positive) sum += g * activation[i];
    }
    map[cell] = sum > 0 || signed ? sum : 0;
  }
  return map;
}

function channelMeans(gradient: Float32Array, channels: number): Float64Array {
  const means = new Float64Array(channels);
  for (let i = 0; i < gradient.length;) for (let c = 0; c < channels; c++, i++) means[c] += gradient[i];
  return means.map((sum) => (sum * channels) / gradient.length);
}

/** The map with its largest magnitude at 1; all 0 where no channel speaks for the class. */
export function scaledToOne(map: Float32Array): Float32Array {
  let largest = 0;
  for (const value of map) largest = Math.max(largest, Math.abs(value));
  return largest > 0 ? map.map((value) => value / largest) : map;
}
