import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { NamedTensorMap, Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import * as z from 'zod';
import { throwIfCanceled, V2SError } from '../../errors';
import { fileError } from '../../files/atomic';
import { readBounded } from '../../files/bounded-read';
import { MAX_WEIGHTS_BYTES } from '../../files/limits';
import { featureShape } from '../architecture';
import type { InputLayout, ModelCard } from '../card';
import { checkLabels } from './card-labels';
import type { FrontEnd } from '../../audio/front-end';
import { readKerasFile, type KerasFile } from './keras-hdf5';
import { MODELS, otherWeights, parseTopology, readTfjsFile, valuesOf } from './tfjs-file';
import { buildLayersModel, layerWeights } from '../tfjs/layers-network';
import {
  convolutionsOf,
  describeAttention,
  describeTap,
  inputLayoutOf,
  outlineOf,
  outputSize,
  type LayersOutline,
} from '../tfjs/layers-outline';
import type { Tensors } from '../model';
import { parameterCount } from '../store';
import { openTfjsRuntime, type TfjsOptions, type TfjsRuntime } from '../tfjs/backend';
import { encodeTopology, topologySha256, type Topology } from '../topology';
import { weightsSha256 } from '../weights';

/** What a file with a LayersModel does not say of it. */
export interface LayersImportOptions {
  /** how the features that the model takes are made */
  frontEnd: FrontEnd;
  /** the K names in the order of the outputs; default `label 0`, `label 1`, .. */
  labels?: string[];
  /** layers whose outputs are shown; default: every convolution */
  taps?: string[];
  /** layer that weighs the frames, if the model has one */
  attention?: string;
  /** default: the file's name without its extension */
  id?: string;
  title?: string;
  /** license of the weights; default `unknown` */
  license?: string;
  /** the source data that the model was trained on; default `unknown` */
  source?: { name: string; license?: string };
  tfjs?: TfjsOptions;
  signal?: AbortSignal;
}

export interface ImportedLayers {
  card: ModelCard;
  weights: Tensors;
  topology: Topology;
}

/**
 * Imports a LayersModel saved by TensorFlow.js or by its converter: model.json and the weight files beside it.
 * @throws V2SError `file.*`, `tfjs.file` for another or a damaged file, `model.*` when V2S cannot use the model; CanceledError
 */
export async function importTfjsLayers(path: string, options: LayersImportOptions): Promise<ImportedLayers> {
  const { topology, specs, paths } = await readTfjsFile(path);
  const parts: Buffer[] = [];
  let room = MAX_WEIGHTS_BYTES;
  for (const part of paths) {
    const bytes = await readBounded(part, { maxBytes: room, signal: options.signal });
    parts.push(bytes);
    room -= bytes.length;
  }
  const bytes = Buffer.concat(parts);
  const values = valuesOf(specs);
  if (values > bytes.length) throw otherWeights(path, bytes.length, paths);

  return await importLayers(path, topology, values, options, 'tfjs layers-model', (runtime, model) => {
    let named: NamedTensorMap;
    try {
      const whole = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
      named = runtime.tf.io.decodeWeights(whole, specs);
    } catch (error) {
      throw otherWeights(path, bytes.length, paths, error);
    }
    try {
      model.loadWeights(named, true);
    } catch (error) {
      throw new V2SError(
        'model.weights',
        `The weights of ${path} do not fit its layers: ${(error as Error).message}.`,
        {
          cause: error,
        },
      );
    } finally {
      runtime.tf.dispose(named);
    }
  });
}

/**
 * Imports any model that Keras 2 saved as HDF5 and the Layers API can read.
 * @throws V2SError `file.*`, `keras.*`, `model.*` when V2S cannot use the model
 */
export async function importKerasLayers(path: string, options: LayersImportOptions): Promise<ImportedLayers> {
  const file = await readKerasFile(path, { signal: options.signal });
  const topology = parseTopology(file.modelConfig, path);
  const imported = await importLayers(
    path,
    topology,
    kerasValues(file),
    options,
    `Keras ${file.kerasVersion}`,
    ({ tf }, model) => {
      for (const layer of model.layers) {
        if (layer.weights.length === 0) continue;
        const given = [...(file.layers.get(layer.name) ?? [])];
        const wanted = layer.weights.map(({ shape }) => `[${shape.join(', ')}]`).join(' ');
        const found = given.map(([, { shape }]) => `[${shape.join(', ')}]`).join(' ');
        if (wanted !== found)
          throw new V2SError(
            'model.weights',
            `${path}: the layer ${layer.name} needs weights of the shapes ${wanted}, but the file holds ${found || 'none'}.`,
          );
        const tensors: TfTensor[] = given.map(([, { shape, data }]) => tf.tensor(data, shape, 'float32'));
        layer.setWeights(tensors);
        tf.dispose(tensors);
      }
    },
  );
  imported.card.training.fileSha256 = file.sha256;
  return imported;
}

/**
 * What is in model.json, before anything has to be said about it. The weight files beside it are only looked for.
 * @throws V2SError `file.*`, `tfjs.file`, `model.topology`, `model.output`
 */
export async function outlineTfjsLayers(path: string, options: TfjsOptions = {}): Promise<LayersOutline> {
  const { topology, specs, paths } = await readTfjsFile(path);
  let bytes = 0;
  for (const part of paths)
    bytes += await stat(part).then(
      ({ size }) => size,
      (error: unknown) => {
        throw fileError(error, part, 'read');
      },
    );
  const values = valuesOf(specs);
  if (values > bytes) throw otherWeights(path, bytes, paths);
  return await outlineLayers(path, topology, values, options);
}

/**
 * What is in a file of Keras, before anything has to be said about it.
 * @throws V2SError `model.topology`, `model.output`
 */
export async function outlineKerasLayers(
  path: string,
  file: Pick<KerasFile, 'modelConfig' | 'layers'>,
  options: TfjsOptions = {},
): Promise<LayersOutline> {
  return await outlineLayers(path, parseTopology(file.modelConfig, path), kerasValues(file), options);
}

function kerasValues({ layers }: Pick<KerasFile, 'layers'>): number {
  let count = 0;
  for (const layer of layers.values()) for (const { data } of layer.values()) count += data.length;
  return count;
}

async function outlineLayers(
  path: string,
  topology: Topology,
  values: number,
  options: TfjsOptions,
): Promise<LayersOutline> {
  const runtime = await openTfjsRuntime(options);
  const model = await buildLayersModel(runtime, prepare(topology, path), values, path);
  try {
    const outline = outlineOf(model);
    outputSize(outline, path);
    return outline;
  } finally {
    model.dispose();
  }
}

/** The topology as V2S runs it. @throws V2SError `model.topology`, `model.output` */
function prepare(topology: Topology, path: string): Topology {
  return withoutSoftmax(withPlainInitializers(topology, path), path);
}

async function importLayers(
  path: string,
  original: Topology,
  values: number,
  options: LayersImportOptions,
  format: string,
  fill: (runtime: TfjsRuntime, model: LayersModel) => void,
): Promise<ImportedLayers> {
  const { frontEnd, attention } = options;
  const prepared = prepare(original, path);
  const runtime = await openTfjsRuntime(options.tfjs);
  throwIfCanceled(options.signal);
  const model = await buildLayersModel(runtime, prepared, values, path);
  try {
    const outline = outlineOf(model);
    const inputLayout = inputLayoutOf(outline, featureShape({ frontEnd }), path);
    const k = outputSize(outline, path);
    const sourceLabels = options.labels ?? Array.from({ length: k }, (_, i) => `label ${i}`);
    checkLabels(sourceLabels, k, path);
    const taps = options.taps ?? convolutionsOf(outline);
    checkTaps(outline, taps, inputLayout, path);
    if (attention !== undefined) describeAttention(outline, attention, featureShape({ frontEnd })[0]);
    throwIfCanceled(options.signal);
    fill(runtime, model);
    const weights = readWeights(model, path);
    const topology = model.toJSON(null, false) as unknown as Topology;
    const card: ModelCard = {
      formatVersion: 1,
      id: options.id ?? basename(path).replace(/\.[^.]+$/, ''),
      title: options.title ?? `LayersModel imported from ${basename(path)}`,
      architecture: 'tfjs',
      hyperParameters: { network: model.name, layers: model.layers.length },
      frontEnd,
      sourceLabels,
      parameters: parameterCount(weights),
      layers: {
        inputLayout,
        taps,
        attention: attention ?? null,
        topologySha256: topologySha256(encodeTopology(topology)),
      },
      weightsSha256: weightsSha256(weights),
      source: {
        name: options.source?.name ?? 'unknown',
        license: options.source?.license ?? 'unknown',
        split: 'unknown',
      },
      test: null,
      training: { importedFrom: basename(path), format },
      license: options.license ?? 'unknown',
    };
    return { card, weights, topology };
  } finally {
    model.dispose();
  }
}

/** @throws V2SError `model.taps` when there is no layer to show, or one that cannot be shown */
export function checkTaps(outline: LayersOutline, taps: readonly string[], layout: InputLayout, path: string): void {
  if (taps.length === 0)
    throw new V2SError(
      'model.taps',
      convolutionsOf(outline).length === 0
        ? `${path} has no convolution to show. Choose among its layers: ${layerNames(outline)}.`
        : `No layer was chosen to be shown. Choose among the layers: ${layerNames(outline)}.`,
    );
  for (const name of taps) describeTap(outline, name, layout);
}

const layerNames = ({ layers }: LayersOutline): string => layers.map(({ name }) => name).join(', ');

/** Every initializer replaced by zeros: the weights come from the file, and some initializers take minutes. */
function withPlainInitializers(topology: Topology, path: string): Topology {
  try {
    const replaced = JSON.stringify(topology, (key, value: unknown) =>
      key.endsWith('_initializer') && value !== null ? { class_name: 'Zeros', config: {} } : value,
    );
    return JSON.parse(replaced) as Topology;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new V2SError('model.topology', `The layers of ${path} are nested too deeply.`, { cause: error });
  }
}

interface LayerEntry {
  class_name: string;
  config: { name?: string; activation?: unknown; layers?: LayerEntry[]; output_layers?: unknown };
}

/**
 * The topology with logits as its output: a softmax at its end is taken away.
 * @param topology is changed
 * @throws V2SError `model.output` when it ends with another activation
 */
function withoutSoftmax(topology: Topology, path: string): Topology {
  const last = outputLayer(topology as unknown as LayerEntry, path);
  const { activation } = last.config;
  const named =
    (typeof activation === 'object' ? (activation as LayerEntry | null)?.class_name : activation) ?? 'linear';
  if (last.class_name === 'Softmax') {
    last.class_name = 'Activation';
    last.config = { ...last.config, activation: 'linear' };
  } else if (named === 'softmax') last.config.activation = 'linear';
  else if (named !== 'linear')
    throw new V2SError(
      'model.output',
      `${path} ends with the activation ${JSON.stringify(named)}. V2S needs a classifier that ends with a softmax or with the ` +
        'logits before it.',
    );
  return topology;
}

const entrySchema = z.looseObject({ class_name: z.string(), config: z.looseObject({}) });

function outputLayer(model: LayerEntry, path: string): LayerEntry {
  const unclear = (): V2SError => new V2SError('model.topology', `${path} does not say which layer is its output.`);
  const { layers, output_layers: outputs } = model.config;
  if (!z.array(entrySchema).safeParse(layers).success) throw unclear();
  const names = (Array.isArray(outputs) ? outputs.flat() : []).filter((one) => typeof one === 'string');
  const last =
    names.length > 0
      ? layers?.find((layer) => layer.config.name === names[0] || (layer as { name?: string }).name === names[0])
      : layers?.at(-1);
  if (!last) throw unclear();
  return MODELS.has(last.class_name) ? outputLayer(last, path) : last;
}

/** @throws V2SError `model.weights` for values that are no numbers */
function readWeights(model: LayersModel, path: string): Tensors {
  const weights: Tensors = new Map();
  for (const [name, weight] of layerWeights(model)) {
    const data = Float32Array.from(weight.read().dataSync());
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new V2SError('model.weights', `${path}: value ${bad} of the weight ${name} is ${data[bad]}.`);
    weights.set(name, { shape: [...weight.shape], data });
  }
  return weights;
}
