import { V2SError } from '../errors';
import { Random } from '../math/random';
import type { Segment } from './segments';

/**
 * Where the class of a generated series is planted, after Ismail et al. 2020 as far as one channel has room for their designs:
 * - `middle`: always in the middle quarter;
 * - `moving`: a quarter of the series, anywhere;
 * - `rare`: a twelfth of the series, anywhere (their "rare time");
 * - `confounded`: as `moving`, and elsewhere a larger oscillation that is the same in all classes.
 */
export const PLANTED_DESIGNS = ['middle', 'moving', 'rare', 'confounded'] as const;
export type PlantedDesign = (typeof PLANTED_DESIGNS)[number];

/** A series whose class is known to come from one part of it. */
export interface PlantedSeries {
  label: 'up' | 'down';
  values: Float64Array;
  /** the part that differs between the classes */
  truth: Segment;
}

export interface PlantedOptions {
  design: PlantedDesign;
  /** series of each class */
  perClass: number;
  seed: number;
  /** values of a series; at least 24 */
  length?: number;
  /** standard deviation of the noise; the bump is 2 high */
  noise?: number;
}

const HEIGHT = 2;
const CONFOUNDER_HEIGHT = 3;
const CONFOUNDER_WAVES = 3;
/** Correlation of neighboring noise values. */
const COLOR = 0.6;

/**
 * Colored noise with one bump, upward in one class and downward in the other; the classes in random order.
 * @throws V2SError `generators.count`, `generators.length`
 */
export function plantedSeries({ design, perClass, seed, length = 96, noise = 0.5 }: PlantedOptions): PlantedSeries[] {
  if (!Number.isInteger(perClass) || perClass < 1)
    throw new V2SError(
      'generators.count',
      `The number of series per class must be a whole number above 0, not ${perClass}.`,
    );
  if (!Number.isInteger(length) || length < 24)
    throw new V2SError(
      'generators.length',
      `The length of a series must be a whole number of at least 24, not ${length}.`,
    );
  const random = new Random(seed);
  const width = Math.round(length / (design === 'rare' ? 12 : 4));
  const series: PlantedSeries[] = [];
  for (const label of ['up', 'down'] as const)
    for (let i = 0; i < perClass; i++) {
      const values = coloredNoise(length, noise, random);
      const from = design === 'middle' ? Math.round((length - width) / 2) : random.below(length - width + 1);
      const height = label === 'up' ? HEIGHT : -HEIGHT;
      for (let j = 0; j < width; j++) values[from + j] += height * Math.sin((Math.PI * (j + 0.5)) / width);
      const truth = { from, to: from + width };
      if (design === 'confounded') addConfounder(values, truth, random);
      series.push({ label, values, truth });
    }
  return random.shuffle(series);
}

function coloredNoise(length: number, deviation: number, random: Random): Float64Array {
  const values = new Float64Array(length);
  let last = random.gaussian();
  for (let i = 0; i < length; i++) {
    values[i] = deviation * last;
    last = COLOR * last + Math.sqrt(1 - COLOR ** 2) * random.gaussian();
  }
  return values;
}

/** Waves at a place beside the truth, as wide as it is. */
function addConfounder(values: Float64Array, { from, to }: Segment, random: Random): void {
  const width = to - from;
  const starts = Array.from({ length: values.length - width + 1 }, (_, i) => i).filter(
    (start) => start + width <= from || start >= to,
  );
  const start = starts[random.below(starts.length)];
  const phase = 2 * Math.PI * random.uniform();
  for (let j = 0; j < width; j++)
    values[start + j] += CONFOUNDER_HEIGHT * Math.sin(phase + (2 * Math.PI * CONFOUNDER_WAVES * j) / width);
}
