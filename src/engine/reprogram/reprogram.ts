import type { AcousticModel } from '../acoustic/model';
import { V2SError } from '../errors';
import { median } from '../math/median';
import type { Random } from '../math/random';
import type { SeriesDataset } from '../series';
import { emptyCheckpoint, type Checkpoint, type TrainingInProgress } from './checkpoint';
import type { CheckpointStore } from './checkpoint-store';
import { confusionMatrix, evaluate, sourceLogitsOf, type LabeledSeries, type Metrics } from './evaluate';
import { ClassHead, frequencyMapping, randomMapping, type LabelMapping } from './mapping';
import type { ReprogramOptions } from './options';
import { appendEpoch, emptyOutOfSample, poolFolds, type PooledFolds } from './out-of-sample';
import { isCut, planPlacement, type Placement } from '../rendering/placement';
import type { Program, ProgramDescription } from './program';
import { planTrials, trialOutcome, type ReplicaTrial, type TrialPlan } from './replica-trials';
import { EpochSelection } from './selection';
import type { Split } from './split';
import { STREAM, streamOf } from './streams';
import {
  startTraining,
  ThetaTraining,
  type EpochOutputs,
  type EpochReport,
  type TrainingState,
} from './theta-training';
import { describeData, subset, trainingDataOf } from './training-data';
import { planTrainings } from './training-plan';

/** Replicas when `auto` has nothing to compare by. */
const DEFAULT_REPLICAS = 10;
/** Stored thetas on the way from the first epoch to the last. */
const SNAPSHOTS = 8;

/** One epoch as it is reported and appended to metrics.jsonl. */
export interface EpochEvent {
  /** comparing replicas, training with a part of TRAIN held out, or training the theta that is kept */
  phase: 'replicas' | 'folds' | 'training';
  replicas: number;
  /** from 1; null in the phase `training`, and in `replicas` on a single split */
  fold: number | null;
  /** from 1 */
  epoch: number;
  epochs: number;
  learningRate: number;
  train: Metrics;
  /** of series held out, in this training or in those of the phase `folds` after the same epoch */
  validation: Metrics | null;
  /** whether this is the epoch to keep so far; null where epochs are not compared */
  selected: boolean | null;
  msPerStep: number;
  /** epochs of all trainings of the run: done, and the most there will be */
  done: number;
  total: number;
  /** further figures of this epoch, see ReprogramHooks.measure */
  measures: Record<string, number>;
}

export interface ReprogramHooks {
  signal?: AbortSignal;
  onEpoch?(event: EpochEvent): void;
  /** within an epoch */
  onStep?(progress: { step: number; steps: number; done: number; total: number }): void;
  /** what a person should know before the training starts: caps, treatments, choices */
  onNote?(note: string): void;
  /** while the result is evaluated on TEST */
  onTest?(done: number, total: number): void;
  /**
   * Further figures of an epoch of the final training, from what came out for the training part; they are reported, not used, and
   * must be the same for the same outputs.
   */
  measure?(outputs: EpochOutputs): Record<string, number>;
  /** where to keep checkpoints; one that holds a checkpoint already is resumed */
  store?: CheckpointStore;
  /** the acoustic model's folder as named by the user, kept in the program; null when found by id */
  modelNamed?: string | null;
}

/** How well the program does, and the epoch whose theta it has. */
interface Outcome {
  train: Metrics;
  /** of the kept epoch, out of sample; null without a validation part */
  validation: (Metrics & { series: number }) | null;
  test: (Metrics & { confusion: number[][] }) | null;
  bestEpoch: number;
}

export interface ReprogramResult extends Outcome {
  program: Program;
  /** median over the epochs of the final training */
  msPerStep: number;
  /** of computing, interruptions left out */
  seconds: number;
  model: { id: string; sha256Before: string; sha256After: string };
  notes: string[];
}

/**
 * Trains theta on TRAIN through a frozen acoustic model (paper, algorithm 1), chooses the epoch by validation on TRAIN, and evaluates
 * once on TEST.
 *
 * - One split (the default), with at least FEWEST_FOR_SELECTION series in the validation part: theta is trained on the rest of
 *   TRAIN, and the kept epoch's theta is the result.
 * - One split with fewer: too few to choose by, and too dear to leave out. A first training holds them out, which estimates the
 *   accuracy; theta is then trained on all of TRAIN, and its last epoch is the result.
 * - `folds` k: k trainings on (k - 1) / k of TRAIN give every epoch's out-of-sample loss on all of TRAIN; theta is then trained on
 *   all of TRAIN up to the chosen epoch of the same schedule.
 * - No validation part (`validation` 0, or no class has two series): all of TRAIN, the last epoch.
 *
 * The same options, data, model and number of threads give the same program bit for bit, interrupted and resumed or not.
 * @param model its weights are not changed, which checksums before and after prove
 * @throws V2SError `reprogram.*`, `series.label-*`, `mapping.classes`, `model.changed`, `training.diverged`, `checkpoint.*`, `file.*`;
 *   CancelledError, with the checkpoint of the last whole epoch kept
 */
export async function reprogram(
  options: ReprogramOptions,
  model: AcousticModel,
  train: SeriesDataset,
  test: SeriesDataset | null,
  hooks: ReprogramHooks = {},
): Promise<ReprogramResult> {
  return await new Reprogramming(options, model, train, test, hooks).run();
}

class Reprogramming {
  readonly #classNames: string[];
  readonly #data: LabeledSeries;
  readonly #test: LabeledSeries | null;
  /** drawn; that by frequency replaces it before the first training */
  #mapping: LabelMapping;
  readonly #notes: string[] = [];
  #checkpoint: Checkpoint = emptyCheckpoint();
  #done = 0;
  #total = 0;
  #clock = performance.now();

  constructor(
    private readonly options: ReprogramOptions,
    private readonly model: AcousticModel,
    private readonly train: SeriesDataset,
    private readonly test: SeriesDataset | null,
    private readonly hooks: ReprogramHooks,
  ) {
    const data = trainingDataOf(train, test);
    this.#classNames = data.classNames;
    this.#data = data.train;
    this.#test = data.test;
    this.#mapping = randomMapping(
      model.card.sourceLabels.length,
      this.#classNames.length,
      options.mapping === 'learned' ? 'learned' : 'random',
      this.#stream(STREAM.mapping),
    );
    for (const note of train.notes) this.#note(note);
    for (const note of test?.notes ?? []) this.#note(`TEST: ${note}`);
  }

  async run(): Promise<ReprogramResult> {
    const { model, options, hooks } = this;
    const sha256Before = await model.checksum();
    const saved = await hooks.store?.readCheckpoint();
    if (saved) this.#checkpoint = saved;
    await hooks.store?.keepMetrics(this.#checkpoint.metricsLines);

    const { split, folds, trials } = this.#plan();
    if (options.mapping === 'frequency') {
      this.#mapping = await this.#frequencyMapping(split);
      if (folds.length > 0)
        this.#note(
          'The mapping by frequency knows all of TRAIN: the series held out for validation are not new to it.',
        );
    }
    const { replicas, table } = trials
      ? await this.#runTrials(trials)
      : { replicas: options.replicas === 'auto' ? DEFAULT_REPLICAS : options.replicas, table: [] };
    const { placement, notes } = planPlacement(this.#data.series, replicas, options.mask);
    for (const note of notes) this.#note(note);
    if (this.test) this.#noteCuts(this.test, placement);

    const pooled = await this.#runFolds(folds, placement);
    const task: TrainingTask = { phase: 'training', stream: STREAM.final, split, placement, epochs: options.epochs };
    const { selection, selected } = await this.#train({ ...task, ...pooled }, null);
    const { theta, weights } = selected!;

    const head = new ClassHead(this.#mapping, weights);
    const trainPart = subset(this.#data, split.training);
    const { metrics } = await evaluate(model, trainPart, placement, theta, head, { signal: hooks.signal });
    const kept = this.#checkpoint.history[selection.selected - 1].validation;
    const validation = kept && { ...kept, series: pooled?.series ?? split.validation.length };
    const test = await this.#evaluateTest(placement, theta, head);
    const sha256After = await model.checksum();
    if (sha256After !== sha256Before)
      throw new V2SError(
        'model.changed',
        `The weights of ${model.card.id} changed during the training (SHA-256 ${sha256Before} before, ${sha256After} after); ` +
          'the result is discarded, because reprogramming leaves the acoustic model as it is.',
      );

    const result: Outcome = { train: metrics, validation, test, bestEpoch: selection.selected };
    const program: Program = {
      description: this.#describe(result, sha256After, placement, split.training.length, table),
      theta,
      thetaInitial: startTraining(this.#mapping, placement, this.#stream(STREAM.final)).theta,
      mappingWeights: weights,
    };
    await hooks.store?.writeProgram(program);
    this.#countTime();
    return {
      ...result,
      program,
      msPerStep: median(this.#checkpoint.msPerStep),
      seconds: this.#checkpoint.seconds,
      model: { id: model.card.id, sha256Before, sha256After },
      notes: this.#notes,
    };
  }

  /** By what the model hears in the bare series of the final training part, which with trainings before it is all of TRAIN. */
  async #frequencyMapping({ training }: Split): Promise<LabelMapping> {
    const { series, labels } = subset(this.#data, training);
    const { replicas, mask } = this.options;
    const copies = replicas === 'auto' ? DEFAULT_REPLICAS : replicas;
    const { placement } = planPlacement(this.#data.series, copies, mask);
    const logits = await sourceLogitsOf(this.model, series, placement, null, { signal: this.hooks.signal });
    return frequencyMapping(logits, labels, this.model.card.sourceLabels.length, this.#classNames.length);
  }

  /** Which parts of TRAIN are trained on and held out, in which trainings. */
  #plan(): { split: Split; folds: Split[]; trials: TrialPlan | null } {
    const { options } = this;
    const { split, folds, held, notes } = planTrainings(this.#data.labels, options);
    for (const note of notes) this.#note(note);
    const trials = options.replicas === 'auto' ? this.#planTrials(options.folds > 0 ? folds : [], held) : null;
    this.#total = (trials?.epochs ?? 0) + (folds.length + 1) * options.epochs;
    return { split, folds, trials };
  }

  #describe(
    { train, validation, test, bestEpoch }: Outcome,
    weightsSha256: string,
    placement: Placement,
    trainingSeries: number,
    replicaTrials: ReplicaTrial[],
  ): ProgramDescription {
    const { card, implementation, engine } = this.model;
    return {
      name: this.train.name,
      model: {
        id: card.id,
        weightsSha256,
        folder: this.hooks.modelNamed ?? null,
        sourceLabels: card.sourceLabels,
      },
      frontEnd: card.frontEnd,
      placement,
      classNames: this.#classNames,
      mapping: this.#mapping,
      training: {
        options: this.options,
        implementation,
        engine,
        trainingSeries,
        validationSeries: validation?.series ?? 0,
        replicaTrials,
      },
      bestEpoch,
      history: this.#checkpoint.history,
      metrics: { train, validation: validation && { loss: validation.loss, accuracy: validation.accuracy }, test },
      data: { train: describeData(this.train), test: this.test && describeData(this.test) },
      notes: this.#notes,
    };
  }

  #note(note: string): void {
    this.#notes.push(note);
    this.hooks.onNote?.(note);
  }

  #stream(id: number): Random {
    return streamOf(this.options.seed, id);
  }

  #planTrials(folds: Split[], held: Split): TrialPlan | null {
    const { series, labels } = this.#data;
    const longest = series.reduce((most, { length }) => Math.max(most, length), 0);
    const plan = planTrials(labels, longest, this.options.epochs, folds, held, this.#stream(STREAM.trialFolds));
    if (!plan)
      this.#note(`There is nothing to compare numbers of copies by; ${DEFAULT_REPLICAS}, or all that fit, are used.`);
    return plan;
  }

  /** Short runs of every candidate; the lowest out-of-sample loss wins. */
  async #runTrials({ candidates, splits, each }: TrialPlan): Promise<{ replicas: number; table: ReplicaTrial[] }> {
    this.#note(
      `Comparing ${candidates.join(', ')} copies by ${candidates.length * splits.length} short runs of ${each} epochs.`,
    );
    const table: ReplicaTrial[] = [];
    let index = 0;
    for (const replicas of candidates) {
      const { placement } = planPlacement(this.#data.series, replicas, this.options.mask);
      for (const [f, split] of splits.entries()) {
        if (index >= this.#checkpoint.trials.length) {
          // All candidates meet the same random numbers on the same fold.
          const task = { phase: 'replicas', stream: STREAM.trial + f, split, placement, epochs: each } as const;
          const { outOfSample } = await this.#train(task, splits.length > 1 ? f + 1 : null);
          const last = { losses: outOfSample.losses.slice(-1), correct: outOfSample.correct.slice(-1) };
          await this.#finish(() => this.#checkpoint.trials.push(last));
        } else this.#done += each;
        index++;
      }
      const own = this.#checkpoint.trials.slice(index - splits.length, index);
      table.push(trialOutcome(replicas, own));
    }
    const best = table.reduce((a, b) => (b.loss < a.loss ? b : a));
    this.#note(
      `${best.replicas} copies were chosen; validation loss by copies: ` +
        `${table.map(({ replicas, loss }) => `${replicas}: ${loss.toFixed(3)}`).join(', ')}.`,
    );
    return { replicas: best.replicas, table };
  }

  /** Trains on every fold and chooses the epoch by all held-out series together; null without folds. */
  async #runFolds(folds: Split[], placement: Placement): Promise<PooledFolds | null> {
    if (folds.length === 0) return null;
    const { epochs } = this.options;
    for (const [f, split] of folds.entries()) {
      if (f < this.#checkpoint.folds.length) {
        this.#done += epochs;
        continue;
      }
      const task = { phase: 'folds', stream: STREAM.fold + f, split, placement, epochs } as const;
      const { outOfSample } = await this.#train(task, f + 1);
      await this.#finish(() => this.#checkpoint.folds.push(outOfSample));
    }
    const pooled = poolFolds(this.#checkpoint.folds);
    if (folds.length > 1)
      this.#note(`Cross-validation over ${folds.length} folds chose epoch ${pooled.until} of ${epochs}.`);
    return pooled;
  }

  /** One training from its first epoch or from the checkpoint, with a checkpoint after every epoch. */
  async #train(task: TrainingTask, fold: number | null): Promise<TrainingInProgress> {
    const { options } = this;
    const final = task.phase === 'training';
    const trainingPart = subset(this.#data, task.split.training);
    const validationPart = subset(this.#data, task.split.validation);
    const until = task.until ?? task.epochs;
    if (!this.#checkpoint.current) {
      this.#checkpoint.current = {
        state: startTraining(this.#mapping, task.placement, this.#stream(task.stream)),
        outOfSample: emptyOutOfSample(),
        selection: new EpochSelection(),
        selected: null,
      };
      if (final) await this.#snapshot(this.#checkpoint.current.state);
      await this.#save();
    }
    const current = this.#checkpoint.current;
    const { state, selection, outOfSample } = current;
    this.#done += state.epoch;
    const training = new ThetaTraining(
      this.model,
      task.placement,
      this.#mapping,
      options,
      trainingPart,
      task.epochs,
      state,
    );
    const { signal, onStep } = this.hooks;
    while (state.epoch < until && !this.#outOfPatience(final, selection, state.epoch)) {
      const report = await training.epoch(signal, (step, steps) =>
        onStep?.({ step, steps, done: this.#done, total: this.#total }),
      );
      const evaluation = validationPart.labels.length > 0 ? await training.evaluate(validationPart, signal) : null;
      let selected: boolean | null = null;
      if (!final && evaluation) {
        appendEpoch(outOfSample, evaluation, validationPart.labels);
      } else if (final) {
        selected = evaluation ? selection.offer(state.epoch, evaluation.losses) : true;
        if (!evaluation) selection.selected = state.epoch;
        if (selected) current.selected = { theta: state.theta.slice(), weights: state.weights?.slice() ?? null };
      }
      this.#done++;
      const validation = evaluation?.metrics ?? task.outOfSample?.[state.epoch - 1] ?? null;
      await this.#endEpoch(task, fold, report, validation, selected);
    }
    this.#done += task.epochs - state.epoch;
    return current;
  }

  #outOfPatience(final: boolean, selection: EpochSelection, epoch: number): boolean {
    return final && this.options.patience > 0 && epoch - selection.selected >= this.options.patience;
  }

  /** Reports an epoch, and makes it durable: metrics first, so that a checkpoint never knows of a line that was not written. */
  async #endEpoch(
    task: TrainingTask,
    fold: number | null,
    report: EpochReport,
    validation: Metrics | null,
    selected: boolean | null,
  ): Promise<void> {
    const { state } = this.#checkpoint.current!;
    const { train, learningRate, msPerStep, outputs } = report;
    const final = task.phase === 'training';
    const measures = (final && this.hooks.measure?.(outputs)) || {};
    if (final) {
      this.#checkpoint.history.push({ epoch: state.epoch, learningRate, train, validation, measures });
      this.#checkpoint.msPerStep.push(msPerStep);
      if (isSnapshotEpoch(state.epoch, task.epochs)) await this.#snapshot(state);
    }
    const event: EpochEvent = {
      phase: task.phase,
      replicas: task.placement.replicas,
      fold,
      epoch: state.epoch,
      epochs: task.epochs,
      learningRate,
      train,
      validation,
      selected,
      msPerStep,
      done: this.#done,
      total: this.#total,
      measures,
    };
    await this.hooks.store?.appendMetrics(event);
    this.#checkpoint.metricsLines++;
    await this.#save();
    this.hooks.onEpoch?.(event);
  }

  /** Ends a piece of cross-validation: its outcome replaces its training in the checkpoint. */
  async #finish(keep: () => void): Promise<void> {
    keep();
    this.#checkpoint.current = null;
    await this.#save();
  }

  async #save(): Promise<void> {
    this.#countTime();
    await this.hooks.store?.writeCheckpoint(this.#checkpoint, {
      classes: this.#classNames.length,
      sourceWords: this.#mapping.sourceWords,
    });
  }

  #countTime(): void {
    const now = performance.now();
    this.#checkpoint.seconds += (now - this.#clock) / 1000;
    this.#clock = now;
  }

  async #snapshot({ epoch, theta, weights }: TrainingState): Promise<void> {
    const shape = [this.#classNames.length, this.#mapping.sourceWords];
    await this.hooks.store?.writeSnapshot(epoch, theta, weights && { weights, shape });
  }

  /** The one look at TEST. */
  async #evaluateTest(placement: Placement, theta: Float32Array, head: ClassHead): Promise<ReprogramResult['test']> {
    const part = this.#test;
    if (!part) return null;
    const { metrics, predicted } = await evaluate(this.model, part, placement, theta, head, {
      signal: this.hooks.signal,
      onProgress: this.hooks.onTest,
    });
    return { ...metrics, confusion: confusionMatrix(part.labels, predicted, this.#classNames.length) };
  }

  #noteCuts(dataset: SeriesDataset, placement: Placement): void {
    const cut = dataset.series.filter(({ values }) => isCut(values.length, placement)).length;
    if (cut > 0)
      this.#note(
        `${cut} TEST series are longer than the ${placement.interval} samples from one copy to the next and are cut there.`,
      );
  }
}

interface TrainingTask {
  phase: EpochEvent['phase'];
  stream: number;
  split: Split;
  placement: Placement;
  /** length of the learning-rate schedule */
  epochs: number;
  /** epoch at which to stop when held-out series of other trainings chose one, and what those gave after each epoch */
  until?: number;
  outOfSample?: Metrics[];
}

/** Epochs (from 1) at which theta is stored: about SNAPSHOTS of them, evenly spaced, the last one included. */
function isSnapshotEpoch(epoch: number, epochs: number): boolean {
  return Math.floor((epoch * SNAPSHOTS) / epochs) > Math.floor(((epoch - 1) * SNAPSHOTS) / epochs);
}
