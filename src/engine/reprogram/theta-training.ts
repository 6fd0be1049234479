import type { AcousticModel } from '../acoustic/model';
import { adamStep, createAdamState, type AdamState } from '../math/adam';
import type { Random } from '../math/random';
import { argmax } from '../math/softmax';
import { CLIP_SAMPLES } from '../rendering/placement';
import type { Rendering, RenderingParameters } from '../rendering/rendering';
import { runEpoch, type EpochReport } from './epoch';
import type { LabeledSeries } from './evaluate';
import { ClassHead } from './mapping';
import { flattened, masked } from './masking';
import type { ReprogramOptions } from './options';
import type { KeptTheta, ThetaTask } from './theta-task';

/** Standard deviation of theta at the start: small beside standardized series, large beside the front end's floor. */
const INITIAL_DEVIATION = 0.01;
/** With a carrier, of theta and phi: the carrier must sound for the series to be heard at all. */
export const INITIAL_CARRIER_DEVIATION = 0.1;
/** Part of the series that a training step hears masked, and clips of flattened series added to every batch. */
const MASKED_PART = 0.5;
const FLAT_CLIPS = 4;

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
  /** carrier of the stretched series, [16000]; null for another rendering */
  phi: Float32Array | null;
  phiAdam: AdamState | null;
  /** A of the learned mapping, [C][K]; null for a random one */
  weights: Float32Array | null;
  weightsAdam: AdamState | null;
  random: Random;
}

export function startTraining({ mapping, mask, rendering }: ThetaTask, random: Random): TrainingState {
  const carrier = rendering.parameterNames.includes('phi');
  const deviation = carrier ? INITIAL_CARRIER_DEVIATION : INITIAL_DEVIATION;
  const theta = new Float32Array(CLIP_SAMPLES);
  // Every sample draws its number, masked or not, so that the mask changes nothing else.
  for (let i = 0; i < CLIP_SAMPLES; i++) theta[i] = deviation * random.gaussian() * (mask?.[i] ?? 1);
  const phi = carrier ? Float32Array.from(theta, () => deviation * random.gaussian()) : null;
  const size = mapping.words.length * mapping.sourceWords;
  const learned = mapping.kind === 'learned';
  return {
    epoch: 0,
    theta,
    thetaAdam: createAdamState(CLIP_SAMPLES),
    phi,
    phiAdam: phi && createAdamState(CLIP_SAMPLES),
    weights: learned ? new Float32Array(size) : null,
    weightsAdam: learned ? createAdamState(size) : null,
    random,
  };
}

/** The parameters by their names in the rendering. */
export function parametersOf({ theta, phi }: Pick<KeptTheta, 'theta' | 'phi'>): RenderingParameters {
  return new Map(phi ? [['theta', theta] as const, ['phi', phi] as const] : [['theta', theta] as const]);
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
  readonly #rendering: Rendering;
  readonly #mask: Uint8Array | null;
  readonly #head: ClassHead;
  readonly #classes: number;
  readonly #masks: boolean;

  /**
   * @param data the training part
   * @param epochs length of the schedule
   */
  constructor(
    private readonly model: AcousticModel,
    { rendering, mask, mapping }: ThetaTask,
    private readonly options: Pick<
      ReprogramOptions,
      'batchSize' | 'learningRate' | 'weightDecay' | 'dropout' | 'augmentation'
    >,
    private readonly data: LabeledSeries,
    private readonly epochs: number,
    readonly state: TrainingState,
  ) {
    this.#rendering = rendering;
    this.#mask = mask;
    this.#head = new ClassHead(mapping, state.weights);
    this.#classes = mapping.words.length;
    const { augmentation } = options;
    this.#masks = augmentation === 'masks' || (augmentation === 'auto' && state.phi !== null);
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

  /** One update from one batch. */
  async #step(batch: readonly number[], learningRate: number): Promise<{ loss: number; correct: number }> {
    const { model, state, options } = this;
    const k = model.card.sourceLabels.length;
    const keep = this.#dropOut();
    const theta = new Float32Array(CLIP_SAMPLES);
    for (let i = 0; i < CLIP_SAMPLES; i++) theta[i] = state.theta[i] * keep[i];
    const parameters = parametersOf({ theta, phi: state.phi });
    const clips = this.#augmented(batch);

    const gradient = new Float32Array(CLIP_SAMPLES);
    const dPhi = state.phi && new Float32Array(CLIP_SAMPLES);
    const dWeights = state.weights ? new Float32Array(state.weights.length) : null;
    const scratch = new Float64Array(this.#classes);
    let loss = 0;
    let correct = 0;
    // A batch beyond the model's limit is summed up from smaller ones.
    for (let from = 0; from < clips.length; from += model.batchLimit) {
      const part = clips.slice(from, from + model.batchLimit);
      const waveforms = new Float32Array(part.length * CLIP_SAMPLES);
      part.forEach(({ values }, i) =>
        this.#rendering.render(values, parameters, waveforms.subarray(i * CLIP_SAMPLES, (i + 1) * CLIP_SAMPLES)),
      );
      const logits = await model.forward(waveforms, part.length);
      const dLogits = new Float32Array(logits.length);
      part.forEach(({ index }, i) => {
        if (index === null) return this.#towardsNothing(logits, i * k, dLogits, dWeights);
        const label = this.data.labels[index];
        loss += this.#head.differentiate(logits, i * k, label, 1 / batch.length, dLogits, dWeights);
        const probabilities = this.#head.probabilities(logits, i * k, scratch);
        if (argmax(probabilities) === label) correct++;
      });
      // The gradient by theta is the sum over the clips; that by phi needs each clip's own.
      const { input } = await model.backward(dLogits, { input: dPhi ? 'each' : 'sum' });
      if (dPhi) {
        const into = parametersOf({ theta: gradient, phi: dPhi });
        part.forEach(({ values }, i) =>
          this.#rendering.parameterGradient(values, input!.subarray(i * CLIP_SAMPLES, (i + 1) * CLIP_SAMPLES), into),
        );
      } else for (let i = 0; i < CLIP_SAMPLES; i++) gradient[i] += input![i];
    }
    // The drop-out factors and M. Where M is 0, theta starts at 0 and no update ever moves it.
    for (let i = 0; i < CLIP_SAMPLES; i++) gradient[i] *= keep[i] * (this.#mask?.[i] ?? 1);
    const { weightDecay } = options;
    adamStep(state.theta, gradient, state.thetaAdam, { learningRate, weightDecay });
    if (dPhi) adamStep(state.phi!, dPhi, state.phiAdam!, { learningRate, weightDecay });
    if (dWeights)
      adamStep(state.weights!, dWeights, state.weightsAdam!, {
        learningRate: learningRate * MAPPING_RATE,
        weightDecay,
      });
    return { loss, correct };
  }

  /**
   * The series of a batch by their position in the data. With masks, about half of them have parts set to their mean, under the same
   * label, and a few series without any content follow (index null), of which nothing should be concluded.
   */
  #augmented(batch: readonly number[]): { values: ArrayLike<number>; index: number | null }[] {
    const { series } = this.data;
    const { random } = this.state;
    if (!this.#masks) return batch.map((index) => ({ values: series[index], index }));
    const heard = batch.map((index): { values: ArrayLike<number>; index: number | null } => ({
      values: random.uniform() < MASKED_PART ? masked(series[index], random) : series[index],
      index,
    }));
    for (let i = 0; i < FLAT_CLIPS; i++)
      heard.push({ values: flattened(series[random.below(series.length)]), index: null });
    return heard;
  }

  /** Gradient of the mean cross entropy of the flat clips towards equal probabilities of all classes. */
  #towardsNothing(logits: Float32Array, offset: number, dLogits: Float32Array, dWeights: Float32Array | null): void {
    const dScores = this.#head.probabilities(logits, offset, new Float64Array(this.#classes));
    for (let c = 0; c < this.#classes; c++) dScores[c] = (dScores[c] - 1 / this.#classes) / FLAT_CLIPS;
    this.#head.backward(dScores, offset, dLogits, dWeights);
  }

  /** Factors on theta for one step: 0 with the probability of drop-out, else scaled so that the mean stays 1. */
  #dropOut(): Float32Array {
    const { dropout } = this.options;
    const factors = new Float32Array(CLIP_SAMPLES).fill(1);
    if (dropout > 0)
      for (let i = 0; i < CLIP_SAMPLES; i++) factors[i] = this.state.random.uniform() < dropout ? 0 : 1 / (1 - dropout);
    return factors;
  }
}
