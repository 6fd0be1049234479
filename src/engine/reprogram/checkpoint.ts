import * as z from 'zod';
import { V2SError } from '../errors';
import { createAdamState, type AdamState } from '../math/adam';
import { Random } from '../math/random';
import { outOfSampleShapeSchema, putOutOfSample, takeOutOfSample, type OutOfSample } from './out-of-sample';
import { CLIP_SAMPLES } from '../rendering/placement';
import { epochRecordSchema } from './program';
import type { Progress } from './progress';
import { EpochSelection } from './selection';
import { decodeSealed, encodeSealed, takeTensor, type SealedFormat, type SealedTensors } from './sealed-file';
import type { KeptTheta } from './theta-subject';
import type { TrainingState } from './theta-training';

/** The state of a whole run after some epoch. */
export type Checkpoint = Progress<TrainingState, KeptTheta>;

const adamSchema = z.object({ steps: z.int().min(0) });
const documentSchema = z.object({
  /** SHA-256 of what the run was configured to compute, and of its data; null in checkpoints that were not bound to it yet */
  configuration: z.string().nullable().default(null),
  classes: z.int().min(1),
  sourceWords: z.int().min(1),
  trials: z.array(outOfSampleShapeSchema),
  folds: z.array(outOfSampleShapeSchema),
  current: z
    .object({
      epoch: z.int().min(0),
      random: z.array(z.int()).length(4),
      thetaAdam: adamSchema,
      /** null for a random mapping */
      weightsAdam: adamSchema.nullable(),
      outOfSample: outOfSampleShapeSchema,
      selection: z.object({ best: z.int().min(0), selected: z.int().min(0), series: z.int().min(0) }),
      hasSelected: z.boolean(),
    })
    .nullable(),
  history: z.array(epochRecordSchema),
  metricsLines: z.int().min(0),
  seconds: z.number(),
  msPerStep: z.array(z.number()),
});

const FORMAT: SealedFormat<z.infer<typeof documentSchema>> = {
  format: 'v2s-checkpoint',
  version: 1,
  key: 'checkpoint',
  schema: documentSchema,
  remedy: 'This run cannot be resumed. Start a new run.',
};

/**
 * @param size classes and source words of the run's mapping
 * @param configuration checksum of the run's configuration and data, to which the checkpoint is bound
 */
export function encodeCheckpoint(
  checkpoint: Checkpoint,
  size: { classes: number; sourceWords: number },
  configuration: string,
): Uint8Array {
  const tensors: SealedTensors = new Map();
  const putAdam = (name: string, shape: number[], adam: AdamState): z.infer<typeof adamSchema> => {
    tensors.set(`${name}.first`, { shape, data: adam.first });
    tensors.set(`${name}.second`, { shape, data: adam.second });
    return { steps: adam.steps };
  };
  const { current } = checkpoint;
  const clip = [CLIP_SAMPLES];
  const matrix = [size.classes, size.sourceWords];
  let currentDocument: z.infer<typeof documentSchema>['current'] = null;
  if (current) {
    const { state, selection, selected } = current;
    tensors.set('theta', { shape: clip, data: state.theta });
    if (state.weights) tensors.set('mapping', { shape: matrix, data: state.weights });
    if (selected) tensors.set('selected.theta', { shape: clip, data: selected.theta });
    if (selected?.weights) tensors.set('selected.mapping', { shape: matrix, data: selected.weights });
    tensors.set('selection.losses', { shape: [selection.bestLosses.length], data: selection.bestLosses });
    currentDocument = {
      epoch: state.epoch,
      random: state.random.state(),
      thetaAdam: putAdam('theta.adam', clip, state.thetaAdam),
      weightsAdam: state.weightsAdam ? putAdam('mapping.adam', matrix, state.weightsAdam) : null,
      outOfSample: putOutOfSample(tensors, 'current', current.outOfSample),
      selection: { best: selection.best, selected: selection.selected, series: selection.bestLosses.length },
      hasSelected: selected !== null,
    };
  }
  const document = {
    configuration,
    ...size,
    trials: checkpoint.trials.map((trial, i) => putOutOfSample(tensors, `trial.${i}`, trial)),
    folds: checkpoint.folds.map((fold, i) => putOutOfSample(tensors, `fold.${i}`, fold)),
    current: currentDocument,
    history: checkpoint.history,
    metricsLines: checkpoint.metricsLines,
    seconds: checkpoint.seconds,
    msPerStep: checkpoint.msPerStep,
  };
  return encodeSealed(FORMAT, document, tensors);
}

/**
 * @param what names the file in errors
 * @param configuration that the checkpoint must be of, to go on from it; left out: whatever it is of, to look at it
 * @throws V2SError `checkpoint.corrupt`, `checkpoint.format`, `checkpoint.version`, `checkpoint.configuration`
 */
export function decodeCheckpoint(bytes: Uint8Array, what: string, configuration?: string): Checkpoint {
  const { document, tensors } = decodeSealed(FORMAT, bytes, what);
  if (configuration !== undefined && document.configuration !== configuration)
    throw new V2SError(
      'checkpoint.configuration',
      document.configuration === null
        ? `${what} was written by an earlier V2S and does not say of which configuration it is. ${FORMAT.remedy}`
        : `${what} belongs to another configuration than that of its run: options, data or acoustic model in the run's ` +
            `configuration were changed after the training had begun. Undo the change, or start a new run.`,
    );
  const floats = (name: string, shape: number[]): Float32Array =>
    takeTensor(FORMAT, tensors, name, Float32Array, shape, what);
  const takeLosses = (name: string, shape: z.infer<typeof outOfSampleShapeSchema>): OutOfSample =>
    takeOutOfSample(FORMAT, tensors, name, shape, what);
  const takeAdam = (name: string, shape: number[], { steps }: z.infer<typeof adamSchema>): AdamState => ({
    ...createAdamState(0),
    first: floats(`${name}.first`, shape),
    second: floats(`${name}.second`, shape),
    steps,
  });
  const clip = [CLIP_SAMPLES];
  const matrix = [document.classes, document.sourceWords];
  const { current } = document;
  return {
    trials: document.trials.map((shape, i) => takeLosses(`trial.${i}`, shape)),
    folds: document.folds.map((shape, i) => takeLosses(`fold.${i}`, shape)),
    current: current && {
      state: {
        epoch: current.epoch,
        theta: floats('theta', clip),
        thetaAdam: takeAdam('theta.adam', clip, current.thetaAdam),
        weights: current.weightsAdam ? floats('mapping', matrix) : null,
        weightsAdam: current.weightsAdam && takeAdam('mapping.adam', matrix, current.weightsAdam),
        random: Random.fromState(current.random),
      },
      outOfSample: takeLosses('current', current.outOfSample),
      selection: EpochSelection.restore({
        best: current.selection.best,
        selected: current.selection.selected,
        bestLosses: takeTensor(FORMAT, tensors, 'selection.losses', Float64Array, [current.selection.series], what),
      }),
      selected: current.hasSelected
        ? {
            theta: floats('selected.theta', clip),
            weights: current.weightsAdam ? floats('selected.mapping', matrix) : null,
          }
        : null,
    },
    history: document.history,
    metricsLines: document.metricsLines,
    seconds: document.seconds,
    msPerStep: document.msPerStep,
  };
}
