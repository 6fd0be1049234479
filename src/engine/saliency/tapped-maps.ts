import type { ModelCard } from '../acoustic/card';
import type { Taps } from '../acoustic/model';
import { frameCount } from '../audio/front-end';
import { classActivationMap, type CamVariant } from './class-activation';
import { framesToSamples } from './clip-axis';
import { onFeatureGrid, overFrames } from './feature-grid';
import { receptiveSamples } from './series-axis';

/** One map of a clip: attention, or the class activation map of a convolution. */
export interface TappedMap {
  /** `attention` or the layer */
  name: string;
  /** [frame][mel bin] of the features, unscaled; null for attention */
  grid: Float32Array | null;
  /** [frame] */
  curve: ArrayLike<number>;
  /** clip samples that one value of the curve goes by */
  receptive: number;
}

/** Attention and the class activation maps of clip `clip` among n; the taps hold gradients. */
export function tappedMaps(card: ModelCard, taps: Taps, clip: number, n: number, cam: CamVariant): TappedMap[] {
  const { frontEnd } = card;
  const frames = frameCount(frontEnd);
  const ofClip = (values: Float32Array): Float32Array =>
    values.subarray((clip * values.length) / n, ((clip + 1) * values.length) / n);
  const maps = taps.convolutions.map(({ tap, activation, gradient }): TappedMap => {
    const map = classActivationMap(cam, ofClip(activation), ofClip(gradient!), tap);
    const grid = onFeatureGrid(map, tap, frames, frontEnd.melBins);
    return { name: tap.name, grid, curve: overFrames(grid, frames), receptive: receptiveSamples(card, tap) };
  });
  if (!taps.attention) return maps;
  return [{ name: 'attention', grid: null, curve: ofClip(taps.attention), receptive: frontEnd.fftSize }, ...maps];
}

/**
 * From one value a frame to one a clip sample such that sums are kept: a frame counts as much as the samples from it to the next.
 */
export function frameSharer({ frontEnd }: ModelCard): (curve: ArrayLike<number>) => Float64Array {
  const toSamples = framesToSamples(frontEnd);
  return (curve) => toSamples(curve).map((value) => value / frontEnd.hop);
}
