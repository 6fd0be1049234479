import { V2SError } from '../../errors';
import type { ModelCard } from '../card';
import type { FrontEnd } from '../../audio/front-end';
import { computesFeatures, importKerasAttentionRnn } from './keras-attention-rnn';
import { readKerasFile } from './keras-hdf5';
import { importKerasLayers, importTfjsLayers, outlineKerasLayers, outlineTfjsLayers } from './layers-import';
import type { LayersOutline } from '../tfjs/layers-outline';
import type { Tensors } from '../model';
import type { Topology } from '../topology';

/** What a file with an acoustic model of others holds, and with that what must be said to import it. */
export type ModelFile =
  /** a Keras model that computes its features itself: nothing; `k` outputs */
  | { kind: 'attention-rnn'; k: number }
  /** layers that take mel features: their front end, and which of them are shown */
  | { kind: 'layers'; outline: LayersOutline };

export interface ModelFileOptions {
  /** of a model of layers; see LayersImportOptions */
  layers?: { frontEnd: FrontEnd; taps?: string[]; attention?: string };
  labels?: string[];
  id?: string;
  title?: string;
  license?: string;
  source?: { name: string; license?: string };
  signal?: AbortSignal;
}

/** Extension of the files of TensorFlow.js; every other file is taken for HDF5. */
const TFJS_EXTENSION = '.json';

/**
 * Looks into a Keras `.h5` or a `model.json` of TensorFlow.js without importing it.
 * @throws V2SError `file.*`, `keras.*`, `tfjs.file`, `model.topology`, `model.output`: what makes an import impossible
 */
export async function inspectModelFile(path: string, signal?: AbortSignal): Promise<ModelFile> {
  if (isTfjs(path)) return { kind: 'layers', outline: await outlineTfjsLayers(path) };
  const file = await readKerasFile(path, { signal });
  if (!computesFeatures(file.modelConfig, path))
    return { kind: 'layers', outline: await outlineKerasLayers(path, file) };
  const { card } = await importKerasAttentionRnn(path, {}, file);
  return { kind: 'attention-rnn', k: card.sourceLabels.length };
}

/**
 * Imports a Keras `.h5` or a `model.json` of TensorFlow.js.
 * @param options without `layers` the file must hold an attention-RNN that computes its features itself
 * @throws V2SError `file.*`, `keras.*`, `tfjs.file`, `model.*`; CanceledError
 */
export async function importModelFile(
  path: string,
  options: ModelFileOptions,
): Promise<{ card: ModelCard; weights: Tensors; topology?: Topology }> {
  const { layers, signal, ...about } = options;
  if (layers) return await (isTfjs(path) ? importTfjsLayers : importKerasLayers)(path, { ...about, ...layers, signal });
  if (isTfjs(path))
    throw new V2SError(
      'model.front-end',
      `The model in ${path} takes features. Choose the front end that computes them.`,
    );
  return await importKerasAttentionRnn(path, about);
}

function isTfjs(path: string): boolean {
  return path.toLowerCase().endsWith(TFJS_EXTENSION);
}
