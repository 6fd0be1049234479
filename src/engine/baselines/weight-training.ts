import { isMovingStatistic } from '../acoustic/architecture';
import type { Tensors, TrainableAcousticModel } from '../acoustic/model';
import { adamStepOn, clipGlobalNorm, copyTensors } from '../acoustic/training/optimizer';
import { TRAINING_OPTIONS } from '../acoustic/training/train';
import type { Random } from '../math/random';
import { argmax } from '../math/softmax';
import { CLIP_SAMPLES, place, type Placement } from '../reprogram';
import { runEpoch, type EpochReport } from '../reprogram/epoch';
import {
  evaluateLogits,
  placedLogitsOf,
  type Evaluation,
  type EvaluationHooks,
  type LabeledSeries,
} from '../reprogram/evaluate';
import { DenseHead, HEAD_BIAS, HEAD_KERNEL, initialHead } from './dense-head';
import type { FineTuneOptions } from './fine-tune-options';

/** Everything that changes while an acoustic model is fine-tuned; a checkpoint keeps all of it. */
export interface WeightTrainingState {
  /** epochs and optimizer steps done */
  epoch: number;
  steps: number;
  /** the acoustic model's weights, moving statistics included, and the head's */
  parameters: Tensors;
  /** Adam's moments of the parameters that are trained */
  first: Tensors;
  second: Tensors;
  random: Random;
}

/**
 * @param weights of the acoustic model; copied
 * @param streams for the head's initial kernel, and for the order of the series
 */
export function startWeightTraining(
  weights: Tensors,
  size: { inputs: number; classes: number },
  streams: { head: Random; order: Random },
): WeightTrainingState {
  const parameters = copyTensors(weights);
  for (const [name, tensor] of initialHead(size.inputs, size.classes, streams.head)) parameters.set(name, tensor);
  const zeros = (): Tensors => zerosLike(parameters, trainedNames(parameters));
  return { epoch: 0, steps: 0, parameters, first: zeros(), second: zeros(), random: streams.order };
}

/** All parameters but the moving statistics of the batch normalization. */
function trainedNames(parameters: Tensors): string[] {
  return [...parameters.keys()].filter((name) => !isMovingStatistic(name));
}

function zerosLike(tensors: Tensors, names: readonly string[]): Tensors {
  return new Map(
    names.map((name) => {
      const { shape, data } = tensors.get(name)!;
      return [name, { shape, data: new Float32Array(data.length) }];
    }),
  );
}

/** The acoustic model's part of the parameters. */
export function modelWeights(parameters: Tensors): Tensors {
  return new Map([...parameters].filter(([name]) => name !== HEAD_KERNEL && name !== HEAD_BIAS));
}

/** The head's part of the parameters. */
export function headWeights(parameters: Tensors): Tensors {
  return new Map([...parameters].filter(([name]) => name === HEAD_KERNEL || name === HEAD_BIAS));
}

/**
 * Trains all weights of an acoustic model and a dense head on one part of TRAIN.
 *
 * Batch normalization keeps the statistics it learned from speech: a zero-padded series of a hundred samples fills a few of the
 * 125 frames, and the statistics of a few dozen such clips are far from those the later layers know. Its scale and shift are trained.
 */
export class WeightTraining {
  readonly #head: DenseHead;

  /**
   * @param model holds the state's weights from `hold` on
   * @param data the training part
   */
  constructor(
    private readonly model: TrainableAcousticModel,
    private readonly placement: Placement,
    private readonly options: FineTuneOptions,
    private readonly data: LabeledSeries,
    readonly state: WeightTrainingState,
  ) {
    this.#head = new DenseHead(state.parameters);
  }

  /** Makes the acoustic model hold the state's weights. */
  async hold(): Promise<void> {
    await this.model.setWeights(modelWeights(this.state.parameters));
  }

  /** One pass over the training part, see `runEpoch`. */
  async epoch(signal?: AbortSignal, onStep?: (step: number, steps: number) => void): Promise<EpochReport> {
    const { state, options } = this;
    const { batchSize, learningRate, epochs } = options;
    const count = this.data.series.length;
    const plan = { count, batchSize, learningRate, epoch: state.epoch, epochs, random: state.random, signal, onStep };
    const report = await runEpoch(plan, (batch, rate) => this.#step(batch, rate));
    state.epoch++;
    return report;
  }

  async #step(batch: readonly number[], learningRate: number): Promise<{ loss: number; correct: number }> {
    const { model, state, data } = this;
    const k = model.card.sourceLabels.length;
    const trained = [...state.first.keys()];
    const gradients = zerosLike(state.parameters, trained);
    let loss = 0;
    let correct = 0;
    // A batch beyond the model's limit is summed up from smaller ones.
    for (let from = 0; from < batch.length; from += model.batchLimit) {
      const part = batch.slice(from, from + model.batchLimit);
      const clips = new Float32Array(part.length * CLIP_SAMPLES);
      part.forEach((index, i) =>
        place(data.series[index], this.placement, clips.subarray(i * CLIP_SAMPLES, (i + 1) * CLIP_SAMPLES)),
      );
      const logits = await model.forward(clips, part.length);
      const dLogits = new Float32Array(logits.length);
      part.forEach((index, i) => {
        const label = data.labels[index];
        loss += this.#head.differentiate(logits, i * k, label, 1 / batch.length, dLogits, gradients);
        if (argmax(this.#head.scores(logits, i * k)) === label) correct++;
      });
      const { weights } = await model.backward(dLogits, { input: 'none', weights: true });
      for (const [name, { data }] of weights!) {
        const sum = gradients.get(name)!.data;
        for (let i = 0; i < sum.length; i++) sum[i] += data[i];
      }
    }
    if (Number.isFinite(loss)) {
      clipGlobalNorm(gradients, trained, TRAINING_OPTIONS.clipNorm);
      const { weightDecay } = this.options;
      adamStepOn(state.parameters, gradients, state, { learningRate, weightDecay }, state.steps++);
      await this.hold();
    }
    return { loss, correct };
  }

  /** Losses and predictions of series with the present weights. */
  async evaluate(data: LabeledSeries, hooks: EvaluationHooks): Promise<Evaluation> {
    const logits = await placedLogitsOf(this.model, data.series, this.placement, hooks);
    return evaluateLogits(logits, this.model.card.sourceLabels.length, data.labels, this.#head);
  }
}
