import { computationSha256 } from '../acoustic/card';
import type { AcousticModel } from '../acoustic/model';
import { isCut, planPlacement, type Placement } from '../rendering/placement';
import type { SeriesDataset } from '../series';
import type { Checkpoint } from './checkpoint';
import type { CheckpointStore } from './checkpoint-store';
import { sourceLogitsOf } from './evaluate';
import { frequencyMapping, randomMapping, type LabelMapping } from './mapping';
import type { ReprogramOptions } from './options';
import {
  assertUnchanged,
  PlannedTraining,
  type EpochEvent,
  type Outcome,
  type ProgressKeeper,
  type TrainingHooks,
} from './planned-training';
import type { EpochRecord, Program, ProgramDescription } from './program';
import { emptyProgress } from './progress';
import { planTrials, type ReplicaTrial, type TrialPlan } from './replica-trials';
import type { Split } from './split';
import { STREAM, streamOf } from './streams';
import { ThetaSubject, type KeptTheta } from './theta-subject';
import type { EpochOutputs, TrainingState } from './theta-training';
import { describeData, subset, trainingDataOf, type TrainingData } from './training-data';
import { planTrainings, type TrainingPlan } from './training-plan';

/** Replicas when `auto` has nothing to compare by. */
const DEFAULT_REPLICAS = 10;
/** Stored thetas on the way from the first epoch to the last. */
const SNAPSHOTS = 8;

export interface ReprogramHooks extends TrainingHooks {
  onEpoch?(event: EpochEvent): void;
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
 *   CanceledError, with the checkpoint of the last whole epoch kept
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

/** What the trainings were of and what they left, as the program tells it. */
interface Trained {
  weightsSha256: string;
  placement: Placement;
  trainingSeries: number;
  replicaTrials: ReplicaTrial[];
  history: EpochRecord[];
}

class Reprogramming {
  readonly #data: TrainingData;
  /** drawn; that by frequency replaces it before the first training */
  #mapping: LabelMapping;
  readonly #notes: string[] = [];

  constructor(
    private readonly options: ReprogramOptions,
    private readonly model: AcousticModel,
    private readonly train: SeriesDataset,
    private readonly test: SeriesDataset | null,
    private readonly hooks: ReprogramHooks,
  ) {
    this.#data = trainingDataOf(train, test);
    this.#mapping = randomMapping(
      model.card.sourceLabels.length,
      this.#data.classNames.length,
      options.mapping === 'learned' ? 'learned' : 'random',
      streamOf(options.seed, STREAM.mapping),
    );
    for (const note of train.notes) this.#note(note);
    for (const note of test?.notes ?? []) this.#note(`TEST: ${note}`);
  }

  async run(): Promise<ReprogramResult> {
    const { model, options, hooks } = this;
    const { store } = hooks;
    const sha256Before = await model.checksum();
    const progress: Checkpoint = (await store?.readCheckpoint()) ?? emptyProgress();
    await store?.keepMetrics(progress.metricsLines);

    const plan = planTrainings(this.#data.train.labels, options);
    for (const note of plan.notes) this.#note(note);
    const trials = options.replicas === 'auto' ? this.#planTrials(plan) : null;
    const training = new PlannedTraining<TrainingState, KeptTheta>({
      options,
      data: this.#data,
      plan,
      trials,
      progress,
      keeper: this.#keeper(),
      hooks,
      note: (text) => this.#note(text),
    });
    if (options.mapping === 'frequency') {
      this.#mapping = await this.#frequencyMapping(plan.split);
      if (plan.folds.length > 0)
        this.#note('The mapping by frequency has seen all of TRAIN, including the series held out for validation.');
    }
    const { replicas, table } = trials
      ? await this.#chooseReplicas(trials, training)
      : { replicas: this.#givenReplicas(), table: [] };
    const { placement, notes } = planPlacement(this.#data.train.series, replicas, options.mask);
    for (const note of notes) this.#note(note);
    if (this.test) this.#noteCuts(this.test, placement);

    const subject = this.#subject(placement);
    const { kept, outcome, trainingSeries } = await training.run(subject);
    const sha256After = await model.checksum();
    assertUnchanged(model.card.id, sha256Before, sha256After);

    const program: Program = {
      description: this.#describe(outcome, {
        weightsSha256: sha256After,
        placement,
        trainingSeries,
        replicaTrials: table,
        history: progress.history,
      }),
      theta: kept.theta,
      thetaInitial: subject.start({ phase: 'training', index: 0, epochs: options.epochs }).theta,
      mappingWeights: kept.weights,
    };
    await store?.writeProgram(program);
    return {
      ...outcome,
      program,
      ...training.times(),
      model: { id: model.card.id, sha256Before, sha256After },
      notes: this.#notes,
    };
  }

  #subject(placement: Placement): ThetaSubject {
    return new ThetaSubject(placement, this.model, this.#mapping, this.options, this.hooks.measure);
  }

  #givenReplicas(): number {
    const { replicas } = this.options;
    return replicas === 'auto' ? DEFAULT_REPLICAS : replicas;
  }

  /** By what the model hears in the bare series of the final training part, which with trainings before it is all of TRAIN. */
  async #frequencyMapping({ training }: Split): Promise<LabelMapping> {
    const { train, classNames } = this.#data;
    const { series, labels } = subset(train, training);
    const { placement } = planPlacement(train.series, this.#givenReplicas(), this.options.mask);
    const logits = await sourceLogitsOf(this.model, series, placement, null, { signal: this.hooks.signal });
    return frequencyMapping(logits, labels, this.model.card.sourceLabels.length, classNames.length);
  }

  #planTrials({ folds, held }: TrainingPlan): TrialPlan | null {
    const { options } = this;
    const { series, labels } = this.#data.train;
    const longest = series.reduce((most, { length }) => Math.max(most, length), 0);
    const own = options.folds > 0 ? folds : [];
    const plan = planTrials(labels, longest, options.epochs, own, held, streamOf(options.seed, STREAM.trialFolds));
    if (!plan)
      this.#note(
        `There is nothing to compare numbers of replicas by. ${DEFAULT_REPLICAS} are used, or as many as fit.`,
      );
    return plan;
  }

  /** The lowest out-of-sample loss of the short runs wins. */
  async #chooseReplicas(
    trials: TrialPlan,
    training: PlannedTraining<TrainingState, KeptTheta>,
  ): Promise<{ replicas: number; table: ReplicaTrial[] }> {
    const { candidates, splits, each } = trials;
    this.#note(
      `Comparing ${candidates.join(', ')} replicas in ${candidates.length * splits.length} short runs of ${each} epochs each.`,
    );
    const { series } = this.#data.train;
    const table = await training.compare(trials, (replicas) =>
      this.#subject(planPlacement(series, replicas, this.options.mask).placement),
    );
    const best = table.reduce((a, b) => (b.loss < a.loss ? b : a));
    this.#note(
      `Chosen number of replicas: ${best.replicas}. Validation loss by number of replicas: ` +
        `${table.map(({ replicas, loss }) => `${replicas}: ${loss.toFixed(3)}`).join(', ')}.`,
    );
    return { replicas: best.replicas, table };
  }

  /** Into the store, if there is one: a snapshot, the line of an epoch, then the checkpoint that knows of it. */
  #keeper(): ProgressKeeper<TrainingState, KeptTheta> {
    const { store, onEpoch } = this.hooks;
    const size = { classes: this.#data.classNames.length, sourceWords: this.#mapping.sourceWords };
    const snapshot = async ({ epoch, theta, weights }: TrainingState): Promise<void> => {
      const shape = [size.classes, size.sourceWords];
      await store?.writeSnapshot(epoch, theta, weights && { weights, shape });
    };
    return {
      async save(progress) {
        await store?.writeCheckpoint(progress, size);
      },
      async onStart({ phase }, state) {
        if (phase === 'training') await snapshot(state);
      },
      async onEpoch(event, state) {
        if (event.phase === 'training' && isSnapshotEpoch(event.epoch, event.epochs)) await snapshot(state);
        await store?.appendMetrics(event);
      },
      onSaved: (event) => onEpoch?.(event),
    };
  }

  #describe(
    { train, validation, test, bestEpoch }: Outcome,
    { weightsSha256, placement, trainingSeries, replicaTrials, history }: Trained,
  ): ProgramDescription {
    const { card, implementation, engine } = this.model;
    return {
      name: this.train.name,
      model: {
        id: card.id,
        weightsSha256,
        folder: this.hooks.modelNamed ?? null,
        sourceLabels: card.sourceLabels,
        computationSha256: computationSha256({ ...card, weightsSha256 }),
      },
      frontEnd: card.frontEnd,
      placement,
      classNames: this.#data.classNames,
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
      history,
      metrics: { train, validation: validation && { loss: validation.loss, accuracy: validation.accuracy }, test },
      data: { train: describeData(this.train), test: this.test && describeData(this.test) },
      notes: this.#notes,
    };
  }

  #note(note: string): void {
    this.#notes.push(note);
    this.hooks.onNote?.(note);
  }

  #noteCuts(dataset: SeriesDataset, placement: Placement): void {
    const cut = dataset.series.filter(({ values }) => isCut(values.length, placement)).length;
    if (cut > 0)
      this.#note(
        `${cut} TEST series are longer than the ${placement.interval} samples from one replica to the next and are cut there.`,
      );
  }
}

/** Epochs (from 1) at which theta is stored: about SNAPSHOTS of them, evenly spaced, the last one included. */
function isSnapshotEpoch(epoch: number, epochs: number): boolean {
  return Math.floor((epoch * SNAPSHOTS) / epochs) > Math.floor(((epoch - 1) * SNAPSHOTS) / epochs);
}
