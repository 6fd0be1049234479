/** The one place that knows how the host describes an explanation; everything that is drawn is made from `HeardSeries`. */
import type { SaliencyView } from '../../src/protocol/panels/saliency';
import type { Grid } from '../../src/protocol/values';
import { clipMap, type ClipMap } from './clip-map';

/** Importance of each value of the series by one source: attention, a layer, or a method on the waveform. */
export interface SaliencySource {
  source: string;
  /** so many neighboring values the map cannot tell apart */
  resolution: number;
  /** by value of the series; NaN where the model never heard it */
  values: ArrayLike<number>;
}

/** Where one layer looks in the mel-spectrogram. */
export interface LayerMap {
  layer: string;
  grid: Grid;
  /** the layer has a single channel: its map is a scaled activation */
  scaledActivation: boolean;
}

/** One series, the clip that the model heard of it, and what its decision is based on. */
export interface HeardSeries {
  series: ArrayLike<number>;
  /** samples of the clip, in its own units */
  reprogrammed: ArrayLike<number>;
  /** hertz */
  sampleRate: number;
  /** seconds of the clip */
  duration: number;
  /** where the series lies on the clip */
  map: ClipMap;
  /** seconds, the middle of each frame, and how long one frame hears */
  frameTimes: ArrayLike<number>;
  windowSeconds: number;
  /** hertz, the middle of each mel bin */
  binFrequencies: ArrayLike<number>;
  /** by frame; null when the architecture has none */
  attention: ArrayLike<number> | null;
  mel: Grid;
  layers: readonly LayerMap[];
  sources: readonly SaliencySource[];
  /** the source that tints the series: the method on the waveform, else the chosen layer */
  tint: SaliencySource | null;
  /** sources without a map on the series, because every member is too coarse for it */
  tooCoarse: readonly string[];
  /** whether the map of the method is still to come */
  waiting: boolean;
  /** by value: its number in the header; null where the header has none */
  header: ArrayLike<number> | null;
}

export function heardSeries({ explanation, method, layer, layers, members, axis }: SaliencyView): HeardSeries {
  const { series, reprogrammed, attention, mel, cam, onSeries, axes } = explanation;
  const { sampleRate, clipSamples, frameTimes, windowSeconds, binFrequencies } = axes;
  const wanted = method === 'grad-cam' ? layer : method;
  const present = new Set(onSeries.map(({ source }) => source));
  const waiting = method !== 'grad-cam' && !present.has(method);
  const tint = onSeries.find(({ source }) => source === wanted);
  return {
    series,
    reprogrammed,
    sampleRate,
    duration: clipSamples / sampleRate,
    map: clipMap(series.length, {
      sampleRate,
      starts: axes.copies,
      replicaLength: axes.copyLength,
      heard: axes.copyValues,
    }),
    frameTimes,
    windowSeconds,
    binFrequencies,
    attention,
    mel,
    layers: cam,
    sources: onSeries,
    tint: tint ?? (waiting ? null : (onSeries.at(-1) ?? null)),
    tooCoarse: [...(attention ? ['attention'] : []), ...layers].filter((source) => !present.has(source)),
    waiting: waiting && members.heard < members.count,
    header: axis?.positions ?? null,
  };
}
