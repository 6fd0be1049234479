import { rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { featureShape } from '../engine/acoustic/architecture';
import { checkLabels } from '../engine/acoustic/import/card-labels';
import { FRONT_ENDS, type FrontEnd } from '../engine/audio/front-end';
import { readFrontEndFile } from '../engine/acoustic/import/front-end-file';
import { readLabels } from '../engine/acoustic/import/labels-file';
import { checkTaps } from '../engine/acoustic/import/layers-import';
import {
  convolutionsOf,
  describeAttention,
  inputLayoutOf,
  outputSize,
  shapeText,
  shownSizes,
  weighedFrames,
} from '../engine/acoustic/tfjs/layers-outline';
import { importModelFile, inspectModelFile, type ModelFile } from '../engine/acoustic/import/model-file';
import { holdsModel, listModels, writeModelFolder } from '../engine/acoustic/store';
import { modelReadme } from '../engine/acoustic/training/model-readme';
import { CanceledError, throwIfCanceled, V2SError } from '../engine/errors';
import type { Handlers } from '../protocol/rpc';
import type { FrontEndChoice, ImportCheck, ImportProblem, ModelImport } from '../protocol/model-import';
import type { WorkerContract } from '../protocol/worker';
import { LruCache } from './cache';
import { fileStamp, type Library } from './library';

type ImportRequests = Pick<Handlers<WorkerContract>, 'inspectModelFile' | 'checkModelImport' | 'importModel'>;

/** Files that were looked into, without their weights. */
const FILES = 4;

/** Importing acoustic models of others. */
export function importRequests(library: Library): ImportRequests {
  const files = new LruCache<ModelFile>({ capacity: FILES, cost: () => 1 });
  let last: Promise<unknown> = Promise.resolve();
  const inspect = async (path: string, signal: AbortSignal): Promise<ModelFile> =>
    await files.get(path, await fileStamp(path), (load) => inspectModelFile(path, load.signal), { signal });

  return {
    async inspectModelFile({ file }, { signal }) {
      const found = await inspect(file, signal);
      if (found.kind === 'attention-rnn') return { kind: found.kind, words: found.k };
      const { outline } = found;
      const convolutions = new Set(convolutionsOf(outline));
      return {
        kind: found.kind,
        network: outline.name,
        words: outputSize(outline, file),
        input: outline.inputs.map(shapeText).join(' '),
        layers: outline.layers.map((layer) => ({
          name: layer.name,
          className: layer.className,
          shape: layer.shape && shapeText(layer.shape),
          convolution: convolutions.has(layer.name),
          shown: shownSizes(layer) !== null,
          weighs: weighedFrames(layer),
        })),
      };
    },

    async checkModelImport(asked, { signal }) {
      return await checkImport(asked, await inspect(asked.file, signal), library.modelRoots);
    },

    async importModel(asked, { signal }) {
      // One after the other: a canceled import may still be clearing the folder that the next one makes.
      const turn = last.then(() => importInto(asked, library.modelRoots, signal));
      last = turn.catch(() => undefined);
      return await turn;
    },
  };
}

async function importInto(
  asked: ModelImport,
  roots: readonly string[],
  signal: AbortSignal,
): Promise<{ id: string; folder: string }> {
  throwIfCanceled(signal);
  const id = idOf(asked);
  await checkId(asked, roots);
  const { layers, title, license, source, sourceLicense } = asked;
  const imported = await importModelFile(asked.file, {
    id,
    labels: asked.labels === null ? undefined : await readLabels(asked.labels),
    layers: layers
      ? {
          frontEnd: await readFrontEnd(layers.frontEnd),
          taps: layers.taps,
          attention: layers.attention ?? undefined,
        }
      : undefined,
    title: title ?? undefined,
    license: license ?? undefined,
    source: { name: source ?? 'unknown', license: sourceLicense ?? undefined },
    signal,
  });
  // What was asked while the model was built, all at once, arrives now.
  await setImmediate();
  throwIfCanceled(signal);
  const folder = join(asked.out, id);
  const card = await writeModelFolder(folder, { ...imported, readme: modelReadme(imported.card) });
  if (signal.aborted) {
    await rm(folder, { recursive: true });
    throw new CanceledError();
  }
  return { id: card.id, folder };
}

/** All problems of an import rather than the first, each with the part of it that a person would change. */
async function checkImport(asked: ModelImport, file: ModelFile, roots: readonly string[]): Promise<ImportCheck> {
  const problems: ImportProblem[] = [];
  const attempt = async <T>(part: ImportProblem['part'], work: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof V2SError)) throw error;
      problems.push({ part, message: error.message });
      return null;
    }
  };
  let features: ImportCheck['features'] = null;
  const path = asked.file;
  if (file.kind === 'layers') {
    const { outline } = file;
    const { frontEnd: choice, taps, attention } = asked.layers ?? { frontEnd: null, taps: [], attention: null };
    const frontEnd = await attempt('frontEnd', () => readFrontEnd(choice));
    const shape = frontEnd && featureShape({ frontEnd });
    if (shape) features = { kind: frontEnd.kind, frames: shape[0], bins: shape[1] };
    const layout = shape && (await attempt('frontEnd', () => inputLayoutOf(outline, shape, path)));
    // Which layers can be shown does not depend on the layout.
    await attempt('taps', () => checkTaps(outline, taps, layout ?? 'frames-bins', path));
    if (attention !== null && shape) await attempt('attention', () => describeAttention(outline, attention, shape[0]));
  }
  const labels = await attempt('labels', async () => {
    if (asked.labels === null) return null;
    const words = await readLabels(asked.labels);
    checkLabels(words, file.kind === 'layers' ? outputSize(file.outline, path) : file.k, path);
    return words;
  });
  await attempt('id', () => checkId(asked, roots));
  return { problems, labels, features };
}

function idOf({ id, file }: ModelImport): string {
  return id ?? basename(file, extname(file));
}

/** An id is the name of a folder too. @throws V2SError `model.id`, `model.exists` */
async function checkId(asked: ModelImport, roots: readonly string[]): Promise<void> {
  const id = idOf(asked);
  if (!/^[^\s.](.*[^\s.])?$/su.test(id) || /[\p{C}<>:"/\\|?*]/u.test(id) || id.length > 120)
    throw new V2SError(
      'model.id',
      `${JSON.stringify(id)} cannot be the id of a model: expected 1 to 120 characters that a folder's name may have, without ` +
        '< > : " / \\ | ? * and without a blank or dot at its ends.',
    );
  const folder = join(asked.out, id);
  if (await holdsModel(folder))
    throw new V2SError('model.exists', `${folder} holds an acoustic model already. Choose another name, or delete it.`);
  const { models } = await listModels(roots);
  const known = models.find(({ card }) => card.id === id);
  if (known)
    throw new V2SError(
      'model.exists',
      `There is an acoustic model ${id} already, in ${known.folder}. Choose another name.`,
    );
}

/** @throws V2SError `file.*`, `model.front-end` */
async function readFrontEnd(choice: FrontEndChoice | null): Promise<FrontEnd> {
  if (choice === null)
    throw new V2SError(
      'model.front-end',
      'The front end must be chosen: the file does not say how the features that it takes are made.',
    );
  return typeof choice === 'string' ? FRONT_ENDS[choice] : await readFrontEndFile(choice.file);
}
