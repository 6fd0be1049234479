import { TINT_LEVELS, tintLevel } from '../inline/tint-ranges';

/** Colors of a picture on the background of a hover. */
export interface PictureColors {
  line: string;
  axis: string;
  tint: string;
}

export const PICTURE_WIDTH = 360;
export const PICTURE_HEIGHT = 110;
const MARGIN = 6;
/** Bands of tint side by side; more could not be told apart. */
const MAX_BANDS = 120;

/**
 * A series as an SVG, tinted where the decision rests on it.
 * @param values what is drawn from left to right; with `paired`, (lowest, highest) of equal parts of the series, which keep every peak
 * @param saliency 0..1 of each value of the whole series; NaN where the model never heard it; empty for none
 */
export function seriesPicture(
  values: ArrayLike<number>,
  paired: boolean,
  saliency: ArrayLike<number>,
  { line, axis, tint }: PictureColors,
): string {
  const width = PICTURE_WIDTH - 2 * MARGIN;
  const height = PICTURE_HEIGHT - 2 * MARGIN;
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  const span = high > low ? high - low : 1;
  const points = paired ? values.length / 2 : values.length;
  const x = (i: number): string => (MARGIN + ((i + 0.5) / points) * width).toFixed(1);
  const y = (value: number): string => (MARGIN + (1 - (value - low) / span) * height).toFixed(1);
  let path = '';
  let isDrawn = false;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      isDrawn = false;
      continue;
    }
    path += `${isDrawn ? 'L' : 'M'}${x(paired ? i >> 1 : i)} ${y(values[i])}`;
    isDrawn = true;
  }
  const zero = low < 0 && high > 0 ? `<path d="M${MARGIN} ${y(0)}h${width}" stroke="${axis}" fill="none"/>` : '';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PICTURE_WIDTH}" height="${PICTURE_HEIGHT}">` +
    `${bands(saliency, width, height, tint)}${zero}` +
    `<path d="${path}" stroke="${line}" stroke-width="1.4" stroke-linejoin="round" stroke-linecap="round" fill="none"/></svg>`
  );
}

/** The tint by levels, as in the text; of several values in a band the most important one counts. */
function bands(saliency: ArrayLike<number>, width: number, height: number, tint: string): string {
  const count = Math.min(MAX_BANDS, saliency.length);
  let drawn = '';
  for (let b = 0; b < count; b++) {
    const end = Math.floor(((b + 1) * saliency.length) / count);
    let largest = NaN;
    for (let i = Math.floor((b * saliency.length) / count); i < end; i++)
      if (!(saliency[i] <= largest) && !Number.isNaN(saliency[i])) largest = saliency[i];
    const level = tintLevel(largest);
    if (level < 0) continue;
    const left = MARGIN + (b / count) * width;
    const opacity = (0.15 + (0.55 * level) / (TINT_LEVELS - 1)).toFixed(2);
    drawn +=
      `<rect x="${left.toFixed(1)}" y="${MARGIN}" width="${(width / count + 0.3).toFixed(1)}" height="${height}" ` +
      `fill="${tint}" fill-opacity="${opacity}"/>`;
  }
  return drawn;
}
