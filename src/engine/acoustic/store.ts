import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { V2SError } from '../errors';
import { fileError, writeFileAtomic } from '../files/atomic';
import { readBounded, readBoundedText } from '../files/bounded-read';
import { parseJson } from '../files/json';
import { MAX_DOCUMENT_BYTES, MAX_TOPOLOGY_BYTES, MAX_WEIGHTS_BYTES } from '../files/limits';
import { decodeSafetensors, encodeSafetensors } from '../files/safetensors';
import { weightShapes } from './architecture';
import { architectureSchema, modelCardSchema, type ModelCard } from './card';
import type { Tensors } from './model';
import { encodeTopology, topologySha256, type Topology } from './topology';
import { weightsSha256 } from './weights';

/**
 * Acoustic-model folders: `card.json` (what the model is), `weights.safetensors` (F32 tensors named as in `weightShapes`, or as
 * the LayersModel names them), `topology.json` (of a LayersModel only: its layers, as JSON),
 * optionally `source-logits.safetensors` (logits of source test clips, for the theory) and `README.md` (the model card as text).
 */
const CARD_FILE = 'card.json';
const WEIGHTS_FILE = 'weights.safetensors';
const TOPOLOGY_FILE = 'topology.json';
const SOURCE_LOGITS_FILE = 'source-logits.safetensors';
const README_FILE = 'README.md';
const CARD_FORMAT_VERSION = 1;

/** Logits of source test clips: row-major [n, k]; labels index the card's sourceLabels. */
export interface SourceLogits {
  logits: Float32Array;
  labels: Int32Array;
  k: number;
}

export interface ModelFolder {
  folder: string;
  card: ModelCard;
  weights: Tensors;
  /** of a LayersModel (architecture `tfjs`) only */
  topology?: Topology;
}

export interface ModelListing {
  /** in the order of the roots, then by id; of two models with the same id the one in the earlier root */
  models: { folder: string; card: ModelCard }[];
  /** folders with a card that cannot be used, and why */
  problems: V2SError[];
}

/** Number of values in the weights, moving statistics included (what Keras calls total parameters). */
export function parameterCount(weights: Tensors): number {
  let count = 0;
  for (const { data } of weights.values()) count += data.length;
  return count;
}

/**
 * Reads only the card.
 * @throws V2SError `model.missing`, `model.card`, `model.version`, `model.architecture`, `file.*`
 */
export async function readModelCard(folder: string): Promise<ModelCard> {
  const path = join(folder, CARD_FILE);
  let text: string;
  try {
    text = await readBoundedText(path, { maxBytes: MAX_DOCUMENT_BYTES });
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code !== 'file.enoent' && code !== 'file.enotdir') throw error;
    throw new V2SError('model.missing', `${folder} is not an acoustic-model folder: it has no ${CARD_FILE}.`, {
      cause: error,
    });
  }
  const json = parseJson(text, path, 'model.card');
  const { formatVersion, architecture } = (json ?? {}) as { formatVersion?: unknown; architecture?: unknown };
  if (formatVersion !== undefined && formatVersion !== CARD_FORMAT_VERSION)
    throw new V2SError(
      'model.version',
      `${path} has format version ${JSON.stringify(formatVersion)}, but this V2S reads version ${CARD_FORMAT_VERSION}. ` +
        'A newer V2S may have written it. Update V2S, or import the model again.',
    );
  if (architecture !== undefined && !architectureSchema.safeParse(architecture).success)
    throw new V2SError(
      'model.architecture',
      `${path} names the unknown architecture ${JSON.stringify(architecture)}. Known architectures: ${architectureSchema.options.join(', ')}.`,
    );
  const card = modelCardSchema.safeParse(json);
  if (!card.success)
    throw new V2SError('model.card', `${path} is not a valid model card:\n${z.prettifyError(card.error)}`, {
      cause: card.error,
    });
  return card.data;
}

/** @throws V2SError `model.weights` unless names and shapes are exactly those of the card's architecture. */
function checkWeightShapes(card: ModelCard, weights: Tensors, what: string): void {
  if (card.architecture === 'tfjs') return; // such a model declares its own weights
  const expected = weightShapes(card);
  for (const [name, shape] of expected) {
    const tensor = weights.get(name);
    if (!tensor)
      throw new V2SError('model.weights', `${what} has no tensor ${name}, which ${card.architecture} needs.`);
    if (tensor.shape.join() !== shape.join())
      throw new V2SError(
        'model.weights',
        `${what}: tensor ${name} has shape [${tensor.shape.join(', ')}], but ` +
          `${card.architecture} with ${card.sourceLabels.length} source words needs [${shape.join(', ')}].`,
      );
  }
  for (const name of weights.keys())
    if (!expected.has(name))
      throw new V2SError('model.weights', `${what} has a tensor ${name} that ${card.architecture} does not know.`);
}

async function readTensorsFile(path: string): Promise<ReturnType<typeof decodeSafetensors>> {
  return decodeSafetensors(await readBounded(path, { maxBytes: MAX_WEIGHTS_BYTES }), path);
}

const topologySchema = z.looseObject({ class_name: z.string(), config: z.unknown() });

/** @throws V2SError `model.topology`, `model.checksum`, `file.*` */
async function readTopology(folder: string, card: ModelCard): Promise<Topology> {
  const path = join(folder, TOPOLOGY_FILE);
  if (!card.layers)
    throw new V2SError(
      'model.card',
      `${join(folder, CARD_FILE)} has the architecture tfjs but no "layers", which say what to show and how the features enter. ` +
        'Import the model again.',
    );
  const text = await readBoundedText(path, { maxBytes: MAX_TOPOLOGY_BYTES });
  const sha256 = topologySha256(text);
  if (sha256 !== card.layers.topologySha256)
    throw new V2SError(
      'model.checksum',
      `The layers in ${path} are not those of the card: SHA-256 ${sha256.slice(0, 12)}.. instead of ` +
        `${card.layers.topologySha256.slice(0, 12)}... One of the two files was changed or replaced; restore the folder ${folder}.`,
    );
  const json = parseJson(text, path, 'model.topology');
  const topology = topologySchema.safeParse(json);
  if (!topology.success)
    throw new V2SError('model.topology', `${path} is not a LayersModel: expected "class_name" and "config".`);
  return { ...topology.data, config: topology.data.config };
}

/**
 * Reads a model folder whole and checks it: the card's form, names and shapes of the weights, and their SHA-256.
 * @throws V2SError `model.*`, `safetensors.corrupt`, `file.*`
 */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const card = await readModelCard(folder);
  const path = join(folder, WEIGHTS_FILE);
  const { tensors } = await readTensorsFile(path);
  const weights: Tensors = new Map();
  for (const [name, { shape, data }] of tensors) {
    if (!(data instanceof Float32Array))
      throw new V2SError('model.weights', `${path}: tensor ${name} is not of type F32.`);
    weights.set(name, { shape, data });
  }
  checkWeightShapes(card, weights, path);
  const sha256 = weightsSha256(weights);
  if (sha256 !== card.weightsSha256)
    throw new V2SError(
      'model.checksum',
      `The weights in ${path} are not those of the card: SHA-256 ${sha256.slice(0, 12)}.. instead of ` +
        `${card.weightsSha256.slice(0, 12)}... One of the two files was changed or replaced; restore the folder ${folder}.`,
    );
  if (card.architecture !== 'tfjs') return { folder, card, weights };
  return { folder, card, weights, topology: await readTopology(folder, card) };
}

/**
 * Source logits of a model folder, null when it has none.
 * @throws V2SError `model.source-logits` when the file does not fit the card, `safetensors.corrupt`, `file.*`
 */
export async function readSourceLogits(folder: string): Promise<SourceLogits | null> {
  const card = await readModelCard(folder);
  const path = join(folder, SOURCE_LOGITS_FILE);
  if (!(await exists(path))) return null;
  const { tensors } = await readTensorsFile(path);
  const logits = tensors.get('logits');
  const labels = tensors.get('labels');
  const k = card.sourceLabels.length;
  const n = labels?.shape[0];
  if (
    !(logits?.data instanceof Float32Array) ||
    !(labels?.data instanceof Int32Array) ||
    labels.shape.length !== 1 ||
    logits.shape.join() !== `${n},${k}` ||
    labels.data.some((label) => label < 0 || label >= k)
  )
    throw new V2SError(
      'model.source-logits',
      `${path} does not fit ${CARD_FILE}: expected logits [n, ${k}] F32 and labels [n] I32 in 0..${k - 1}.`,
    );
  return { logits: logits.data, labels: labels.data, k };
}

/**
 * Writes a model folder, every file in one step, the card last: until then a reader sees the old model or a checksum error.
 * The card's `weightsSha256` and `parameters` are set from the weights, its `layers.topologySha256` from the topology.
 * @returns the card as written
 * @throws V2SError `model.weights`, `file.*`
 */
export async function writeModelFolder(
  folder: string,
  model: { card: ModelCard; weights: Tensors; topology?: Topology; sourceLogits?: SourceLogits; readme?: string },
): Promise<ModelCard> {
  const { weights, sourceLogits, readme } = model;
  const { layers } = model.card;
  const topology = model.topology && encodeTopology(model.topology);
  if ((topology === undefined) !== (layers === undefined))
    throw new TypeError('a LayersModel needs both its topology and the description of its layers');
  const card: ModelCard = modelCardSchema.parse({
    ...model.card,
    ...(layers && topology !== undefined && { layers: { ...layers, topologySha256: topologySha256(topology) } }),
    weightsSha256: weightsSha256(weights),
    parameters: parameterCount(weights),
  });
  checkWeightShapes(card, weights, `The model ${card.id}`);
  const metadata = { format: 'v2s-acoustic-model', id: card.id };
  await writeFileAtomic(join(folder, WEIGHTS_FILE), encodeSafetensors({ tensors: new Map(weights), metadata }));
  if (topology !== undefined) await writeFileAtomic(join(folder, TOPOLOGY_FILE), topology);
  if (sourceLogits) {
    const { logits, labels, k } = sourceLogits;
    const tensors = new Map([
      ['logits', { shape: [labels.length, k], data: logits }],
      ['labels', { shape: [labels.length], data: labels }],
    ]);
    await writeFileAtomic(join(folder, SOURCE_LOGITS_FILE), encodeSafetensors({ tensors, metadata }));
  }
  if (readme !== undefined) await writeFileAtomic(join(folder, README_FILE), readme);
  await writeFileAtomic(join(folder, CARD_FILE), `${JSON.stringify(card, null, 2)}\n`);
  return card;
}

/**
 * The models in the sub-folders of the roots. A root that does not exist has no models; a broken card is reported, not thrown.
 * @throws V2SError `file.*` when a root cannot be read
 */
export async function listModels(roots: readonly string[]): Promise<ModelListing> {
  const models = new Map<string, { folder: string; card: ModelCard }>();
  const problems: V2SError[] = [];
  for (const root of roots) {
    let names: string[];
    try {
      names = (await readdir(root)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw fileError(error, root, 'list the models in');
    }
    for (const name of names) {
      const folder = join(root, name);
      if (!(await exists(join(folder, CARD_FILE)))) continue;
      try {
        const card = await readModelCard(folder);
        if (!models.has(card.id)) models.set(card.id, { folder, card });
      } catch (error) {
        if (!(error instanceof V2SError)) throw error;
        problems.push(error);
      }
    }
  }
  return { models: [...models.values()], problems };
}

/**
 * The folder of the model with this id in the roots. Nothing else is looked at, whatever the id looks like: it may come from a file of a
 * stranger. A link in a root leads elsewhere, as a path does, and is followed for trusted callers only.
 * @throws V2SError `model.missing`
 */
export async function findModelById(id: string, roots: readonly string[], trusted = false): Promise<string> {
  if (!/[\\/\0]/.test(id)) {
    const { models } = await listModels(roots);
    for (const { folder, card } of models)
      if (card.id === id && (trusted || (await isFolderOf(folder, roots)))) return folder;
  }
  throw new V2SError('model.missing', `No folder of acoustic models holds one with the id ${JSON.stringify(id)}.`);
}

/** Whether a folder lies directly in one of the roots and is not a link. */
export async function isFolderOf(folder: string, roots: readonly string[]): Promise<boolean> {
  const path = resolve(folder);
  if (!roots.some((root) => resolve(root) === dirname(path))) return false;
  return await lstat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

/**
 * The folder of a model that a person gives by its id (searched in the roots, in order) or by its path. For a name out of a file there is
 * `findModelById`.
 * @throws V2SError `model.missing` naming the ids that exist
 */
export async function findModelFolder(idOrFolder: string, roots: readonly string[]): Promise<string> {
  const { models, problems } = await listModels(roots);
  const byId = models.find(({ card }) => card.id === idOrFolder);
  if (byId) return byId.folder;
  const folder = resolve(idOrFolder);
  if (await exists(join(folder, CARD_FILE))) return folder;
  for (const root of roots) {
    // A folder of that name whose card is broken or names another id: let the reader say what is wrong with it.
    const named = join(root, basename(idOrFolder));
    if (basename(idOrFolder) === idOrFolder && (await exists(join(named, CARD_FILE)))) return named;
  }
  const known = models.map(({ card }) => card.id).join(', ') || 'none';
  throw new V2SError(
    'model.missing',
    `There is no acoustic model ${JSON.stringify(idOrFolder)}: neither an id nor a folder with a ${CARD_FILE}. ` +
      (problems.length > 0
        ? `Known models: ${known}. Models that cannot be read: ${problems.length}.`
        : `Known models: ${known}.`),
  );
}

/** Whether a folder holds an acoustic model, readable or not. */
export function holdsModel(folder: string): Promise<boolean> {
  return exists(join(folder, CARD_FILE));
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
