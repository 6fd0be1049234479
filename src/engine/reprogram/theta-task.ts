import type { Rendering } from '../rendering/rendering';
import type { LabelMapping } from './mapping';

/** The parameters of a rendering, and A of a learned mapping, after one epoch. */
export interface KeptTheta {
  theta: Float32Array;
  phi: Float32Array | null;
  weights: Float32Array | null;
}

/** What a theta is trained for: how the series become sound, and what the words mean. */
export interface ThetaTask {
  rendering: Rendering;
  /** of the placed series; null for a rendering without them */
  replicas: number | null;
  /** where theta acts; null everywhere */
  mask: Uint8Array | null;
  mapping: LabelMapping;
  /** seed of this member */
  seed: number;
}
