import { V2SError } from '../errors';
import { median } from '../math/median';
import type { EpochReport } from './epoch';
import { confusionMatrix, type Evaluation, type EvaluationHooks, type LabeledSeries, type Metrics } from './evaluate';
import { appendEpoch, poolFolds, type PooledFolds } from './out-of-sample';
import { emptyTraining, type Progress, type TrainingInProgress } from './progress';
import { trialOutcome, type ReplicaTrial, type TrialPlan } from './replica-trials';
import type { Split } from './split';
import { subset, type TrainingData } from './training-data';
import type { TrainingPlan } from './training-plan';

/** One epoch as it is reported and appended to metrics.jsonl. */
export interface EpochEvent {
  /**
   * comparing replicas, training with a part of TRAIN held out, or the training whose result is kept; `members`: an ensemble has heard
   * TRAIN through `epoch` of its `epochs` members, and `validation` is by leave-one-out
   */
  phase: 'replicas' | 'folds' | 'training' | 'members';
  /** null for a rendering without them */
  replicas: number | null;
  /** which of several trained members this is, from 1; null for a single one */
  member: number | null;
  /** from 1; null in the phase `training`, and in `replicas` on a single split */
  fold: number | null;
  /** from 1 */
  epoch: number;
  epochs: number;
  /** null where nothing is trained by steps */
  learningRate: number | null;
  train: Metrics;
  /** of series held out, in this training or in those of the phase `folds` after the same epoch */
  validation: Metrics | null;
  /** whether this is the epoch to keep so far; null where epochs are not compared */
  selected: boolean | null;
  /** of an ensemble: per clip heard */
  msPerStep: number;
  /** epochs of all trainings of the run: done, and the most there will be */
  done: number;
  total: number;
  /** further figures of this epoch, see ReprogramHooks.measure */
  measures: Record<string, number>;
}

/** How a training is followed and stopped. */
export interface TrainingHooks {
  signal?: AbortSignal;
  /** within an epoch; `done` epochs of all trainings are complete */
  onStep?(progress: { step: number; steps: number; done: number; total: number }): void;
  /** what a person should know before the training starts: caps, treatments, choices */
  onNote?(note: string): void;
  /** while the result is evaluated on TEST */
  onTest?(done: number, total: number): void;
}

/** How well the result does, and the epoch it is of. */
export interface Outcome {
  train: Metrics;
  /** of the kept epoch, out of sample; null without a validation part */
  validation: (Metrics & { series: number }) | null;
  test: (Metrics & { confusion: number[][] }) | null;
  /** null where no epochs are trained */
  bestEpoch: number | null;
}

/** What a training left: what was kept of which epoch. */
export interface Trained<K> {
  kept: K;
  bestEpoch: number;
  /** of the kept epoch, out of sample; null without a validation part */
  validation: (Metrics & { series: number }) | null;
}

/** Which of the trainings of a run this is. */
export interface TrainingPart {
  phase: Exclude<EpochEvent['phase'], 'members'>;
  /** position of its split among those of the phase, from 0; 0 in the phase `training` */
  index: number;
  /** length of the learning-rate schedule */
  epochs: number;
}

export type Hear = (data: LabeledSeries, hooks: EvaluationHooks) => Promise<Evaluation>;

/** A training of one state on one part of TRAIN. */
export interface PartTraining {
  /** One pass, which changes the state and counts its epoch. @throws V2SError `training.diverged`; CanceledError */
  epoch(
    signal: AbortSignal | undefined,
    onStep: (step: number, steps: number) => void,
  ): Promise<EpochReport & { measures?: Record<string, number> }>;
  /** hears series with the present state */
  evaluate: Hear;
}

/**
 * What is trained: theta through a frozen acoustic model, or the model's weights with a dense head. `S` is its state, which counts
 * epochs; `K` is what is kept of one of them.
 */
export interface Subject<S extends { epoch: number }, K> {
  /** of the placed series; null where there are none */
  replicas: number | null;
  /** before the first epoch; the same for the same part */
  start(part: TrainingPart): S;
  /** @param data the training part */
  train(state: S, part: TrainingPart, data: LabeledSeries): PartTraining | Promise<PartTraining>;
  /** a copy */
  keep(state: S): K;
  /** hears series with what was kept */
  hear(kept: K): Hear | Promise<Hear>;
}

/** Makes progress durable. */
export interface ProgressKeeper<S, K> {
  /** before the first epoch of a training, after every epoch, and between two trainings */
  save(progress: Progress<S, K>): Promise<void>;
  /** a training begins; before its state is saved for the first time */
  onStart?(part: TrainingPart, state: S): Promise<void>;
  /** before the state after this epoch is saved, so that no saved state knows of an epoch that was not told */
  onEpoch?(event: EpochEvent, state: S): Promise<void>;
  /** an epoch is over and saved */
  onSaved?(event: EpochEvent): void;
}

/** What decides how the trainings go, and what they work on. */
interface PlannedTrainingInput<S, K> {
  options: { epochs: number; patience: number };
  data: TrainingData;
  plan: TrainingPlan;
  /** short runs that compare numbers of replicas first; null for none */
  trials: TrialPlan | null;
  /** which of several such plans this is, from 0; default: the only one */
  member?: { index: number; count: number };
  /** goes on from here and is kept up to date */
  progress: Progress<S, K>;
  keeper: ProgressKeeper<S, K>;
  hooks: TrainingHooks;
  note(text: string): void;
}

/**
 * The protocol of every training on TRAIN, whatever is trained: the trainings of a plan one after the other, from where the progress
 * is; the choice of the epoch by what is held out; the final training; and one look at TEST.
 *
 * The same input gives the same result bit for bit, interrupted and resumed or not.
 */
export class PlannedTraining<S extends { epoch: number }, K> {
  readonly #total: number;
  #done = 0;
  #clock = performance.now();

  constructor(private readonly input: PlannedTrainingInput<S, K>) {
    const { trials, plan, options, member } = input;
    const each = (plan.folds.length + 1) * options.epochs;
    this.#total = (trials?.epochs ?? 0) + (member?.count ?? 1) * each;
    if (member && member.index > 0) this.#done = (trials?.epochs ?? 0) + member.index * each;
  }

  /** Short runs of every candidate of the trial plan, all with the same random numbers on the same split. */
  async compare(
    { candidates, splits, each }: TrialPlan,
    subjectOf: (replicas: number) => Subject<S, K>,
  ): Promise<ReplicaTrial[]> {
    const { trials } = this.input.progress;
    const table: ReplicaTrial[] = [];
    let position = 0;
    for (const replicas of candidates) {
      const subject = subjectOf(replicas);
      for (const [index, split] of splits.entries()) {
        if (position >= trials.length) {
          const part = { phase: 'replicas', index, epochs: each } as const;
          const { outOfSample } = await this.#train(subject, part, split, splits.length > 1 ? index + 1 : null);
          const last = { losses: outOfSample.losses.slice(-1), correct: outOfSample.correct.slice(-1) };
          await this.#finish(() => trials.push(last));
        } else this.#done += each;
        position++;
      }
      table.push(trialOutcome(replicas, trials.slice(position - splits.length, position)));
    }
    return table;
  }

  /**
   * Trains on every fold and on the final part.
   * @throws V2SError `training.diverged`, and those of the keeper; CanceledError, with the last whole epoch saved
   */
  async train(subject: Subject<S, K>): Promise<Trained<K>> {
    const { plan, progress, options } = this.input;
    const pooled = await this.#runFolds(subject);
    const part = { phase: 'training', index: 0, epochs: options.epochs } as const;
    const { selection, selected } = await this.#train(subject, part, plan.split, null, pooled);
    const bestEpoch = selection.selected;
    const held = progress.history[bestEpoch - 1].validation;
    const validation = held && { ...held, series: pooled?.series ?? plan.split.validation.length };
    return { kept: selected!, bestEpoch, validation };
  }

  /**
   * Trains, and evaluates the kept epoch.
   * @returns what was kept, and how well it does; the acoustic model is left as `hear` needs it
   * @throws as `train`
   */
  async run(
    subject: Subject<S, K>,
  ): Promise<{ kept: K; outcome: Outcome & { bestEpoch: number }; trainingSeries: number }> {
    const { kept, bestEpoch, validation } = await this.train(subject);
    const hear = await subject.hear(kept);
    const { train, test, trainingSeries } = await this.evaluate(hear);
    return { kept, outcome: { train, validation, test, bestEpoch }, trainingSeries };
  }

  /** How what was made does on the training part, and on TEST: the one look at it. */
  async evaluate(hear: Hear): Promise<Pick<Outcome, 'train' | 'test'> & { trainingSeries: number }> {
    const { data, plan, hooks } = this.input;
    const trainPart = subset(data.train, plan.split.training);
    const { metrics: train } = await hear(trainPart, { signal: hooks.signal });
    return { train, test: await evaluateTest(hear, data, hooks), trainingSeries: trainPart.labels.length };
  }

  /** What the trainings took: seconds of computing with interruptions left out, and the median of the final training's steps. */
  times(): { seconds: number; msPerStep: number } {
    this.#countTime();
    const { seconds, msPerStep } = this.input.progress;
    return { seconds, msPerStep: median(msPerStep) };
  }

  /** Trains on every fold and chooses the epoch by all held-out series together; null without folds. */
  async #runFolds(subject: Subject<S, K>): Promise<PooledFolds | null> {
    const { plan, progress, options, note } = this.input;
    const { folds } = plan;
    if (folds.length === 0) return null;
    const { epochs } = options;
    for (const [index, split] of folds.entries()) {
      if (index < progress.folds.length) {
        this.#done += epochs;
        continue;
      }
      const { outOfSample } = await this.#train(subject, { phase: 'folds', index, epochs }, split, index + 1);
      await this.#finish(() => progress.folds.push(outOfSample));
    }
    const pooled = poolFolds(progress.folds);
    if (folds.length > 1) note(`Cross-validation over ${folds.length} folds chose epoch ${pooled.until} of ${epochs}.`);
    return pooled;
  }

  /**
   * One training from its first epoch or from where it is, saved after every epoch.
   * @param fold as it is reported
   * @param pooled what the folds chose and gave after every epoch, for the final training
   */
  async #train(
    subject: Subject<S, K>,
    part: TrainingPart,
    split: Split,
    fold: number | null,
    pooled: PooledFolds | null = null,
  ): Promise<TrainingInProgress<S, K>> {
    const { data, progress, keeper, hooks } = this.input;
    const { signal, onStep } = hooks;
    const final = part.phase === 'training';
    const held = subset(data.train, split.validation);
    const until = pooled?.until ?? part.epochs;
    if (!progress.current) {
      progress.current = emptyTraining(subject.start(part));
      await keeper.onStart?.(part, progress.current.state);
      await this.#save();
    }
    const current = progress.current;
    const { state, selection, outOfSample } = current;
    this.#done += state.epoch;
    const training = await subject.train(state, part, subset(data.train, split.training));
    while (state.epoch < until && !(final && this.#outOfPatience(state.epoch, selection.selected))) {
      const {
        train,
        learningRate,
        msPerStep,
        measures = {},
      } = await training.epoch(signal, (step, steps) =>
        onStep?.({ step, steps, done: this.#done, total: this.#total }),
      );
      const { epoch } = state;
      const evaluation = held.labels.length > 0 ? await training.evaluate(held, { signal }) : null;
      const validation = evaluation?.metrics ?? pooled?.outOfSample[epoch - 1] ?? null;
      let selected: boolean | null = null;
      if (final) {
        selected = evaluation ? selection.offer(epoch, evaluation.losses) : true;
        if (!evaluation) selection.selected = epoch;
        if (selected) current.selected = subject.keep(state);
        progress.history.push({ epoch, learningRate, train, validation, measures });
        progress.msPerStep.push(msPerStep);
      } else if (evaluation) appendEpoch(outOfSample, evaluation, held.labels);
      this.#done++;
      const event: EpochEvent = {
        phase: part.phase,
        replicas: subject.replicas,
        member: this.input.member && this.input.member.count > 1 ? this.input.member.index + 1 : null,
        fold,
        epoch,
        epochs: part.epochs,
        learningRate,
        train,
        validation,
        selected,
        msPerStep,
        done: this.#done,
        total: this.#total,
        measures,
      };
      await keeper.onEpoch?.(event, state);
      progress.metricsLines++;
      await this.#save();
      keeper.onSaved?.(event);
    }
    this.#done += part.epochs - state.epoch;
    return current;
  }

  #outOfPatience(epoch: number, selected: number): boolean {
    const { patience } = this.input.options;
    return patience > 0 && epoch - selected >= patience;
  }

  /** Ends a piece of cross-validation: its outcome replaces its training. */
  async #finish(keep: () => void): Promise<void> {
    keep();
    this.input.progress.current = null;
    await this.#save();
  }

  async #save(): Promise<void> {
    this.#countTime();
    await this.input.keeper.save(this.input.progress);
  }

  #countTime(): void {
    const now = performance.now();
    this.input.progress.seconds += (now - this.#clock) / 1000;
    this.#clock = now;
  }
}

/** The one look at TEST; null without one. */
export async function evaluateTest(
  hear: Hear,
  { test, classNames }: TrainingData,
  { signal, onTest }: TrainingHooks,
): Promise<Outcome['test']> {
  if (!test) return null;
  const { metrics, predicted } = await hear(test, { signal, onProgress: onTest });
  return { ...metrics, confusion: confusionMatrix(test.labels, predicted, classNames.length) };
}

/** @throws V2SError `model.changed` unless the weights of the acoustic model are those of before the training */
export function assertUnchanged(id: string, before: string, after: string): void {
  if (after !== before)
    throw new V2SError(
      'model.changed',
      `The weights of ${id} changed during the training (SHA-256 ${before} before, ${after} after); ` +
        'the result was discarded, because the acoustic model must stay as it is.',
    );
}
