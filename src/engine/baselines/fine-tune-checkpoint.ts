import { stat } from 'node:fs/promises';
import * as z from 'zod';
import type { Tensors } from '../acoustic/model';
import { V2SError } from '../errors';
import { Random } from '../math/random';
import { outOfSampleShapeSchema, putOutOfSample, takeOutOfSample } from '../reprogram/out-of-sample';
import { epochRecordSchema } from '../reprogram/program-description';
import type { Progress } from '../reprogram/progress';
import { readSealed, takeTensor, writeSealed, type SealedFormat, type SealedTensors } from '../reprogram/sealed-file';
import { EpochSelection } from '../reprogram/selection';
import type { WeightTrainingState } from './weight-training';

/** The trainings of a fine-tuning; `K` is all parameters, those of the acoustic model and of the head. */
export type FineTuneProgress = Progress<WeightTrainingState, Tensors>;

const documentSchema = z.object({
  identity: z.record(z.string(), z.unknown()),
  folds: z.array(outOfSampleShapeSchema),
  outOfSample: outOfSampleShapeSchema,
  epoch: z.int().min(0),
  steps: z.int().min(0),
  random: z.array(z.int()).length(4),
  selection: z.object({ best: z.int().min(0), selected: z.int().min(0), series: z.int().min(0) }),
  hasSelected: z.boolean(),
  history: z.array(epochRecordSchema),
  seconds: z.number(),
  msPerStep: z.array(z.number()),
});

const FORMAT: SealedFormat<z.infer<typeof documentSchema>> = {
  format: 'v2s-fine-tuning',
  version: 2,
  key: 'checkpoint',
  schema: documentSchema,
  remedy: 'Delete it and fine-tune again.',
};

/** Sets of tensors in the file, each tensor named GROUP/NAME. */
type Group = 'parameters' | 'first' | 'second' | 'selected';

/**
 * Keeps the training under way; without one that has done an epoch there is nothing that a new start would not have as well.
 * Atomic.
 * @param identity what decides the result; a fine-tuning goes on only with the same
 * @throws V2SError `file.*`; the old checkpoint is then untouched
 */
export async function writeFineTuneCheckpoint(
  path: string,
  identity: Record<string, unknown>,
  { folds, current, history, seconds, msPerStep }: FineTuneProgress,
): Promise<void> {
  if (!current || current.state.epoch === 0) return;
  const { state, outOfSample, selection, selected } = current;
  const tensors: SealedTensors = new Map();
  const put = (group: Group, all: Tensors): void => {
    for (const [name, tensor] of all) tensors.set(`${group}/${name}`, tensor);
  };
  put('parameters', state.parameters);
  put('first', state.first);
  put('second', state.second);
  if (selected) put('selected', selected);
  tensors.set('selection.losses', { shape: [selection.bestLosses.length], data: selection.bestLosses });
  const document = {
    identity,
    folds: folds.map((fold, i) => putOutOfSample(tensors, `fold.${i}`, fold)),
    outOfSample: putOutOfSample(tensors, 'current', outOfSample),
    epoch: state.epoch,
    steps: state.steps,
    random: state.random.state(),
    selection: { best: selection.best, selected: selection.selected, series: selection.bestLosses.length },
    hasSelected: selected !== null,
    history,
    seconds,
    msPerStep,
  };
  await writeSealed(FORMAT, path, document, tensors);
}

/**
 * Reads the checkpoint of an unfinished fine-tuning; null when there is none.
 * @param identity of the fine-tuning that is to go on
 * @param start its state before the first epoch: the names and shapes of the tensors
 * @throws V2SError `checkpoint.*` for a damaged file, `finetune.resume` when it belongs to another fine-tuning, `file.*`
 */
export async function readFineTuneCheckpoint(
  path: string,
  identity: Record<string, unknown>,
  start: WeightTrainingState,
): Promise<FineTuneProgress | null> {
  if (!(await holdsFineTuneCheckpoint(path))) return null;
  const { document, tensors } = await readSealed(FORMAT, path);
  for (const key of Object.keys(identity)) {
    const [was, is] = [document.identity[key], identity[key]].map((value) => JSON.stringify(value));
    if (was !== is)
      throw new V2SError(
        'finetune.resume',
        `The checkpoint ${path} belongs to a fine-tuning with ${key} ${was}, not ${is}. ` +
          'Continue with the same options and data, or delete it to start over.',
      );
  }
  const take = (group: Group, like: Tensors): Tensors =>
    new Map(
      [...like].map(([name, { shape }]) => [
        name,
        { shape, data: takeTensor(FORMAT, tensors, `${group}/${name}`, Float32Array, shape, path) },
      ]),
    );
  const { selection, epoch, steps, history, seconds, msPerStep } = document;
  return {
    trials: [],
    folds: document.folds.map((shape, i) => takeOutOfSample(FORMAT, tensors, `fold.${i}`, shape, path)),
    current: {
      state: {
        epoch,
        steps,
        parameters: take('parameters', start.parameters),
        first: take('first', start.first),
        second: take('second', start.second),
        random: Random.fromState(document.random),
      },
      outOfSample: takeOutOfSample(FORMAT, tensors, 'current', document.outOfSample, path),
      selection: EpochSelection.restore({
        best: selection.best,
        selected: selection.selected,
        bestLosses: takeTensor(FORMAT, tensors, 'selection.losses', Float64Array, [selection.series], path),
      }),
      selected: document.hasSelected ? take('selected', start.parameters) : null,
    },
    history,
    // Fine-tuning keeps no metrics.jsonl.
    metricsLines: 0,
    seconds,
    msPerStep,
  };
}

/** Whether an unfinished fine-tuning is kept there. */
export async function holdsFineTuneCheckpoint(path: string): Promise<boolean> {
  return await stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}
