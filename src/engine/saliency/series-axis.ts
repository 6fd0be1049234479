import { convolutionLayers, TAPS_PER_CONVOLUTION } from '../acoustic/architecture';
import type { ModelCard } from '../acoustic/card';
import type { TapDescription } from '../acoustic/model';
import { frameCount } from '../audio/front-end';
import type { Positions } from '../rendering/rendering';

/** Importance of every value of a series. */
export interface SeriesMap {
  /** [L]; NaN where the model never heard the value */
  values: Float64Array;
  /** so many neighboring values the map cannot tell apart; at least 1, and more than L where it says nothing about places */
  resolution: number;
}

/** Parts of a sample below this belong to rounding. */
const LEAST_PART = 1e-3;

/**
 * Brings a curve over the clip to the series: each value takes the sum over the samples that belong to it, in all replicas. A sample
 * in which several values pass is shared among them, so that the sum over the series is that over the samples that sound.
 * @param curve one value a clip sample, [16000]
 * @returns [length]; NaN for values that no sample belongs to
 */
export function sumOverSeries(
  curve: ArrayLike<number>,
  length: number,
  { of, valuesPerSample }: Positions,
): Float64Array {
  const sum = new Float64Array(length).fill(NaN);
  for (let i = 0; i < of.length; i++) {
    if (Number.isNaN(of[i])) continue;
    // On an axis where value j covers j .. j + 1.
    const from = Math.max(0, of[i] + 0.5 - valuesPerSample / 2);
    const to = Math.min(length, of[i] + 0.5 + valuesPerSample / 2);
    for (let j = Math.floor(from); j < to; j++) {
      const part = (Math.min(j + 1, to) - Math.max(j, from)) / (to - from);
      if (part >= LEAST_PART) sum[j] = (Number.isNaN(sum[j]) ? 0 : sum[j]) + part * curve[i];
    }
  }
  return sum;
}

/** Which values of the series some sample of the clip belongs to, [length]. */
export function heardValues(length: number, positions: Positions): boolean[] {
  return Array.from(
    sumOverSeries(new Float64Array(positions.of.length), length, positions),
    (sum) => !Number.isNaN(sum),
  );
}

/** Series values that pass during so many samples, at least 1. */
export function valuesDuring(samples: number, { valuesPerSample }: Positions): number {
  return Math.max(1, samples * valuesPerSample);
}

/**
 * Clip samples that one cell of a convolution goes by: the window of a frame, widened by the kernels of the layers up to it. Of a
 * LayersModel the kernels are not known here; its cells go by at least as much as they stand for.
 */
export function receptiveSamples({ architecture, frontEnd }: ModelCard, tap: TapDescription): number {
  const frames =
    architecture === 'tfjs'
      ? Math.ceil(frameCount(frontEnd) / tap.frames)
      : receptiveFrames(new Map(convolutionLayers(architecture).map((layer) => [layer.name, layer])), tap.name);
  return frontEnd.fftSize + (frames - 1) * frontEnd.hop;
}

function receptiveFrames(layers: ReadonlyMap<string, { inputs: readonly string[] }>, name: string): number {
  const layer = layers.get(name);
  // The features themselves: one frame.
  if (!layer) return 1;
  return TAPS_PER_CONVOLUTION - 1 + Math.max(...layer.inputs.map((input) => receptiveFrames(layers, input)));
}

/** Where a series passes through the clip, once in each replica; all replicas are alike. */
export interface ReplicaSpans {
  /** first clip sample of each */
  starts: number[];
  /** clip samples of one */
  length: number;
  /** part of the series that passes, on an axis where value j covers j .. j + 1 */
  heard: [from: number, to: number];
}

/** The replicas of a series of `length` values: a new one begins after silence, or where the series starts anew. */
export function replicaSpans({ of, valuesPerSample }: Positions, length: number): ReplicaSpans {
  const starts: number[] = [];
  let samples = 0;
  let [from, to] = [Infinity, -Infinity];
  for (let i = 0; i < of.length; i++) {
    if (Number.isNaN(of[i])) continue;
    samples++;
    if (i === 0 || !(of[i] >= of[i - 1])) starts.push(i);
    from = Math.min(from, of[i] + 0.5 - valuesPerSample / 2);
    to = Math.max(to, of[i] + 0.5 + valuesPerSample / 2);
  }
  return {
    starts,
    length: starts.length > 0 ? samples / starts.length : 0,
    heard: [Math.max(0, from), Math.min(length, to)],
  };
}
