import type { Tensor2D, Tensor3D, Tensor4D, Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { V2SError } from '../../errors';
import { openKernelFeatures } from '../fused/kernel-features';
import { frontEndObstacle } from '../fused/stages/front-end-stage';
import { featureShape, isMovingStatistic } from '../architecture';
import type { ModelCard } from '../card';
import type { FeatureExtractor } from '../feature-extractor';
import { openLayersNetwork } from './layers-network';
import type { Topology } from '../topology';
import type {
  FeatureMask,
  Gradients,
  InputGradient,
  ReadoutValues,
  TapDescription,
  Taps,
  Tensors,
  TrainableAcousticModel,
} from '../model';
import type { TfjsApi } from './api';
import { floats, inScope, openTfjsRuntime, type TfjsOptions, type TfjsRuntime } from './backend';
import { TfjsFeatures } from './features';
import { AttentionRnnNetwork, type NetworkPass, type TfjsNetwork } from './attention-rnn-network';
import { joinTaps } from '../join-taps';
import { joinReadouts, requireReadout } from '../readout';
import { weightsSha256 } from '../weights';

export interface TfjsModelOptions extends TfjsOptions {
  /** most clips at once, default 32; memory grows with it */
  batchLimit?: number;
  /** of a card with the architecture `tfjs`: topology.json of the model's folder */
  topology?: Topology;
  /**
   * what computes the features. Default: of a LayersModel the kernels, many times faster, if they can run its front end; else
   * TensorFlow.js.
   */
  frontEnd?: 'kernels' | 'tfjs';
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
      ? await openLayersNetwork(
          runtime,
          card,
          options.topology,
          [...weights.values()].reduce((count, { data }) => count + data.length, 0),
        )
      : new AttentionRnnNetwork(runtime.tf, architecture, card);
  try {
    const batchLimit = options.batchLimit ?? 32;
    const suited = architecture === 'tfjs' && frontEndObstacle(card.frontEnd) === null ? 'kernels' : 'tfjs';
    const frontEnd = options.frontEnd ?? suited;
    const kernels = frontEnd === 'kernels' ? await openKernelFeatures(card.frontEnd, batchLimit) : null;
    // After the last wait: another model may have made its backend the current one meanwhile.
    runtime.select();
    const extractor = kernels ?? new TfjsFeatures(runtime.tf, card.frontEnd);
    const engine = kernels ? `${runtime.engine}, front end on the kernels` : runtime.engine;
    return new TfjsModel(runtime, card, network, extractor, weights, engine, batchLimit);
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** What `backward` needs of the last forward pass: it is run again, since a TensorFlow.js gradient wraps its forward pass. */
interface PendingPass {
  /** a copy of its own, [n * samples] */
  waveforms: Float32Array;
  n: number;
  /** masked features [n * frames * bins] */
  features: Float32Array;
  /** of trainForward: batch statistics and the feature mask [n * frames * bins], 0 where masked */
  training: { mask: Float32Array | null } | null;
}

class TfjsModel implements TrainableAcousticModel {
  readonly implementation = 'tfjs';
  readonly taps: readonly TapDescription[];
  private held = new Map<string, TfTensor>();
  private pending: PendingPass | null = null;
  private closed = false;

  constructor(
    private readonly runtime: TfjsRuntime,
    readonly card: ModelCard,
    private readonly network: TfjsNetwork,
    private readonly extractor: FeatureExtractor,
    weights: Tensors,
    readonly engine: string,
    readonly batchLimit: number,
  ) {
    this.taps = network.taps;
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
      logits.set(this.run(this.hear(part, count)).logits, first * k);
    }
    return logits;
  }

  async readouts(waveforms: Float32Array, n: number): Promise<ReadoutValues> {
    requireReadout(this.card, 'states');
    this.check(waveforms, n, Number.POSITIVE_INFINITY);
    const { samples } = this.card.frontEnd;
    const parts: ReadoutValues[] = [];
    for (let first = 0; first < n; first += this.batchLimit) {
      const count = Math.min(this.batchLimit, n - first);
      const pass = this.hear(waveforms.subarray(first * samples, (first + count) * samples), count);
      const { tf } = this.select();
      parts.push(
        inScope(tf, () => {
          const { logits, hidden } = this.pass(this.featureTensor(pass), this.held, pass);
          const { context, states } = hidden!;
          return { logits: floats(logits), context: floats(context), states: floats(tf.mean(states, 1)) };
        }),
      );
    }
    return joinReadouts(parts);
  }

  async forward(waveforms: Float32Array, n: number): Promise<Float32Array> {
    this.check(waveforms, n, this.batchLimit);
    this.pending = this.hear(waveforms.slice(), n);
    return this.run(this.pending).logits;
  }

  async trainForward(waveforms: Float32Array, n: number, masks?: FeatureMask[][]): Promise<Float32Array> {
    this.check(waveforms, n, this.batchLimit);
    this.pending = this.hear(waveforms.slice(), n, { mask: masks ? this.featureMask(masks, n) : null });
    const { logits, statistics } = this.run(this.pending);
    this.updateMovingStatistics(statistics);
    return logits;
  }

  async backward(dLogits: Float32Array, want: { input: InputGradient; weights?: boolean }): Promise<Gradients> {
    const { pending } = this;
    if (!pending)
      throw new V2SError('acoustic.order', 'backward must follow forward or trainForward, once for each of them.');
    this.pending = null;
    const trained = want.weights ? [...this.held.keys()].filter((name) => !isMovingStatistic(name)) : [];
    const { tf } = this.select();
    const byFeatures = want.input !== 'none';
    const { features, weights } = inScope(tf, () => this.gradients(tf, pending, trained, dLogits, byFeatures));
    let input: Float32Array | null = null;
    if (features && want.input !== 'none') {
      const { waveforms, n, training } = pending;
      training?.mask?.forEach((kept, i) => (features[i] *= kept));
      input = this.extractor.backward(waveforms, n, features, want.input);
    }
    return { input, weights: want.weights ? weights : null };
  }

  /** The gradients by the features [n * frames * bins], if wanted, and by the weights named. */
  private gradients(
    tf: TfjsApi,
    pending: PendingPass,
    trained: string[],
    dLogits: Float32Array,
    byFeatures: boolean,
  ): { features: Float32Array | null; weights: Tensors } {
    const heard = this.featureTensor(pending);
    const variables = [...(byFeatures ? [heard as TfTensor] : []), ...trained.map((name) => this.held.get(name)!)];
    const weights: Tensors = new Map();
    if (variables.length === 0) return { features: null, weights };
    const logitsOf = (...values: TfTensor[]): TfTensor => {
      const features = byFeatures ? (values.shift() as Tensor3D) : heard;
      const used = new Map(this.held);
      trained.forEach((name, i) => used.set(name, values[i]));
      return this.pass(features, used, pending).logits;
    };
    const gradients = tf.grads(logitsOf)(variables, this.logitTensor(dLogits, pending.n));
    const features = byFeatures ? floats(gradients.shift()!) : null;
    trained.forEach((name, i) => weights.set(name, { shape: gradients[i].shape, data: floats(gradients[i]) }));
    // In place of gradients, the moving statistics as the batch left them.
    if (trained.length > 0 && pending.training)
      for (const [name, held] of this.held)
        if (isMovingStatistic(name)) weights.set(name, { shape: [...held.shape], data: floats(held) });
    return { features, weights };
  }

  async tap(
    waveforms: Float32Array,
    n: number,
    dLogits?: Float32Array,
    { input = false }: { input?: boolean } = {},
  ): Promise<Taps> {
    const { samples } = this.card.frontEnd;
    const k = this.card.sourceLabels.length;
    this.check(waveforms, n, Number.POSITIVE_INFINITY);
    if (dLogits) this.checkLogits(dLogits, n);
    const parts: Taps[] = [];
    for (let first = 0; first < n; first += this.batchLimit) {
      const count = Math.min(this.batchLimit, n - first);
      const clips = waveforms.slice(first * samples, (first + count) * samples);
      parts.push(this.tapBatch(clips, count, dLogits?.slice(first * k, (first + count) * k), input));
    }
    return joinTaps(parts);
  }

  /** As `tap`, of at most batchLimit clips. */
  private tapBatch(clips: Float32Array, n: number, dLogits: Float32Array | undefined, input: boolean): Taps {
    const pass = this.hear(clips, n);
    const { tf } = this.select();
    const taps = inScope(tf, () => {
      const outputs = this.pass(this.featureTensor(pass), this.held, pass);
      const gradients = dLogits ? this.tapGradients(pass, this.logitTensor(dLogits, n), input) : null;
      return {
        logits: floats(outputs.logits),
        features: pass.features,
        attention: outputs.attention ? floats(outputs.attention) : null,
        convolutions: this.taps.map((tap, i) => ({
          tap,
          activation: floats(outputs.activations.get(tap.name)!),
          gradient: gradients?.taps[i] ?? null,
        })),
        byFeatures: gradients?.features ?? null,
      };
    });
    const { byFeatures, ...rest } = taps;
    return { ...rest, input: byFeatures && this.extractor.backward(clips, n, byFeatures, 'each') };
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
    this.pending = null;
    this.extractor.dispose();
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
    this.pending = null;
  }

  private run(pass: PendingPass): { logits: Float32Array; statistics: MovingStatistics } {
    const { tf } = this.select();
    return inScope(tf, () => {
      const outputs = this.pass(this.featureTensor(pass), this.held, pass);
      const statistics = outputs.statistics.map(({ value, ...rest }) => ({ ...rest, value: floats(value) }));
      return { logits: floats(outputs.logits), statistics };
    });
  }

  /** The features of a pass, masked. */
  private hear(waveforms: Float32Array, n: number, training: PendingPass['training'] = null): PendingPass {
    this.select();
    const features = this.extractor.features(waveforms, n);
    training?.mask?.forEach((kept, i) => (features[i] *= kept));
    return { waveforms, n, features, training };
  }

  private pass(
    features: Tensor3D,
    weights: ReadonlyMap<string, TfTensor>,
    pass: PendingPass,
    probes?: ReadonlyMap<string, Tensor4D>,
  ): NetworkPass {
    return this.network.run(weights, features, { batchStatistics: pass.training !== null, probes });
  }

  /** d(sum of dLogits * logits) / d(activation) of every convolution and, if wanted, by the features. */
  private tapGradients(
    pass: PendingPass,
    dLogits: Tensor2D,
    byFeatures: boolean,
  ): { taps: Float32Array[]; features: Float32Array | null } {
    const { tf } = this.runtime;
    const zeros = this.taps.map(({ frames, bins, channels }) => tf.zeros([pass.n, frames, bins, channels]));
    const heard = this.featureTensor(pass);
    const logitsOf = (...values: TfTensor[]): TfTensor => {
      const features = byFeatures ? (values.pop() as Tensor3D) : heard;
      const probes = new Map(this.taps.map(({ name }, i) => [name, values[i] as Tensor4D]));
      return this.pass(features, this.held, pass, probes).logits;
    };
    const gradients = tf
      .grads(logitsOf)([...zeros, ...(byFeatures ? [heard as TfTensor] : [])], dLogits)
      .map(floats);
    const features = byFeatures ? gradients.pop()! : null;
    return { taps: gradients, features };
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

  private featureTensor({ features, n }: PendingPass): Tensor3D {
    return this.runtime.tf.tensor3d(features, [n, ...featureShape(this.card)]);
  }

  private logitTensor(dLogits: Float32Array, n: number): Tensor2D {
    this.checkLogits(dLogits, n);
    return this.runtime.tf.tensor2d(dLogits, [n, this.card.sourceLabels.length]);
  }

  private checkLogits(dLogits: Float32Array, n: number): void {
    const k = this.card.sourceLabels.length;
    if (dLogits.length !== n * k)
      throw new V2SError(
        'acoustic.size',
        `dLogits has ${dLogits.length} values; ${n} clips x ${k} source words are needed.`,
      );
  }

  private check(waveforms: Float32Array, n: number, limit: number): void {
    const { samples } = this.card.frontEnd;
    if (!Number.isInteger(n) || n < 1 || n > limit)
      throw new V2SError('acoustic.size', `A batch must have 1 to ${limit} clips, not ${n}.`);
    if (waveforms.length !== n * samples)
      throw new V2SError(
        'acoustic.size',
        `The waveforms have ${waveforms.length} samples; ${n} clips x ${samples} samples are needed.`,
      );
  }
}

/** Statistics of a batch with the names of the moving statistics among the weights. */
type MovingStatistics = { name: string; value: Float32Array; momentum: number }[];
