import { availableParallelism } from 'node:os';
import { V2SError } from '../../errors';
import { compileKernels, type KernelVariant } from './module';
import { runInPlace, runInThreadLater, type ShardRunner } from './shard-runner';
import type { ShardTaps, StageTimes } from './shard';
import { BATCH_NORM_MOMENTUM, convolutionLayers, featureShape, isMovingStatistic, weightShapes } from '../architecture';
import type { ModelCard } from '../card';
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
import { concatenate, joinTaps } from '../join-taps';
import { joinReadouts } from '../readout';
import { weightsSha256 } from '../weights';

export interface FusedModelOptions {
  /** shards of the batch, one worker thread each; 1 runs in the calling thread. Default: the processors, at most 8. */
  threads?: number;
  /** most clips of one forward; default 32 */
  batchLimit?: number;
  /** default `simd` */
  kernels?: KernelVariant;
}

/** Clips go to SIMD lanes by the eight, so shards are cut at multiples of it. */
const UNIT = 8;

/** An attention-RNN on the WebAssembly kernels, its batch sharded over worker threads. */
export class FusedModel implements TrainableAcousticModel {
  readonly implementation = 'fused';
  readonly taps: readonly TapDescription[];

  private constructor(
    readonly card: ModelCard,
    readonly engine: string,
    readonly batchLimit: number,
    private readonly runners: ShardRunner[],
    private readonly shapes: Map<string, number[]>,
    private current: Tensors,
  ) {
    const [frames, bins] = featureShape(card);
    this.taps =
      card.architecture === 'tfjs'
        ? []
        : convolutionLayers(card.architecture).map(({ name, channels }) => ({ name, channels, frames, bins }));
  }

  /**
   * @throws V2SError `model.weights` when a weight is missing or has another shape; `kernels.unsupported`
   */
  static async open(card: ModelCard, weights: Tensors, options: FusedModelOptions = {}): Promise<FusedModel> {
    const threads = Math.max(1, Math.floor(options.threads ?? Math.min(8, availableParallelism())));
    const batchLimit = options.batchLimit ?? 32;
    const variant = options.kernels ?? 'simd';
    const shapes = weightShapes(card);
    checkWeights(card.id, shapes, weights);
    const module = await compileKernels(variant);
    const units = Math.ceil(batchLimit / UNIT);
    const shards = Math.min(threads, units);
    const capacity = Math.ceil(units / shards) * UNIT;
    const shardCard = { architecture: card.architecture, frontEnd: card.frontEnd, sourceLabels: card.sourceLabels };
    const runners =
      shards === 1
        ? [runInPlace(module, shardCard, capacity)]
        : Array.from({ length: shards }, () => runInThreadLater(module, shardCard, capacity));
    const engine = `${variant} kernels, ${shards} ${shards === 1 ? 'thread' : 'threads'}`;
    const model = new FusedModel(card, engine, batchLimit, runners, shapes, weights);
    try {
      await model.setWeights(weights);
    } catch (error) {
      await model.close();
      throw error;
    }
    return model;
  }

  /** Clips of each shard: whole units of eight, as even as they come. */
  private share(n: number): { from: number; count: number }[] {
    const units = Math.ceil(n / UNIT);
    const shards = Math.min(this.runners.length, units);
    const pieces: { from: number; count: number }[] = [];
    let from = 0;
    for (let i = 0; i < shards; i++) {
      const to = Math.min(n, from + (Math.floor(units / shards) + (i < units % shards ? 1 : 0)) * UNIT);
      pieces.push({ from, count: to - from });
      from = to;
    }
    return pieces;
  }

  private pieces: { from: number; count: number }[] = [];

  async logits(waveforms: Float32Array, n: number): Promise<Float32Array> {
    const { samples } = this.card.frontEnd;
    const k = this.card.sourceLabels.length;
    const out = new Float32Array(n * k);
    for (let from = 0; from < n; from += this.batchLimit) {
      const count = Math.min(this.batchLimit, n - from);
      out.set(await this.forward(waveforms.subarray(from * samples, (from + count) * samples), count), from * k);
    }
    this.pieces = [];
    return out;
  }

  async readouts(waveforms: Float32Array, n: number): Promise<ReadoutValues> {
    const { samples } = this.card.frontEnd;
    if (waveforms.length !== n * samples)
      throw new RangeError(`${n} clips are ${n * samples} samples, not ${waveforms.length}`);
    this.pieces = [];
    const parts: ReadoutValues[] = [];
    for (let first = 0; first < n; first += this.batchLimit) {
      const pieces = this.share(Math.min(this.batchLimit, n - first)).map(({ from, count }, i) => {
        const [start, end] = [first + from, first + from + count];
        return this.runners[i].readouts({ clips: waveforms.slice(start * samples, end * samples), n: count });
      });
      parts.push(...(await Promise.all(pieces)));
    }
    return joinReadouts(parts);
  }

  forward(waveforms: Float32Array, n: number): Promise<Float32Array> {
    return this.run(waveforms, n);
  }

  trainForward(waveforms: Float32Array, n: number, masks: FeatureMask[][] = []): Promise<Float32Array> {
    return this.run(waveforms, n, masks);
  }

  private async run(waveforms: Float32Array, n: number, masks?: FeatureMask[][]): Promise<Float32Array> {
    const { samples } = this.card.frontEnd;
    if (n < 1 || n > this.batchLimit) throw new RangeError(`forward takes 1 to ${this.batchLimit} clips, not ${n}`);
    if (waveforms.length !== n * samples)
      throw new RangeError(`${n} clips are ${n * samples} samples, not ${waveforms.length}`);
    const pieces = this.share(n);
    this.pieces = pieces;
    const parts = await Promise.all(
      pieces.map(({ from, count }, i) =>
        this.runners[i].forward({
          clips: waveforms.slice(from * samples, (from + count) * samples),
          n: count,
          ...(masks && { training: { masks: masks.slice(from, from + count) } }),
        }),
      ),
    );
    return concatenate(parts);
  }

  async backward(dLogits: Float32Array, want: { input: InputGradient; weights?: boolean }): Promise<Gradients> {
    const { pieces } = this;
    if (pieces.length === 0) throw new Error('backward needs a forward before it');
    this.pieces = [];
    const k = this.card.sourceLabels.length;
    const n = pieces.reduce((sum, { count }) => sum + count, 0);
    if (dLogits.length !== n * k) throw new RangeError(`gradients of ${n} clips by ${k} logits expected`);
    const parts = await Promise.all(
      pieces.map(({ from, count }, i) =>
        this.runners[i].backward({ dLogits: dLogits.slice(from * k, (from + count) * k), want }),
      ),
    );
    const inputs = parts.map(({ input }) => input).filter((input) => input !== null);
    const input = want.input === 'none' ? null : want.input === 'each' ? concatenate(inputs) : add(inputs);
    return { input, weights: want.weights ? this.mergeWeights(parts, pieces, n) : null };
  }

  /** Weight gradients add up; batch statistics are averaged by clips and move the moving statistics. */
  private mergeWeights(parts: Gradients[], pieces: { count: number }[], n: number): Tensors {
    const merged: Tensors = new Map();
    for (const [name, shape] of this.shapes) {
      const data = parts.map(({ weights }) => weights?.get(name)?.data).filter((part) => part !== undefined);
      if (data.length === 0) continue;
      if (!isMovingStatistic(name)) {
        merged.set(name, { shape, data: add(data) });
        continue;
      }
      const moving = Float32Array.from(this.current.get(name)!.data, (value) => value * BATCH_NORM_MOMENTUM);
      data.forEach((part, i) =>
        part.forEach((value, c) => (moving[c] += ((1 - BATCH_NORM_MOMENTUM) * value * pieces[i].count) / n)),
      );
      merged.set(name, { shape, data: moving });
    }
    return merged;
  }

  async tap(
    waveforms: Float32Array,
    n: number,
    dLogits?: Float32Array,
    { input = false }: { input?: boolean } = {},
  ): Promise<Taps> {
    const { samples } = this.card.frontEnd;
    const k = this.card.sourceLabels.length;
    if (waveforms.length !== n * samples)
      throw new RangeError(`${n} clips are ${n * samples} samples, not ${waveforms.length}`);
    if (dLogits && dLogits.length !== n * k) throw new RangeError(`gradients of ${n} clips by ${k} logits expected`);
    this.pieces = [];
    const parts: ShardTaps[] = [];
    for (let first = 0; first < n; first += this.batchLimit) {
      const pieces = this.share(Math.min(this.batchLimit, n - first)).map(({ from, count }, i) => {
        const [start, end] = [first + from, first + from + count];
        const clips = waveforms.slice(start * samples, end * samples);
        return this.runners[i].tap({ clips, n: count, dLogits: dLogits?.slice(start * k, end * k), input });
      });
      parts.push(...(await Promise.all(pieces)));
    }
    return joinTaps(parts.map((part) => this.described(part)));
  }

  /** The descriptions join what a shard gives. */
  private described({ convolutions, ...rest }: ShardTaps): Taps {
    return { ...rest, convolutions: this.taps.map((tap) => ({ tap, ...convolutions.get(tap.name)! })) };
  }

  async setWeights(weights: Tensors): Promise<void> {
    checkWeights(this.card.id, this.shapes, weights);
    this.current = weights;
    await Promise.all(this.runners.map((runner) => runner.setWeights(weights)));
  }

  /** @throws V2SError `model.threads` when the shards do not hold the same weights */
  async weights(): Promise<Tensors> {
    const copies = await Promise.all(this.runners.map((runner) => runner.weights()));
    if (new Set(copies.map(weightsSha256)).size !== 1)
      throw new V2SError('model.threads', `The threads of ${this.card.id} hold different weights.`);
    return copies[0];
  }

  async checksum(): Promise<string> {
    return weightsSha256(await this.weights());
  }

  /** Milliseconds by stage of each shard since it was opened, and the bytes of its memory; for the benchmark. */
  times(): Promise<{ times: StageTimes; bytes: number }[]> {
    return Promise.all(this.runners.map((runner) => runner.times()));
  }

  async close(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.close()));
  }
}

/** Opens an attention-RNN on the fused kernels; see FusedModelOptions. */
export function openFusedModel(card: ModelCard, weights: Tensors, options?: FusedModelOptions): Promise<FusedModel> {
  return FusedModel.open(card, weights, options);
}

function checkWeights(id: string, shapes: Map<string, number[]>, weights: Tensors): void {
  for (const [name, shape] of shapes) {
    const tensor = weights.get(name);
    const found = tensor ? `[${tensor.shape.join(', ')}]` : 'missing';
    if (!tensor || tensor.shape.join() !== shape.join())
      throw new V2SError(
        'model.weights',
        `Acoustic model ${id}: weight ${name} is ${found}, expected [${shape.join(', ')}].`,
      );
  }
}

/** In the order of the shards, so that the same shard count gives the same bits. */
function add(parts: Float32Array[]): Float32Array {
  const out = parts[0].slice();
  for (const part of parts.slice(1)) for (let i = 0; i < out.length; i++) out[i] += part[i];
  return out;
}
