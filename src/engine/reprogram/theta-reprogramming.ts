import { computationSha256 } from '../acoustic/card';
import type { AcousticModel } from '../acoustic/model';
import { buildRendering } from '../rendering/build';
import type { RenderingDescription } from '../rendering/description';
import { isCut, planPlacement, silentEdge, thetaMask, type Placement } from '../rendering/placement';
import { measureTrain, type TrainStatistics } from '../rendering/train-statistics';
import { trainedRendering } from '../rendering/trained';
import { understoodOf, type SeriesDataset } from '../series';
import { emptyCheckpoint, type Checkpoint, type FinishedMember } from './checkpoint';
import { bareMembersOf, classifierOf, logitsOf, memberOf } from './classifier';
import { evaluateLogits } from './evaluate';
import { frequencyMapping, randomMapping, wordsPerClass, type LabelMapping } from './mapping';
import type { ReprogramOptions } from './options';
import { assertUnchanged, evaluateTest, PlannedTraining, type Hear, type ProgressKeeper } from './planned-training';
import type { ReprogramHooks, ReprogramResult } from './hooks';
import type { Program } from './program';
import type { HeldOut, ProgramDescription } from './program-description';
import { planTrials, type ReplicaTrial, type TrialPlan } from './replica-trials';
import type { Split } from './split';
import { STREAM, streamOf } from './streams';
import type { KeptTheta, ThetaTask } from './theta-task';
import { ThetaSubject } from './theta-subject';
import { parametersOf, type TrainingState } from './theta-training';
import { describeData, subset, trainingDataOf, type TrainingData } from './training-data';
import { planTrainings, type TrainingPlan } from './training-plan';

/** Replicas when `auto` has nothing to compare by. */
const DEFAULT_REPLICAS = 10;
/** Stored thetas on the way from the first epoch to the last. */
const SNAPSHOTS = 8;

/** Trains the parameters of a rendering by gradient, see `reprogram`. */
export class ThetaReprogramming {
  readonly #data: TrainingData;
  readonly #statistics: TrainStatistics;
  readonly #notes: string[] = [];
  readonly #plan: TrainingPlan;

  constructor(
    private readonly options: ReprogramOptions,
    private readonly model: AcousticModel,
    private readonly train: SeriesDataset,
    private readonly test: SeriesDataset | null,
    private readonly hooks: ReprogramHooks,
  ) {
    this.#data = trainingDataOf(train, test);
    const fitting = wordsPerClass(model.card.sourceLabels.length, this.#data.classNames.length);
    for (const note of train.notes) this.#note(note);
    for (const note of test?.notes ?? []) this.#note(`TEST: ${note}`);
    const { wordsPerClass: asked } = options;
    if (asked !== 'auto' && asked > fitting)
      this.#note(`Every class has ${fitting} source words, as many as there are for each; ${asked} were asked for.`);
    this.#statistics = measureTrain(this.#data.train.series);
    this.#plan = planTrainings(this.#data.train.labels, options);
  }

  async run(): Promise<ReprogramResult> {
    const { model, options, hooks } = this;
    const { store } = hooks;
    const sha256Before = await model.checksum();
    const progress = (await store?.readCheckpoint()) ?? emptyCheckpoint();
    await store?.keepMetrics(progress.metricsLines);

    const plan = this.#plan;
    for (const note of plan.notes) this.#note(note);
    const count = options.members === 'auto' ? 1 : options.members;
    const replicated = options.rendering === 'replicas';
    const trials = replicated && options.replicas === 'auto' ? this.#planTrials(plan) : null;
    const trainingOf = (index: number): PlannedTraining<TrainingState, KeptTheta> =>
      new PlannedTraining<TrainingState, KeptTheta>({
        options,
        data: this.#data,
        plan,
        trials,
        member: { index, count },
        progress,
        keeper: this.#keeper(progress, index),
        hooks,
        note: (text) => this.#note(text),
      });
    let training = trainingOf(progress.finished.length);
    const frequent = options.mapping === 'frequency' ? await this.#frequencyMapping(plan.split) : null;
    if (frequent && plan.folds.length > 0)
      this.#note('The mapping by frequency has seen all of TRAIN, including the series held out for validation.');
    const mappings = Array.from({ length: count }, (_, p) => frequent ?? this.#drawnMapping(p));
    const { replicas, table } = trials
      ? await this.#chooseReplicas(trials, training, mappings[0])
      : { replicas: this.#givenReplicas(), table: [] };
    const { placement, notes } = this.#place(replicas);
    if (replicated) {
      for (const note of notes) this.#note(note);
      if (this.test) this.#noteCuts(this.test, placement);
    }
    const rendering = this.#rendering(placement);
    const subjects = mappings.map((mapping, p) => this.#subject(rendering, mapping, p));
    const members = [...progress.finished];
    for (let p = members.length; p < count; p++) {
      const { history } = progress;
      const member = { ...(await training.train(subjects[p])), history };
      members.push(member);
      if (p === count - 1) break;
      // The next member begins where nothing is trained yet; what it held out is in what was kept.
      Object.assign(progress, { current: null, folds: [], history: [], finished: [...members] });
      await this.#save(progress);
      training = trainingOf(p + 1);
    }
    const program = {
      members: members.map(({ kept }) => ({ parameters: parametersOf(kept), mappingWeights: kept.weights })),
      thetaInitial: subjects[0].start({ phase: 'training', index: 0, epochs: options.epochs }).theta,
      ensemble: null,
    };
    const description = this.#describe(rendering, mappings, members, table);
    const hear = this.#hearing({ ...program, description });
    const trainPart = subset(this.#data.train, plan.split.training);
    const train = (await hear(trainPart, { signal: hooks.signal })).metrics;
    const validation = await this.#validation(hear, members);
    const test = await evaluateTest(hear, this.#data, hooks);
    const sha256After = await model.checksum();
    assertUnchanged(model.card.id, sha256Before, sha256After);

    const outcome = { train, validation, test, bestEpoch: members[0].bestEpoch };
    const finished: Program = {
      ...program,
      description: {
        ...description,
        model: { ...description.model, weightsSha256: sha256After },
        training: { ...description.training, validationSeries: validation?.series ?? 0 },
        metrics: { train, validation: plain(validation), heldOut: this.#heldOut(validation), test },
      },
    };
    await store?.writeProgram(finished);
    return {
      ...outcome,
      program: finished,
      leaveOneOut: null,
      ...training.times(),
      model: { id: model.card.id, sha256Before, sha256After },
      notes: this.#notes,
    };
  }

  /** Every member but the first draws from a seed of its own. */
  #seedOf(member: number): number {
    const { seed } = this.options;
    return member === 0 ? seed : streamOf(seed, STREAM.member + member).below(2 ** 32);
  }

  #drawnMapping(member: number): LabelMapping {
    const { mapping } = this.options;
    return randomMapping(
      this.model.card.sourceLabels.length,
      this.#data.classNames.length,
      mapping === 'learned' ? 'learned' : 'random',
      streamOf(this.#seedOf(member), STREAM.mapping),
      this.#mostWords(),
    );
  }

  #mostWords(): number {
    const { wordsPerClass: asked } = this.options;
    return asked === 'auto' ? Infinity : asked;
  }

  #place(replicas: number): ReturnType<typeof planPlacement> {
    const { card } = this.model;
    return planPlacement(this.#data.train.series, replicas, this.options.mask, silentEdge(card.frontEnd));
  }

  #rendering(placement: Placement): RenderingDescription {
    return trainedRendering(this.options.rendering, this.#data.train.series, this.#statistics, placement);
  }

  #subject(description: RenderingDescription, mapping: LabelMapping, member: number): ThetaSubject {
    const replicated = description.kind === 'replicas';
    const task: ThetaTask = {
      rendering: buildRendering(description, this.#statistics),
      replicas: replicated ? description.placement.replicas : null,
      mask: replicated ? thetaMask(description.placement) : null,
      mapping,
      seed: this.#seedOf(member),
    };
    // What is reported of the epochs belongs to the theta that the program's history is of.
    return new ThetaSubject(task, this.model, this.options, member === 0 ? this.hooks.measure : undefined);
  }

  #givenReplicas(): number {
    const { replicas } = this.options;
    return replicas === 'auto' ? DEFAULT_REPLICAS : replicas;
  }

  #hearing(program: Program): Hear {
    const classifier = classifierOf(program);
    const { head } = classifier;
    return async ({ series, labels }, hooks) =>
      evaluateLogits(await classifier.logits(this.model, series, hooks), head.width, labels, head);
  }

  /** Of all members together where they held out the same series to the end, else the mean over the members. */
  async #validation(hear: Hear, members: readonly FinishedMember[]): Promise<FinishedMember['validation']> {
    const [{ validation }] = members;
    if (!validation || members.length === 1) return validation;
    const held = subset(this.#data.train, this.#plan.split.validation);
    const { series } = validation;
    if (held.labels.length > 0) return { ...(await hear(held, { signal: this.hooks.signal })).metrics, series };
    const mean = (of: (figures: NonNullable<typeof validation>) => number): number =>
      members.reduce((sum, member) => sum + of(member.validation!), 0) / members.length;
    return { loss: mean(({ loss }) => loss), accuracy: mean(({ accuracy }) => accuracy), series };
  }

  #heldOut(validation: FinishedMember['validation']): HeldOut | null {
    const { folds } = this.#plan;
    return (
      validation && {
        ...validation,
        source: (['validation', 'held-out'][folds.length] as HeldOut['source']) ?? 'folds',
      }
    );
  }

  /** By what the model hears in the bare series of the final training part, which with trainings before it is all of TRAIN. */
  async #frequencyMapping({ training }: Split): Promise<LabelMapping> {
    const { train, classNames } = this.#data;
    const { series, labels } = subset(train, training);
    const { placement } = planPlacement(
      series,
      this.#givenReplicas(),
      this.options.mask,
      silentEdge(this.model.card.frontEnd),
    );
    const member = memberOf(this.#rendering(placement), this.#statistics, new Map());
    const logits = await logitsOf(this.model, bareMembersOf([member])!, series, { signal: this.hooks.signal });
    return frequencyMapping(logits, labels, this.model.card.sourceLabels.length, classNames.length, this.#mostWords());
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
    mapping: LabelMapping,
  ): Promise<{ replicas: number; table: ReplicaTrial[] }> {
    const { candidates, splits, each } = trials;
    this.#note(
      `Comparing ${candidates.join(', ')} replicas in ${candidates.length * splits.length} short runs of ${each} epochs each.`,
    );
    const table = await training.compare(trials, (replicas) =>
      this.#subject(this.#rendering(this.#place(replicas).placement), mapping, 0),
    );
    const best = table.reduce((a, b) => (b.loss < a.loss ? b : a));
    this.#note(
      `Chosen number of replicas: ${best.replicas}. Validation loss by number of replicas: ` +
        `${table.map(({ replicas, loss }) => `${replicas}: ${loss.toFixed(3)}`).join(', ')}.`,
    );
    return { replicas: best.replicas, table };
  }

  async #save(progress: Checkpoint): Promise<void> {
    const size = { classes: this.#data.classNames.length, sourceWords: this.model.card.sourceLabels.length };
    await this.hooks.store?.writeCheckpoint(progress, size);
  }

  /** Into the store, if there is one: a snapshot of the first member, the line of an epoch, then the checkpoint that knows of it. */
  #keeper(progress: Checkpoint, member: number): ProgressKeeper<TrainingState, KeptTheta> {
    const { store, onEpoch } = this.hooks;
    const shape = [this.#data.classNames.length, this.model.card.sourceLabels.length];
    const snapshot = async (state: TrainingState): Promise<void> => {
      const { epoch, weights } = state;
      if (member === 0) await store?.writeSnapshot(epoch, parametersOf(state), weights && { weights, shape });
    };
    return {
      save: async () => await this.#save(progress),
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

  /** All but the figures, which come at the end. */
  #describe(
    rendering: RenderingDescription,
    mappings: readonly LabelMapping[],
    [{ bestEpoch, history }]: readonly FinishedMember[],
    replicaTrials: ReplicaTrial[],
  ): ProgramDescription {
    const { card, implementation, engine } = this.model;
    const none = { loss: 0, accuracy: 0 };
    return {
      name: this.train.name,
      method: 'theta',
      model: {
        id: card.id,
        weightsSha256: card.weightsSha256,
        folder: this.hooks.modelNamed ?? null,
        sourceLabels: card.sourceLabels,
        computationSha256: computationSha256(card),
      },
      frontEnd: card.frontEnd,
      members: mappings.map((mapping) => ({ rendering, mapping })),
      statistics: this.#statistics,
      ensemble: null,
      classNames: this.#data.classNames,
      read: understoodOf(this.train),
      training: {
        options: this.options,
        implementation,
        engine,
        trainingSeries: this.#plan.split.training.length,
        validationSeries: 0,
        replicaTrials,
      },
      bestEpoch,
      history,
      metrics: { train: none, validation: null, heldOut: null, test: null },
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

const plain = (figures: FinishedMember['validation']): { loss: number; accuracy: number } | null =>
  figures && { loss: figures.loss, accuracy: figures.accuracy };
