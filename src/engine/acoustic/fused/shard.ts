import { convolutionLayers, weightShapes } from '../architecture';
import type { ModelCard } from '../card';
import type { FeatureMask, Gradients, InputGradient, ReadoutValues, Taps, Tensors } from '../model';
import { Arena } from './arena';
import { instantiateKernels, type Kernels } from './module';
import { ConvolutionStage, clipsPerCell, type LayerTaps } from './stages/convolution-stage';
import { FrontEndStage } from './stages/front-end-stage';
import { HeadStage } from './stages/head-stage';
import { RecurrentStage } from './stages/recurrent-stage';
import { WeightSlots } from './stages/weight-slots';

/** What of a card the kernels need. */
export type ShardCard = Pick<ModelCard, 'architecture' | 'frontEnd' | 'sourceLabels'>;

/** Taps without the descriptions, which the model adds; activations and gradients by layer. */
export type ShardTaps = Omit<Taps, 'convolutions'> & { convolutions: Map<string, LayerTaps> };

/** Milliseconds spent since the last reset, by stage. */
export type StageTimes = Record<string, number>;

/**
 * One shard of the batch: the whole acoustic model, forward and backward, on one WebAssembly memory and one thread.
 * Clips are SIMD lanes, so a shard of n clips works on n rounded up to a multiple of 8.
 */
export class Shard {
  readonly times: StageTimes = {};
  private readonly arena = new Arena();
  private readonly kernels: Kernels;
  private readonly slots: WeightSlots;
  private readonly frontEnd: FrontEndStage;
  private readonly convolution: ConvolutionStage;
  private readonly recurrent1: RecurrentStage;
  private readonly recurrent2: RecurrentStage;
  private readonly head: HeadStage;
  private readonly capacity: number;
  private last: { n: number; B: number; batchStatistics: boolean; masked: boolean } | null = null;
  private lapStart = 0;

  constructor(module: WebAssembly.Module, card: ShardCard, capacity: number) {
    if (card.architecture === 'tfjs') throw new TypeError('the kernels run the attention-RNN family only');
    this.capacity = clipsPerCell(capacity);
    const { arena } = this;
    this.kernels = instantiateKernels(module, arena.memory);
    this.slots = new WeightSlots(arena, weightShapes(card));
    this.frontEnd = new FrontEndStage(arena, this.kernels, card.frontEnd, this.capacity);
    const { frames, bins } = this.frontEnd;
    const layers = convolutionLayers(card.architecture);
    this.convolution = new ConvolutionStage(arena, this.kernels, this.slots, layers, frames, bins, this.capacity);
    this.recurrent1 = new RecurrentStage(arena, this.kernels, this.slots, 'lstm1', bins, frames, this.capacity);
    this.recurrent2 = new RecurrentStage(arena, this.kernels, this.slots, 'lstm2', 128, frames, this.capacity);
    this.head = new HeadStage(arena, this.kernels, this.slots, frames, card.sourceLabels.length, this.capacity);
  }

  /** Bytes of the shard's memory. */
  get bytes(): number {
    return this.arena.bytes;
  }

  setWeights(weights: Tensors): void {
    this.slots.set(weights);
    this.last = null;
  }

  weights(): Tensors {
    return this.slots.read();
  }

  private lap(stage: string): void {
    const now = performance.now();
    this.times[stage] = (this.times[stage] ?? 0) + now - this.lapStart;
    this.lapStart = now;
  }

  /**
   * @param clips packed [n * samples], n at most the capacity
   * @param training batch normalization by the batch (lanes that fill up the last eight repeat clips), features masked
   * @returns logits [n * K]
   */
  forward(clips: Float32Array, n: number, training?: { masks: FeatureMask[][] }): Float32Array {
    if (n < 1 || n > this.capacity) throw new RangeError(`a shard takes 1 to ${this.capacity} clips, not ${n}`);
    const B = clipsPerCell(n);
    const batchStatistics = training !== undefined;
    this.lapStart = performance.now();
    this.frontEnd.forward(clips, n, B, batchStatistics);
    if (training) this.frontEnd.mask(training.masks, B);
    this.lap('front end forward');
    this.convolution.forward(this.frontEnd.features, B, batchStatistics);
    this.lap('convolution forward');
    this.recurrent1.forward(this.convolution.sequence, B);
    this.lap('lstm1 forward');
    this.recurrent2.forward(this.recurrent1.output, B);
    this.lap('lstm2 forward');
    const logits = this.head.forward(this.recurrent2.output, n, B);
    this.lap('head forward');
    this.last = { n, B, batchStatistics, masked: training?.masks.some((list) => list.length > 0) ?? false };
    return logits;
  }

  /** As `forward`, with the hidden states. */
  readouts(clips: Float32Array, n: number): ReadoutValues {
    const logits = this.forward(clips, n);
    const B = clipsPerCell(n);
    return { logits, context: this.head.contexts(n, B), states: this.recurrent2.means(n, B) };
  }

  /** Vector-Jacobian product of the last forward; may be called once for it. With batch statistics, `weights` also holds them. */
  backward(dLogits: Float32Array, want: { input: InputGradient; weights?: boolean; tapped?: boolean }): Gradients {
    if (!this.last) throw new Error('backward needs a forward before it');
    const { n, B, batchStatistics, masked } = this.last;
    this.last = null;
    // Masks overwrite the standardized features, which the way back to the waveform goes through.
    if (masked && want.input !== 'none') throw new Error('no gradient by the waveform after a forward with masks');
    const weights: Tensors | null = want.weights ? new Map() : null;
    this.lapStart = performance.now();
    this.head.backward(dLogits, n, B, this.recurrent2.output, this.recurrent2.outputGradient, weights);
    this.lap('head backward');
    this.recurrent2.backward(this.recurrent1.output, this.recurrent1.outputGradient, B, weights);
    this.lap('lstm2 backward');
    this.recurrent1.backward(this.convolution.sequence, this.convolution.sequenceGradient, B, weights);
    this.lap('lstm1 backward');
    const input = want.input !== 'none';
    this.convolution.backward(this.frontEnd.gradient, B, {
      batchStatistics,
      weights,
      tapped: want.tapped ?? false,
      input,
    });
    this.lap('convolution backward');
    const gradient = input ? this.frontEnd.backward(B, n, want.input === 'each') : null;
    this.lap('front end backward');
    if (weights && batchStatistics)
      for (const [name, tensor] of this.convolution.statistics()) weights.set(name, tensor);
    return { input: gradient, weights };
  }

  /**
   * Everything `explain` shows of n clips, at most the capacity.
   * @param clips packed [n * samples]
   * @param dLogits packed [n * K]; with it, gradients at the taps
   * @param input whether the gradient by the clips is wanted, too
   */
  tap(clips: Float32Array, n: number, dLogits: Float32Array | undefined, input: boolean): ShardTaps {
    const logits = this.forward(clips, n);
    const B = clipsPerCell(n);
    const { frames, bins } = this.frontEnd;
    const features = clipsOfLanes(this.arena.floats(this.frontEnd.features, frames * bins * B), n, B);
    const attention = clipsOfLanes(this.arena.floats(this.head.attention, frames * B), n, B);
    const gradients = dLogits ? this.backward(dLogits, { input: input ? 'each' : 'none', tapped: true }) : null;
    const convolutions = this.convolution.taps(n, dLogits !== undefined);
    return { logits, features, attention, convolutions, input: gradients?.input ?? null };
  }
}

/** From lanes [size][B] to clips [n][size]. */
function clipsOfLanes(lanes: Float32Array, n: number, B: number): Float32Array {
  const size = lanes.length / B;
  const out = new Float32Array(n * size);
  for (let i = 0; i < size; i++) for (let clip = 0; clip < n; clip++) out[clip * size + i] = lanes[i * B + clip];
  return out;
}
