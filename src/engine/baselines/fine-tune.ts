import type { Tensors, TrainableAcousticModel } from '../acoustic/model';
import { copyTensors } from '../acoustic/training/optimizer';
import { weightsSha256 } from '../acoustic/weights';
import { isCut, planPlacement, silentEdge } from '../rendering/placement';
import type { EpochEvent } from '../reprogram';
import { assertUnchanged, PlannedTraining, type Outcome, type TrainingHooks } from '../reprogram/planned-training';
import { emptyProgress } from '../reprogram/progress';
import { describeData, trainingDataOf } from '../reprogram/training-data';
import { planTrainings } from '../reprogram/training-plan';
import type { SeriesDataset } from '../series';
import { readFineTuneCheckpoint, writeFineTuneCheckpoint, type FineTuneProgress } from './fine-tune-checkpoint';
import type { FineTuneOptions } from './fine-tune-options';
import type { FineTunedModel } from './fine-tuned-model';
import { WeightSubject } from './weight-subject';
import { headWeights, modelWeights, type WeightTrainingState } from './weight-training';

/** One epoch as it is reported; the fields are those of reprogramming. */
export type FineTuneEpoch = Omit<EpochEvent, 'replicas' | 'member' | 'measures'>;

export interface FineTuneHooks extends TrainingHooks {
  onEpoch?(event: FineTuneEpoch): void;
  /** file that keeps the state after every epoch; one that is there already is gone on from */
  checkpoint?: string;
}

export interface FineTuneResult extends Outcome {
  bestEpoch: number;
  fineTuned: FineTunedModel;
  /** median over the epochs of the final training */
  msPerStep: number;
  /** of computing, interruptions left out */
  seconds: number;
  /** the acoustic model that was handed in holds the same weights before and after */
  model: { id: string; sha256Before: string; sha256After: string };
  notes: string[];
}

/**
 * The transfer-learning baseline TF_a of the paper (section 5.3, table 2): the same acoustic model with its weights trainable, no
 * theta, and a dense layer from the K logits to the C classes. It hears as many replicas of the series as reprogramming does (the
 * paper's one zero-padded replica is `replicas` 1), so that the comparison is of the methods alone.
 *
 * The protocol is that of `reprogram`: with the same seed the same trainings on the same parts of TRAIN (`planTrainings`), the same
 * rule for the epoch to keep, Adam with half a cosine, and one look at TEST at the end. Every training starts from the acoustic
 * model's own weights. The same options, data, model and number of threads give the same weights bit for bit, interrupted and
 * resumed or not.
 * @param model holds other weights meanwhile; its own again when the promise settles
 * @throws V2SError `reprogram.empty`, `reprogram.classes`, `reprogram.folds`, `series.label-*`, `placement.*`, `training.diverged`,
 *   `model.changed`, `checkpoint.*`, `finetune.resume`, `file.*`; CanceledError, with the checkpoint of the last whole epoch kept
 */
export async function fineTune(
  options: FineTuneOptions,
  model: TrainableAcousticModel,
  train: SeriesDataset,
  test: SeriesDataset | null,
  hooks: FineTuneHooks = {},
): Promise<FineTuneResult> {
  const data = trainingDataOf(train, test);
  const original = copyTensors(await model.weights());
  const sha256Before = weightsSha256(original);
  const notes: string[] = [];
  const note = (text: string): void => {
    notes.push(text);
    hooks.onNote?.(text);
  };
  for (const text of train.notes) note(text);
  for (const text of test?.notes ?? []) note(`TEST: ${text}`);
  const plan = planTrainings(data.train.labels, options);
  for (const text of plan.notes) note(text);
  const { placement, notes: placed } = planPlacement(
    data.train.series,
    options.replicas,
    false,
    silentEdge(model.card.frontEnd),
  );
  for (const text of placed) note(text);
  const cut = data.test?.series.filter(({ length }) => isCut(length, placement)).length ?? 0;
  if (cut > 0) note(`${cut} TEST series are longer than the room for one replica and are cut there.`);

  const subject = new WeightSubject(placement, model, original, data.classNames.length, options);
  const identity = { options, train: train.sha256, weights: sha256Before, engine: model.engine };
  const { checkpoint } = hooks;
  const start = subject.start({ phase: 'training', index: 0 });
  const saved = checkpoint === undefined ? null : await readFineTuneCheckpoint(checkpoint, identity, start);
  const progress: FineTuneProgress = saved ?? emptyProgress();
  const training = new PlannedTraining<WeightTrainingState, Tensors>({
    options,
    data,
    plan,
    trials: null,
    progress,
    keeper: {
      async save(after) {
        if (checkpoint !== undefined) await writeFineTuneCheckpoint(checkpoint, identity, after);
      },
      onSaved({ replicas: _replicas, member: _member, measures: _measures, ...event }) {
        hooks.onEpoch?.(event);
      },
    },
    hooks,
    note,
  });
  try {
    const { kept, outcome, trainingSeries } = await training.run(subject);
    await model.setWeights(original);
    const sha256After = await model.checksum();
    assertUnchanged(model.card.id, sha256Before, sha256After);
    const { train: trainMetrics, validation, test: testMetrics, bestEpoch } = outcome;
    const weights = modelWeights(kept);
    return {
      ...outcome,
      fineTuned: {
        description: {
          name: train.name,
          source: { id: model.card.id, weightsSha256: sha256Before },
          weightsSha256: weightsSha256(weights),
          placement,
          sourceWords: model.card.sourceLabels.length,
          classNames: data.classNames,
          training: {
            options,
            implementation: model.implementation,
            engine: model.engine,
            trainingSeries,
            validationSeries: validation?.series ?? 0,
          },
          bestEpoch,
          history: progress.history,
          metrics: {
            train: trainMetrics,
            validation: validation && { loss: validation.loss, accuracy: validation.accuracy },
            test: testMetrics,
          },
          data: { train: describeData(train), test: test && describeData(test) },
          notes,
        },
        weights,
        head: headWeights(kept),
      },
      ...training.times(),
      model: { id: model.card.id, sha256Before, sha256After },
      notes,
    };
  } catch (error) {
    // The model's own weights back, whatever went wrong; the error that did is the one to report.
    await model.setWeights(original).catch(() => undefined);
    throw error;
  }
}
