import { createHash } from 'node:crypto';
import { computationSha256 } from '../acoustic/card';
import type { AcousticModel } from '../acoustic/model';
import { readoutWidth, requireReadout } from '../acoustic/readout';
import { EnsembleHead } from '../ensemble/head';
import { fitMapping, type FittedMapping, type LabeledLogits } from '../ensemble/mapping';
import { memberLogits } from '../ensemble/member-logits';
import { curvePoints, type EnsembleFigures } from '../ensemble/selection';
import { median } from '../math/median';
import type { RenderingDescription } from '../rendering/description';
import { measureTrain, type TrainStatistics } from '../rendering/train-statistics';
import { understoodOf, type SeriesDataset } from '../series';
import { classifierOf, memberOf } from './classifier';
import { drawnMembers, flatSeries, membersDrawn } from './drawn-members';
import { assertFingerprint, type EnsembleCheckpoint } from './ensemble-checkpoint';
import { evaluateLogits, type Metrics } from './evaluate';
import { flattened } from './masking';
import type { ReprogramOptions } from './options';
import { assertUnchanged, evaluateTest, type EpochEvent } from './planned-training';
import type { Program } from './program';
import type { HeldOut } from './program-description';
import type { ReprogramHooks, ReprogramResult } from './hooks';
import { describeData, trainingDataOf, type TrainingData } from './training-data';

/** Most members between two checkpoints. */
const BATCH = 10;

/**
 * Draws programs at random and fits one linear mapping from all their source logits to the classes. Nothing is trained by gradient:
 * every member hears TRAIN once, and the mapping's strength, its temperature and the estimate of its accuracy are by leave-one-out in
 * closed form. Some series without content are fitted to no class, which makes maps of what a decision rests on meaningful.
 *
 * After every batch of members the logits so far are kept, so that a killed run hears one batch again and gives the same program, with
 * any number of threads.
 */
export class EnsembleReprogramming {
  readonly #data: TrainingData;
  readonly #statistics: TrainStatistics;
  readonly #notes: string[] = [];
  readonly #drawn: RenderingDescription[];
  /** TRAIN, then flattened series */
  readonly #heard: ArrayLike<number>[];

  constructor(
    private readonly options: ReprogramOptions,
    private readonly model: AcousticModel,
    private readonly train: SeriesDataset,
    private readonly test: SeriesDataset | null,
    private readonly hooks: ReprogramHooks,
  ) {
    requireReadout(model.card, options.readout);
    this.#data = trainingDataOf(train, test);
    for (const note of train.notes) this.#note(note);
    for (const note of test?.notes ?? []) this.#note(`TEST: ${note}`);
    const { series } = this.#data.train;
    this.#statistics = measureTrain(series);
    const drawn = { train: series, statistics: this.#statistics };
    this.#drawn = drawnMembers(options, membersDrawn(options), drawn, model.card.frontEnd);
    const flat = flatSeries(series.length);
    this.#heard = [
      ...series,
      ...Array.from({ length: flat }, (_, i) => flattened(series[Math.floor((i * series.length) / flat)])),
    ];
  }

  async run(): Promise<ReprogramResult> {
    const { options, model, hooks } = this;
    const { store } = hooks;
    const sha256Before = await model.checksum();
    const fingerprint = this.#fingerprint(sha256Before);
    const progress: EnsembleCheckpoint = (await store?.readMembers()) ?? {
      ...{ fingerprint, rows: this.#heard.length, sourceWords: this.#width },
      ...{ logits: [], curve: [], metricsLines: 0, seconds: 0, msPerClip: [] },
    };
    assertFingerprint(progress, fingerprint);
    await store?.keepMetrics(progress.metricsLines);

    const clock = performance.now();
    const before = progress.seconds;
    const countTime = (): void => void (progress.seconds = before + (performance.now() - clock) / 1000);
    let fitted: FittedMapping | null = null;
    for (const members of batchEnds(this.#drawn.length)) {
      if (members <= progress.logits.length) continue;
      const msPerClip = await this.#hear(progress, members);
      fitted = await fitMapping(this.#labeled(progress.logits), hooks.signal);
      const event = this.#event(fitted, progress.logits, msPerClip);
      progress.curve.push(figuresOf(fitted, members));
      progress.metricsLines++;
      countTime();
      await store?.appendMetrics(event);
      await store?.writeMembers(progress);
      hooks.onEpoch?.(event);
    }
    const all = this.#labeled(progress.logits);
    const { mapping, heldOut } = await this.#mapping(all, fitted);
    if (options.members === 'auto')
      this.#note(
        `Members kept: all ${this.#drawn.length}. Fewer lost accuracy where it was measured (docs/ensembles.md).`,
      );
    const program = this.#program(mapping, progress, heldOut);
    const classifier = classifierOf(program);
    const { head } = classifier;
    const labels = this.#data.train.labels;
    const train = evaluateLogits(all.logits, head.width, labels, head).metrics;
    const test = await evaluateTest(
      async ({ series, labels: truths }, hooksOfTest) =>
        evaluateLogits(await classifier.logits(model, series, hooksOfTest), head.width, truths, head),
      this.#data,
      hooks,
    );
    const sha256After = await model.checksum();
    assertUnchanged(model.card.id, sha256Before, sha256After);
    countTime();

    const { description } = program;
    const finished: Program = {
      ...program,
      description: { ...description, metrics: { train, validation: plain(heldOut), heldOut, test } },
    };
    await store?.writeProgram(finished);
    return {
      ...{ train, test, bestEpoch: null, program: finished },
      validation: heldOut && { loss: heldOut.loss, accuracy: heldOut.accuracy, series: heldOut.series },
      leaveOneOut: description.ensemble!.leaveOneOut,
      msPerStep: median(progress.msPerClip),
      seconds: progress.seconds,
      model: { id: model.card.id, sha256Before, sha256After },
      notes: this.#notes,
    };
  }

  /** Numbers of one member for one series. */
  get #width(): number {
    return readoutWidth(this.options.readout, this.model.card.sourceLabels.length);
  }

  /** Everything that the logits of the members depend on. */
  #fingerprint(weights: string): string {
    const { options, train } = this;
    const what = [options, train.sha256, train.series.length, weights, this.#drawn, this.#statistics];
    return createHash('sha256').update(JSON.stringify(what)).digest('hex');
  }

  /** Hears TRAIN through the members up to `until`. @returns milliseconds per clip */
  async #hear(progress: EnsembleCheckpoint, until: number): Promise<number> {
    const { signal, onStep } = this.hooks;
    const from = progress.logits.length;
    const { rows, sourceWords: k } = progress;
    const drawn = this.#drawn.slice(from, until);
    const members = drawn.map((description) => memberOf(description, this.#statistics, new Map()));
    const started = performance.now();
    const logits = await memberLogits(this.model, members, this.#heard, {
      readout: this.options.readout,
      signal,
      onProgress: (clips) =>
        onStep?.({
          step: clips % rows,
          steps: rows,
          done: from + Math.floor(clips / rows),
          total: this.#drawn.length,
        }),
    });
    for (let m = 0; m < members.length; m++) {
      const own = new Float32Array(rows * k);
      for (let i = 0; i < rows; i++) {
        const at = (i * members.length + m) * k;
        own.set(logits.subarray(at, at + k), i * k);
      }
      progress.logits.push(own);
    }
    const msPerClip = (performance.now() - started) / (rows * members.length);
    progress.msPerClip.push(msPerClip);
    return msPerClip;
  }

  #labeled(logits: readonly Float32Array[]): LabeledLogits {
    const k = this.#width;
    const { labels } = this.#data.train;
    const width = logits.length * k;
    const joined = new Float32Array(this.#heard.length * width);
    logits.forEach((own, p) => {
      for (let i = 0; i < this.#heard.length; i++) joined.set(own.subarray(i * k, (i + 1) * k), i * width + p * k);
    });
    return {
      logits: joined.subarray(0, labels.length * width),
      flat: joined.subarray(labels.length * width),
      words: logits.map(() => k),
      centered: this.options.readout === 'logits',
      labels,
      classes: this.#data.classNames.length,
    };
  }

  #event(fitted: FittedMapping, logits: readonly Float32Array[], msPerClip: number): EpochEvent {
    const head = new EnsembleHead(fitted.mapping);
    const { labels } = this.#data.train;
    const { metrics } = evaluateLogits(this.#labeled(logits).logits, head.width, labels, head);
    const { accuracy, logLoss } = fitted.leaveOneOut;
    const total = this.#drawn.length;
    return {
      ...{ phase: 'members', replicas: null, member: null, fold: null, epoch: logits.length, epochs: total },
      ...{ learningRate: null, train: metrics, validation: { loss: logLoss, accuracy }, selected: null },
      ...{ msPerStep: msPerClip, done: logits.length, total, measures: {} },
    };
  }

  /** The mapping of all members, with the leave-one-out estimate of its accuracy. */
  async #mapping(
    all: LabeledLogits,
    fitted: FittedMapping | null,
  ): Promise<{ mapping: FittedMapping; heldOut: HeldOut }> {
    const mapping = fitted ?? (await fitMapping(all, this.hooks.signal));
    const { accuracy, logLoss } = mapping.leaveOneOut;
    const series = this.#data.train.labels.length;
    return { mapping, heldOut: { accuracy, loss: logLoss, series, source: 'leave-one-out' } };
  }

  #program({ mapping, strength }: FittedMapping, { curve }: EnsembleCheckpoint, heldOut: HeldOut): Program {
    const { card, implementation, engine } = this.model;
    const none: Metrics = { loss: 0, accuracy: 0 };
    const all = curve[curve.length - 1];
    const series = this.#data.train.labels.length;
    return {
      description: {
        name: this.train.name,
        method: 'ensemble',
        model: {
          id: card.id,
          weightsSha256: card.weightsSha256,
          folder: this.hooks.modelNamed ?? null,
          sourceLabels: card.sourceLabels,
          computationSha256: computationSha256(card),
        },
        frontEnd: card.frontEnd,
        members: this.#drawn.map((rendering) => ({ rendering, mapping: null })),
        statistics: this.#statistics,
        ensemble: {
          readout: this.options.readout,
          drawn: this.#drawn.length,
          temperature: mapping.temperature,
          strength,
          leaveOneOut: { accuracy: all.accuracy, logLoss: all.logLoss },
          curve,
        },
        classNames: this.#data.classNames,
        read: understoodOf(this.train),
        training: {
          ...{ options: this.options, implementation, engine },
          ...{ trainingSeries: series, validationSeries: 0, replicaTrials: [] },
        },
        bestEpoch: null,
        history: [],
        metrics: { train: none, validation: plain(heldOut), heldOut, test: null },
        data: { train: describeData(this.train), test: this.test && describeData(this.test) },
        notes: this.#notes,
      },
      members: this.#drawn.map(() => ({ parameters: new Map(), mappingWeights: null })),
      thetaInitial: null,
      ensemble: mapping,
    };
  }

  #note(note: string): void {
    this.#notes.push(note);
    this.hooks.onNote?.(note);
  }
}

/** Numbers of members after which the mapping is fitted and the logits are kept. */
function batchEnds(members: number): number[] {
  const tens = Array.from({ length: Math.floor(members / BATCH) }, (_, i) => (i + 1) * BATCH);
  return [...new Set([...curvePoints(members), ...tens])].sort((a, b) => a - b);
}

function figuresOf({ leaveOneOut: { accuracy, logLoss } }: FittedMapping, members: number): EnsembleFigures {
  return { members, accuracy, logLoss };
}

const plain = ({ loss, accuracy }: HeldOut): Metrics => ({ loss, accuracy });
