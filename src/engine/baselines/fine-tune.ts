import type { Tensors, TrainableAcousticModel } from '../acoustic/model';
import { copyTensors } from '../acoustic/training/optimizer';
import { weightsSha256 } from '../acoustic/weights';
import { V2SError } from '../errors';
import { median } from '../math/median';
import { planPlacement, type Metrics, type Placement } from '../reprogram';
import { confusionMatrix, evaluate, type LabeledSeries } from '../reprogram/evaluate';
import { isCut } from '../reprogram/placement';
import { EpochSelection } from '../reprogram/selection';
import { stratifiedSplit } from '../reprogram/split';
import { STREAM, streamOf } from '../reprogram/streams';
import { describeData, subset, trainingDataOf } from '../reprogram/training-data';
import type { SeriesDataset } from '../series';
import { DenseHead } from './dense-head';
import { readFineTuneCheckpoint, writeFineTuneCheckpoint, type FineTuneCheckpoint } from './fine-tune-checkpoint';
import type { FineTuneOptions } from './fine-tune-options';
import type { FineTunedModel } from './fine-tuned-model';
import { headWeights, modelWeights, startWeightTraining, WeightTraining } from './weight-training';

/** One epoch as it is reported. */
export interface FineTuneEpoch {
  /** from 1 */
  epoch: number;
  epochs: number;
  learningRate: number;
  train: Metrics;
  validation: Metrics | null;
  /** whether this is the epoch to keep so far */
  selected: boolean;
  msPerStep: number;
}

export interface FineTuneHooks {
  signal?: AbortSignal;
  onEpoch?(event: FineTuneEpoch): void;
  /** within an epoch; `done` epochs are complete */
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
  /** of the kept epoch; null without a validation part */
  validation: (Metrics & { series: number }) | null;
  test: (Metrics & { confusion: number[][] }) | null;
  bestEpoch: number;
  /** median over the epochs */
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
 * The protocol is that of `reprogram`: with the same seed the same validation split of TRAIN, the same rule for the epoch to keep,
 * Adam with half a cosine, and one look at TEST at the end. The same options, data, model and number of threads give the same
 * weights bit for bit, interrupted and resumed or not.
 * @param model holds other weights meanwhile; its own again when the promise settles
 * @throws V2SError `reprogram.empty`, `reprogram.classes`, `series.label-*`, `placement.*`, `training.diverged`, `model.changed`,
 *   `checkpoint.*`, `finetune.resume`, `file.*`; CancelledError, with the checkpoint of the last whole epoch kept
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
  const split = stratifiedSplit(data.train.labels, options.validation, streamOf(options.seed, STREAM.split));
  if (options.validation > 0 && split.validation.length === 0)
    note('No class has two series: nothing is held out for validation, and the last epoch is kept.');
  const { placement, notes: placed } = planPlacement(data.train.series, 1, false);
  for (const text of placed) note(text);
  const cut = data.test?.series.filter(({ length }) => isCut(length, placement)).length ?? 0;
  if (cut > 0) note(`${cut} TEST series are longer than the clip and are cut there.`);

  const start = startWeightTraining(
    original,
    { inputs: model.card.sourceLabels.length, classes: data.classNames.length },
    { head: streamOf(options.seed, STREAM.head), order: streamOf(options.seed, STREAM.final) },
  );
  const identity = { options, train: train.sha256, weights: sha256Before, engine: model.engine };
  const saved = hooks.checkpoint ? await readFineTuneCheckpoint(hooks.checkpoint, identity, start) : null;
  const checkpoint: FineTuneCheckpoint = saved ?? {
    identity,
    state: start,
    selection: new EpochSelection(),
    selected: null,
    history: [],
    seconds: 0,
    msPerStep: [],
  };
  const parts = { training: subset(data.train, split.training), validation: subset(data.train, split.validation) };
  try {
    await trainEpochs(options, model, placement, parts, checkpoint, hooks);
    const selected = checkpoint.selected!;
    const weights = modelWeights(selected);
    const head = headWeights(selected);
    const { signal } = hooks;
    await model.setWeights(weights);
    const dense = new DenseHead(head);
    const trainMetrics = (await evaluate(model, parts.training, placement, null, dense, { signal })).metrics;
    const bestEpoch = checkpoint.selection.selected;
    const kept = checkpoint.history[bestEpoch - 1];
    const validation = kept.validation && { ...kept.validation, series: parts.validation.labels.length };
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
            trainingSeries: parts.training.labels.length,
            validationSeries: parts.validation.labels.length,
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

/** From the checkpoint's epoch to the last one, with a checkpoint after every epoch. */
async function trainEpochs(
  options: FineTuneOptions,
  model: TrainableAcousticModel,
  placement: Placement,
  parts: { training: LabeledSeries; validation: LabeledSeries },
  checkpoint: FineTuneCheckpoint,
  { signal, onEpoch, onStep, checkpoint: file }: FineTuneHooks,
): Promise<void> {
  const { state, selection } = checkpoint;
  const { epochs, patience } = options;
  const training = new WeightTraining(model, placement, options, parts.training, state);
  await training.hold();
  let clock = performance.now();
  while (state.epoch < epochs && !(patience > 0 && state.epoch - selection.selected >= patience)) {
    const { train, learningRate, msPerStep } = await training.epoch(signal, (step, steps) =>
      onStep?.({ step, steps, done: state.epoch, total: epochs }),
    );
    const evaluation = parts.validation.labels.length > 0 ? await training.evaluate(parts.validation, signal) : null;
    const selected = evaluation ? selection.offer(state.epoch, evaluation.losses) : true;
    if (!evaluation) selection.selected = state.epoch;
    if (selected) checkpoint.selected = copyTensors(state.parameters);
    const validation = evaluation?.metrics ?? null;
    checkpoint.history.push({ epoch: state.epoch, learningRate, train, validation, measures: {} });
    checkpoint.msPerStep.push(msPerStep);
    const now = performance.now();
    checkpoint.seconds += (now - clock) / 1000;
    clock = now;
    if (file) await writeFineTuneCheckpoint(file, checkpoint);
    onEpoch?.({ epoch: state.epoch, epochs, learningRate, train, validation, selected, msPerStep });
  }
}

/** The model's own weights back, whatever went wrong; the error that did is the one to report. */
async function restore(model: TrainableAcousticModel, original: Tensors): Promise<void> {
  await model.setWeights(original).catch(() => undefined);
}
