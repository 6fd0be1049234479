import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D, Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { V2SError } from '../../errors';
import { featureShape } from '../architecture';
import type { LayersDescription, ModelCard } from '../card';
import { registerConvolutionGradients } from './convolution-gradients';
import { describeAttention, describeTap, inputLayoutOf, outlineOf } from './layers-outline';
import type { TapDescription } from '../model';
import type { TfjsApi } from './api';
import type { TfjsRuntime } from './backend';
import type { NetworkOptions, NetworkPass, TfjsNetwork, TfjsWeights } from './attention-rnn-network';
import type { Topology } from '../topology';

type Layer = LayersModel['layers'][number];
type Call = Layer['call'];

/** What V2S uses of a layer beyond its published type. */
interface LayerParts {
  call: Call;
  kernel?: LayerWeight;
  bias?: LayerWeight | null;
  activation?: { apply(x: TfTensor): TfTensor; getClassName(): string };
  strides?: [number, number];
  padding?: 'same' | 'valid';
  dataFormat?: 'channelsFirst' | 'channelsLast';
  dilationRate?: [number, number];
  axis?: number;
  epsilon?: number;
  momentum?: number;
  gamma?: LayerWeight | null;
  beta?: LayerWeight | null;
  movingMean?: LayerWeight;
  movingVariance?: LayerWeight;
}

/** A weight of a layer: it reads `val`, which V2S sets to the tensor that a pass is to use. */
interface LayerWeight {
  readonly originalName: string;
  readonly shape: number[];
  val: TfTensor;
  read(): TfTensor;
}

/** Layers that disturb their input while training. Here every pass must be repeatable: they let their input through. */
const RANDOM_LAYERS = new Set(['Dropout', 'SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout']);

/**
 * @param weightValues number of the values of all weights that are at hand
 * @throws V2SError `model.topology`, `model.input`, `model.output`, `model.taps`, `model.weights`
 */
export async function openLayersNetwork(
  runtime: TfjsRuntime,
  card: ModelCard,
  topology: Topology | undefined,
  weightValues: number,
): Promise<TfjsNetwork> {
  if (!topology || !card.layers)
    throw new V2SError(
      'model.topology',
      topology
        ? `The card of the LayersModel ${card.id} does not say which layers to show. Import the model again.`
        : `The LayersModel ${card.id} has no topology. Import the model again.`,
    );
  const model = await buildLayersModel(runtime, topology, weightValues, `The model ${card.id}`);
  try {
    return new LayersNetwork(runtime.tf, model, card, card.layers);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * The LayersModel of a topology, its weights set by its initializers.
 * @param weightValues number of the values of all weights that are at hand; layers that ask for more are not made
 * @param what names the model in messages
 * @throws V2SError `model.topology` when the Layers API cannot build it, `model.weights` when its layers ask for more
 */
export async function buildLayersModel(
  runtime: TfjsRuntime,
  topology: Topology,
  weightValues: number,
  what: string,
): Promise<LayersModel> {
  const { layers, models } = await runtime.loadLayers();
  runtime.select();
  let model: LayersModel;
  try {
    const making = withBudget(layers.Layer, weightValues, what, () =>
      models.modelFromJSON({ modelTopology: topology as never }),
    );
    model = await making;
  } catch (error) {
    if (error instanceof V2SError) throw error;
    throw new V2SError(
      'model.topology',
      `${what} cannot be built by the Layers API of TensorFlow.js: ${firstSentence(error)}. ` +
        'V2S can only run layers that the Layers API knows, not layers with their own code (Lambda, custom classes).',
      { cause: error },
    );
  }
  if (model.inputs.length > 0) return model;
  throw new V2SError(
    'model.topology',
    `${what} does not say what shape its input has. Build it with an input shape before saving it.`,
  );
}

type AddWeight = (this: { name: string }, name: string, shape: (number | null)[], ...rest: unknown[]) => unknown;

/**
 * Calls `make`, in which layers may add weights of so many values in all: the Layers API fills the weights of a layer as soon as it
 * knows their shape, whatever the shape is. Only what `make` does before it returns is watched; the Layers API makes all layers then.
 * @throws V2SError `model.weights`
 */
function withBudget<R>(layer: { prototype: unknown }, values: number, what: string, make: () => R): R {
  const prototype = layer.prototype as { addWeight: AddWeight };
  const addWeight = prototype.addWeight;
  let left = values;
  prototype.addWeight = function (this: { name: string }, name, shape, ...rest): unknown {
    left -= shape.reduce<number>((product, size) => product * (size ?? 1), 1);
    if (!(left >= 0))
      throw new V2SError(
        'model.weights',
        `The layers of ${what} need more weights than the ${values} values it has; the weight ${this.name}/${name} of shape ` +
          `[${shape.join(', ')}] is one of them.`,
      );
    return addWeight.call(this, name, shape, ...rest);
  };
  try {
    return make();
  } finally {
    prototype.addWeight = addWeight;
  }
}

/** The reason of an error of the library without its advice. */
function firstSentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split(/\.\s/)[0].replace(/\.$/, '');
}

/** Every weight of a LayersModel by its name. @throws V2SError `model.weights` when two have the same name */
export function layerWeights(model: LayersModel): Map<string, LayerWeight> {
  const weights = new Map<string, LayerWeight>();
  for (const weight of model.weights as unknown as LayerWeight[]) {
    if (weights.has(weight.originalName))
      throw new V2SError(
        'model.weights',
        `Two weights of the LayersModel are called ${weight.originalName}. Give its layers different names.`,
      );
    weights.set(weight.originalName, weight);
  }
  return weights;
}

/** Any LayersModel as a function of its weights and the features. */
class LayersNetwork implements TfjsNetwork {
  readonly taps: readonly TapDescription[];
  readonly weightShapes: ReadonlyMap<string, readonly number[]>;
  private readonly layerWeights: Map<string, LayerWeight>;
  /** of the pass that is running */
  private options: NetworkOptions = {};
  private readonly activations = new Map<string, Tensor4D>();
  private attended: TfTensor | null = null;
  private statistics: NetworkPass['statistics'] = [];

  constructor(
    private readonly tf: TfjsApi,
    private readonly model: LayersModel,
    private readonly card: ModelCard,
    { taps, attention, inputLayout }: LayersDescription,
  ) {
    const what = `The model ${card.id}`;
    const outline = outlineOf(model);
    const found = inputLayoutOf(outline, featureShape(card), what);
    if (found !== inputLayout)
      throw new V2SError('model.input', `${what} takes its input as ${found}, but its card says ${inputLayout}.`);
    requireLogits(model, card.sourceLabels.length, what);
    registerConvolutionGradients(tf);
    this.layerWeights = layerWeights(model);
    this.weightShapes = new Map([...this.layerWeights].map(([name, { shape }]) => [name, shape]));
    for (const layer of everyLayer(model)) this.makeRepeatable(layer as unknown as LayerParts, layer.getClassName());
    this.taps = taps.map((name) => describeTap(outline, name, inputLayout));
    for (const tap of this.taps) this.tapInto(tap);
    if (attention !== null) {
      describeAttention(outline, attention, featureShape(card)[0]);
      this.listenToAttention(attention);
    }
  }

  run(weights: TfjsWeights, features: Tensor3D, options: NetworkOptions = {}): NetworkPass {
    this.options = options;
    const own = [...this.layerWeights.values()].map((weight) => [weight, weight.val] as const);
    for (const [name, weight] of this.layerWeights) weight.val = weights.get(name)!;
    try {
      const logits = this.model.apply(this.input(features)) as Tensor2D;
      return {
        logits,
        activations: new Map([...this.activations].map(([name, noted]) => [name, this.handOver(noted)])),
        hidden: null,
        attention: this.attended && this.attentionOverFrames(this.handOver(this.attended), features.shape[1]),
        statistics: this.statistics.map(({ value, ...rest }) => ({ ...rest, value: this.handOver(value) })),
      };
    } finally {
      for (const [weight, value] of own) weight.val = value;
      this.options = {};
      this.activations.clear();
      this.attended = null;
      this.statistics = [];
    }
  }

  /** A noted tensor, which the library would free at the end of its layer, as one that belongs to the scope of the caller. */
  private handOver<T extends TfTensor>(noted: T): T {
    const handed = this.tf.clone(noted);
    noted.dispose();
    return handed;
  }

  dispose(): void {
    this.model.dispose();
  }

  private input(features: Tensor3D): TfTensor {
    const { tf } = this;
    switch (this.card.layers!.inputLayout) {
      case 'frames-bins':
        return features;
      case 'frames-bins-1':
        return tf.expandDims(features, 3);
      case 'bins-frames-1':
        return tf.expandDims(tf.transpose(features, [0, 2, 1]), 3);
    }
  }

  /**
   * Replaces what a layer does where the library's way is random, cannot be differentiated or cannot be told whether to use the
   * statistics of the batch.
   */
  private makeRepeatable(layer: LayerParts, className: string): void {
    const { tf } = this;
    const single = (inputs: TfTensor | TfTensor[]): TfTensor => (Array.isArray(inputs) ? inputs[0] : inputs);
    if (RANDOM_LAYERS.has(className)) layer.call = (inputs) => tf.clone(single(inputs));
    else if (className === 'BatchNormalization') layer.call = (inputs) => this.normalize(layer, single(inputs));
    // The fused convolution of the library knows no gradient for dilation, nor one that the WebAssembly backend can run.
    else if (className === 'Conv2D' && layer.dataFormat !== 'channelsFirst')
      layer.call = (inputs) =>
        tf.tidy(() => {
          const { kernel, bias, strides, padding, dilationRate, activation } = layer;
          const x = single(inputs) as Tensor4D;
          let y: TfTensor = tf.conv2d(x, kernel!.read() as Tensor4D, strides!, padding!, 'NHWC', dilationRate!);
          if (bias) y = tf.add(y, bias.read());
          return activation ? activation.apply(y) : y;
        });
  }

  /** Batch normalization by the statistics of the batch, which are noted, or by the moving ones. */
  private normalize(layer: LayerParts, x: TfTensor): TfTensor {
    const { tf } = this;
    const axis = (layer.axis! + x.rank) % x.rank;
    const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
    const shape = x.shape.map((size, i) => (i === axis ? size : 1));
    const along = (value: TfTensor): TfTensor => (axis === x.rank - 1 ? value : tf.reshape(value, shape));
    let mean = layer.movingMean!.read();
    let variance = layer.movingVariance!.read();
    if (this.options.batchStatistics) {
      mean = tf.mean(x, others);
      variance = tf.mean(tf.square(tf.sub(x, along(mean))), others);
      const momentum = layer.momentum!;
      this.statistics.push(
        { name: layer.movingMean!.originalName, value: tf.keep(tf.clone(mean as Tensor1D)), momentum },
        { name: layer.movingVariance!.originalName, value: tf.keep(tf.clone(variance as Tensor1D)), momentum },
      );
    }
    let scale = tf.rsqrt(tf.add(variance, layer.epsilon!));
    if (layer.gamma) scale = tf.mul(scale, layer.gamma.read());
    let offset: TfTensor = tf.neg(tf.mul(mean, scale));
    if (layer.beta) offset = tf.add(offset, layer.beta.read());
    return tf.add(tf.mul(x, along(scale)), along(offset));
  }

  /** Notes the output of a layer as [n, frames, bins, channels], after adding the probe if there is one. */
  private tapInto({ name, frames, bins, channels }: TapDescription): void {
    const { tf } = this;
    const layer = this.model.getLayer(name);
    const transposed = this.card.layers!.inputLayout === 'bins-frames-1' && layer.outputShape.length === 4;
    const call = layer.call.bind(layer) as Call;
    layer.call = (inputs, options) => {
      let output = call(inputs, options) as TfTensor;
      const probe = this.options.probes?.get(name);
      if (probe)
        output = tf.add(output, tf.reshape(transposed ? tf.transpose(probe, [0, 2, 1, 3]) : probe, output.shape));
      const straight = transposed ? tf.transpose(output, [0, 2, 1, 3]) : output;
      this.activations.set(name, tf.keep(tf.reshape(straight, [output.shape[0], frames, bins, channels])));
      return output;
    };
  }

  private listenToAttention(name: string): void {
    const layer = this.model.getLayer(name);
    const call = layer.call.bind(layer) as Call;
    layer.call = (inputs, options) => {
      const output = call(inputs, options) as TfTensor;
      this.attended = this.tf.keep(this.tf.clone(output));
      return output;
    };
  }

  /** The attention [n, frames] with rows that add up to 1; a layer with fewer frames is stretched. */
  private attentionOverFrames(attended: TfTensor, frames: number): Tensor2D {
    const { tf } = this;
    return tf.tidy(() => {
      const [n, given] = attended.shape;
      const image: Tensor4D = tf.reshape(attended, [n, given, 1, 1]);
      const stretched = given === frames ? image : tf.image.resizeBilinear(image, [frames, 1], false, true);
      const rows: Tensor2D = tf.reshape(stretched, [n, frames]);
      return tf.div<Tensor2D>(rows, tf.sum(rows, 1, true));
    });
  }
}

/** The layers of a model, those inside nested models and wrappers included. */
function everyLayer(model: LayersModel): Layer[] {
  const found: Layer[] = [];
  const visit = (layer: Layer): void => {
    found.push(layer);
    const { layers, layer: wrapped } = layer as unknown as { layers?: Layer[]; layer?: Layer };
    layers?.forEach(visit);
    if (wrapped) visit(wrapped);
  };
  model.layers.forEach(visit);
  return found;
}

/** @throws V2SError `model.output` unless the model has one output of K values before the softmax */
function requireLogits(model: LayersModel, k: number, what: string): void {
  const shapes = model.outputs.map((output) => output.shape.slice(1));
  if (shapes.length !== 1 || shapes[0].length !== 1 || shapes[0][0] !== k)
    throw new V2SError(
      'model.output',
      `${what} gives ${shapes.map((shape) => `[${shape.map((size) => size ?? 'any').join(', ')}]`).join(' and ')}; ` +
        `expected one output of ${k} values, one per source word.`,
    );
  const last = model.outputs[0].sourceLayer;
  const { activation: parts } = last as unknown as LayerParts;
  const activation = last.getClassName() === 'Softmax' ? 'softmax' : (parts?.getClassName() ?? 'linear');
  if (activation !== 'linear')
    throw new V2SError(
      'model.output',
      `${what} ends with the activation ${activation}, but V2S needs the values before it. Import the model again.`,
    );
}
