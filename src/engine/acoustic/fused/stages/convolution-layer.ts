import { TAPS_PER_CONVOLUTION, type ConvolutionLayer } from '../../architecture';
import type { Arena } from '../arena';
import { packBackward, packForward, storedChannels, type KernelSlice } from '../packing';
import type { WeightSlots } from './weight-slots';

/** One source of a layer's input: the features or another layer's normalized output. */
export interface Segment {
  from: Layer | null;
  channels: number;
  firstChannel: number;
  inputs: number;
  weights: number;
  backwardWeights: number;
  gradient: number;
}

/** A convolution with its ReLU and batch normalization; numbers are places in the arena. */
export interface Layer {
  spec: ConvolutionLayer;
  channels: number;
  /** after the ReLU */
  z: number;
  /** after batch normalization */
  y: number;
  /** gradient by y, then by the convolution's output */
  g: number;
  bias: number;
  scale: number;
  shift: number;
  slope: number;
  offset: number;
  /** statistics that `y` was made with, [channels] each */
  mean: Float64Array;
  variance: Float64Array;
  segments: Segment[];
}

/**
 * Gives a layer its places in the arena.
 * @param before the layers that it may read
 * @param planeCells cells of a plane of so many stored channels
 */
export function layOutLayer(
  spec: ConvolutionLayer,
  before: readonly Layer[],
  arena: Arena,
  slots: WeightSlots,
  planeCells: (channels: number) => number,
): Layer {
  const channels = storedChannels(spec.channels);
  const vector = (name: string): (() => Float32Array) => {
    const padded = new Float32Array(channels);
    return () => {
      padded.set(slots.get(name));
      return padded;
    };
  };
  const layer: Layer = {
    spec,
    channels,
    z: arena.cells(planeCells(channels)),
    y: arena.cells(planeCells(channels)),
    g: arena.cells(planeCells(channels)),
    bias: slots.derive(channels, vector(`${spec.name}.bias`)),
    scale: arena.cells(channels),
    shift: arena.cells(channels),
    slope: arena.cells(channels),
    offset: arena.cells(channels),
    mean: new Float64Array(spec.channels),
    variance: new Float64Array(spec.channels),
    segments: [],
  };
  let firstInput = 0;
  for (const name of spec.inputs) {
    const from = before.find((other) => other.spec.name === name) ?? null;
    const sliceInputs = from ? from.spec.channels : 1;
    const first = firstInput;
    const slice = (): KernelSlice => ({
      kernel: slots.get(`${spec.name}.kernel`),
      inputs: spec.inputChannels,
      outputs: spec.channels,
      firstInput: first,
      sliceInputs,
    });
    const inputs = storedChannels(sliceInputs);
    const cells = TAPS_PER_CONVOLUTION * inputs * channels;
    layer.segments.push({
      from,
      channels: sliceInputs,
      firstChannel: first,
      inputs,
      weights: slots.derive(cells, () => packForward(slice())),
      backwardWeights: slots.derive(cells, () => packBackward(slice())),
      gradient: arena.cells(cells),
    });
    firstInput += sliceInputs;
  }
  return layer;
}
