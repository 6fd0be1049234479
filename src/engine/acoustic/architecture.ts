import type { FusedArchitecture, ModelCard } from './card';
import { frameCount } from '../audio/front-end';

/**
 * The attention-RNN family (paper appendix C; de Andrade et al. 2018, Yang et al. 2021): (5,1) convolutions over time with
 * ReLU and batch normalization, two bidirectional LSTM(64), single-head dot attention queried by the last step,
 * Dense 64 ReLU, Dense 32, Dense K. Weights have the names and layouts below (those of Keras).
 */
export const TAPS_PER_CONVOLUTION = 5;
export const LSTM_UNITS = 64;
export const BATCH_NORM_EPSILON = 1e-3;
export const BATCH_NORM_MOMENTUM = 0.99;
export const DENSE1_UNITS = 64;
export const DENSE2_UNITS = 32;

export interface ConvolutionLayer {
  /** `conv1`, ..; its batch normalization is `bn1`, .. */
  name: string;
  normalization: string;
  /** layers whose normalized outputs are concatenated, in channel order, as the input; `features` is the mel-spectrogram */
  inputs: string[];
  inputChannels: number;
  channels: number;
}

/** The convolutional front of an architecture in the order of computation; the last layer always has one channel. */
export function convolutionLayers(architecture: FusedArchitecture): ConvolutionLayer[] {
  const layer = (n: number, inputs: string[], inputChannels: number, channels: number): ConvolutionLayer => ({
    name: `conv${n}`,
    normalization: `bn${n}`,
    inputs,
    inputChannels,
    channels,
  });
  switch (architecture) {
    case 'att-rnn':
      return [layer(1, ['features'], 1, 10), layer(2, ['conv1'], 10, 1)];
    case 'unet-att-rnn':
      return [
        layer(1, ['features'], 1, 16),
        layer(2, ['conv1'], 16, 32),
        layer(3, ['conv2'], 32, 16),
        layer(4, ['conv1', 'conv3'], 32, 1),
      ];
  }
}

/** Name to shape of every weight, batch normalization's moving statistics (`*.mean`, `*.variance`) included. */
export function weightShapes(
  card: Pick<ModelCard, 'architecture' | 'frontEnd' | 'sourceLabels'>,
): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  if (card.architecture === 'tfjs') throw new TypeError('a tfjs model declares its own weights');
  for (const { name, normalization, inputChannels, channels } of convolutionLayers(card.architecture)) {
    shapes.set(`${name}.kernel`, [TAPS_PER_CONVOLUTION, 1, inputChannels, channels]);
    shapes.set(`${name}.bias`, [channels]);
    for (const part of ['gamma', 'beta', 'mean', 'variance']) shapes.set(`${normalization}.${part}`, [channels]);
  }
  const gates = 4 * LSTM_UNITS;
  for (const [name, inputs] of [
    ['lstm1', card.frontEnd.melBins],
    ['lstm2', 2 * LSTM_UNITS],
  ] as const) {
    for (const direction of ['forward', 'backward']) {
      // Gates in the order i, f, c, o; the recurrent activation is the sigmoid.
      shapes.set(`${name}.${direction}.kernel`, [inputs, gates]);
      shapes.set(`${name}.${direction}.recurrent`, [LSTM_UNITS, gates]);
      shapes.set(`${name}.${direction}.bias`, [gates]);
    }
  }
  const dense = (name: string, inputs: number, outputs: number): void => {
    shapes.set(`${name}.kernel`, [inputs, outputs]);
    shapes.set(`${name}.bias`, [outputs]);
  };
  dense('query', 2 * LSTM_UNITS, 2 * LSTM_UNITS);
  dense('dense1', 2 * LSTM_UNITS, DENSE1_UNITS);
  dense('dense2', DENSE1_UNITS, DENSE2_UNITS);
  dense('output', DENSE2_UNITS, card.sourceLabels.length);
  return shapes;
}

/** Moving statistics (of this family, or as LayersModels name them) are weights of the file but never of the optimizer. */
export function isMovingStatistic(name: string): boolean {
  return /^bn\d+\.(mean|variance)$|\/moving_(mean|variance)$/.test(name);
}

/** [frames, melBins] of the features. */
export function featureShape(card: Pick<ModelCard, 'frontEnd'>): [number, number] {
  return [frameCount(card.frontEnd), card.frontEnd.melBins];
}
