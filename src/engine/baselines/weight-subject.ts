import type { Tensors, TrainableAcousticModel } from '../acoustic/model';
import { copyTensors } from '../acoustic/training/optimizer';
import type { Placement } from '../rendering/placement';
import { evaluateLogits, placedLogitsOf, type LabeledSeries } from '../reprogram/evaluate';
import type { Hear, PartTraining, Subject, TrainingPart } from '../reprogram/planned-training';
import { STREAM, streamOf } from '../reprogram/streams';
import { DenseHead } from './dense-head';
import type { FineTuneOptions } from './fine-tune-options';
import {
  headWeights,
  modelWeights,
  startWeightTraining,
  WeightTraining,
  type WeightTrainingState,
} from './weight-training';

/**
 * All weights of an acoustic model, and a dense head on top; every training starts from the weights that the model was given with.
 * What is kept of an epoch is all parameters, those of the model and of the head.
 */
export class WeightSubject implements Subject<WeightTrainingState, Tensors> {
  readonly replicas: number;

  /**
   * @param model holds the weights of the training under way, or those that are heard
   * @param original the model's own weights
   */
  constructor(
    private readonly placement: Placement,
    private readonly model: TrainableAcousticModel,
    private readonly original: Tensors,
    private readonly classes: number,
    private readonly options: FineTuneOptions,
  ) {
    this.replicas = placement.replicas;
  }

  start({ phase, index }: Pick<TrainingPart, 'phase' | 'index'>): WeightTrainingState {
    const { original, model, classes, options } = this;
    const final = phase === 'training';
    return startWeightTraining(
      original,
      { inputs: model.card.sourceLabels.length, classes },
      {
        head: streamOf(options.seed, final ? STREAM.head : STREAM.foldHead + index),
        order: streamOf(options.seed, final ? STREAM.final : STREAM.fold + index),
      },
    );
  }

  async train(state: WeightTrainingState, _part: TrainingPart, data: LabeledSeries): Promise<PartTraining> {
    const training = new WeightTraining(this.model, this.placement, this.options, data, state);
    await training.hold();
    return training;
  }

  keep({ parameters }: WeightTrainingState): Tensors {
    return copyTensors(parameters);
  }

  async hear(kept: Tensors): Promise<Hear> {
    await this.model.setWeights(modelWeights(kept));
    const head = new DenseHead(headWeights(kept));
    const k = this.model.card.sourceLabels.length;
    return async ({ series, labels }, hooks) =>
      evaluateLogits(await placedLogitsOf(this.model, series, this.placement, hooks), k, labels, head);
  }
}
