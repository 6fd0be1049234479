import type { Tensors, TrainableAcousticModel } from '../acoustic/model';
import { copyTensors } from '../acoustic/training/optimizer';
import { weightsSha256 } from '../acoustic/weights';
import { V2SError } from '../errors';
import { median } from '../math/median';
import { planPlacement, type EpochEvent, type Metrics, type Placement } from '../reprogram';
import { confusionMatrix, evaluate, type LabeledSeries } from '../reprogram/evaluate';
import { appendEpoch, emptyOutOfSample, poolFolds, type PooledFolds } from '../reprogram/out-of-sample';
import { isCut } from '../rendering/placement';
import { EpochSelection } from '../reprogram/selection';
import type { Split } from '../reprogram/split';
import { STREAM, streamOf } from '../reprogram/streams';
import { describeData, subset, trainingDataOf } from '../reprogram/training-data';
import { planTrainings, type TrainingPlan } from '../reprogram/training-plan';
import type { SeriesDataset } from '../series';
import { DenseHead } from './dense-head';
import { readFineTuneCheckpoint, writeFineTuneCheckpoint, type FineTuneCheckpoint } from './fine-tune-checkpoint';
import type { FineTuneOptions } from './fine-tune-options';
import type { FineTunedModel } from './fine-tuned-model';
import {
  headWeights,
  modelWeights,
  startWeightTraining,
  WeightTraining,
  type WeightTrainingState,
} from './weight-training';

/** One epoch as it is reported; the fields are those of reprogramming. */
export type FineTuneEpoch = Omit<EpochEvent, 'phase' | 'replicas' | 'measures'> & { phase: 'folds' | 'training' };

export interface FineTuneHooks {
  signal?: AbortSignal;
  onEpoch?(event: FineTuneEpoch): void;
  /** within an epoch; `done` epochs of all trainings are complete */
  onStep?(progress: { step: number; steps: number; done: number; total: number }): void;
  /** what a person should know before the training starts */
  onNote?(note: string): void;
  /** while the result is evaluated on TEST */
  onTest?(done: number, total: number): void;
  /** file that keeps the state after every epoch; one that is there already is gone on from */
  checkpoint?: string;
}

export interface FineTuneResult {
  fineTuned: FineTunedModel;
  train: Metrics;
  /** of the kept epoch, out of sample; null without a validation part */
  validation: (Metrics & { series: number }) | null;
  test: (Metrics & { confusion: number[][] }) | null;
  bestEpoch: number;
  /** median over the epochs of the final training */
  msPerStep: number;
  /** of computing, interruptions left out */
  seconds: number;
  /** the acoustic model that was handed in holds the same weights before and after */
  model: { id: string; sha256Before: string; sha256After: string };
  notes: string[];
}

/**
 * The transfer-learning baseline TF_a of the paper (section 5.3, table 2): the same acoustic model with its weights trainable, one
 * zero-padded copy of the series at the start of the clip, no theta, and a dense layer from the K logits to the C classes.
 *
 * The protocol is that of `reprogram`: with the same seed the same trainings on the same parts of TRAIN (`planTrainings`), the same
 * rule for the epoch to keep, Adam with half a cosine, and one look at TEST at the end. Every training starts from the acoustic
 * model's own weights. The same options, data, model and number of threads give the same weights bit for bit, interrupted and
 * resumed or not.
 * @param model holds other weights meanwhile; its own again when the promise settles
 * @throws V2SError `reprogram.empty`, `reprogram.classes`, `reprogram.folds`, `series.label-*`, `placement.*`, `training.diverged`,
 *   `model.changed`, `checkpoint.*`, `finetune.resume`, `file.*`; CancelledError, with the checkpoint of the last whole epoch kept
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
  const { placement, notes: placed } = planPlacement(data.train.series, 1, false);
  for (const text of placed) note(text);
  const cut = data.test?.series.filter(({ length }) => isCut(length, placement)).length ?? 0;
  if (cut > 0) note(`${cut} TEST series are longer than the clip and are cut there.`);

  const size = { inputs: model.card.sourceLabels.length, classes: data.classNames.length };
  const startOf = (fold: number | null): WeightTrainingState =>
    startWeightTraining(original, size, {
      head: streamOf(options.seed, fold === null ? STREAM.head : STREAM.foldHead + fold),
      order: streamOf(options.seed, fold === null ? STREAM.final : STREAM.fold + fold),
    });
  const first = startOf(plan.folds.length > 0 ? 0 : null);
  const identity = { options, train: train.sha256, weights: sha256Before, engine: model.engine };
  const saved = hooks.checkpoint ? await readFineTuneCheckpoint(hooks.checkpoint, identity, first) : null;
  const checkpoint: FineTuneCheckpoint = saved ?? {
    identity,
    folds: [],
    state: first,
    outOfSample: emptyOutOfSample(),
    selection: new EpochSelection(),
    selected: null,
    history: [],
    seconds: 0,
    msPerStep: [],
  };
  const trainingPart = subset(data.train, plan.split.training);
  try {
    const trainings = new PlannedTrainings(options, model, placement, data.train, plan, startOf, checkpoint, hooks);
    const pooled = await trainings.runFolds();
    if (pooled && plan.folds.length > 1)
      note(`Cross-validation over ${plan.folds.length} folds chose epoch ${pooled.until} of ${options.epochs}.`);
    await trainings.runFinal(pooled);
    const selected = checkpoint.selected!;
    const weights = modelWeights(selected);
    const head = headWeights(selected);
    const { signal } = hooks;
    await model.setWeights(weights);
    const dense = new DenseHead(head);
    const trainMetrics = (await evaluate(model, trainingPart, placement, null, dense, { signal })).metrics;
    const bestEpoch = checkpoint.selection.selected;
    const kept = checkpoint.history[bestEpoch - 1];
    const series = pooled?.series ?? plan.split.validation.length;
    const validation = kept.validation && { ...kept.validation, series };
    let testMetrics: FineTuneResult['test'] = null;
    if (data.test) {
      const hearing = { signal, onProgress: hooks.onTest };
      const { metrics, predicted } = await evaluate(model, data.test, placement, null, dense, hearing);
      const confusion = confusionMatrix(data.test.labels, predicted, data.classNames.length);
      testMetrics = { ...metrics, confusion };
    }
    await model.setWeights(original);
    const sha256After = await model.checksum();
    if (sha256After !== sha256Before)
      throw new V2SError('model.changed', `The weights of ${model.card.id} could not be restored; open it again.`);
    return {
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
            trainingSeries: trainingPart.labels.length,
            validationSeries: validation?.series ?? 0,
          },
          bestEpoch,
          history: checkpoint.history,
          metrics: { train: trainMetrics, validation: kept.validation, test: testMetrics },
          data: { train: describeData(train), test: test && describeData(test) },
          notes,
        },
        weights,
        head,
      },
      train: trainMetrics,
      validation,
      test: testMetrics,
      bestEpoch,
      msPerStep: median(checkpoint.msPerStep),
      seconds: checkpoint.seconds,
      model: { id: model.card.id, sha256Before, sha256After },
      notes,
    };
  } catch (error) {
    await restore(model, original);
    throw error;
  }
}

/** The trainings of a plan one after the other, from where the checkpoint is, with a checkpoint after every epoch. */
class PlannedTrainings {
  #clock = performance.now();

  /** @param startOf the state before the first epoch of a fold (from 0) or of the final training (null) */
  constructor(
    private readonly options: FineTuneOptions,
    private readonly model: TrainableAcousticModel,
    private readonly placement: Placement,
    private readonly data: LabeledSeries,
    private readonly plan: TrainingPlan,
    private readonly startOf: (fold: number | null) => WeightTrainingState,
    private readonly checkpoint: FineTuneCheckpoint,
    private readonly hooks: FineTuneHooks,
  ) {}

  /** Trains on every fold and pools what is held out; null without folds. */
  async runFolds(): Promise<PooledFolds | null> {
    const { plan, checkpoint } = this;
    const { length } = plan.folds;
    for (let f = checkpoint.folds.length; f < length; f++) {
      await this.#train({ split: plan.folds[f], fold: f + 1, until: this.options.epochs });
      checkpoint.folds.push(checkpoint.outOfSample);
      checkpoint.outOfSample = emptyOutOfSample();
      checkpoint.state = this.startOf(f + 1 < length ? f + 1 : null);
    }
    return length > 0 ? poolFolds(checkpoint.folds) : null;
  }

  /** The training whose selected epoch is the result. */
  async runFinal(pooled: PooledFolds | null): Promise<void> {
    const until = pooled?.until ?? this.options.epochs;
    await this.#train({ split: this.plan.split, fold: null, until, outOfSample: pooled?.outOfSample });
  }

  async #train({ split, fold, until, outOfSample }: TrainingTask): Promise<void> {
    const { options, checkpoint, hooks } = this;
    const { state, selection } = checkpoint;
    const { epochs, patience } = options;
    const { signal } = hooks;
    const final = fold === null;
    const held = subset(this.data, split.validation);
    const before = checkpoint.folds.length * epochs;
    const total = (this.plan.folds.length + 1) * epochs;
    const training = new WeightTraining(this.model, this.placement, options, subset(this.data, split.training), state);
    await training.hold();
    while (state.epoch < until && !(final && patience > 0 && state.epoch - selection.selected >= patience)) {
      const { train, learningRate, msPerStep } = await training.epoch(signal, (step, steps) =>
        hooks.onStep?.({ step, steps, done: before + state.epoch, total }),
      );
      const { epoch } = state;
      const evaluation = held.labels.length > 0 ? await training.evaluate(held, signal) : null;
      const validation = evaluation?.metrics ?? outOfSample?.[epoch - 1] ?? null;
      let selected: boolean | null = null;
      if (final) {
        selected = evaluation ? selection.offer(epoch, evaluation.losses) : true;
        if (!evaluation) selection.selected = epoch;
        if (selected) checkpoint.selected = copyTensors(state.parameters);
        checkpoint.history.push({ epoch, learningRate, train, validation, measures: {} });
        checkpoint.msPerStep.push(msPerStep);
      } else if (evaluation) appendEpoch(checkpoint.outOfSample, evaluation, held.labels);
      await this.#save();
      hooks.onEpoch?.({
        phase: final ? 'training' : 'folds',
        fold,
        epoch,
        epochs,
        learningRate,
        train,
        validation,
        selected,
        msPerStep,
        done: before + epoch,
        total,
      });
    }
  }

  async #save(): Promise<void> {
    const { checkpoint } = this;
    const now = performance.now();
    checkpoint.seconds += (now - this.#clock) / 1000;
    this.#clock = now;
    if (this.hooks.checkpoint) await writeFineTuneCheckpoint(this.hooks.checkpoint, checkpoint);
  }
}

interface TrainingTask {
  split: Split;
  /** from 1; null for the final training */
  fold: number | null;
  /** epoch at which to stop */
  until: number;
  /** what the folds gave after each epoch */
  outOfSample?: Metrics[];
}

/** The model's own weights back, whatever went wrong; the error that did is the one to report. */
async function restore(model: TrainableAcousticModel, original: Tensors): Promise<void> {
  await model.setWeights(original).catch(() => undefined);
}
