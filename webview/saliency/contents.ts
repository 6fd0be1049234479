/** What each track of the saliency figure shows, made from one explanation. */
import type { ScaleLinear } from 'd3';
import { scaleLinear } from 'd3';
import type { Explanation } from '../../src/protocol/panels/saliency';
import type { Grid } from '../../src/protocol/values';
import { energyTable, isDark, overlayTable, tableIndex, tintTable, type ColorTable } from '../shared/model/colors';
import { envelope, polyline } from '../shared/model/decimate';
import { formatHertz, formatNumber, formatSeconds } from '../shared/model/format';
import { extentOf, frequencyTicks, niceDomain, type Window } from '../shared/model/scales';
import { t } from '../shared/strings';
import type { Theme } from '../shared/theme';
import { nearestFrame, placedSeries, type ClipMap } from './clip-map';
import { sourceName } from './source-names';
import type { TrackContent } from './track';

type X = ScaleLinear<number, number>;

/** From the least to the greatest saliency of one source. */
export interface SourceScale {
  low: number;
  high: number;
  signed: boolean;
  positive: ColorTable;
  negative: ColorTable;
}

export function sourceScale(values: ArrayLike<number>, theme: Theme): SourceScale {
  const [low, high] = extentOf(values) ?? [0, 1];
  const positive = tintTable(theme.background, theme.positive);
  const negative = tintTable(theme.background, theme.negative);
  const bound = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return low < 0
    ? { low: -bound, high: bound, signed: true, positive, negative }
    : { low: 0, high: bound, signed: false, positive, negative };
}

function sourceColor(scale: SourceScale, value: number): string | null {
  if (Number.isNaN(value)) return null;
  const table = value < 0 ? scale.negative : scale.positive;
  const index = tableIndex(Math.abs(value), 0, scale.high);
  return `rgb(${table[4 * index]}, ${table[4 * index + 1]}, ${table[4 * index + 2]})`;
}

function yAxis(domain: [number, number], height: number): Pick<TrackContent, 'yTicks' | 'yScale'> {
  const scale = scaleLinear(domain, [0, 1]);
  return {
    yTicks: scale.ticks(Math.max(2, Math.floor(height / 32))).map((at) => ({ at, text: formatNumber(at, 3) })),
    yScale: (value) => scale(value),
  };
}

/** Columns of values as a band of colors; each value covers its own place. */
function paintBand(
  context: CanvasRenderingContext2D,
  x: X,
  window: Window,
  values: ArrayLike<number>,
  scale: SourceScale,
  top: number,
  height: number,
): void {
  const first = Math.max(0, Math.floor(window.from));
  const end = Math.min(values.length, Math.ceil(window.to));
  const perColumn = Math.max(1, (end - first) / Math.max(1, x.range()[1]));
  for (let i = first; i < end; i += perColumn) {
    // Where several values share a pixel, the strongest shows.
    let strongest = NaN;
    for (let k = Math.floor(i); k < Math.min(end, Math.floor(i + perColumn) || 1); k++)
      if (!Number.isNaN(values[k]) && !(Math.abs(values[k]) <= Math.abs(strongest))) strongest = values[k];
    const color = sourceColor(scale, strongest);
    if (!color) continue;
    context.fillStyle = color;
    // Whole pixels, so that neighbors neither overlap nor leave a gap.
    const left = Math.round(x(Math.floor(i)));
    context.fillRect(left, top, Math.round(x(Math.floor(i + perColumn))) - left, height);
  }
}

/** The original series, its background tinted by one source of saliency. */
export function seriesContent(
  series: ArrayLike<number>,
  source: { name: string; values: ArrayLike<number> } | null,
  theme: Theme,
): TrackContent {
  const domain = niceDomain(extentOf(series));
  const height = 120;
  const scale = source ? sourceScale(source.values, theme) : null;
  return {
    title: source ? t('Series, tinted by {0}', source.name) : t('Series'),
    height,
    ...yAxis(domain, height),
    yTitle: t('value'),
    paint: (context, x, plot, window) => {
      if (!source || !scale) return;
      // Paler than on its own, so that the curve above stays readable.
      context.globalAlpha = 0.7;
      paintBand(context, x, window, source.values, scale, 0, plot);
      context.globalAlpha = 1;
    },
    curves: (x, plot, window, columns) => {
      const y = scaleLinear(domain, [plot, 0]);
      // A value stands in the middle of its place.
      return [
        { path: pathOf(polyline(series, window.from, window.to + 1, columns), (i) => x(i + 0.5), y), style: 'target' },
      ];
    },
    readout: (position) => {
      const index = Math.min(series.length - 1, Math.floor(position));
      const value = `${t('value')} ${formatNumber(series[index], 4)}`;
      if (!source) return value;
      const saliency = source.values[index];
      return `${value} · ${Number.isNaN(saliency) ? t('never heard') : `${t('saliency')} ${formatNumber(saliency, 3)}`}`;
    },
  };
}

/** Whether a map is 0 wherever it has a value: nothing in it is positive, and negative values were cut off. */
export function isEmptyMap(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== 0 && !Number.isNaN(values[i])) return false;
  return true;
}

/** One source of saliency on the series' axis. */
export function sourceContent(source: string, values: ArrayLike<number>, theme: Theme): TrackContent {
  const scale = sourceScale(values, theme);
  return {
    title: isEmptyMap(values) ? t('{0}: empty', sourceName(source)) : sourceName(source),
    height: 16,
    yTicks: [],
    yScale: () => 0,
    paint: (context, x, plot, window) => paintBand(context, x, window, values, scale, 0, plot),
    readout: (position) => {
      const value = values[Math.min(values.length - 1, Math.floor(position))];
      return Number.isNaN(value) ? t('never heard') : formatNumber(value, 3);
    },
  };
}

/** (a) the waveform the model hears, and the copies of the target series in it. */
export function waveformContent(explanation: Explanation, map: ClipMap): TrackContent {
  const { reprogrammed, series, axes } = explanation;
  const target = placedSeries(map, series, axes.sampleRate, reprogrammed.length);
  const domain = niceDomain(extentOf(reprogrammed, target), 0);
  const height = 110;
  const sampleOf = (seconds: number) => seconds * axes.sampleRate;
  return {
    title: t('(a) Waveform'),
    legend: [
      { text: t('— target'), style: 'target-key' },
      { text: t('— reprogrammed'), style: 'reprogrammed-key' },
    ],
    height,
    ...yAxis(domain, height),
    yTitle: t('amplitude'),
    curves: (x, plot, window, columns) => {
      const y = scaleLinear(domain, [plot, 0]);
      const at = (sample: number) => x(sample / axes.sampleRate);
      const range: [number, number] = [sampleOf(window.from), sampleOf(window.to) + 1];
      return [
        { path: wavePath(reprogrammed, ...range, columns, at, y), style: 'reprogrammed' },
        { path: wavePath(target, ...range, columns, at, y), style: 'target' },
      ];
    },
    readout: (seconds) => {
      const sample = Math.min(reprogrammed.length - 1, Math.floor(sampleOf(seconds)));
      const own = target[sample];
      const parts = [formatSeconds(seconds), `${t('reprogrammed')} ${formatNumber(reprogrammed[sample], 3)}`];
      if (!Number.isNaN(own)) parts.push(`${t('target')} ${formatNumber(own, 3)}`);
      return parts.join(' · ');
    },
  };
}

/** (b) attention over the frames. */
export function attentionContent(explanation: Explanation): TrackContent | null {
  const { attention, axes } = explanation;
  if (!attention) return null;
  const { frameTimes } = axes;
  const hop = hopOf(frameTimes);
  const domain = niceDomain(extentOf(attention), 0);
  const height = 70;
  return {
    title: t('(b) Attention weights'),
    height,
    ...yAxis(domain, height),
    yTitle: t('weight'),
    curves: (x, plot) => {
      const y = scaleLinear(domain, [plot, 0]);
      let outline = '';
      let area = `M${x(frameTimes[0] - hop / 2).toFixed(1)},${plot}`;
      for (let frame = 0; frame < attention.length; frame++) {
        const [left, right] = [x(frameTimes[frame] - hop / 2), x(frameTimes[frame] + hop / 2)];
        const top = y(attention[frame]).toFixed(1);
        const step = `L${left.toFixed(1)},${top}L${right.toFixed(1)},${top}`;
        outline += frame === 0 ? `M${step.slice(1)}` : step;
        area += step;
      }
      area += `L${x(frameTimes[attention.length - 1] + hop / 2).toFixed(1)},${plot}Z`;
      return [
        { path: area, style: 'attention-area' },
        { path: outline, style: 'attention-line' },
      ];
    },
    readout: (seconds) => {
      const frame = nearestFrame(frameTimes, seconds);
      return `${t('frame {0}', frame)} · ${t('weight')} ${formatNumber(attention[frame], 3)}`;
    },
  };
}

/** (c) what the model hears, and over it, in (d), where a layer looks. */
export function melContent(
  explanation: Explanation,
  theme: Theme,
  cam: { title: string; grid: Grid } | null,
): TrackContent {
  const { mel, axes } = explanation;
  const { frameTimes, binFrequencies } = axes;
  const height = cam ? 104 : 120;
  const hop = hopOf(frameTimes);
  const under = gridImage(mel, cam ? greyTable(theme) : energyTable(), extentOf(mel.values) ?? [0, 1]);
  const over = cam
    ? gridImage(cam.grid, overlayTable(), [0, Math.max(1e-9, extentOf(cam.grid.values)?.[1] ?? 1)])
    : null;
  return {
    title: cam ? cam.title : t('(c) Mel-spectrogram'),
    ...(cam && isEmptyMap(cam.grid.values) && { message: t('empty: nowhere positive for this class') }),
    height,
    yTicks: frequencyTicks(binFrequencies, height).map(({ hertz, bin }) => ({ at: bin, text: formatHertz(hertz) })),
    yScale: (bin) => (bin + 0.5) / mel.bins,
    paint: (context, x, plot) => {
      const left = x(frameTimes[0] - hop / 2);
      const right = x(frameTimes[mel.frames - 1] + hop / 2);
      context.imageSmoothingEnabled = false;
      context.drawImage(under, left, 0, right - left, plot);
      if (over) context.drawImage(over, left, 0, right - left, plot);
    },
    readout: (seconds) => {
      const frame = nearestFrame(frameTimes, seconds);
      const grid = cam ? cam.grid : mel;
      let peak = 0;
      for (let bin = 1; bin < grid.bins; bin++)
        if (grid.values[frame * grid.bins + bin] > grid.values[frame * grid.bins + peak]) peak = bin;
      const value = formatNumber(grid.values[frame * grid.bins + peak], 3);
      const at = formatHertz(binFrequencies[Math.min(peak, binFrequencies.length - 1)]);
      return cam
        ? t('strongest at {0}: {1}', at, value)
        : t('{0} · loudest at {1}: {2}', formatSeconds(seconds), at, value);
    },
  };
}

function hopOf(frameTimes: ArrayLike<number>): number {
  return frameTimes.length > 1 ? (frameTimes[frameTimes.length - 1] - frameTimes[0]) / (frameTimes.length - 1) : 0.008;
}

/** Gray from the theme's background: quiet enough that the colors above stand out. */
function greyTable(theme: Theme): ColorTable {
  return tintTable(theme.background, isDark(theme.kind) ? '#9a9a9a' : '#707070');
}

/** A grid as an image of one pixel per cell, low bins at the bottom. */
function gridImage(
  { frames, bins, values }: Grid,
  table: ColorTable,
  [low, high]: [number, number],
): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, frames);
  canvas.height = Math.max(1, bins);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser cannot draw on a canvas.');
  const image = context.createImageData(canvas.width, canvas.height);
  for (let frame = 0; frame < frames; frame++)
    for (let bin = 0; bin < bins; bin++) {
      const index = tableIndex(values[frame * bins + bin], low, high);
      if (index < 0) continue;
      image.data.set(table.subarray(4 * index, 4 * index + 4), 4 * ((bins - 1 - bin) * frames + frame));
    }
  context.putImageData(image, 0, 0);
  return canvas;
}

function pathOf(pieces: [number, number][][], x: (index: number) => number, y: (value: number) => number): string {
  return pieces
    .map((piece) => piece.map(([i, v], k) => `${k === 0 ? 'M' : 'L'}${x(i).toFixed(1)},${y(v).toFixed(1)}`).join(''))
    .join('');
}

/** A waveform: a line where single samples can be seen, its envelope otherwise. */
function wavePath(
  values: ArrayLike<number>,
  from: number,
  to: number,
  columns: number,
  x: (sample: number) => number,
  y: (value: number) => number,
): string {
  if (to - from <= 2 * columns) return pathOf(polyline(values, from, to, columns), x, y);
  // The samples from..to fill the plot, so each column of the envelope is a column of pixels.
  const { low, high } = envelope(values, from, to, Math.ceil(columns));
  let path = '';
  for (let i = 0; i < low.length; i++) {
    if (Number.isNaN(low[i])) continue;
    const top = y(high[i]);
    path += `M${i + 0.5},${top.toFixed(1)}V${Math.max(top + 0.8, y(low[i])).toFixed(1)}`;
  }
  return path;
}
