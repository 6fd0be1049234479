import type { RenderingKind } from '../rendering/description';
import type { Squashing } from '../rendering/squashing';

/** A range from which a constant is drawn, uniformly by its logarithm. */
export type LogRange = readonly [least: number, most: number];

/** Entries with the part of the draws that each gets, in any unit. */
export type Weighted<T> = readonly (readonly [T, number])[];

type DrawnChannel =
  | 'value'
  | 'slope'
  | 'smooth-slope'
  | 'deviation'
  | 'deviation-slope'
  | 'difference'
  | 'curvature'
  | 'kernel'
  | 'local';

/**
 * The distributions from which members are drawn. Frequencies in hertz; `octaves` and `gain` get a random sign; lags, radii and
 * dilations are limited by a part of the series' length.
 */
export interface Sampler {
  kinds: Weighted<RenderingKind>;
  channels: Weighted<DrawnChannel>;
  squashings: Weighted<Squashing>;
  /** part of the contours that hear a window, and the part of the series it has */
  window: { probability: number; part: LogRange; leastValues: number };
  lag: { least: number; mostOfLength: number };
  radius: { least: number; mostOfLength: number };
  dilation: { least: number; mostOfLength: number };
  /** part of the drawn thetas that are white, and the most correlation of neighbors in the others */
  noise: { white: number; mostColor: number };
  replicas: { native: number; rate: LogRange; most: number; noise: LogRange };
  carrier: { fundamental: LogRange; gain: LogRange; spread: number; noise: LogRange };
  pitch: {
    fundamental: LogRange;
    octaves: LogRange;
    mostHarmonics: number;
    /** part of the voices without amplitude modulation, and the most of the others */
    unmodulated: number;
    mostModulation: number;
    noise: LogRange;
  };
  formant: {
    fundamental: LogRange;
    lower: LogRange;
    upper: LogRange;
    octaves: LogRange;
    mostBreath: number;
    noise: LogRange;
  };
}

/** The recipe of a drawn ensemble: every distribution, in one place. */
export const SAMPLER: Sampler = {
  kinds: [
    ['pitch', 7],
    ['formant', 7],
    ['carrier', 6],
  ],
  channels: [
    ['value', 4],
    ['slope', 2],
    ['deviation', 3],
    ['difference', 3],
    ['curvature', 2],
    ['local', 2],
    ['kernel', 4],
  ],
  squashings: [
    ['clip', 4],
    ['asinh', 1],
    ['rank', 1],
  ],
  window: { probability: 0.1, part: [0.3, 0.8], leastValues: 8 },
  lag: { least: 1, mostOfLength: 1 / 10 },
  radius: { least: 2, mostOfLength: 1 / 4 },
  dilation: { least: 1, mostOfLength: 1 / 9 },
  noise: { white: 0.5, mostColor: 0.9 },
  replicas: { native: 0.4, rate: [1, 64], most: 20, noise: [0.003, 1] },
  carrier: { fundamental: [80, 400], gain: [0.3, 1.5], spread: 1.2, noise: [0.01, 1] },
  pitch: {
    fundamental: [150, 2500],
    octaves: [0.15, 1.2],
    mostHarmonics: 5,
    unmodulated: 0.5,
    mostModulation: 0.5,
    noise: [0.003, 0.3],
  },
  formant: {
    fundamental: [90, 260],
    lower: [350, 800],
    upper: [1000, 2500],
    octaves: [0.1, 0.6],
    mostBreath: 0.1,
    noise: [0.003, 0.1],
  },
};
