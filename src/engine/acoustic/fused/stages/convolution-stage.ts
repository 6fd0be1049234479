import { BATCH_NORM_EPSILON, TAPS_PER_CONVOLUTION, type ConvolutionLayer } from '../../architecture';
import type { Tensors } from '../../model';
import type { Arena } from '../arena';
import type { Kernels } from '../module';
import { roundUp, storedChannels } from '../packing';
import { layOutLayer, type Layer, type Segment } from './convolution-layer';
import type { WeightSlots } from './weight-slots';

const CLIPS_PER_CELL = 8;
const PADDING_ROWS = 4;
/** Frames of eight clips that are rearranged together. */
const FRAMES_AT_ONCE = 8;
/** Last arguments of convolveMany when nothing follows the convolution. */
const NOT_ACTIVATED = [0, 0, 0, 0];

/** Activations and gradients of one layer, [n][frame][bin][channel]. */
export interface LayerTaps {
  activation: Float32Array;
  gradient: Float32Array | null;
}

/** The convolutions with ReLU and batch normalization, from features [T][M][B] to a sequence [T][M][B]. */
export class ConvolutionStage {
  readonly sequence: number;
  readonly sequenceGradient: number;
  private readonly input: number;
  private readonly layers: Layer[] = [];
  private readonly sums: number;
  /** bytes from one column to the next, for one channel */
  private readonly columnBytes: number;
  /** planes for the gradients at the taps of so many clips */
  private tapGradients: { clips: number; planes: Map<string, number> } | null = null;

  constructor(
    private readonly arena: Arena,
    private readonly kernels: Kernels,
    private readonly slots: WeightSlots,
    specs: ConvolutionLayer[],
    private readonly frames: number,
    private readonly bins: number,
    private readonly capacity: number,
  ) {
    this.columnBytes = (frames + PADDING_ROWS) * CLIPS_PER_CELL * 4;
    this.input = arena.cells(this.planeCells(1));
    this.sequence = arena.cells(frames * bins * capacity);
    this.sequenceGradient = arena.cells(frames * bins * capacity);
    const widest = Math.max(...specs.map(({ channels }) => storedChannels(channels)));
    this.sums = arena.cells(widest * 4);
    for (const spec of specs)
      this.layers.push(layOutLayer(spec, this.layers, arena, slots, (channels) => this.planeCells(channels)));
  }

  private planeCells(channels: number, clips = this.capacity): number {
    return ((this.columnBytes / 4) * channels * this.bins * clips) / CLIPS_PER_CELL;
  }

  private columns(B: number): number {
    return (this.bins * B) / CLIPS_PER_CELL;
  }

  private at(plane: number, column: number, channels: number): number {
    return plane + column * channels * this.columnBytes;
  }

  /**
   * Outputs and gradients of inner layers are needed one column at a time unless the batch's statistics tie the columns together:
   * then they share the plane's first column, which stays in the cache instead of going through memory.
   */
  private inner(plane: number, layer: Layer, column: number, shared: boolean): number {
    const last = layer === this.layers[this.layers.length - 1];
    return this.at(plane, shared && !last ? 0 : column, layer.channels);
  }

  private source(segment: Segment, column: number, shared: boolean): number {
    return segment.from ? this.inner(segment.from.y, segment.from, column, shared) : this.at(this.input, column, 1);
  }

  private setVector(at: number, values: ArrayLike<number>, channels: number): void {
    const view = this.arena.floats(at, channels);
    view.fill(0);
    view.set(values);
  }

  /** scale and shift of the normalization from the statistics now in the layer. */
  private setNormalization(layer: Layer): void {
    const { normalization, channels } = layer.spec;
    const gamma = this.slots.get(`${normalization}.gamma`);
    const beta = this.slots.get(`${normalization}.beta`);
    const scale = new Float64Array(channels);
    const shift = new Float64Array(channels);
    for (let c = 0; c < channels; c++) {
      scale[c] = gamma[c] / Math.sqrt(layer.variance[c] + BATCH_NORM_EPSILON);
      shift[c] = beta[c] - layer.mean[c] * scale[c];
    }
    this.setVector(layer.scale, scale, layer.channels);
    this.setVector(layer.shift, shift, layer.channels);
  }

  forward(features: number, B: number, batchStatistics: boolean): void {
    const { frames, bins } = this;
    this.kernels.toColumns(features, this.input, frames, bins, B);
    const columns = this.columns(B);
    if (batchStatistics) {
      for (const layer of this.layers) {
        for (let column = 0; column < columns; column++) this.convolve(layer, column, true);
        this.takeBatchStatistics(layer, B);
        this.setNormalization(layer);
        for (let column = 0; column < columns; column++)
          this.kernels.normalize(
            ...[this.at(layer.z, column, layer.channels), this.at(layer.y, column, layer.channels)],
            ...[layer.scale, layer.shift, layer.channels, frames],
          );
      }
    } else {
      for (const layer of this.layers) {
        layer.mean.set(this.slots.get(`${layer.spec.normalization}.mean`));
        layer.variance.set(this.slots.get(`${layer.spec.normalization}.variance`));
        this.setNormalization(layer);
      }
      // A column goes through all layers while it is in the cache.
      for (let column = 0; column < columns; column++)
        for (const layer of this.layers) this.convolve(layer, column, false);
    }
    this.kernels.fromColumns(this.layers[this.layers.length - 1].y, this.sequence, frames, bins, B);
  }

  /** One column through one layer; with batch statistics, y has to wait for them. */
  private convolve(layer: Layer, column: number, batchStatistics: boolean): void {
    const { channels, segments } = layer;
    const z = this.at(layer.z, column, channels);
    const y = this.inner(layer.y, layer, column, !batchStatistics);
    const vectors = [layer.bias, layer.scale, layer.shift];
    const activatesAtOnce = channels > 1 && !batchStatistics;
    segments.forEach((segment, i) => {
      const x = this.source(segment, column, !batchStatistics);
      const common = [x, segment.inputs, segment.weights, z];
      if (channels === 1) this.kernels.convolveOne(...common, Number(i > 0), this.frames);
      else {
        const to = activatesAtOnce && i === segments.length - 1 ? y : 0;
        this.kernels.convolveMany(...common, channels, Number(i > 0), this.frames, to, ...vectors);
      }
    });
    if (!activatesAtOnce) this.kernels.activate(z, y, ...vectors, channels, Number(!batchStatistics), this.frames);
  }

  private channelSums(layer: Layer, p: number, q: number, B: number): { sums: Float64Array; products: Float64Array } {
    const { channels } = layer;
    const products = this.sums + channels * 8;
    this.arena.doubles(this.sums, channels * 2).fill(0);
    for (let column = 0; column < this.columns(B); column++)
      this.kernels.channelSums(
        this.at(p, column, channels),
        this.at(q, column, channels),
        this.sums,
        products,
        channels,
        this.frames,
      );
    return {
      sums: this.arena.doubles(this.sums, layer.spec.channels).slice(),
      products: this.arena.doubles(products, layer.spec.channels).slice(),
    };
  }

  private takeBatchStatistics(layer: Layer, B: number): void {
    const { sums, products } = this.channelSums(layer, layer.z, layer.z, B);
    const count = this.frames * this.bins * B;
    for (let c = 0; c < layer.spec.channels; c++) {
      layer.mean[c] = sums[c] / count;
      layer.variance[c] = Math.max(0, products[c] / count - layer.mean[c] ** 2);
    }
  }

  /** Statistics the last forward used: with batch statistics, those of the batch. */
  statistics(): Tensors {
    const out: Tensors = new Map();
    for (const { spec, mean, variance } of this.layers) {
      out.set(`${spec.normalization}.mean`, { shape: [spec.channels], data: Float32Array.from(mean) });
      out.set(`${spec.normalization}.variance`, { shape: [spec.channels], data: Float32Array.from(variance) });
    }
    return out;
  }

  /**
   * From `sequenceGradient` to the gradient by the features (written to `features`).
   * @param weights receives weight gradients when given
   * @param tapped keep gradients by the ReLU outputs for `taps`
   */
  backward(
    features: number,
    B: number,
    options: { batchStatistics: boolean; weights: Tensors | null; tapped: boolean; input: boolean },
  ): void {
    const { frames, bins } = this;
    const reversed = [...this.layers].reverse();
    this.kernels.toColumns(this.sequenceGradient, reversed[0].g, frames, bins, B);
    const columns = this.columns(B);
    if (options.tapped) this.makeTapGradients(B);
    if (options.weights || options.batchStatistics) {
      const reached = new Set<Layer>();
      for (const layer of reversed) {
        this.normalizationBackward(layer, B, options);
        for (let column = 0; column < columns; column++) this.activationBackward(layer, column, options, false);
        if (options.weights) this.weightGradients(layer, B, options.weights, options.batchStatistics);
        const first = layer.segments.map(({ from }) => from !== null && !reached.has(from));
        for (let column = 0; column < columns; column++) this.inputBackward(layer, column, first, options.input, false);
        for (const { from } of layer.segments) if (from) reached.add(from);
      }
    } else {
      for (let column = 0; column < columns; column++) {
        const reached = new Set<Layer>();
        for (const layer of reversed) {
          this.activationBackward(layer, column, options, true);
          const first = layer.segments.map(({ from }) => from !== null && !reached.has(from));
          this.inputBackward(layer, column, first, options.input, true);
          for (const { from } of layer.segments) if (from) reached.add(from);
        }
      }
    }
    if (options.input) this.kernels.fromColumns(this.input, features, frames, bins, B);
  }

  private activationBackward(
    layer: Layer,
    column: number,
    { tapped, batchStatistics }: { tapped: boolean; batchStatistics: boolean },
    shared: boolean,
  ): void {
    const { channels } = layer;
    const tap = tapped ? this.at(this.tapGradients!.planes.get(layer.spec.name)!, column, channels) : 0;
    this.kernels.activateBackward(
      ...[this.inner(layer.g, layer, column, shared), this.at(layer.z, column, channels)],
      ...[layer.scale, batchStatistics ? layer.slope : 0, layer.offset, tap, channels, this.frames],
    );
  }

  /** The gradient by the features takes the place of the features' columns. */
  private inputBackward(layer: Layer, column: number, first: boolean[], input: boolean, shared: boolean): void {
    const dz = this.inner(layer.g, layer, column, shared);
    layer.segments.forEach((segment, i) => {
      if (!segment.from && !input) return;
      const { from } = segment;
      const to = from ? this.inner(from.g, from, column, shared) : this.at(this.input, column, 1);
      const accumulate = Number(segment.from !== null && !first[i]);
      if (segment.inputs === 1)
        this.kernels.convolveOne(dz, layer.channels, segment.backwardWeights, to, accumulate, this.frames);
      else
        this.kernels.convolveMany(
          dz,
          layer.channels,
          segment.backwardWeights,
          to,
          segment.inputs,
          accumulate,
          this.frames,
          ...NOT_ACTIVATED,
        );
    });
  }

  /** Gradients of gamma and beta and, for batch statistics, what they add to the gradient by z (Ioffe & Szegedy 2015). */
  private normalizationBackward(
    layer: Layer,
    B: number,
    options: { batchStatistics: boolean; weights: Tensors | null },
  ): void {
    const { spec } = layer;
    const { sums, products } = this.channelSums(layer, layer.g, layer.z, B);
    const count = this.frames * this.bins * B;
    const gamma = this.slots.get(`${spec.normalization}.gamma`);
    const byGamma = new Float32Array(spec.channels);
    const slope = new Float64Array(spec.channels);
    const offset = new Float64Array(spec.channels);
    for (let c = 0; c < spec.channels; c++) {
      const inverse = 1 / Math.sqrt(layer.variance[c] + BATCH_NORM_EPSILON);
      const dGamma = (products[c] - layer.mean[c] * sums[c]) * inverse;
      byGamma[c] = dGamma;
      slope[c] = (-gamma[c] * inverse * inverse * dGamma) / count;
      offset[c] = (-gamma[c] * inverse * sums[c]) / count - slope[c] * layer.mean[c];
    }
    if (options.batchStatistics) {
      this.setVector(layer.slope, slope, layer.channels);
      this.setVector(layer.offset, offset, layer.channels);
    }
    options.weights?.set(`${spec.normalization}.gamma`, { shape: [spec.channels], data: byGamma });
    options.weights?.set(`${spec.normalization}.beta`, { shape: [spec.channels], data: Float32Array.from(sums) });
  }

  private weightGradients(layer: Layer, B: number, weights: Tensors, batchStatistics: boolean): void {
    const { spec, channels } = layer;
    const kernel = new Float32Array(TAPS_PER_CONVOLUTION * spec.inputChannels * spec.channels);
    for (const segment of layer.segments) {
      const cells = TAPS_PER_CONVOLUTION * segment.inputs * channels;
      this.arena.floats(segment.gradient, cells).fill(0);
      for (let column = 0; column < this.columns(B); column++) {
        const { from } = segment;
        const x = this.source(segment, column, !batchStatistics);
        // The shared column holds another column's output by now; it is made again from what is kept.
        if (from && !batchStatistics)
          this.kernels.normalize(
            ...[this.at(from.z, column, from.channels), x, from.scale, from.shift, from.channels, this.frames],
          );
        const dz = this.at(layer.g, column, channels);
        if (channels === 1) this.kernels.convolveOneWeights(x, segment.inputs, dz, segment.gradient, this.frames);
        else this.kernels.convolveManyWeights(x, segment.inputs, dz, channels, segment.gradient, this.frames);
      }
      const gradient = this.arena.floats(segment.gradient, cells);
      for (let tap = 0; tap < TAPS_PER_CONVOLUTION; tap++)
        for (let i = 0; i < segment.channels; i++)
          for (let o = 0; o < spec.channels; o++)
            kernel[(tap * spec.inputChannels + segment.firstChannel + i) * spec.channels + o] =
              gradient[(tap * segment.inputs + i) * channels + o];
    }
    weights.set(`${spec.name}.kernel`, {
      shape: [TAPS_PER_CONVOLUTION, 1, spec.inputChannels, spec.channels],
      data: kernel,
    });
    const { sums } = this.channelSums(layer, layer.g, layer.g, B);
    weights.set(`${spec.name}.bias`, { shape: [spec.channels], data: Float32Array.from(sums) });
  }

  /** Room for the gradients at the taps: for the one cell that a single clip needs, or for the whole capacity. */
  private makeTapGradients(B: number): void {
    if (this.tapGradients && B <= this.tapGradients.clips) return;
    const clips = B > CLIPS_PER_CELL ? this.capacity : CLIPS_PER_CELL;
    const planes = this.layers.map(({ spec, channels }): [string, number] => [
      spec.name,
      this.arena.cells(this.planeCells(channels, clips)),
    ]);
    this.tapGradients = { clips, planes: new Map(planes) };
  }

  /** Activations after the ReLU of the n clips of the last forward, and their gradients after a tapped backward. */
  taps(n: number, withGradient: boolean): Map<string, LayerTaps> {
    return new Map(
      this.layers.map((layer) => [
        layer.spec.name,
        {
          activation: this.clipsOf(layer.z, layer, n),
          gradient: withGradient ? this.clipsOf(this.tapGradients!.planes.get(layer.spec.name)!, layer, n) : null,
        },
      ]),
    );
  }

  /** From columns [bin][cell][frame][channel][8] to clips [n][frame][bin][channel]. */
  private clipsOf(plane: number, layer: Layer, n: number): Float32Array {
    const { frames, bins } = this;
    const { channels } = layer.spec;
    const cells = clipsPerCell(n) / CLIPS_PER_CELL;
    const data = this.arena.floats(plane, this.planeCells(layer.channels, cells * CLIPS_PER_CELL));
    const size = frames * bins * channels;
    const out = new Float32Array(n * size);
    const rows = frames + PADDING_ROWS;
    // By blocks of frames, so that the eight clips written at a time stay in the cache.
    for (let cell = 0; cell < cells; cell++)
      for (let block = 0; block < frames; block += FRAMES_AT_ONCE)
        for (let m = 0; m < bins; m++)
          for (let t = block; t < Math.min(frames, block + FRAMES_AT_ONCE); t++) {
            const row = ((m * cells + cell) * rows + t + PADDING_ROWS / 2) * layer.channels * CLIPS_PER_CELL;
            for (let clip = cell * CLIPS_PER_CELL, lane = 0; clip < n && lane < CLIPS_PER_CELL; clip++, lane++) {
              const to = clip * size + (t * bins + m) * channels;
              for (let c = 0; c < channels; c++) out[to + c] = data[row + c * CLIPS_PER_CELL + lane];
            }
          }
    return out;
  }
}

export const clipsPerCell = (n: number): number => roundUp(n, CLIPS_PER_CELL);
