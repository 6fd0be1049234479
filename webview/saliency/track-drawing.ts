/** What the tracks are drawn with: axes, paths, bands of color, images of grids. */
import { scaleLinear, type ScaleLinear } from 'd3';
import type { Grid } from '../../src/protocol/values';
import { tableIndex, tintTable, type ColorTable } from '../shared/model/colors';
import { envelope, polyline } from '../shared/model/decimate';
import { formatNumber } from '../shared/model/format';
import { extentOf, type Window } from '../shared/model/scales';
import { t } from '../shared/strings';
import type { Theme } from '../shared/theme';
import type { TrackContent } from './track';

type X = ScaleLinear<number, number>;

/** From the least to the greatest saliency of one source. */
interface SourceScale {
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

export function yAxis(domain: [number, number], height: number): Pick<TrackContent, 'yTicks' | 'yScale'> {
  const scale = scaleLinear(domain, [0, 1]);
  return {
    yTicks: scale.ticks(Math.max(2, Math.floor(height / 32))).map((at) => ({ at, text: formatNumber(at, 3) })),
    yScale: (value) => scale(value),
  };
}

/** Columns of values as a band of colors; each value covers its own place. */
export function paintBand(
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

/** A grid as an image of one pixel per cell, low bins at the bottom. */
export function gridImage(
  { frames, bins, values }: Grid,
  table: ColorTable,
  [low, high]: [number, number],
): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, frames);
  canvas.height = Math.max(1, bins);
  const context = canvas.getContext('2d');
  if (!context) throw new Error(t('This browser cannot draw on a canvas.'));
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

export function pathOf(
  pieces: [number, number][][],
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  return pieces
    .map((piece) => piece.map(([i, v], k) => `${k === 0 ? 'M' : 'L'}${x(i).toFixed(1)},${y(v).toFixed(1)}`).join(''))
    .join('');
}

/** A waveform: a line where single samples can be seen, its envelope otherwise. */
export function wavePath(
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
