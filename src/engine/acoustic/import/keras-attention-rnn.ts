import { basename } from 'node:path';
import * as z from 'zod';
import { melMatrix } from '../../audio/mel';
import { V2SError } from '../../errors';
import {
  BATCH_NORM_EPSILON,
  BATCH_NORM_MOMENTUM,
  DENSE1_UNITS,
  DENSE2_UNITS,
  LSTM_UNITS,
  TAPS_PER_CONVOLUTION,
  convolutionLayers,
  weightShapes,
} from '../architecture';
import type { ModelCard } from '../card';
import { checkLabels } from './card-labels';
import { LOG_MEL, type FrontEnd } from '../../audio/front-end';
import { readKerasFile, type KerasFile } from './keras-hdf5';
import type { Tensor, Tensors } from '../model';
import { parameterCount } from '../store';
import { weightsSha256 } from '../weights';

export interface KerasImportOptions {
  /** the K names in the order of the outputs; default `label 0`, `label 1`, .. */
  labels?: string[];
  /** default: the file's name without its extension */
  id?: string;
  title?: string;
  /** license of the weights; default `unknown` */
  license?: string;
  /** the source data that the model was trained on; default `unknown` */
  source?: { name: string; license?: string; url?: string; citation?: string };
}

/**
 * Imports the attention-RNN of de Andrade et al. (2018) from a model saved by Keras 2 as HDF5. The graph in the file must be that
 * of architecture.ts, and its front end the `log-mel` of front-end.ts; everything that can be compared is compared.
 * One thing differs on purpose: the graph standardizes over the whole batch it is given, V2S each clip by itself.
 * @param given what was read of the file already
 * @throws V2SError `file.*`, `keras.hdf5`, `keras.model`, `keras.architecture`, `keras.front-end`, `keras.weights`, `model.labels`
 */
export async function importKerasAttentionRnn(
  path: string,
  options: KerasImportOptions = {},
  given?: KerasFile,
): Promise<{ card: ModelCard; weights: Tensors }> {
  const file = given ?? (await readKerasFile(path));
  const layers = parseLayers(file.modelConfig, path);
  const roles = assignRoles(layers, path);
  const frontEnd = readFrontEnd(layers, path);
  const weights = readWeights(file, roles, path);
  const k = weights.get('output.bias')!.data.length;
  const sourceLabels = options.labels ?? Array.from({ length: k }, (_, i) => `label ${i}`);
  checkLabels(sourceLabels, k, path);
  checkShapes(weights, { architecture: 'att-rnn', frontEnd, sourceLabels }, path);
  const { source } = options;
  const id = options.id ?? basename(path).replace(/\.[^.]+$/, '');
  const card: ModelCard = {
    formatVersion: 1,
    id,
    title: options.title ?? `Attention RNN imported from ${basename(path)}`,
    architecture: 'att-rnn',
    hyperParameters: {},
    frontEnd,
    sourceLabels,
    parameters: parameterCount(weights),
    weightsSha256: weightsSha256(weights),
    source: {
      name: source?.name ?? 'unknown',
      license: source?.license ?? 'unknown',
      ...(source?.citation !== undefined && { citation: source.citation }),
      ...(source?.url !== undefined && { url: source.url }),
      split: 'unknown',
    },
    test: null,
    training: { importedFrom: basename(path), fileSha256: file.sha256, kerasVersion: file.kerasVersion },
    license: options.license ?? 'unknown',
  };
  return { card, weights };
}

/** The operation with which a graph begins that computes its features itself. */
const STFT = 'signal.stft';

/**
 * Whether the graph of a Keras model begins with the waveform and computes its features itself, which models of layers do not.
 * @throws V2SError `keras.architecture` when it is no graph
 */
export function computesFeatures(modelConfig: unknown, path: string): boolean {
  return parseLayers(modelConfig, path).some(
    ({ className, config }) => className === 'TFOpLambda' && config['function'] === STFT,
  );
}

/** One layer of the graph: its configuration and the layers that it reads, with the arguments of the call. */
interface GraphLayer {
  name: string;
  className: string;
  config: Record<string, unknown>;
  inputs: string[];
  callArguments: Record<string, unknown>;
}

const layerSchema = z.object({
  class_name: z.string(),
  name: z.string().optional(),
  config: z.looseObject({ name: z.string().optional(), layers: z.array(z.unknown()).optional() }),
  inbound_nodes: z.array(z.unknown()).default([]),
});

/** All layers of a functional or sequential graph in the order of the file; nested models are opened up. */
function parseLayers(modelConfig: unknown, path: string): GraphLayer[] {
  const model = z.object({ config: z.looseObject({ layers: z.array(z.unknown()) }) }).safeParse(modelConfig);
  if (!model.success)
    throw new V2SError(
      'keras.architecture',
      `The model_config of ${path} is not the graph of a Keras 2 model: it lists no layers.`,
    );
  const layers: GraphLayer[] = [];
  const visit = (list: unknown[]): void => {
    for (const entry of list) {
      const parsed = layerSchema.safeParse(entry);
      if (!parsed.success)
        throw new V2SError(
          'keras.architecture',
          `${path}: a layer in model_config has no class, name or configuration.`,
        );
      const { class_name: className, config, inbound_nodes: nodes } = parsed.data;
      const name = parsed.data.name ?? config.name ?? className;
      layers.push({ name, className, config, ...readCall(nodes) });
      if (config.layers) visit(config.layers);
    }
  };
  visit(model.data.config.layers);
  return layers;
}

/** Names of the layers read and keyword arguments, from Keras 2's `inbound_nodes`: [[name, node, tensor, {arguments}], ..] once or twice nested. */
function readCall(nodes: unknown[]): Pick<GraphLayer, 'inputs' | 'callArguments'> {
  const inputs: string[] = [];
  const callArguments: Record<string, unknown> = {};
  const visit = (node: unknown): void => {
    if (!Array.isArray(node)) return;
    if (typeof node[0] === 'string' && typeof node[1] === 'number') {
      inputs.push(node[0]);
      if (typeof node[3] === 'object' && node[3] !== null) Object.assign(callArguments, node[3]);
    } else node.forEach(visit);
  };
  visit(nodes);
  return { inputs, callArguments };
}

/** What a layer must be to play its part. `reads` lists the roles of its inputs; Lambdas and reshapes in between are passed over. */
interface Role {
  role: string;
  className: string;
  reads: string[];
  expected: Record<string, unknown>;
}

const lstm = (role: string, reads: string): Role => ({
  role,
  className: 'Bidirectional',
  reads: [reads],
  expected: {
    merge_mode: 'concat',
    'layer.class_name': 'LSTM',
    'layer.config.units': LSTM_UNITS,
    'layer.config.activation': 'tanh',
    'layer.config.recurrent_activation': 'sigmoid',
    'layer.config.use_bias': true,
    'layer.config.return_sequences': true,
    'layer.config.go_backwards': false,
    'layer.config.time_major': false,
  },
});

const dense = (role: string, reads: string, expected: Record<string, unknown>): Role => ({
  role,
  className: 'Dense',
  reads: [reads],
  expected: { use_bias: true, ...expected },
});

/** The trunk of the attention-RNN as Keras layers, in the order of computation. */
const ROLES: Role[] = [
  ...convolutionLayers('att-rnn').flatMap(({ name, normalization, inputs, channels }): Role[] => [
    {
      role: name,
      className: 'Conv2D',
      reads: inputs.map((input) => input.replace('conv', 'bn')),
      expected: {
        filters: channels,
        kernel_size: [TAPS_PER_CONVOLUTION, 1],
        strides: [1, 1],
        padding: 'same',
        data_format: 'channels_last',
        dilation_rate: [1, 1],
        groups: 1,
        activation: 'relu',
        use_bias: true,
      },
    },
    {
      role: normalization,
      className: 'BatchNormalization',
      reads: [name],
      expected: { axis: [3], epsilon: BATCH_NORM_EPSILON, momentum: BATCH_NORM_MOMENTUM, center: true, scale: true },
    },
  ]),
  lstm('lstm1', 'bn2'),
  lstm('lstm2', 'lstm1'),
  dense('query', 'lstm2', { units: 2 * LSTM_UNITS, activation: 'linear' }),
  { role: 'scores', className: 'Dot', reads: ['query', 'lstm2'], expected: { axes: [1, 2], normalize: false } },
  { role: 'attention', className: 'Softmax', reads: ['scores'], expected: { axis: -1 } },
  { role: 'context', className: 'Dot', reads: ['attention', 'lstm2'], expected: { axes: [1, 1], normalize: false } },
  dense('dense1', 'context', { units: DENSE1_UNITS, activation: 'relu' }),
  dense('dense2', 'dense1', { units: DENSE2_UNITS, activation: 'linear' }),
  dense('output', 'dense2', {}),
];

const TRUNK_CLASSES = new Set(ROLES.map(({ className }) => className));

/** Finds the layer of every role and compares class, configuration and connections. */
function assignRoles(layers: GraphLayer[], path: string): Map<string, GraphLayer> {
  const wrong = (why: string): V2SError =>
    new V2SError(
      'keras.architecture',
      `${path} is not the attention-RNN that V2S runs with a front end of its own: ${why}. To import another model of layers, ` +
        'choose the front end that computes its mel features.',
    );
  const trunk = layers.filter(({ className }) => TRUNK_CLASSES.has(className));
  const expectedClasses = ROLES.map(({ className }) => className);
  const foundClasses = trunk.map(({ className }) => className);
  if (foundClasses.join() !== expectedClasses.join())
    throw wrong(
      `expected the layers ${expectedClasses.join(' - ')}, found ${foundClasses.join(' - ') || 'none of them'}`,
    );
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const roleOf = new Map(trunk.map(({ name }, i) => [name, ROLES[i].role]));
  /** The trunk layer that an input comes from: others on the way only reshape or select. */
  const origin = (name: string): string => {
    let layer = byName.get(name);
    for (let steps = 0; layer && !roleOf.has(layer.name) && steps < layers.length; steps++)
      layer = byName.get(layer.inputs[0]);
    return layer && roleOf.has(layer.name) ? roleOf.get(layer.name)! : 'features';
  };
  trunk.forEach((layer, i) => {
    const { role, reads, expected } = ROLES[i];
    for (const [key, value] of Object.entries(expected)) {
      const found = valueAt(layer.config, key);
      if (JSON.stringify(found) !== JSON.stringify(value))
        throw wrong(
          `layer ${layer.name} (${role}) has ${key} = ${JSON.stringify(found)}, expected ${JSON.stringify(value)}`,
        );
    }
    const found = layer.inputs.map(origin);
    if (found.join() !== reads.join())
      throw wrong(
        `layer ${layer.name} (${role}) reads ${found.join(' and ') || 'nothing'}, expected ${reads.join(' and ')}`,
      );
  });
  return new Map(trunk.map((layer, i) => [ROLES[i].role, layer]));
}

/** The value at a dotted path of a configuration; undefined where it ends. */
function valueAt(config: Record<string, unknown>, dotted: string): unknown {
  return dotted.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], config);
}

/** Largest deviation of the stored mel matrix from ours: the file's was computed in 32-bit arithmetic. */
const MEL_TOLERANCE = 1e-4;

/** The front end in the graph: a short-time Fourier transform, a mel matrix, ln(. + floor) and a standardization. */
function readFrontEnd(layers: GraphLayer[], path: string): FrontEnd {
  const wrong = (why: string): V2SError =>
    new V2SError('keras.front-end', `The front end in ${path} is not V2S's log-mel: ${why}.`);
  const operation = (name: string): GraphLayer => {
    const found = layers.filter(({ className, config }) => className === 'TFOpLambda' && config['function'] === name);
    if (found.length !== 1) throw wrong(`expected one ${name} operation in the graph, found ${found.length}`);
    return found[0];
  };
  const expected = {
    frame_length: LOG_MEL.fftSize,
    fft_length: LOG_MEL.fftSize,
    window_fn: 'hann_window',
    pad_end: true,
  };
  const stft = operation(STFT).callArguments;
  for (const [key, value] of Object.entries(expected)) {
    // TensorFlow's defaults: a periodic Hann window; the smallest power of two that holds a frame.
    const found =
      stft[key] ?? (key === 'window_fn' ? 'hann_window' : key === 'fft_length' ? LOG_MEL.fftSize : undefined);
    if (found !== value)
      throw wrong(`${key} of its short-time Fourier transform is ${JSON.stringify(found)}, expected ${value}`);
  }
  const hop = stft['frame_step'];
  if (typeof hop !== 'number' || !Number.isInteger(hop) || hop < 1) throw wrong(`frame_step is ${JSON.stringify(hop)}`);
  operation('math.abs');
  operation('math.log');
  for (const name of ['math.reduce_mean', 'math.reduce_std']) {
    const { axis } = operation(name).callArguments;
    if (axis !== undefined && axis !== null)
      throw wrong(`${name} works along axis ${JSON.stringify(axis)}, expected all of them`);
  }
  const floor = operation('__operators__.add').callArguments['y'];
  if (typeof floor !== 'number' || floor <= 0)
    throw wrong(`the value added before the logarithm is ${JSON.stringify(floor)}`);
  const matrix = z.array(z.array(z.number()).nonempty()).safeParse(operation('tensordot').callArguments['b']);
  const bins = LOG_MEL.fftSize / 2 + 1;
  if (!matrix.success || matrix.data.length !== bins) throw wrong(`its mel matrix is not a table of ${bins} rows`);
  const frontEnd: FrontEnd = { ...LOG_MEL, hop, floor, melBins: matrix.data[0].length };
  compareMelMatrix(matrix.data, frontEnd, wrong);
  return frontEnd;
}

function compareMelMatrix(found: number[][], frontEnd: FrontEnd, wrong: (why: string) => V2SError): void {
  const { melBins, lowFrequency, highFrequency } = frontEnd;
  const ours = melMatrix(frontEnd);
  let worst = { deviation: 0, bin: 0, band: 0 };
  found.forEach((row, bin) => {
    if (row.length !== melBins)
      throw wrong(`row ${bin} of its mel matrix has ${row.length} values, the first has ${melBins}`);
    row.forEach((value, band) => {
      const deviation = Math.abs(value - ours[bin * melBins + band]);
      // Written so that a NaN counts as a deviation.
      if (!(deviation <= worst.deviation)) worst = { deviation, bin, band };
    });
  });
  if (!(worst.deviation <= MEL_TOLERANCE))
    throw wrong(
      `its mel matrix differs from the HTK filterbank of ${melBins} bands from ${lowFrequency} to ${highFrequency} Hz at 16 kHz; ` +
        `at spectrum bin ${worst.bin}, band ${worst.band} it has ${found[worst.bin][worst.band]}, ` +
        `expected ${ours[worst.bin * melBins + worst.band]} (tolerance ${MEL_TOLERANCE})`,
    );
}

/** Ends of Keras's weight names and what V2S calls them; of an LSTM after the name of its direction. */
const PARTS: Record<string, Record<string, string>> = {
  Conv2D: { 'kernel:0': 'kernel', 'bias:0': 'bias' },
  Dense: { 'kernel:0': 'kernel', 'bias:0': 'bias' },
  BatchNormalization: {
    'gamma:0': 'gamma',
    'beta:0': 'beta',
    'moving_mean:0': 'mean',
    'moving_variance:0': 'variance',
  },
  Bidirectional: { 'kernel:0': 'kernel', 'recurrent_kernel:0': 'recurrent', 'bias:0': 'bias' },
};

function readWeights(file: KerasFile, roles: Map<string, GraphLayer>, path: string): Tensors {
  const weights: Tensors = new Map();
  for (const [role, { name: layer, className }] of roles) {
    const parts = PARTS[className];
    if (!parts) continue;
    for (const [name, tensor] of file.layers.get(layer) ?? new Map<string, Tensor>()) {
      const segments = name.split('/');
      const part = parts[segments.at(-1)!];
      if (!part) throw new V2SError('keras.weights', `${path}: layer ${layer} has an unknown weight ${name}.`);
      const direction = /\/(forward|backward)_/.exec(name)?.[1];
      weights.set([role, ...(className === 'Bidirectional' ? [direction] : []), part].join('.'), tensor);
    }
  }
  if (!weights.has('output.bias'))
    throw new V2SError('keras.weights', `${path} holds no weights of its output layer ${roles.get('output')!.name}.`);
  return weights;
}

function checkShapes(
  weights: Tensors,
  card: Pick<ModelCard, 'architecture' | 'frontEnd' | 'sourceLabels'>,
  path: string,
): void {
  for (const [name, shape] of weightShapes(card)) {
    const found = weights.get(name);
    if (found?.shape.join() !== shape.join())
      throw new V2SError(
        'keras.weights',
        `${path}: the weight ${name} ${found ? `has shape [${found.shape.join(', ')}]` : 'is missing'}; ` +
          `expected shape [${shape.join(', ')}].`,
      );
    const bad = found.data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new V2SError('keras.weights', `${path}: value ${bad} of the weight ${name} is ${found.data[bad]}.`);
  }
}
