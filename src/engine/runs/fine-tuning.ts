import { unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { holdsModel, readModelFolder, type ModelFolder } from '../acoustic/store';
import {
  fineTune,
  holdsFineTuneCheckpoint,
  writeFineTuned,
  type FineTuneHooks,
  type FineTuneOptions,
  type FineTuneResult,
} from '../baselines';
import { assertModelOutput } from '../acoustic/model-output';
import { V2SError } from '../errors';
import type { SeriesDataset } from '../series';
import { assertWritableFolder } from './output-folder';
import { CHECKPOINT_FILE } from './run-folder';
import { RunLock } from './run-lock';
import { readInputs, withOpenModel, type InputsRequest, type TrainingInputs } from './training-inputs';

/** What a fine-tuning is asked to do. */
export interface FineTuningRequest extends InputsRequest {
  options: FineTuneOptions;
  /** of the acoustic model; null: as many as there are processors */
  threads: number | null;
  /** folder of the fine-tuned model, which holds the checkpoint until then */
  out: string;
  /** whether to go on with the unfinished fine-tuning in `out` */
  resume: boolean;
  /** whether other files in the place of the model's are replaced too; default false */
  replace?: boolean;
}

/**
 * A fine-tuning that is ready to go. It has no run folder: its checkpoint lies where its model will be, and it goes on only with the
 * same options and data. Whoever holds one calls `execute` at most once, and `release` at the end in any case.
 */
export class FineTuning {
  private constructor(
    private readonly request: FineTuningRequest,
    private readonly inputs: TrainingInputs,
    /** absolute */
    readonly folder: string,
    private readonly lock: RunLock,
  ) {}

  /**
   * @throws V2SError `output.*`, `finetune.out` rather than overwrite a model or an unfinished fine-tuning, `run.busy`, `file.*`, `series.*`,
   *   `model.*`, `reprogram.empty`, `reprogram.classes`; CanceledError
   */
  static async prepare(request: FineTuningRequest, signal?: AbortSignal): Promise<FineTuning> {
    const folder = resolve(request.out);
    await requireFreeFolder(folder, request.resume);
    const { train, test, resume, replace } = request;
    await assertModelOutput(folder, { inputs: [train, test], replace: resume || replace });
    const inputs = await readInputs(request, signal);
    await assertWritableFolder(folder);
    return new FineTuning(request, inputs, folder, await RunLock.take(folder));
  }

  get train(): SeriesDataset {
    return this.inputs.train;
  }

  get model(): ModelFolder {
    return this.inputs.model;
  }

  get checkpoint(): string {
    return join(this.folder, CHECKPOINT_FILE);
  }

  /** Whether there is something to go on from. */
  async isUnfinished(): Promise<boolean> {
    return await holdsFineTuneCheckpoint(this.checkpoint);
  }

  /**
   * Fine-tunes, or goes on from the checkpoint, and writes the model.
   * @returns also the id of the fine-tuned model
   * @throws V2SError as `fineTune`, `model.changed`; CanceledError, with the checkpoint of the last whole epoch kept
   */
  async execute(hooks: Omit<FineTuneHooks, 'checkpoint'> = {}): Promise<FineTuneResult & { id: string }> {
    const { folder, checkpoint } = this;
    const { options, threads } = this.request;
    const { train, test, model: stored } = this.inputs;
    const result = await withOpenModel(stored, { threads, batchSize: options.batchSize }, (model) =>
      fineTune(options, model, train, test, { ...hooks, checkpoint }),
    );
    const { id } = await writeFineTuned(folder, stored.card, result.fineTuned, stored.topology);
    await unlink(checkpoint);
    await assertUntouched(stored);
    return { ...result, id };
  }

  /** Lets other processes have the folder. */
  async release(): Promise<void> {
    await this.lock.release();
  }
}

async function requireFreeFolder(folder: string, resume: boolean): Promise<void> {
  const checkpoint = join(folder, CHECKPOINT_FILE);
  const unfinished = await holdsFineTuneCheckpoint(checkpoint);
  if (resume && !unfinished)
    throw new V2SError(
      'finetune.out',
      `There is no unfinished fine-tuning to resume in ${folder}: it has no ${CHECKPOINT_FILE}.`,
    );
  if (!resume && unfinished)
    throw new V2SError(
      'finetune.out',
      `${folder} holds an unfinished fine-tuning. Resume it, or delete ${checkpoint} to start over.`,
    );
  if (!resume && (await holdsModel(folder)))
    throw new V2SError('finetune.out', `${folder} already holds an acoustic model. Choose another --out or delete it.`);
}

/** The acoustic model's folder as it is now, read again. @throws V2SError `model.changed` */
async function assertUntouched({ folder, card }: ModelFolder): Promise<void> {
  if ((await readModelFolder(folder)).card.weightsSha256 !== card.weightsSha256)
    throw new V2SError('model.changed', `The acoustic model in ${folder} was replaced during the fine-tuning.`);
}
