import type { EngineOptions } from '../../common/run-options';
import type { TrainableAcousticModel } from '../acoustic/model';
import { openAcousticModel } from '../acoustic/open-model';
import { findModelFolder, readModelFolder, type ModelFolder } from '../acoustic/store';
import { throwIfCanceled } from '../errors';
import { trainingDataOf } from '../reprogram/training-data';
import { readTrainTest, type ReadOptions, type SeriesDataset } from '../series';

/** What a training is asked to work on. */
export interface InputsRequest {
  train: string;
  test: string | null;
  read: ReadOptions;
  /** acoustic model: its id or its folder */
  model: string;
  /** folders in which models are found by their id */
  modelRoots: readonly string[];
}

/** What a training works on. */
export interface TrainingInputs {
  train: SeriesDataset;
  test: SeriesDataset | null;
  model: ModelFolder;
}

/**
 * Reads data and model, and checks that a classifier can be trained with them.
 * @throws V2SError `file.*`, `series.*`, `model.*`, `reprogram.empty`, `reprogram.classes`; CanceledError
 */
export async function readInputs(request: InputsRequest, signal?: AbortSignal): Promise<TrainingInputs> {
  const { train, test } = await readTrainTest(request.train, request.test, { ...request.read, signal });
  trainingDataOf(train, test);
  const model = await readModelFolder(await findModelFolder(request.model, request.modelRoots));
  throwIfCanceled(signal);
  return { train, test, model };
}

/** Opens the model for as long as `work` takes. @param threads null: as many as there are processors */
export async function withOpenModel<T>(
  stored: ModelFolder,
  { threads, batchSize, ...engine }: { threads: number | null; batchSize: number } & Partial<EngineOptions>,
  work: (model: TrainableAcousticModel) => Promise<T>,
): Promise<T> {
  const model = await openAcousticModel(stored, {
    threads: threads ?? undefined,
    batchLimit: batchSize,
    ...engine,
  });
  try {
    return await work(model);
  } finally {
    await model.close();
  }
}
