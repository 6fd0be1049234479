import { CLIP_SAMPLES, classifierOf, place, type Placement, type Program } from '../../../src/engine/reprogram';

/** A program of the paper, of which only what hears and decides is filled in: one theta under replicas, and words per class. */
export function thetaProgram(
  placement: Placement,
  theta: Float32Array,
  classNames: string[],
  mapping: { sourceWords: number; words: number[][] },
): Program {
  const rendering = { kind: 'replicas', contour: null, placement, theta: null } as const;
  const description = {
    method: 'theta',
    classNames,
    members: [{ rendering, mapping: { kind: 'random', ...mapping } }],
    statistics: null,
    ensemble: null,
  } as unknown as Program['description'];
  const members = [{ parameters: new Map([['theta', theta]]), mappingWeights: null }];
  return { description, members, thetaInitial: theta, ensemble: null };
}

/** Of the first member, [16000]. */
export function thetaOf({ members }: Program): Float32Array {
  return members[0].parameters.get('theta')!;
}

/** Of the first member's replicas. */
export function placementOf({ description }: Program): Placement {
  const [{ rendering }] = description.members;
  if (rendering.kind !== 'replicas') throw new TypeError(`the program has no replicas, but ${rendering.kind}`);
  return rendering.placement;
}

/** Pad(x) + M theta by the paper's equation 1, written out. */
export function reprogramClip(values: ArrayLike<number>, program: Program, out: Float32Array): void {
  place(values, placementOf(program), out);
  const theta = thetaOf(program);
  for (let i = 0; i < CLIP_SAMPLES; i++) out[i] += theta[i];
}

export const headOf = (program: Program) => classifierOf(program).head;
