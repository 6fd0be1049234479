import { buildRendering } from '../rendering/build';
import type { Rendering, RenderingParameters } from '../rendering/rendering';
import type { Program } from '../reprogram';

/** How a program turns a series into its clip. */
export interface ProgramRendering {
  rendering: Rendering;
  parameters: RenderingParameters;
  /** the value that adds nothing to the clip; it stands for a missing one in attributions */
  baseline: number;
}

/** The rendering of a program of the paper: replicas of the series, and theta. */
export function renderingOf({ description: { placement }, theta }: Program): ProgramRendering {
  return {
    rendering: buildRendering({ kind: 'replicas', contour: null, placement, theta: null }, null),
    parameters: new Map([['theta', theta]]),
    baseline: placement.offset,
  };
}
