/** What the tracks are drawn with: axes, paths, bands of color, images of grids. */
import { scaleLinear, type ScaleLinear } from 'd3';
import type { Grid } from '../../src/protocol/values';
import { tableIndex, tintTable, type ColorTable } from '../shared/model/colors';
import { envelope, polyline } from '../shared/model/decimate';
import { formatNumber } from '../shared/model/format';
import { extentOf, type Window } from '../shared/model/scales';
import { t } from '../shared/strings';
import type { Theme } from '../shared/theme';
import type { ColorScale, TrackContent } from './track';

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

/** The ends of a source's scale in words: its greatest magnitude is 1. */
export function sourceColors(scale: SourceScale): ColorScale {
  const steps = 24;
  const at = (share: number): string => sourceColor(scale, scale.high * share)!;
  const colors = Array.from({ length: steps }, (_, i) =>
    at(scale.signed ? (2 * i) / (steps - 1) - 1 : i / (steps - 1)),
  );
  return scale.signed ? { low: t('against −1'), high: t('1 for'), colors } : { low: '0', high: '1', colors };
}

/** The colors of a table with what its ends mean. */
export function tableColors(table: ColorTable, low: string, high: string): ColorScale {
  const steps = 24;
  const colors = Array.from({ length: steps }, (_, i) => {
    const at = 4 * Math.round((255 * i) / (steps - 1));
    return `rgba(${table[at]}, ${table[at + 1]}, ${table[at + 2]}, ${(table[at + 3] / 255).toFixed(3)})`;
  });
  return { low, high, colors };
}

/** Columns of values as an area around the middle of the plot: up where a value is positive, down where it is negative. */
export function paintSignedArea(
  context: CanvasRenderingContext2D,
  x: X,
  window: Window,
  values: ArrayLike<number>,
  scale: SourceScale,
  height: number,
): void {
  // Without negative values the whole height is there for the positive ones.
  const zero = scale.signed ? height / 2 : height;
  const first = Math.max(0, Math.floor(window.from));
  const end = Math.min(values.length, Math.ceil(window.to));
  const perColumn = Math.max(1, (end - first) / Math.max(1, x.range()[1]));
  context.globalAlpha = 0.55;
  for (let i = first; i < end; i += perColumn) {
    const value = strongestOf(values, i, Math.min(end, Math.floor(i + perColumn) || 1));
    if (!value) continue;
    context.fillStyle = sourceColor(scale, Math.sign(value) * scale.high)!;
    const left = Math.round(x(Math.floor(i)));
    const size = (value / scale.high) * (scale.signed ? height / 2 : height);
    context.fillRect(
      left,
      Math.min(zero, zero - size),
      Math.round(x(Math.floor(i + perColumn))) - left,
      Math.abs(size),
    );
  }
  context.globalAlpha = 1;
  if (!scale.signed) return;
  context.fillStyle = getComputedStyle(context.canvas).color;
  context.globalAlpha = 0.4;
  context.fillRect(0, zero, x.range()[1], 1);
  context.globalAlpha = 1;
}

/** Of several values, the one with the greatest magnitude; NaN where there is none. */
function strongestOf(values: ArrayLike<number>, from: number, to: number): number {
  let strongest = NaN;
  for (let k = Math.floor(from); k < to; k++)
    if (!Number.isNaN(values[k]) && !(Math.abs(values[k]) <= Math.abs(strongest))) strongest = values[k];
  return strongest;
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
    const strongest = strongestOf(values, i, Math.min(end, Math.floor(i + perColumn) || 1));
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
  // The part of the waveform that is in the window, which may reach beyond it.
  const first = Math.max(0, Math.floor(from));
  const end = Math.min(values.length, to);
  if (end <= first) return '';
  const left = x(first);
  const width = Math.min(columns, Math.ceil(x(end) - left));
  if (end - first <= 2 * width) return pathOf(polyline(values, first, end, width), x, y);
  // The samples first..end fill so many columns of pixels, one each of the envelope.
  const { low, high } = envelope(values, first, end, width);
  let path = '';
  for (let i = 0; i < low.length; i++) {
    if (Number.isNaN(low[i])) continue;
    const top = y(high[i]);
    path += `M${(left + i + 0.5).toFixed(1)},${top.toFixed(1)}V${Math.max(top + 0.8, y(low[i])).toFixed(1)}`;
  }
  return path;
}
