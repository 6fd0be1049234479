import { scaleLinear, type ScaleLinear } from 'd3';

/** Frequencies a listener knows, hertz; ticks of a mel axis are chosen among them. */
const FAMILIAR_HERTZ = [50, 100, 200, 300, 500, 1000, 1500, 2000, 3000, 4000, 6000, 8000];

/**
 * Ticks of a frequency axis whose bins have these center frequencies.
 * @param centers hertz of each bin, ascending
 * @param height pixels of the axis
 * @param spacing least pixels between two ticks
 * @returns frequency and its fractional bin, from low to high
 */
export function frequencyTicks(
  centers: ArrayLike<number>,
  height: number,
  spacing = 18,
): { hertz: number; bin: number }[] {
  const bins = centers.length;
  if (bins < 2) return bins === 1 ? [{ hertz: centers[0], bin: 0 }] : [];
  const candidates = FAMILIAR_HERTZ.flatMap((hertz) => {
    const bin = fractionalBin(centers, hertz);
    return bin === null ? [] : [{ hertz, bin }];
  });
  // Powers of ten first, then the doublings of the octave, then the rest: the ones that stay are the ones a reader expects.
  const rank = ({ hertz }: { hertz: number }) => {
    const leading = Number(String(hertz)[0]);
    return leading === 1 && !String(hertz).includes('5') ? 0 : [2, 4, 8].includes(leading) ? 1 : 2;
  };
  const kept: { hertz: number; bin: number }[] = [];
  for (const tick of candidates.toSorted((a, b) => rank(a) - rank(b) || b.hertz - a.hertz)) {
    const room = kept.every((other) => (Math.abs(other.bin - tick.bin) / (bins - 1)) * height >= spacing);
    if (room) kept.push(tick);
  }
  return kept.sort((a, b) => a.bin - b.bin);
}

/** Where a frequency lies between the bins, or null outside them; half a bin of margin counts as inside. */
export function fractionalBin(centers: ArrayLike<number>, hertz: number): number | null {
  const last = centers.length - 1;
  const lowMargin = centers[0] - (centers[1] - centers[0]) / 2;
  const highMargin = centers[last] + (centers[last] - centers[last - 1]) / 2;
  if (hertz < lowMargin || hertz > highMargin) return null;
  let above = 1;
  while (above < last && centers[above] < hertz) above++;
  return above - 1 + (hertz - centers[above - 1]) / (centers[above] - centers[above - 1]);
}

/** Least and greatest finite value, or null when there is none. */
export function extentOf(...lists: (ArrayLike<number | null> | null | undefined)[]): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const list of lists) {
    if (!list) continue;
    for (let i = 0; i < list.length; i++) {
      const value = list[i];
      if (value === null || !Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : null;
}

/** Differences below this are none on an axis. */
const LEAST_SPAN = 1e-290;

/**
 * A domain that shows all values with round ends; a constant gets room on both sides.
 * @param include a value that must be visible, usually 0
 */
export function niceDomain(extent: [number, number] | null, include?: number): [number, number] {
  if (!extent) return [0, 1];
  let [low, high] = extent;
  if (include !== undefined) {
    low = Math.min(low, include);
    high = Math.max(high, include);
  }
  // Below these no round number of a double lies between two values.
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low < Math.max(LEAST_SPAN, 1e-12 * size)) {
    const room = size > LEAST_SPAN ? size / 2 : 1;
    low -= room;
    high += room;
  }
  const [niceLow, niceHigh] = scaleLinear([low, high], [0, 1]).nice(5).domain();
  // Rounding must not lose the smallest numbers there are.
  return [Math.min(low, niceLow), Math.max(high, niceHigh)];
}

/** How many ticks fit on an axis of this many pixels. */
export function tickCount(pixels: number, perTick: number): number {
  return Math.max(2, Math.floor(pixels / perTick));
}

/** Ticks at whole numbers only, as epochs and sample indices have. */
export function integerTicks(scale: ScaleLinear<number, number>, count: number): number[] {
  return scale.ticks(count).filter(Number.isInteger);
}

/**
 * A window on an axis: what zooming and panning make, always inside the whole and never narrower than `least`.
 */
export interface Window {
  from: number;
  to: number;
}

/** Zooms by `factor` (> 1: closer) around `center`, which stays where it is. */
export function zoomWindow(window: Window, whole: Window, center: number, factor: number, least: number): Window {
  const width = Math.min(whole.to - whole.from, Math.max(least, (window.to - window.from) / factor));
  const share = window.to === window.from ? 0.5 : (center - window.from) / (window.to - window.from);
  return clampWindow(center - share * width, width, whole);
}

/** Moves by `by`, stopping at the ends. */
export function panWindow(window: Window, whole: Window, by: number): Window {
  return clampWindow(window.from + by, window.to - window.from, whole);
}

function clampWindow(from: number, width: number, whole: Window): Window {
  const start = Math.max(whole.from, Math.min(whole.to - width, from));
  return { from: start, to: start + width };
}
