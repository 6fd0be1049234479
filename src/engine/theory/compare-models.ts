import type { ModelCard } from '../acoustic/card';
import { openAcousticModel } from '../acoustic/open-model';
import { readModelFolder, type SourceLogits } from '../acoustic/store';
import { CancelledError, throwIfCancelled, V2SError } from '../errors';
import { reprogram, type Metrics, type ReprogramOptions } from '../reprogram';
import type { SeriesDataset } from '../series';
import { boundOfProgram, requireSourceLogits, type ProgramBound } from './program-bound';
import { DEFAULT_DRAW_SIZE } from './wasserstein1';

export interface CompareOptions {
  /** of the short run of each model; the seed is also that of the draws and projections */
  reprogram: ReprogramOptions;
  /** threads per model */
  threads?: number;
  /** most vectors per draw of the Wasserstein-1 distance: the same for all models that are compared */
  drawSize?: number;
}

export interface CompareHooks {
  signal?: AbortSignal;
  /** where the work is: model index, epochs done and to do of its short run */
  onProgress?(model: number, done: number, total: number): void;
  /** a model is finished, in the order given */
  onModel?(outcome: ComparedModel | FailedModel): void;
  onNote?(note: string): void;
}

/** One acoustic model after its short run. */
export interface ComparedModel {
  folder: string;
  card: ModelCard;
  bound: ProgramBound;
  /** of the short run */
  train: Metrics;
  /** out of sample, of the kept epoch; null without a validation part */
  validation: Metrics | null;
  epochs: number;
  seconds: number;
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
 * ranked by the bound of Theorem 1 on TRAIN. Every Wasserstein-1 distance is over sub-samples of one size, because its value
 * depends on it.
 * @param folders acoustic-model folders
 * @throws V2SError `compare.models` for fewer than two models or one named twice; the first failure when no model could be
 *   compared; CancelledError
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
      if (!(error instanceof V2SError) || error instanceof CancelledError) throw error;
      failed.push({ folder, failure: error });
      hooks.onModel?.({ folder, failure: error });
      return null;
    }
  };
  const sources: (SourceLogits | null)[] = [];
  for (const folder of folders) sources.push(await attempt(folder, () => requireSourceLogits(folder)));
  const drawSize = Math.min(
    options.drawSize ?? DEFAULT_DRAW_SIZE,
    ...sources.flatMap((source) => source?.labels.length ?? []),
  );

  const compared: ComparedModel[] = [];
  for (const [index, folder] of folders.entries()) {
    throwIfCancelled(hooks.signal);
    if (!sources[index]) continue;
    const outcome = await attempt(folder, () =>
      boundAfterShortRun(
        train,
        folder,
        { ...options, drawSize },
        { ...hooks, onProgress: (done, total) => hooks.onProgress?.(index, done, total) },
      ),
    );
    if (!outcome) continue;
    compared.push(outcome);
    hooks.onModel?.(outcome);
  }
  if (compared.length === 0) throw failed[0].failure;
  return { ranking: compared.sort((a, b) => a.bound.bound - b.bound.bound), failed };
}

/**
 * One acoustic model of a comparison: a short run on TRAIN, and the bound after it.
 * @throws V2SError of `reprogram`, of the model's folder, `model.source-logits`; CancelledError
 */
export async function boundAfterShortRun(
  train: SeriesDataset,
  folder: string,
  options: CompareOptions,
  hooks: {
    signal?: AbortSignal;
    onProgress?(done: number, total: number): void;
    onNote?(note: string): void;
  } = {},
): Promise<ComparedModel> {
  const { signal, onProgress, onNote } = hooks;
  const source = await requireSourceLogits(folder);
  const stored = await readModelFolder(folder);
  const model = await openAcousticModel(stored, {
    threads: options.threads,
    batchLimit: options.reprogram.batchSize,
  });
  try {
    const run = await reprogram(options.reprogram, model, train, null, {
      signal,
      onNote,
      onStep: ({ step, steps, done, total }) => onProgress?.(done + step / steps, total),
    });
    const bound = await boundOfProgram(run.program, model, source, train, {
      seed: options.reprogram.seed,
      drawSize: options.drawSize,
      signal,
    });
    return {
      folder,
      card: stored.card,
      bound,
      train: run.train,
      validation: run.validation,
      epochs: run.program.description.history.length,
      seconds: run.seconds,
    };
  } finally {
    await model.close();
  }
}
