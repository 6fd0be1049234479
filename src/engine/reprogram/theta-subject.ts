import type { AcousticModel } from '../acoustic/model';
import type { Placement } from '../rendering/placement';
import { evaluate, type LabeledSeries } from './evaluate';
import { ClassHead, type LabelMapping } from './mapping';
import type { ReprogramOptions } from './options';
import type { Hear, PartTraining, Subject, TrainingPart } from './planned-training';
import { STREAM, streamOf } from './streams';
import { startTraining, ThetaTraining, type EpochOutputs, type TrainingState } from './theta-training';

/** Theta and A (of a learned mapping) after one epoch. */
export interface KeptTheta {
  theta: Float32Array;
  weights: Float32Array | null;
}

const STREAMS = { replicas: STREAM.trial, folds: STREAM.fold, training: STREAM.final };

/** Theta, and the learned mapping, trained through a frozen acoustic model. */
export class ThetaSubject implements Subject<TrainingState, KeptTheta> {
  /** @param measure further figures of the theta after every epoch of the final training, which cost a forward pass */
  constructor(
    readonly placement: Placement,
    private readonly model: AcousticModel,
    private readonly mapping: LabelMapping,
    private readonly options: ReprogramOptions,
    private readonly measure?: (outputs: EpochOutputs) => Record<string, number>,
  ) {}

  start({ phase, index }: TrainingPart): TrainingState {
    return startTraining(this.mapping, this.placement, streamOf(this.options.seed, STREAMS[phase] + index));
  }

  train(state: TrainingState, { phase, epochs }: TrainingPart, data: LabeledSeries): PartTraining {
    const { model, placement, mapping, options } = this;
    const measure = phase === 'training' ? this.measure : undefined;
    const training = new ThetaTraining(model, placement, mapping, options, data, epochs, state);
    return {
      async epoch(signal, onStep) {
        const report = await training.epoch(signal, onStep);
        return { ...report, measures: measure?.(await training.outputs(signal)) };
      },
      evaluate: (part, hooks) => training.evaluate(part, hooks),
    };
  }

  keep({ theta, weights }: TrainingState): KeptTheta {
    return { theta: theta.slice(), weights: weights?.slice() ?? null };
  }

  hear({ theta, weights }: KeptTheta): Hear {
    const head = new ClassHead(this.mapping, weights);
    return (data, hooks) => evaluate(this.model, data, this.placement, theta, head, hooks);
  }
}
