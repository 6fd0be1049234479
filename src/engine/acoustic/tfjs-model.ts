import type { Tensor2D, Tensor3D, Tensor4D, Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { V2SError } from '../errors';
import { featureShape, isMovingStatistic } from './architecture';
import type { ModelCard } from './card';
import { openLayersNetwork } from './layers-network';
import type { Topology } from './topology';
import type {
  FeatureMask,
  Gradients,
  InputGradient,
  TapDescription,
  Taps,
  Tensors,
  TrainableAcousticModel,
} from './model';
import { openTfjsRuntime, type TfjsApi, type TfjsOptions, type TfjsRuntime } from './tfjs-backend';
import { TfjsFrontEnd } from './tfjs-front-end';
import { AttentionRnnNetwork, type NetworkPass, type TfjsNetwork } from './tfjs-network';
import { weightsSha256 } from './weights';

export interface TfjsModelOptions extends TfjsOptions {
  /** most clips at once, default 32; memory grows with it */
  batchLimit?: number;
  /** of a card with the architecture `tfjs`: topology.json of the model's folder */
  topology?: Topology;
}

/**
 * An acoustic model in TensorFlow.js: any LayersModel (architecture `tfjs`), or the attention-RNN family operation by operation,
 * which is slow, written independently of the fused kernels and what they are checked against.
 * @throws V2SError `tfjs.backend`, `model.topology`, `model.weights`
 */
export async function openTfjsModel(
  card: ModelCard,
  weights: Tensors,
  options: TfjsModelOptions = {},
): Promise<TrainableAcousticModel> {
  const runtime = await openTfjsRuntime(options);
  const { architecture } = card;
  const network =
    architecture === 'tfjs'
      ? await openLayersNetwork(runtime, card, options.topology)
      : new AttentionRnnNetwork(runtime.tf, architecture, card);
  try {
    return new TfjsModel(runtime, card, network, weights, options.batchLimit ?? 32);
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** What `backward` needs of the last forward pass: it is run again, since a TensorFlow.js gradient wraps its forward pass. */
interface PendingPass {
  waveforms: Float32Array;
  n: number;
  /** of trainForward: batch statistics and the feature mask [n, frames, bins], 0 where masked */
  training: { mask: Float32Array | null } | null;
  /** masked features [n, frames, bins] that trainForward kept: they do not depend on the weights */
  features?: Tensor3D;
}

class TfjsModel implements TrainableAcousticModel {
  readonly implementation = 'tfjs';
  readonly engine: string;
  readonly taps: readonly TapDescription[];
  private readonly frontEnd: TfjsFrontEnd;
  private held = new Map<string, TfTensor>();
  private pending: PendingPass | null = null;
  private closed = false;

  constructor(
    private readonly runtime: TfjsRuntime,
    readonly card: ModelCard,
    private readonly network: TfjsNetwork,
    weights: Tensors,
    readonly batchLimit: number,
  ) {
    this.engine = runtime.engine;
    this.taps = network.taps;
    runtime.select();
    this.frontEnd = new TfjsFrontEnd(runtime.tf, card.frontEnd);
    this.hold(weights);
  }

  async logits(waveforms: Float32Array, n: number): Promise<Float32Array> {
    this.check(waveforms, n, Number.POSITIVE_INFINITY);
    const { samples } = this.card.frontEnd;
    const k = this.card.sourceLabels.length;
    const logits = new Float32Array(n * k);
    for (let first = 0; first < n; first += this.batchLimit) {
      const count = Math.min(this.batchLimit, n - first);
      const part = waveforms.subarray(first * samples, (first + count) * samples);
      logits.set(this.run({ waveforms: part, n: count, training: null }).logits, first * k);
    }
    return logits;
  }

  async forward(waveforms: Float32Array, n: number): Promise<Float32Array> {
    this.check(waveforms, n, this.batchLimit);
    this.forget();
    this.pending = { waveforms: waveforms.slice(), n, training: null };
    return this.run(this.pending).logits;
  }

  async trainForward(waveforms: Float32Array, n: number, masks?: FeatureMask[][]): Promise<Float32Array> {
    this.check(waveforms, n, this.batchLimit);
    const mask = masks ? this.featureMask(masks, n) : null;
    this.forget();
    const pass: PendingPass = { waveforms: waveforms.slice(), n, training: { mask } };
    const { tf } = this.select();
    pass.features = tf.keep(tf.tidy(() => this.features(this.waveformTensor(pass), pass)));
    this.pending = pass;
    const { logits, statistics } = this.run(pass);
    this.updateMovingStatistics(statistics);
    return logits;
  }

  async backward(dLogits: Float32Array, want: { input: InputGradient; weights?: boolean }): Promise<Gradients> {
    const { pending } = this;
    if (!pending)
      throw new V2SError('acoustic.order', 'backward must follow forward or trainForward, once for each of them.');
    this.pending = null;
    const { features } = pending;
    const trained = want.weights ? [...this.held.keys()].filter((name) => !isMovingStatistic(name)) : [];
    const { tf } = this.select();
    try {
      return inScope(tf, () => this.gradients(tf, pending, trained, dLogits, want));
    } finally {
      features?.dispose();
    }
  }

  private gradients(
    tf: TfjsApi,
    pending: PendingPass,
    trained: string[],
    dLogits: Float32Array,
    want: { input: InputGradient; weights?: boolean },
  ): Gradients {
    const { n, features } = pending;
    const waveforms = this.waveformTensor(pending);
    const variables = want.input === 'none' ? [] : [waveforms as TfTensor];
    variables.push(...trained.map((name) => this.held.get(name)!));
    if (variables.length === 0) return { input: null, weights: null };
    const logitsOf = (...values: TfTensor[]): TfTensor => {
      const input = want.input === 'none' ? waveforms : (values.shift() as Tensor2D);
      const weights = new Map(this.held);
      trained.forEach((name, i) => weights.set(name, values[i]));
      const heard = want.input === 'none' && features ? features : this.features(input, pending);
      return this.pass(heard, weights, pending).logits;
    };
    const gradients = tf.grads(logitsOf)(variables, this.logitTensor(dLogits, n));
    let input: Float32Array | null = null;
    if (want.input !== 'none') {
      const each = gradients.shift()!;
      input = floats(want.input === 'each' ? each : tf.sum(each, 0));
    }
    const weights: Tensors | null = want.weights ? new Map() : null;
    trained.forEach((name, i) => weights!.set(name, { shape: gradients[i].shape, data: floats(gradients[i]) }));
    // In place of gradients, the moving statistics as the batch left them.
    if (weights && pending.training)
      for (const [name, held] of this.held)
        if (isMovingStatistic(name)) weights.set(name, { shape: [...held.shape], data: floats(held) });
    return { input, weights };
  }

  async tap(waveform: Float32Array, dLogits?: Float32Array): Promise<Taps> {
    this.check(waveform, 1, 1);
    const { tf } = this.select();
    return inScope(tf, () => {
      const pass: PendingPass = { waveforms: waveform, n: 1, training: null };
      const features = this.features(this.waveformTensor(pass), pass);
      const outputs = this.pass(features, this.held, pass);
      const gradients = dLogits ? this.tapGradients(features, this.logitTensor(dLogits, 1)) : null;
      return {
        logits: floats(outputs.logits),
        features: floats(features),
        attention: outputs.attention ? floats(outputs.attention) : null,
        convolutions: this.taps.map((tap) => ({
          tap,
          activation: floats(outputs.activations.get(tap.name)!),
          gradient: gradients?.get(tap.name) ?? null,
        })),
      };
    });
  }

  async weights(): Promise<Tensors> {
    this.select();
    return new Map([...this.held].map(([name, held]) => [name, { shape: [...held.shape], data: floats(held) }]));
  }

  async checksum(): Promise<string> {
    return weightsSha256(await this.weights());
  }

  async setWeights(weights: Tensors): Promise<void> {
    this.select();
    this.hold(weights);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    const { tf } = this.select();
    this.closed = true;
    this.forget();
    this.frontEnd.dispose();
    this.network.dispose();
    tf.dispose([...this.held.values()]);
    this.held.clear();
  }

  /** The backend of this model becomes the current one; to be called before any operation. */
  private select(): TfjsRuntime {
    if (this.closed) throw new V2SError('acoustic.closed', `The model ${this.card.id} is closed.`);
    this.runtime.select();
    return this.runtime;
  }

  /** Drops what was kept for `backward`. */
  private forget(): void {
    this.pending?.features?.dispose();
    this.pending = null;
  }

  private hold(weights: Tensors): void {
    const { tf } = this.runtime;
    const held = new Map<string, TfTensor>();
    for (const [name, shape] of this.network.weightShapes) {
      const tensor = weights.get(name);
      if (tensor?.shape.join() !== shape.join())
        throw new V2SError(
          'model.weights',
          `The model ${this.card.id} needs a tensor ${name} of shape [${shape.join(', ')}]; ` +
            `given: ${tensor ? `[${tensor.shape.join(', ')}]` : 'none'}.`,
        );
      // A copy: backends may keep a view of the array that they are given.
      held.set(name, tf.tensor(tensor.data.slice(), [...shape], 'float32'));
    }
    for (const name of weights.keys())
      if (!held.has(name))
        throw new V2SError('model.weights', `The model ${this.card.id} has no weight ${name}, but one was given.`);
    tf.dispose([...this.held.values()]);
    this.held = held;
    this.forget();
  }

  private run(pass: PendingPass): { logits: Float32Array; statistics: MovingStatistics } {
    const { tf } = this.select();
    return inScope(tf, () => {
      const outputs = this.pass(pass.features ?? this.features(this.waveformTensor(pass), pass), this.held, pass);
      const statistics = outputs.statistics.map(({ value, ...rest }) => ({ ...rest, value: floats(value) }));
      return { logits: floats(outputs.logits), statistics };
    });
  }

  private features(waveforms: Tensor2D, pass: PendingPass): Tensor3D {
    const { tf } = this.runtime;
    const features = this.frontEnd.features(waveforms);
    const mask = pass.training?.mask;
    return mask ? tf.mul(features, tf.tensor(mask, features.shape)) : features;
  }

  private pass(
    features: Tensor3D,
    weights: ReadonlyMap<string, TfTensor>,
    pass: PendingPass,
    probes?: ReadonlyMap<string, Tensor4D>,
  ): NetworkPass {
    return this.network.run(weights, features, { batchStatistics: pass.training !== null, probes });
  }

  /** d(sum of dLogits * logits) / d(activation) of every convolution, for one clip. */
  private tapGradients(features: Tensor3D, dLogits: Tensor2D): Map<string, Float32Array> {
    const { tf } = this.runtime;
    const zeros = this.taps.map(({ frames, bins, channels }) => tf.zeros([1, frames, bins, channels]));
    const pass: PendingPass = { waveforms: new Float32Array(), n: 1, training: null };
    const logitsOf = (...probes: TfTensor[]): TfTensor =>
      this.pass(features, this.held, pass, new Map(this.taps.map(({ name }, i) => [name, probes[i] as Tensor4D])))
        .logits;
    const gradients = tf.grads(logitsOf)(zeros, dLogits);
    return new Map(this.taps.map(({ name }, i) => [name, floats(gradients[i])]));
  }

  /** Keras's rule: moving = momentum * moving + (1 - momentum) * statistic of the batch. */
  private updateMovingStatistics(statistics: MovingStatistics): void {
    const { tf } = this.runtime;
    for (const { name, value: batch, momentum } of statistics) {
      const held = this.held.get(name)!;
      const moved = floats(held).map((value, i) => momentum * value + (1 - momentum) * batch[i]);
      this.held.set(name, tf.tensor(moved, held.shape, 'float32'));
      held.dispose();
    }
  }

  /** [n, frames, bins]: 0 inside the rectangles, 1 outside. */
  private featureMask(masks: FeatureMask[][], n: number): Float32Array {
    const [frames, bins] = featureShape(this.card);
    const mask = new Float32Array(n * frames * bins).fill(1);
    masks.slice(0, n).forEach((rectangles, clip) => {
      for (const { firstFrame, frames: height, firstBin, bins: width } of rectangles)
        for (let frame = firstFrame; frame < Math.min(frames, firstFrame + height); frame++) {
          const row = (clip * frames + frame) * bins;
          mask.fill(0, row + firstBin, row + Math.min(bins, firstBin + width));
        }
    });
    return mask;
  }

  private waveformTensor({ waveforms, n }: PendingPass): Tensor2D {
    return this.runtime.tf.tensor2d(waveforms, [n, this.card.frontEnd.samples]);
  }

  private logitTensor(dLogits: Float32Array, n: number): Tensor2D {
    const k = this.card.sourceLabels.length;
    if (dLogits.length !== n * k)
      throw new V2SError('acoustic.size', `dLogits has ${dLogits.length} values; ${n} clips x ${k} labels are needed.`);
    return this.runtime.tf.tensor2d(dLogits, [n, k]);
  }

  private check(waveforms: Float32Array, n: number, limit: number): void {
    const { samples } = this.card.frontEnd;
    if (!Number.isInteger(n) || n < 1 || n > limit)
      throw new V2SError('acoustic.size', `A batch of ${n} clips was given; 1 to ${limit} are possible.`);
    if (waveforms.length !== n * samples)
      throw new V2SError(
        'acoustic.size',
        `The waveforms have ${waveforms.length} samples; ${n} clips x ${samples} samples are needed.`,
      );
  }
}

/** Statistics of a batch with the names of the moving statistics among the weights. */
type MovingStatistics = { name: string; value: Float32Array; momentum: number }[];

/** A copy of the values of a tensor. */
function floats(tensor: TfTensor): Float32Array {
  return Float32Array.from(tensor.dataSync());
}

/** Runs operations and frees every tensor they made; as tf.tidy, for results that are no tensors. */
function inScope<T>(tf: TfjsApi, work: () => T): T {
  tf.engine().startScope();
  try {
    return work();
  } finally {
    tf.engine().endScope();
  }
}
