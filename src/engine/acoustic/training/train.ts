import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { copyWaveforms, type SpeechClips } from '../../audio/speech-folder';
import { throwIfCanceled, V2SError } from '../../errors';
import { Random } from '../../math/random';
import { BATCH_NORM_MOMENTUM, featureShape, isMovingStatistic } from '../architecture';
import { networkName } from '../card';
import type { FeatureMask, Tensors, TrainableAcousticModel } from '../model';
import { Augmenter, mixSeeds, type Augmentation } from './augmentation';
import { readCheckpoint, writeCheckpoint, type Checkpoint, type Epoch } from './checkpoint';
import { smoothedCrossEntropy } from './classification-loss';
import { evaluateModel } from './evaluate';
import { adamStepOn, averageWeights, clipGlobalNorm, copyTensors, scheduledRate } from './optimizer';

/** How an acoustic model is trained. */
export interface TrainingOptions {
  epochs: number;
  batchSize: number;
  /** peak of the cosine schedule */
  learningRate: number;
  /** share of all steps in which the learning rate rises to its peak */
  warmUp: number;
  weightDecay: number;
  labelSmoothing: number;
  /** largest Euclidean norm of the gradient of all weights */
  clipNorm: number;
  /** decay of the moving average of the weights that is validated and kept; 0 keeps the weights themselves */
  averageDecay: number;
  /** epochs without a better validation after which the training ends; null never */
  patience: number | null;
  seed: number;
  augmentation: Augmentation;
}

export const TRAINING_OPTIONS: Omit<TrainingOptions, 'augmentation'> = {
  epochs: 30,
  batchSize: 64,
  learningRate: 0.002,
  warmUp: 0.05,
  weightDecay: 0.01,
  labelSmoothing: 0.05,
  clipNorm: 5,
  averageDecay: 0.998,
  patience: null,
  seed: 1,
};

/** Batches of training clips whose statistics the normalization of averaged weights gets: 512 clips have 5 million cells. */
const CALIBRATION_BATCHES = 8;

export interface TrainingData {
  train: SpeechClips;
  validation: SpeechClips;
  /** background noises, 16-bit */
  noises: Int16Array[];
}

export interface TrainingRun {
  /** file that keeps the state of the training after every epoch */
  checkpoint: string;
  /** go on from the checkpoint */
  resume: boolean;
  signal?: AbortSignal;
  onEpoch?: (epoch: Epoch & { best: boolean; clipsPerSecond: number }) => void;
  onBatch?: (batch: number, batches: number, epoch: number) => void;
}

export interface TrainedModel {
  /** those of the best epoch on the validation clips: highest accuracy, then lowest loss; the model holds them as well */
  weights: Tensors;
  bestEpoch: number;
  history: Epoch[];
}

/**
 * Trains every weight of an acoustic model: Adam with decoupled decay, a cosine schedule with warm-up, clipped gradients,
 * smoothed labels, augmented clips and a moving average of the weights. The same options, data, and engine (kernels and
 * threads) give the same weights, whether interrupted and resumed or not.
 *
 * @param model starts from the weights it holds
 * @throws CanceledError with the state after the last whole epoch kept in the checkpoint
 * @throws V2SError `training.*`, `file.*`
 */
export async function trainAcousticModel(
  model: TrainableAcousticModel,
  data: TrainingData,
  options: TrainingOptions,
  run: TrainingRun,
): Promise<TrainedModel> {
  const { train } = data;
  const clips = train.classes.length;
  const batchSize = Math.min(options.batchSize, clips);
  if (batchSize > model.batchLimit)
    throw new V2SError(
      'training.batch',
      `A batch of ${batchSize} clips is more than the ${model.batchLimit} that this model takes at once. Use a smaller batch size.`,
    );
  const batches = Math.floor(clips / batchSize);
  const totalSteps = batches * options.epochs;
  const warmUpSteps = Math.round(options.warmUp * totalSteps);
  const identity = trainingIdentity(model, data, options);

  const state = run.resume
    ? await readCheckpoint(run.checkpoint, identity)
    : await startCheckpoint(model, run.checkpoint, identity);
  const { weights, average, first, second } = state.tensors;
  const trained = [...weights.keys()].filter((name) => !isMovingStatistic(name));
  const statistics = [...weights.keys()].filter(isMovingStatistic);
  const feeder = new BatchFeeder(model, data, options, batchSize);
  const dLogits = new Float32Array(batchSize * model.card.sourceLabels.length);

  for (let epoch = state.history.length + 1; epoch <= options.epochs; epoch++) {
    const bestSoFar = state.history[state.bestEpoch - 1];
    if (options.patience !== null && bestSoFar && epoch - 1 - state.bestEpoch >= options.patience) break;
    throwIfCanceled(run.signal);
    const started = performance.now();
    await model.setWeights(weights);
    const order = new Random(mixSeeds(options.seed, epoch)).shuffle(Array.from({ length: clips }, (_, i) => i));
    let batch = feeder.prepare(order.slice(0, batchSize), epoch, 0);
    let trainLoss = 0;
    for (let b = 0; b < batches; b++) {
      throwIfCanceled(run.signal);
      const { waveforms, classes, masks } = batch;
      const forward = model.trainForward(waveforms, batchSize, masks);
      // The worker threads compute while this thread prepares the next batch.
      if (b + 1 < batches) batch = feeder.prepare(order.slice((b + 1) * batchSize, (b + 2) * batchSize), epoch, b + 1);
      const logits = await forward;
      trainLoss +=
        smoothedCrossEntropy(logits, classes, model.card.sourceLabels.length, options.labelSmoothing, dLogits) /
        batches;
      const gradients = (await model.backward(dLogits, { input: 'none', weights: true })).weights!;
      clipGlobalNorm(gradients, trained, options.clipNorm);
      const learningRate = scheduledRate(state.steps, totalSteps, warmUpSteps, options.learningRate);
      const { weightDecay } = options;
      adamStepOn(weights, gradients, { first, second }, { learningRate, weightDecay }, state.steps);
      // In place of gradients, the model returns its moving statistics as this batch left them.
      for (const name of statistics) weights.get(name)!.data.set(gradients.get(name)!.data);
      averageWeights(average, weights, options.averageDecay, state.steps);
      state.steps++;
      await model.setWeights(weights);
      run.onBatch?.(b + 1, batches, epoch);
    }
    const trainSeconds = (performance.now() - started) / 1000;
    await calibrateNormalization(model, average, statistics, data.train, batchSize, options.seed);
    const { scores } = await evaluateModel(model, data.validation, run.signal);
    const entry: Epoch = {
      epoch,
      trainLoss,
      validationLoss: scores.loss,
      validationAccuracy: scores.accuracy,
      seconds: (performance.now() - started) / 1000,
    };
    const best =
      !bestSoFar ||
      entry.validationAccuracy > bestSoFar.validationAccuracy ||
      (entry.validationAccuracy === bestSoFar.validationAccuracy && entry.validationLoss < bestSoFar.validationLoss);
    state.history.push(entry);
    if (best) {
      state.bestEpoch = epoch;
      state.tensors.best = copyTensors(average);
    }
    await writeCheckpoint(run.checkpoint, state);
    run.onEpoch?.({ ...entry, best, clipsPerSecond: (batches * batchSize) / trainSeconds });
  }
  await model.setWeights(state.tensors.best);
  return { weights: state.tensors.best, bestEpoch: state.bestEpoch, history: state.history };
}

/** Whether a checkpoint of an unfinished training is there. */
export async function holdsCheckpoint(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function startCheckpoint(
  model: TrainableAcousticModel,
  path: string,
  identity: Record<string, unknown>,
): Promise<Checkpoint> {
  const weights = await model.weights();
  const zeros = (): Tensors => {
    const tensors: Tensors = new Map();
    for (const [name, { shape, data }] of weights)
      if (!isMovingStatistic(name)) tensors.set(name, { shape, data: new Float32Array(data.length) });
    return tensors;
  };
  const checkpoint: Checkpoint = {
    identity,
    history: [],
    bestEpoch: 0,
    steps: 0,
    tensors: { weights, average: copyTensors(weights), best: copyTensors(weights), first: zeros(), second: zeros() },
  };
  // Written before the first epoch, so that a training stopped during it can be resumed, and a folder that cannot be
  // written to is found out at once.
  await writeCheckpoint(path, checkpoint);
  return checkpoint;
}

/** What decides the outcome of a training beyond the weights it starts from. */
function trainingIdentity(
  model: TrainableAcousticModel,
  data: TrainingData,
  options: TrainingOptions,
): Record<string, unknown> {
  const hash = createHash('sha256');
  for (const part of [data.train, data.validation]) {
    hash.update(JSON.stringify([part.labels, part.paths]));
    hash.update(part.pcm);
  }
  for (const noise of data.noises) hash.update(noise);
  return {
    architecture: networkName(model.card),
    implementation: model.implementation,
    engine: model.engine,
    data: hash.digest('hex'),
    ...options,
  };
}

/**
 * Sets the moving statistics among averaged weights to the means of the batch statistics that these very weights have on
 * unchanged training clips, and leaves the weights in the model. Those gathered while training belong to other weights and to
 * masked features; with them the same network recognized 32 % of validation clips instead of 86 % after five epochs. The
 * averaging of the next epoch moves them on from there.
 */
async function calibrateNormalization(
  model: TrainableAcousticModel,
  weights: Tensors,
  statistics: readonly string[],
  clips: SpeechClips,
  batchSize: number,
  seed: number,
): Promise<void> {
  if (statistics.length === 0) return;
  for (const name of statistics) weights.get(name)!.data.fill(0);
  const order = new Random(seed).shuffle(Array.from({ length: clips.classes.length }, (_, i) => i));
  const batches = Math.min(CALIBRATION_BATCHES, Math.floor(order.length / batchSize));
  const waveforms = new Float32Array(batchSize * clips.samples);
  const none = new Float32Array(batchSize * model.card.sourceLabels.length);
  const sums = new Map(statistics.map((name) => [name, new Float64Array(weights.get(name)!.data.length)]));
  for (let b = 0; b < batches; b++) {
    copyWaveforms(clips, order.slice(b * batchSize, (b + 1) * batchSize), waveforms);
    await model.setWeights(weights);
    await model.trainForward(waveforms, batchSize);
    const moved = (await model.backward(none, { input: 'none', weights: true })).weights!;
    // From moving statistics of zero, what returns is the batch's share alone.
    for (const [name, sum] of sums) moved.get(name)!.data.forEach((value, i) => (sum[i] += value));
  }
  for (const [name, sum] of sums)
    weights.get(name)!.data.set(sum.map((value) => value / (batches * (1 - BATCH_NORM_MOMENTUM))));
  await model.setWeights(weights);
}

interface Batch {
  waveforms: Float32Array;
  classes: Int32Array;
  masks: FeatureMask[][];
}

/** Augments the clips of one batch while the model still reads the one before: two sets of memory take turns. */
class BatchFeeder {
  readonly #buffers: Float32Array[];
  readonly #augmenter: Augmenter;

  constructor(
    model: TrainableAcousticModel,
    private readonly data: TrainingData,
    private readonly options: TrainingOptions,
    batchSize: number,
  ) {
    const { samples } = data.train;
    const { frontEnd } = model.card;
    this.#buffers = [0, 1].map(() => new Float32Array(batchSize * samples));
    this.#augmenter = new Augmenter(
      options.augmentation,
      samples,
      frontEnd.sampleRate,
      featureShape(model.card),
      data.noises,
    );
  }

  prepare(indices: readonly number[], epoch: number, batch: number): Batch {
    const { pcm, samples, classes } = this.data.train;
    const waveforms = this.#buffers[batch % 2];
    const masks = indices.map((clip, row) =>
      this.#augmenter.augment(
        pcm.subarray(clip * samples, (clip + 1) * samples),
        waveforms.subarray(row * samples, (row + 1) * samples),
        mixSeeds(this.options.seed, epoch, clip),
      ),
    );
    return { waveforms, classes: Int32Array.from(indices, (clip) => classes[clip]), masks };
  }
}
