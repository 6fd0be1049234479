import * as z from 'zod';
import { V2SError } from '../errors';
import { createAdamState, type AdamState } from '../math/adam';
import { MAX_CHECKPOINT_BYTES } from '../files/limits';
import { Random } from '../math/random';
import { outOfSampleShapeSchema, putOutOfSample, takeOutOfSample, type OutOfSample } from './out-of-sample';
import { CLIP_SAMPLES } from '../rendering/placement';
import type { Metrics } from './evaluate';
import { epochRecordSchema, type EpochRecord } from './program-description';
import { emptyProgress, type Progress } from './progress';
import { EpochSelection } from './selection';
import { decodeSealed, encodeSealed, takeTensor, type SealedFormat, type SealedTensors } from './sealed-file';
import type { KeptTheta } from './theta-task';
import type { TrainingState } from './theta-training';

/** A member whose training is over, while others follow. */
export interface FinishedMember {
  kept: KeptTheta;
  bestEpoch: number;
  validation: (Metrics & { series: number }) | null;
  history: EpochRecord[];
}

/** The state of a whole run after some epoch. */
export interface Checkpoint extends Progress<TrainingState, KeptTheta> {
  /** members before the one under way */
  finished: FinishedMember[];
}

export function emptyCheckpoint(): Checkpoint {
  return { ...emptyProgress(), finished: [] };
}

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
      /** null for another rendering than a trained carrier */
      phiAdam: adamSchema.nullable().default(null),
      /** null for a random mapping */
      weightsAdam: adamSchema.nullable(),
      outOfSample: outOfSampleShapeSchema,
      selection: z.object({ best: z.int().min(0), selected: z.int().min(0), series: z.int().min(0) }),
      hasSelected: z.boolean(),
    })
    .nullable(),
  finished: z
    .array(
      z.object({
        bestEpoch: z.int().min(1),
        validation: z.object({ loss: z.number(), accuracy: z.number(), series: z.int() }).nullable(),
        history: z.array(epochRecordSchema),
        hasPhi: z.boolean(),
        hasWeights: z.boolean(),
      }),
    )
    .default([]),
  history: z.array(epochRecordSchema),
  metricsLines: z.int().min(0),
  seconds: z.number(),
  msPerStep: z.array(z.number()),
});

const FORMAT: SealedFormat<z.infer<typeof documentSchema>> = {
  format: 'v2s-checkpoint',
  version: 1,
  maxBytes: MAX_CHECKPOINT_BYTES,
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
  const putKept = (prefix: string, { theta, phi, weights }: KeptTheta): void => {
    tensors.set(`${prefix}theta`, { shape: clip, data: theta });
    if (phi) tensors.set(`${prefix}phi`, { shape: clip, data: phi });
    if (weights) tensors.set(`${prefix}mapping`, { shape: matrix, data: weights });
  };
  checkpoint.finished.forEach(({ kept }, p) => putKept(`member.${p}.`, kept));
  let currentDocument: z.infer<typeof documentSchema>['current'] = null;
  if (current) {
    const { state, selection, selected } = current;
    putKept('', state);
    if (selected) putKept('selected.', selected);
    tensors.set('selection.losses', { shape: [selection.bestLosses.length], data: selection.bestLosses });
    currentDocument = {
      epoch: state.epoch,
      random: state.random.state(),
      thetaAdam: putAdam('theta.adam', clip, state.thetaAdam),
      phiAdam: state.phiAdam ? putAdam('phi.adam', clip, state.phiAdam) : null,
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
    finished: checkpoint.finished.map(({ kept, ...told }) => ({
      ...told,
      hasPhi: kept.phi !== null,
      hasWeights: kept.weights !== null,
    })),
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
  const takeKept = (prefix: string, phi: boolean, weights: boolean): KeptTheta => ({
    theta: floats(`${prefix}theta`, clip),
    phi: phi ? floats(`${prefix}phi`, clip) : null,
    weights: weights ? floats(`${prefix}mapping`, matrix) : null,
  });
  const { current } = document;
  const [hasPhi, hasWeights] = [Boolean(current?.phiAdam), Boolean(current?.weightsAdam)];
  return {
    trials: document.trials.map((shape, i) => takeLosses(`trial.${i}`, shape)),
    folds: document.folds.map((shape, i) => takeLosses(`fold.${i}`, shape)),
    current: current && {
      state: {
        epoch: current.epoch,
        ...takeKept('', hasPhi, hasWeights),
        thetaAdam: takeAdam('theta.adam', clip, current.thetaAdam),
        phiAdam: current.phiAdam && takeAdam('phi.adam', clip, current.phiAdam),
        weightsAdam: current.weightsAdam && takeAdam('mapping.adam', matrix, current.weightsAdam),
        random: Random.fromState(current.random),
      },
      outOfSample: takeLosses('current', current.outOfSample),
      selection: EpochSelection.restore({
        best: current.selection.best,
        selected: current.selection.selected,
        bestLosses: takeTensor(FORMAT, tensors, 'selection.losses', Float64Array, [current.selection.series], what),
      }),
      selected: current.hasSelected ? takeKept('selected.', hasPhi, hasWeights) : null,
    },
    finished: document.finished.map(({ hasPhi: phi, hasWeights: weights, ...told }, p) => ({
      ...told,
      kept: takeKept(`member.${p}.`, phi, weights),
    })),
    history: document.history,
    metricsLines: document.metricsLines,
    seconds: document.seconds,
    msPerStep: document.msPerStep,
  };
}
