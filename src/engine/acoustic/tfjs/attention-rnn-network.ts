import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D, Tensor as TfTensor } from '@tensorflow/tfjs-core';
import {
  BATCH_NORM_EPSILON,
  LSTM_UNITS,
  TAPS_PER_CONVOLUTION,
  BATCH_NORM_MOMENTUM,
  convolutionLayers,
  featureShape,
  weightShapes,
  type ConvolutionLayer,
} from '../architecture';
import type { FusedArchitecture, ModelCard } from '../card';
import type { TapDescription } from '../model';
import type { TfjsApi } from './api';

/** The weights by name, see weightShapes. */
export type TfjsWeights = ReadonlyMap<string, TfTensor>;

/** What lies behind the front end of a tfjs acoustic model: a differentiable function of the weights and the features. */
export interface TfjsNetwork {
  readonly taps: readonly TapDescription[];
  /** name to shape of every weight, moving statistics included */
  readonly weightShapes: ReadonlyMap<string, readonly number[]>;
  /** @param features standardized, [n, frames, bins] */
  run(weights: TfjsWeights, features: Tensor3D, options?: NetworkOptions): NetworkPass;
  dispose(): void;
}

export interface NetworkPass {
  /** [n, K], before the softmax */
  logits: Tensor2D;
  /** by tap, [n, frames, bins, channels] of the tap */
  activations: ReadonlyMap<string, Tensor4D>;
  /** [n, frames], rows add up to 1; null without attention */
  attention: Tensor2D | null;
  /** context [n, 2 LSTM units] and states of the second BiLSTM [n, frames, 2 LSTM units]; null for a model of layers */
  hidden: { context: Tensor2D; states: Tensor3D } | null;
  /** of this batch, only with batchStatistics; moving = momentum * moving + (1 - momentum) * value */
  statistics: { name: string; value: Tensor1D; momentum: number }[];
}

/** The attention-RNN family. */
export class AttentionRnnNetwork implements TfjsNetwork {
  readonly taps: readonly TapDescription[];
  readonly weightShapes: ReadonlyMap<string, readonly number[]>;

  constructor(
    private readonly tf: TfjsApi,
    private readonly architecture: FusedArchitecture,
    card: Pick<ModelCard, 'architecture' | 'frontEnd' | 'sourceLabels'>,
  ) {
    const [frames, bins] = featureShape(card);
    this.taps = convolutionLayers(architecture).map(({ name, channels }) => ({ name, channels, frames, bins }));
    this.weightShapes = weightShapes(card);
  }

  run(weights: TfjsWeights, features: Tensor3D, options: NetworkOptions = {}): NetworkPass {
    const { logits, activations, attention, context, lstm, statistics } = runNetwork(
      this.tf,
      this.architecture,
      weights,
      features,
      options,
    );
    const momentum = BATCH_NORM_MOMENTUM;
    return {
      logits,
      activations,
      attention,
      hidden: { context, states: lstm[1] },
      statistics: statistics.flatMap(({ normalization, mean, variance }) => [
        { name: `${normalization}.mean`, value: mean, momentum },
        { name: `${normalization}.variance`, value: variance, momentum },
      ]),
    };
  }

  dispose(): void {}
}

/** Statistics of one batch normalization over a batch, per channel; the variance is that of the population. */
interface BatchStatistics {
  normalization: string;
  mean: Tensor1D;
  variance: Tensor1D;
}

export interface NetworkOptions {
  /** batch normalization uses the statistics of the batch instead of the moving statistics */
  batchStatistics?: boolean;
  /** [n, frames, bins, channels] by convolution, added to its activation: gradients at zero probes are gradients at the taps */
  probes?: ReadonlyMap<string, Tensor4D>;
}

/** Everything the network computes. Names of the convolutions are those of convolutionLayers. */
export interface NetworkOutputs {
  /** [n, K], before the softmax */
  logits: Tensor2D;
  /** after ReLU, before batch normalization, [n, frames, bins, channels] */
  activations: Map<string, Tensor4D>;
  /** after batch normalization, [n, frames, bins, channels] */
  normalized: Map<string, Tensor4D>;
  /** only with batchStatistics */
  statistics: BatchStatistics[];
  /** outputs of the two BiLSTM layers, [n, frames, 2 * LSTM_UNITS] */
  lstm: [Tensor3D, Tensor3D];
  /** [n, 2 * LSTM_UNITS] */
  query: Tensor2D;
  /** [n, frames], rows add up to 1 */
  attention: Tensor2D;
  /** [n, 2 * LSTM_UNITS] */
  context: Tensor2D;
  dense1: Tensor2D;
  dense2: Tensor2D;
}

/** The attention-RNN family (architecture.ts) from standardized features [n, frames, bins] on, as TensorFlow.js operations. */
export function runNetwork(
  tf: TfjsApi,
  architecture: FusedArchitecture,
  weights: TfjsWeights,
  features: Tensor3D,
  options: NetworkOptions = {},
): NetworkOutputs {
  const weight = <T extends TfTensor>(name: string): T => weights.get(name) as T;
  const dense = (name: string, input: Tensor2D): Tensor2D =>
    tf.add(tf.matMul(input, weight<Tensor2D>(`${name}.kernel`)), weight(`${name}.bias`));

  const [n, frames, bins] = features.shape;
  const front = runConvolutions(tf, architecture, weights, features, options);
  const sequence: Tensor3D = tf.reshape(front.output, [n, frames, bins]);
  const lstm1 = bidirectionalLstm(tf, 'lstm1', weights, sequence);
  const lstm2 = bidirectionalLstm(tf, 'lstm2', weights, lstm1);

  const last = tf.reshape(tf.slice(lstm2, [0, frames - 1, 0], [n, 1, 2 * LSTM_UNITS]), [n, 2 * LSTM_UNITS]) as Tensor2D;
  const query = dense('query', last);
  const scores: Tensor2D = tf.sum(tf.mul(lstm2, tf.expandDims(query, 1)), 2);
  const attention = tf.softmax(scores);
  const context: Tensor2D = tf.sum(tf.mul(lstm2, tf.expandDims(attention, 2)), 1);
  const dense1 = tf.relu(dense('dense1', context));
  const dense2 = dense('dense2', dense1);
  return { ...front, lstm: [lstm1, lstm2], query, attention, context, dense1, dense2, logits: dense('output', dense2) };
}

function runConvolutions(
  tf: TfjsApi,
  architecture: FusedArchitecture,
  weights: TfjsWeights,
  features: Tensor3D,
  { batchStatistics = false, probes }: NetworkOptions,
): Pick<NetworkOutputs, 'activations' | 'normalized' | 'statistics'> & { output: Tensor4D } {
  const activations = new Map<string, Tensor4D>();
  const normalized = new Map<string, Tensor4D>();
  const statistics: BatchStatistics[] = [];
  const layerOutput = (name: string): Tensor4D =>
    name === 'features' ? tf.expandDims(features, 3) : normalized.get(name)!;
  let output = layerOutput('features');
  for (const layer of convolutionLayers(architecture)) {
    const { name, normalization, inputs } = layer;
    const input = inputs.length === 1 ? layerOutput(inputs[0]) : tf.concat(inputs.map(layerOutput), 3);
    const kernel = weights.get(`${name}.kernel`) as Tensor4D;
    const linear = convolution(tf, input, kernel, layer);
    const perChannel = (value: TfTensor): Tensor3D => repeated(tf, value, linear.shape);
    let activation: Tensor4D = tf.relu(tf.add<Tensor4D>(linear, perChannel(weights.get(`${name}.bias`)!)));
    const probe = probes?.get(name);
    if (probe) activation = tf.add(activation, probe);
    activations.set(name, activation);
    let mean = weights.get(`${normalization}.mean`) as Tensor1D;
    let variance = weights.get(`${normalization}.variance`) as Tensor1D;
    if (batchStatistics) {
      mean = channelMean(tf, activation);
      variance = channelMean(tf, tf.square(tf.sub<Tensor4D>(activation, perChannel(mean))));
      statistics.push({ normalization, mean, variance });
    }
    const scale = tf.div(weights.get(`${normalization}.gamma`)!, tf.sqrt(tf.add(variance, BATCH_NORM_EPSILON)));
    const centered = tf.sub(activation, perChannel(mean));
    output = tf.add(tf.mul(centered, perChannel(scale)), perChannel(weights.get(`${normalization}.beta`)!));
    normalized.set(name, output);
  }
  return { activations, normalized, statistics, output };
}

/** Mean per channel. Axis by axis: sums of a few hundred values keep a precision that one of 100,000 in 32 bits loses. */
function channelMean(tf: TfjsApi, x: Tensor4D): Tensor1D {
  return tf.mean(tf.mean(tf.mean(x, 1) as Tensor3D, 1) as Tensor2D, 0);
}

/** A value per channel repeated to [frames, bins, channels], axis by axis so that its gradient is summed axis by axis (see channelMean). */
function repeated(tf: TfjsApi, perChannel: TfTensor, [, frames, bins, channels]: Tensor4D['shape']): Tensor3D {
  return tf.add(tf.zeros([frames, 1, 1]), tf.add(tf.zeros([bins, channels]), perChannel));
}

/**
 * Convolution over time alone, zero padding to the same length: y(t) = sum over k of x(t + k - 2) W(k). Written with matrix
 * products because the WebAssembly backend has no kernel for the gradient of conv2d to its weights.
 */
function convolution(tf: TfjsApi, input: Tensor4D, kernel: Tensor4D, layer: ConvolutionLayer): Tensor4D {
  const { inputChannels, channels } = layer;
  const [n, frames, bins] = input.shape;
  const margin = (TAPS_PER_CONVOLUTION - 1) / 2;
  return tf.tidy(() => {
    const padded = tf.pad(input, [
      [0, 0],
      [margin, margin],
      [0, 0],
      [0, 0],
    ]);
    const paddedFrames = frames + 2 * margin;
    const rows = tf.reshape(padded, [n * paddedFrames * bins, inputChannels]);
    const terms = Array.from({ length: TAPS_PER_CONVOLUTION }, (_, k) =>
      tf.tidy(() => {
        const tap = tf.reshape(tf.slice(kernel, [k, 0, 0, 0], [1, 1, inputChannels, channels]), [
          inputChannels,
          channels,
        ]);
        const product = tf.reshape(tf.matMul(rows, tap as Tensor2D), [n, paddedFrames, bins, channels]);
        return tf.slice(product, [0, k, 0, 0], [n, frames, bins, channels]);
      }),
    );
    return tf.addN(terms) as Tensor4D;
  });
}

/** [n, frames, inputs] to [n, frames, 2 * LSTM_UNITS]: the forward direction, then the backward one put back in time order. */
function bidirectionalLstm(tf: TfjsApi, name: string, weights: TfjsWeights, input: Tensor3D): Tensor3D {
  return tf.tidy(() => {
    const byTime = tf.transpose(input, [1, 0, 2]);
    const forward = lstm(tf, `${name}.forward`, weights, byTime, false);
    const backward = lstm(tf, `${name}.backward`, weights, byTime, true);
    return tf.transpose(tf.concat([forward, backward], 2), [1, 0, 2]);
  });
}

/** One direction over [frames, n, inputs]; the outputs [frames, n, LSTM_UNITS] are in time order in both directions. */
function lstm(tf: TfjsApi, name: string, weights: TfjsWeights, input: Tensor3D, reversed: boolean): Tensor3D {
  const [frames, n, inputs] = input.shape;
  const kernel = weights.get(`${name}.kernel`) as Tensor2D;
  const recurrent = weights.get(`${name}.recurrent`) as Tensor2D;
  const bias = weights.get(`${name}.bias`) as Tensor1D;
  const projected = tf.add(tf.matMul(tf.reshape(input, [frames * n, inputs]), kernel), bias);
  const steps = tf.unstack(tf.reshape(projected, [frames, n, 4 * LSTM_UNITS]), 0) as Tensor2D[];
  let hidden: Tensor2D = tf.zeros([n, LSTM_UNITS]);
  let cell: Tensor2D = tf.zeros([n, LSTM_UNITS]);
  const outputs = new Array<Tensor2D>(frames);
  for (let step = 0; step < frames; step++) {
    const t = reversed ? frames - 1 - step : step;
    [cell, hidden] = tf.tidy(() => {
      const gates = tf.split(tf.add(steps[t], tf.matMul(hidden, recurrent)), 4, 1) as Tensor2D[];
      const [inputGate, forgetGate, outputGate] = [gates[0], gates[1], gates[3]].map((gate) => tf.sigmoid(gate));
      const candidate = tf.tanh(gates[2]);
      const nextCell: Tensor2D = tf.add(tf.mul(forgetGate, cell), tf.mul(inputGate, candidate));
      return [nextCell, tf.mul(outputGate, tf.tanh(nextCell)) as Tensor2D];
    });
    outputs[t] = hidden;
  }
  return tf.stack(outputs, 0) as Tensor3D;
}
