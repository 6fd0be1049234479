import type { ContourDraft, UnmeasuredChannel } from '../../../src/engine/rendering/measure-contour';
import { ContourMeasure } from '../../../src/engine/rendering/measure-contour';
import type { RenderingDescription } from '../../../src/engine/rendering/description';
import type { Squashing } from '../../../src/engine/rendering/squashing';
import { measureTrain } from '../../../src/engine/rendering/train-statistics';
import { Random } from '../../../src/engine/math/random';

/** Random walks with a level and a slope of their own. */
export function walks(count: number, length: number, seed = 1): Float64Array[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    let level = random.gaussian();
    return Float64Array.from({ length }, () => (level = 0.9 * level + 0.5 * random.gaussian()));
  });
}

export const ALL_CHANNELS: UnmeasuredChannel[] = [
  { type: 'value' },
  { type: 'slope' },
  { type: 'smooth-slope' },
  { type: 'deviation' },
  { type: 'deviation-slope' },
  { type: 'difference', lag: 3 },
  { type: 'curvature', lag: 2 },
  { type: 'kernel', dilation: 2, heavy: [0, 4, 5] },
  { type: 'local', radius: 4 },
];

/** Channel and squashing in all renderings of every kind, with constants in the middle of what is drawn. */
export function everyKind(
  train: readonly ArrayLike<number>[],
  channel: UnmeasuredChannel,
  squashing: Squashing,
  window: ContourDraft['window'] = null,
  smoothRank = false,
): RenderingDescription[] {
  const statistics = measureTrain(train);
  const measure = new ContourMeasure(train, statistics);
  const contour = measure.complete({ channel, squashing, window });
  // Real quantiles make the rank a chain of short pieces; finite differences need a nearly smooth one.
  if (smoothRank && contour.quantiles)
    contour.quantiles = contour.quantiles.map((_, q, { length }) => {
      const t = (2 * q) / (length - 1) - 1;
      return 3 * t + t ** 3;
    });
  const second = measure.complete({ channel: { type: 'value' }, squashing: 'asinh', window: null });
  const theta = { seed: 3, level: 0.05, color: 0.5 };
  const placement = { slot: 400, replicas: 3, interval: 5333, start: 0, mask: false, offset: 0, scale: 1 };
  return [
    { kind: 'replicas', contour, placement: { ...placement, rate: 7.3 }, theta },
    {
      kind: 'replicas',
      contour,
      placement: { ...placement, rate: 0.6, mask: true, start: 100, replicas: 2 },
      theta: null,
    },
    { kind: 'carrier', contour, harmonics: null, theta: null },
    { kind: 'carrier', contour, harmonics: { seed: 5, fundamental: 170, spread: 1.2, gain: -0.8 }, theta },
    {
      kind: 'pitch',
      voices: [
        { contour, fundamental: 1100, octaves: 0.7, harmonics: 5, modulation: 0.3 },
        { contour: second, fundamental: 2600, octaves: -0.4, harmonics: 1, modulation: 0 },
      ],
      theta,
    },
    {
      kind: 'formant',
      fundamental: 130,
      breath: { seed: 9, level: 0.05 },
      resonances: [
        { contour, frequency: 550, octaves: 0.5 },
        { contour: second, frequency: 1700, octaves: -0.3 },
      ],
      theta,
    },
  ];
}
