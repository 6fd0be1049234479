import type { RenderingDescription, RenderingKind } from './description';
import { ContourMeasure, type UnmeasuredChannel } from './measure-contour';
import type { Placement } from './placement';
import type { Squashing } from './squashing';
import type { TrainStatistics } from './train-statistics';

/** Constants of the renderings under a trained theta: the middle of what an ensemble draws. */
const PITCH = { fundamental: 600, octaves: 0.4, harmonics: 3, modulation: 0 };
const FORMANT = {
  fundamental: 140,
  lower: { frequency: 530, octaves: 0.25 },
  upper: { frequency: 1600, octaves: 0.25 },
};

/**
 * The rendering of a kind whose theta is trained (and phi, for a carrier), over all of the series.
 * @param train the training series, gaps filled
 * @param statistics of these series
 * @param placement read for `replicas`, the paper's equation 1
 */
export function trainedRendering(
  kind: RenderingKind,
  train: readonly ArrayLike<number>[],
  statistics: TrainStatistics,
  placement: Placement,
): RenderingDescription {
  const measure = new ContourMeasure(train, statistics);
  const contour = (channel: UnmeasuredChannel, squashing: Squashing) =>
    measure.complete({ channel, squashing, window: null });
  const theta = null;
  switch (kind) {
    case 'replicas':
      return { kind, contour: null, placement, theta };
    case 'carrier':
      return { kind, contour: contour({ type: 'value' }, 'none'), harmonics: null, theta };
    case 'pitch':
      return { kind, voices: [{ contour: contour({ type: 'value' }, 'clip'), ...PITCH }], theta };
    case 'formant':
      return {
        kind,
        fundamental: FORMANT.fundamental,
        breath: { seed: 0, level: 0 },
        resonances: [
          { contour: contour({ type: 'value' }, 'clip'), ...FORMANT.lower },
          { contour: contour({ type: 'smooth-slope' }, 'clip'), ...FORMANT.upper },
        ],
        theta,
      };
  }
}
