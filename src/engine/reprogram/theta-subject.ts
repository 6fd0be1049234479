import type { AcousticModel } from '../acoustic/model';
import type { Member } from '../ensemble/member-logits';
import { logitsOf } from './classifier';
import { evaluateLogits, type LabeledSeries } from './evaluate';
import { ClassHead } from './mapping';
import type { ReprogramOptions } from './options';
import type { Hear, PartTraining, Subject, TrainingPart } from './planned-training';
import { STREAM, streamOf } from './streams';
import type { KeptTheta, ThetaTask } from './theta-task';
import { parametersOf, startTraining, ThetaTraining, type EpochOutputs, type TrainingState } from './theta-training';

const STREAMS = { replicas: STREAM.trial, folds: STREAM.fold, training: STREAM.final };

/** The parameters of one rendering, and the learned mapping, trained through a frozen acoustic model. */
export class ThetaSubject implements Subject<TrainingState, KeptTheta> {
  readonly replicas: number | null;

  /** @param measure further figures of the theta after every epoch of the final training, which cost a forward pass */
  constructor(
    private readonly task: ThetaTask,
    private readonly model: AcousticModel,
    private readonly options: ReprogramOptions,
    private readonly measure?: (outputs: EpochOutputs) => Record<string, number>,
  ) {
    this.replicas = task.replicas;
  }

  start({ phase, index }: TrainingPart): TrainingState {
    return startTraining(this.task, streamOf(this.task.seed, STREAMS[phase] + index));
  }

  train(state: TrainingState, { phase, epochs }: TrainingPart, data: LabeledSeries): PartTraining {
    const { model, task, options } = this;
    const measure = phase === 'training' ? this.measure : undefined;
    const training = new ThetaTraining(model, task, options, data, epochs, state);
    const outputs = (signal?: AbortSignal): Promise<EpochOutputs> => this.#outputs(state, data, signal);
    return {
      async epoch(signal, onStep) {
        const report = await training.epoch(signal, onStep);
        return { ...report, measures: measure?.(await outputs(signal)) };
      },
      evaluate: (part, hooks) => this.#hear(state, part, hooks),
    };
  }

  keep({ theta, phi, weights }: TrainingState): KeptTheta {
    return { theta: theta.slice(), phi: phi?.slice() ?? null, weights: weights?.slice() ?? null };
  }

  hear(kept: KeptTheta): Hear {
    return (data, hooks) => this.#hear(kept, data, hooks);
  }

  /** What the present parameters give, without drop-out. */
  async #outputs(kept: KeptTheta, { series, labels }: LabeledSeries, signal?: AbortSignal): Promise<EpochOutputs> {
    const { rendering, mapping } = this.task;
    const logits = await logitsOf(this.model, [{ rendering, parameters: parametersOf(kept) }], series, { signal });
    const head = new ClassHead(mapping, kept.weights);
    const probabilities = new Float32Array(series.length * head.classes);
    const scratch = new Float64Array(head.classes);
    series.forEach((_, i) => probabilities.set(head.probabilities(logits, i * head.width, scratch), i * head.classes));
    return { logits, probabilities, labels };
  }

  /** Losses and predictions without drop-out. */
  async #hear(kept: KeptTheta, data: LabeledSeries, hooks: Parameters<Hear>[1]): ReturnType<Hear> {
    const { rendering, mapping } = this.task;
    const member: Member = { rendering, parameters: parametersOf(kept) };
    const head = new ClassHead(mapping, kept.weights);
    return evaluateLogits(await logitsOf(this.model, [member], data.series, hooks), head.width, data.labels, head);
  }
}
