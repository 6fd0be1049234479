import type { AcousticModel } from '../acoustic/model';
import { adamStep, createAdamState, type AdamState } from '../math/adam';
import type { Random } from '../math/random';
import { argmax } from '../math/softmax';
import { runEpoch, type EpochReport } from './epoch';
import {
  evaluate,
  reprogramClip,
  sourceLogitsOf,
  type Evaluation,
  type EvaluationHooks,
  type LabeledSeries,
} from './evaluate';
import { ClassHead, type LabelMapping } from './mapping';
import type { ReprogramOptions } from './options';
import { CLIP_SAMPLES, thetaMask, type Placement } from '../rendering/placement';

/** Standard deviation of theta at the start: small beside standardized series, large beside the front end's floor. */
const INITIAL_DEVIATION = 0.01;

/**
 * The learned mapping's learning rate relative to theta's: its inputs are log-probabilities of the order of -10, so that a step as
 * large as theta's would move the scores by more than they differ.
 */
const MAPPING_RATE = 0.02;

/** Everything that changes while theta is trained; a checkpoint keeps all of it. */
export interface TrainingState {
  /** epochs done */
  epoch: number;
  /** [16000], 0 where the mask forbids it */
  theta: Float32Array;
  thetaAdam: AdamState;
  /** A of the learned mapping, [C][K]; null for a random one */
  weights: Float32Array | null;
  weightsAdam: AdamState | null;
  random: Random;
}

export function startTraining(mapping: LabelMapping, placement: Placement, random: Random): TrainingState {
  const mask = thetaMask(placement);
  const theta = new Float32Array(CLIP_SAMPLES);
  // Every sample draws its number, masked or not, so that the mask changes nothing else.
  for (let i = 0; i < CLIP_SAMPLES; i++) theta[i] = INITIAL_DEVIATION * random.gaussian() * mask[i];
  const size = mapping.words.length * mapping.sourceWords;
  const learned = mapping.kind === 'learned';
  return {
    epoch: 0,
    theta,
    thetaAdam: createAdamState(CLIP_SAMPLES),
    weights: learned ? new Float32Array(size) : null,
    weightsAdam: learned ? createAdamState(size) : null,
    random,
  };
}

/** What comes out for the series of the training part after an epoch, without drop-out, in the order of the data. */
export interface EpochOutputs {
  /** source logits [n * K] */
  logits: Float32Array;
  /** class probabilities [n * C] */
  probabilities: Float32Array;
  /** true classes [n] */
  labels: readonly number[];
}

/**
 * Trains theta (and the learned mapping) on one part of TRAIN through a frozen acoustic model: algorithm 1 of the paper, with the
 * learning rate decayed along half a cosine over all steps.
 */
export class ThetaTraining {
  readonly #mask: Uint8Array;
  readonly #head: ClassHead;
  readonly #classes: number;

  /**
   * @param data the training part
   * @param epochs length of the schedule
   */
  constructor(
    private readonly model: AcousticModel,
    private readonly placement: Placement,
    mapping: LabelMapping,
    private readonly options: Pick<ReprogramOptions, 'batchSize' | 'learningRate' | 'weightDecay' | 'dropout'>,
    private readonly data: LabeledSeries,
    private readonly epochs: number,
    readonly state: TrainingState,
  ) {
    this.#mask = thetaMask(placement);
    this.#head = new ClassHead(mapping, state.weights);
    this.#classes = mapping.words.length;
  }

  /** One pass over the training part, see `runEpoch`. */
  async epoch(signal?: AbortSignal, onStep?: (step: number, steps: number) => void): Promise<EpochReport> {
    const { state, options, epochs } = this;
    const count = this.data.series.length;
    const { batchSize, learningRate } = options;
    const plan = { count, batchSize, learningRate, epoch: state.epoch, epochs, random: state.random, signal, onStep };
    const report = await runEpoch(plan, (batch, rate) => this.#step(batch, rate));
    state.epoch++;
    return report;
  }

  /** What the present theta gives for the training part, without drop-out. */
  async outputs(signal?: AbortSignal): Promise<EpochOutputs> {
    const { data, model, placement, state } = this;
    const k = model.card.sourceLabels.length;
    const logits = await sourceLogitsOf(model, data.series, placement, state.theta, { signal });
    const probabilities = new Float32Array(data.series.length * this.#classes);
    const scratch = new Float64Array(this.#classes);
    data.series.forEach((_, i) =>
      probabilities.set(this.#head.probabilities(logits, i * k, scratch), i * this.#classes),
    );
    return { logits, probabilities, labels: data.labels };
  }

  /** One update from one batch. */
  async #step(batch: readonly number[], learningRate: number): Promise<{ loss: number; correct: number }> {
    const { model, state, options, placement } = this;
    const k = model.card.sourceLabels.length;
    const keep = this.#dropOut();
    const delta = new Float32Array(CLIP_SAMPLES);
    for (let i = 0; i < CLIP_SAMPLES; i++) delta[i] = state.theta[i] * keep[i];

    const gradient = new Float32Array(CLIP_SAMPLES);
    const dWeights = state.weights ? new Float32Array(state.weights.length) : null;
    const scratch = new Float64Array(this.#classes);
    let loss = 0;
    let correct = 0;
    // A batch beyond the model's limit is summed up from smaller ones.
    for (let from = 0; from < batch.length; from += model.batchLimit) {
      const part = batch.slice(from, from + model.batchLimit);
      const clips = new Float32Array(part.length * CLIP_SAMPLES);
      part.forEach((index, i) =>
        reprogramClip(
          this.data.series[index],
          placement,
          delta,
          clips.subarray(i * CLIP_SAMPLES, (i + 1) * CLIP_SAMPLES),
        ),
      );
      const logits = await model.forward(clips, part.length);
      const dLogits = new Float32Array(logits.length);
      part.forEach((index, i) => {
        const label = this.data.labels[index];
        loss += this.#head.differentiate(logits, i * k, label, 1 / batch.length, dLogits, dWeights);
        const probabilities = this.#head.probabilities(logits, i * k, scratch);
        if (argmax(probabilities) === label) correct++;
      });
      const { input } = await model.backward(dLogits, { input: 'sum' });
      for (let i = 0; i < CLIP_SAMPLES; i++) gradient[i] += input![i];
    }
    // d delta / d theta: the drop-out factors and M. Where M is 0, theta starts at 0 and no update ever moves it.
    for (let i = 0; i < CLIP_SAMPLES; i++) gradient[i] *= keep[i] * this.#mask[i];
    const { weightDecay } = options;
    adamStep(state.theta, gradient, state.thetaAdam, { learningRate, weightDecay });
    if (dWeights)
      adamStep(state.weights!, dWeights, state.weightsAdam!, {
        learningRate: learningRate * MAPPING_RATE,
        weightDecay,
      });
    return { loss, correct };
  }

  /** Factors on theta for one step: 0 with the probability of drop-out, else scaled so that the mean stays 1. */
  #dropOut(): Float32Array {
    const { dropout } = this.options;
    const factors = new Float32Array(CLIP_SAMPLES).fill(1);
    if (dropout > 0)
      for (let i = 0; i < CLIP_SAMPLES; i++) factors[i] = this.state.random.uniform() < dropout ? 0 : 1 / (1 - dropout);
    return factors;
  }

  /** Losses and predictions of other series with the present theta, without drop-out. */
  async evaluate(data: LabeledSeries, hooks: EvaluationHooks): Promise<Evaluation> {
    return await evaluate(this.model, data, this.placement, this.state.theta, this.#head, hooks);
  }
}
