import { V2SError } from '../errors';
import type { Rendering, RenderingParameters } from '../rendering/rendering';
import { classifierOf, type Program } from '../reprogram';

/** How a program turns a series into its clip. */
export interface ProgramRendering {
  rendering: Rendering;
  parameters: RenderingParameters;
  /** the value that adds nothing to the clip; it stands for a missing one in attributions */
  baseline: number;
}

/** The rendering of a program with one member. @throws V2SError `explain.members` for a program of several members */
export function renderingOf(program: Program): ProgramRendering {
  const { members } = classifierOf(program);
  if (members.length === 1) return members[0];
  throw new V2SError(
    'explain.members',
    `The program has ${members.length} members; only programs with one member are explained here.`,
  );
}
