import type { ModelCard } from '../acoustic/card';
import type { AcousticModel } from '../acoustic/model';
import { openAcousticModel } from '../acoustic/open-model';
import { readModelFolder, type SourceLogits } from '../acoustic/store';
import { CanceledError, throwIfCanceled, V2SError } from '../errors';
import { reprogram, type Metrics, type ReprogramOptions } from '../reprogram';
import type { SeriesDataset } from '../series';
import { boundOfProgram, requireSourceLogits, type ProgramBound } from './program-bound';
import { HALF } from './source-halves';

export interface CompareOptions {
  /** of the short run of each model */
  reprogram: ReprogramOptions;
  /** threads per model */
  threads?: number;
  /** most source clips of one Wasserstein-1 distance: the same for all models that are compared */
  size?: number;
}

export interface ShortRunHooks {
  signal?: AbortSignal;
  /** epochs done (with fractions) and to do */
  onProgress?(done: number, total: number): void;
  onNote?(note: string): void;
}

export interface CompareHooks extends Omit<ShortRunHooks, 'onProgress'> {
  /** position of the model in the list, epochs done and to do of its short run */
  onProgress?(model: number, done: number, total: number): void;
  /** a model is finished, in the order given; those that cannot be compared at all come first */
  onModel?(outcome: ComparedModel | FailedModel): void;
}

/** What a short run with one acoustic model showed. */
export interface ShortRun {
  card: ModelCard;
  bound: ProgramBound;
  /** of the short run */
  train: Metrics;
  /** out of sample, of the kept epoch; null without a validation part */
  validation: Metrics | null;
  epochs: number;
  seconds: number;
}

export interface ComparedModel extends ShortRun {
  folder: string;
}

/** A model that could not be compared, and why; the others still are. */
export interface FailedModel {
  folder: string;
  failure: V2SError;
}

export interface Comparison {
  /** lowest bound first */
  ranking: ComparedModel[];
  failed: FailedModel[];
}

/**
 * Which acoustic model suits a data set, before any full training: each is reprogrammed by the same short run, and the models are
 * ranked by the bound of Theorem 1 on TRAIN. Every Wasserstein-1 distance is over equally many source clips, because its value
 * depends on it.
 * @param folders acoustic-model folders
 * @throws V2SError `compare.models` for fewer than two models or one named twice; the first failure when no model could be
 *   compared; CanceledError
 */
export async function compareModels(
  train: SeriesDataset,
  folders: readonly string[],
  options: CompareOptions,
  hooks: CompareHooks = {},
): Promise<Comparison> {
  if (folders.length < 2 || new Set(folders).size < folders.length)
    throw new V2SError('compare.models', 'A comparison needs at least two different acoustic models.');
  const failed: FailedModel[] = [];
  const attempt = async <T>(folder: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof V2SError) || error instanceof CanceledError) throw error;
      failed.push({ folder, failure: error });
      hooks.onModel?.({ folder, failure: error });
      return null;
    }
  };
  const sources: (SourceLogits | null)[] = [];
  for (const folder of folders) sources.push(await attempt(folder, () => requireSourceLogits(folder)));
  const halves = sources.flatMap((source) => (source ? [Math.max(1, Math.floor(source.labels.length / 2))] : []));
  const size = Math.min(options.size ?? HALF, ...halves);

  const compared: ComparedModel[] = [];
  for (const [index, folder] of folders.entries()) {
    throwIfCanceled(hooks.signal);
    const source = sources[index];
    if (!source) continue;
    const outcome = await attempt(folder, async () => {
      const stored = await readModelFolder(folder);
      const { threads, reprogram } = options;
      const { batchSize, kernels, backend } = reprogram;
      const model = await openAcousticModel(stored, { threads, batchLimit: batchSize, kernels, backend });
      try {
        const onProgress = (done: number, total: number): void => hooks.onProgress?.(index, done, total);
        const limits = { ...options, size };
        return { folder, ...(await boundAfterShortRun(train, model, source, limits, { ...hooks, onProgress })) };
      } finally {
        await model.close();
      }
    });
    if (!outcome) continue;
    compared.push(outcome);
    hooks.onModel?.(outcome);
  }
  if (compared.length === 0) throw failed[0].failure;
  return { ranking: compared.sort((a, b) => a.bound.bound - b.bound.bound), failed };
}

/**
 * One acoustic model of a comparison: a short run on TRAIN, and the bound after it.
 * @param source logits of the model's source clips
 * @throws V2SError of `reprogram` and `boundOfProgram`; CanceledError
 */
export async function boundAfterShortRun(
  train: SeriesDataset,
  model: AcousticModel,
  source: SourceLogits,
  options: CompareOptions,
  hooks: ShortRunHooks = {},
): Promise<ShortRun> {
  const { signal, onProgress, onNote } = hooks;
  // The theorem is of the paper's method.
  const run = await reprogram({ ...options.reprogram, method: 'theta', members: 1 }, model, train, null, {
    signal,
    onNote,
    onStep: ({ step, steps, done, total }) => onProgress?.(done + step / steps, total),
  });
  const bound = await boundOfProgram(run.program, model, source, train, {
    size: options.size,
    signal,
  });
  return {
    card: model.card,
    bound,
    train: run.train,
    validation: run.validation,
    epochs: run.program.description.history.length,
    seconds: run.seconds,
  };
}
