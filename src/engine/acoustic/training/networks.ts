import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { Random } from '../../math/random';
import { BATCH_NORM_MOMENTUM } from '../architecture';
import type { InputLayout } from '../card';
import { layerWeights } from '../tfjs/layers-network';
import type { Tensors } from '../model';
import type { NetworkName } from './network-names';
import type { TfjsLayersApi } from '../tfjs/api';
import type { TfjsRuntime } from '../tfjs/backend';
import type { Topology } from '../topology';

/**
 * Acoustic models of the paper's table 4 besides the attention-RNN, as LayersModels small enough for a CPU. All take features
 * [frames, bins], end with global average pooling over time and a Dense layer to K logits, and are tapped after the ReLU of
 * each stage. Batch normalization stands between every convolution and its ReLU.
 */

export interface NetworkDesign {
  topology: Topology;
  taps: string[];
  inputLayout: InputLayout;
  /** untrained weights */
  weights: Tensors;
  hyperParameters: Record<string, number | string | boolean>;
}

interface Input {
  frames: number;
  bins: number;
  /** number of source labels K */
  labels: number;
}

/** Channels of the temporal-convolution ResNet: TC-ResNet8 with a width multiplier of 1.5 (Choi et al. 2019). */
const RESNET_CHANNELS = [24, 36, 48, 72];
const RESNET_TAPS = 9;
const TCN_CHANNELS = 72;
const TCN_TAPS = 5;
const TCN_DILATIONS = [1, 2, 4, 8, 16];
/** Channels of VGGish (Hershey et al. 2017) before its width multiplier, by stage. */
const VGGISH_STAGES = [[64], [128], [256, 256], [512, 512]];
const VGGISH_WIDTH = 1 / 8;

/**
 * Builds a network and draws its weights.
 * @param runtime must be the one of the Layers API that it is then run with
 */
export async function designNetwork(
  runtime: TfjsRuntime,
  name: NetworkName,
  input: Input,
  seed: number,
): Promise<NetworkDesign> {
  const api = await runtime.loadLayers();
  runtime.select();
  const { features, output, ...design } = BUILDERS[name](new Parts(api.layers), api, input);
  const model = api.model({ inputs: features, outputs: output, name: name.replace('-', '_') });
  try {
    const shapes = new Map([...layerWeights(model)].map(([weight, { shape }]) => [weight, shape]));
    return {
      ...design,
      topology: model.toJSON(null, false) as unknown as Topology,
      weights: initialWeightsOf(shapes, seed),
    };
  } finally {
    model.dispose();
  }
}

/** He normal kernels (He et al. 2015), zero biases, batch normalization as the identity. */
function initialWeightsOf(shapes: ReadonlyMap<string, readonly number[]>, seed: number): Tensors {
  const random = new Random(seed);
  const weights: Tensors = new Map();
  for (const [name, shape] of shapes) {
    const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
    const part = name.slice(name.lastIndexOf('/') + 1);
    if (part === 'kernel') {
      const deviation = Math.sqrt(2 / (data.length / shape[shape.length - 1]));
      for (let i = 0; i < data.length; i++) data[i] = deviation * random.gaussian();
    } else if (part === 'gamma' || part === 'moving_variance') data.fill(1);
    weights.set(name, { shape: [...shape], data });
  }
  return weights;
}

/** Layers that all networks are made of. */
class Parts {
  constructor(readonly layers: TfjsLayersApi['layers']) {}

  /** Convolution over time without bias, then batch normalization. */
  overTime(
    x: SymbolicTensor,
    name: string,
    filters: number,
    options: { kernelSize: number; strides?: number; dilationRate?: number },
  ): SymbolicTensor {
    const convolution = this.layers.conv1d({ name, filters, padding: 'same', useBias: false, ...options });
    return this.normalized(convolution.apply(x) as SymbolicTensor, name);
  }

  normalized(x: SymbolicTensor, name: string): SymbolicTensor {
    const normalization = this.layers.batchNormalization({ name: `${name}_bn`, momentum: BATCH_NORM_MOMENTUM });
    return normalization.apply(x) as SymbolicTensor;
  }

  relu(x: SymbolicTensor, name: string): SymbolicTensor {
    return this.layers.activation({ name, activation: 'relu' }).apply(x) as SymbolicTensor;
  }

  sum(a: SymbolicTensor, b: SymbolicTensor, name: string): SymbolicTensor {
    return this.layers.add({ name }).apply([a, b]) as SymbolicTensor;
  }

  /** The mean over time of [frames, channels], and the logits of it. */
  logitsOverTime(x: SymbolicTensor, labels: number): SymbolicTensor {
    return this.logits(this.layers.globalAveragePooling1d({ name: 'pooled' }).apply(x) as SymbolicTensor, labels);
  }

  logits(x: SymbolicTensor, labels: number): SymbolicTensor {
    return this.layers.dense({ name: 'logits', units: labels }).apply(x) as SymbolicTensor;
  }
}

type Built = Omit<NetworkDesign, 'topology' | 'weights'> & { features: SymbolicTensor; output: SymbolicTensor };

const BUILDERS: Record<NetworkName, (parts: Parts, api: TfjsLayersApi, input: Input) => Built> = {
  'tc-resnet': tcResnet,
  tcn,
  vggish,
};

/** Mel bins are channels; every block halves the number of frames and adds its input back. */
function tcResnet(parts: Parts, api: TfjsLayersApi, { frames, bins, labels }: Input): Built {
  const features = api.input({ shape: [frames, bins], name: 'features' });
  const [stem, ...blocks] = RESNET_CHANNELS;
  const taps = ['conv1'];
  let x = parts.relu(parts.overTime(features, 'stem', stem, { kernelSize: 3 }), 'conv1');
  blocks.forEach((channels, i) => {
    const name = `block${i + 1}`;
    const size = { kernelSize: RESNET_TAPS };
    const inner = parts.relu(parts.overTime(x, `${name}_conv1`, channels, { ...size, strides: 2 }), `${name}_relu1`);
    const residual = parts.overTime(inner, `${name}_conv2`, channels, size);
    const shortcut = parts.relu(
      parts.overTime(x, `${name}_shortcut`, channels, { kernelSize: 1, strides: 2 }),
      `${name}_shortcut_relu`,
    );
    x = parts.relu(parts.sum(residual, shortcut, `${name}_sum`), name);
    taps.push(name);
  });
  return {
    features,
    output: parts.logitsOverTime(x, labels),
    taps,
    inputLayout: 'frames-bins',
    hyperParameters: { network: 'tc-resnet', channels: RESNET_CHANNELS.join(','), taps: RESNET_TAPS },
  };
}

/** Residual blocks of two dilated convolutions over time; together they hear the whole clip. */
function tcn(parts: Parts, api: TfjsLayersApi, { frames, bins, labels }: Input): Built {
  const features = api.input({ shape: [frames, bins], name: 'features' });
  const taps = ['conv1'];
  const size = { kernelSize: TCN_TAPS };
  let x = parts.relu(parts.overTime(features, 'stem', TCN_CHANNELS, { ...size, strides: 2 }), 'conv1');
  TCN_DILATIONS.forEach((dilationRate, i) => {
    const name = `block${i + 1}`;
    const dilated = { ...size, dilationRate };
    const inner = parts.relu(parts.overTime(x, `${name}_conv1`, TCN_CHANNELS, dilated), `${name}_relu1`);
    const residual = parts.overTime(inner, `${name}_conv2`, TCN_CHANNELS, dilated);
    x = parts.relu(parts.sum(x, residual, `${name}_sum`), name);
    taps.push(name);
  });
  return {
    features,
    output: parts.logitsOverTime(x, labels),
    taps,
    inputLayout: 'frames-bins',
    hyperParameters: {
      network: 'tcn',
      channels: TCN_CHANNELS,
      taps: TCN_TAPS,
      dilations: TCN_DILATIONS.join(','),
    },
  };
}

/** The two-dimensional convolutions of VGGish, narrower. */
function vggish(parts: Parts, api: TfjsLayersApi, { frames, bins, labels }: Input): Built {
  const features = api.input({ shape: [frames, bins, 1], name: 'features' });
  const taps: string[] = [];
  let x = features;
  VGGISH_STAGES.forEach((stage, i) => {
    stage.forEach((channels, j) => {
      const name = stage.length === 1 ? `conv${i + 1}` : `conv${i + 1}_${j + 1}`;
      const options = { filters: channels * VGGISH_WIDTH, kernelSize: 3, padding: 'same' as const, useBias: false };
      const convolved = api.layers.conv2d({ name: `${name}_linear`, ...options }).apply(x) as SymbolicTensor;
      x = parts.relu(parts.normalized(convolved, `${name}_linear`), name);
      taps.push(name);
    });
    if (i < VGGISH_STAGES.length - 1)
      x = api.layers.maxPooling2d({ name: `pool${i + 1}`, poolSize: 2 }).apply(x) as SymbolicTensor;
  });
  const pooled = api.layers.globalAveragePooling2d({ name: 'pooled', dataFormat: 'channelsLast' }).apply(x);
  return {
    features,
    output: parts.logits(pooled as SymbolicTensor, labels),
    taps,
    inputLayout: 'frames-bins-1',
    hyperParameters: { network: 'vggish', widthMultiplier: VGGISH_WIDTH },
  };
}
