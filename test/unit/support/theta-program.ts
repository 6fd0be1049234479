import { CLIP_SAMPLES, place, type Placement, type Program } from '../../../src/engine/reprogram';

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
