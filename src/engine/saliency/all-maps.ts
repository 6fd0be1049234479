import type { AcousticModel } from '../acoustic/model';
import { occlusion, smoothGrad } from './attribution';
import type { CamVariant } from './class-activation';
import type { Classifier } from '../reprogram';
import type { Decision } from './decision';
import { integratedGradients, type Completeness } from './integrated-gradients';
import { explainMembers, type ClipPictures, type MemberPart } from './members';
import { perturbation } from './perturbation';
import { heardValues, valuesDuring, type SeriesMap } from './series-axis';
import type { Subject, VariantHooks } from './variants';

/** `grad-cam` stands for attention and the maps of the convolutions, which come with every other method, too. */
export const SALIENCY_METHODS = [
  'grad-cam',
  'gradient-x-input',
  'smooth-grad',
  'integrated-gradients',
  'occlusion',
  'perturbation',
] as const;
export type SaliencyMethod = (typeof SALIENCY_METHODS)[number];

/** Where its gradients are too rough to be followed, as in an ensemble that was drawn, segment perturbation; else nothing more. */
export function defaultMethod({ members }: Classifier): SaliencyMethod {
  return members.length > 1 ? 'perturbation' : 'grad-cam';
}

/** Every map of one series. */
export interface AllMaps {
  /** attention (the part of it that falls on each value), each layer (unscaled), and the methods asked for (signed, in units of the score) */
  maps: Record<string, SeriesMap>;
  /** by map: members too coarse for this series, which were left out */
  leftOut: Record<string, number[]>;
  /** clip of the member with the greatest part in the decision */
  pictures: ClipPictures;
  /** position of that member */
  shown: number;
  /** each member's part in the score, [members] */
  shares: Float64Array;
  /** whether integrated gradients add up; null unless asked for */
  completeness: Completeness | null;
}

/** @throws CanceledError */
export async function allMaps(
  model: AcousticModel,
  classifier: Classifier,
  values: ArrayLike<number>,
  { logits, score }: Pick<Decision, 'logits' | 'score'>,
  { cam, methods, ...hooks }: { cam: CamVariant; methods: readonly SaliencyMethod[] } & VariantHooks,
): Promise<AllMaps> {
  const { members } = classifier;
  const dLogits = new Float32Array(logits.length);
  score.gradient(logits, 0, dLogits);
  const shares = score.shares(logits, members.length);
  const k = logits.length / members.length;
  const parts = members.map((member, p): MemberPart => ({
    member,
    dLogits: dLogits.subarray(p * k, (p + 1) * k),
    share: shares[p],
  }));
  const sizes = shares.map(Math.abs);
  const shown = sizes.indexOf(Math.max(...sizes));
  const { maps, leftOut, ...rest } = await explainMembers(model, parts, values, {
    cam,
    input: methods.includes('gradient-x-input'),
    shown,
    // A program of one member has nothing else to show.
    ...(members.length === 1 && { coarsest: Infinity }),
    signal: hooks.signal,
  });
  const subject: Subject = { model, classifier, values, score };
  const { heard, resolution } = hearing(classifier, values.length);
  let completeness: Completeness | null = null;
  for (const method of methods) {
    if (method === 'grad-cam' || method === 'gradient-x-input') continue;
    const attribution = await attributionOf(subject, method, hooks);
    completeness = attribution.completeness ?? completeness;
    maps[method] = {
      values: attribution.values.map((value, i) => (heard[i] ? value : NaN)),
      resolution: Math.max(attribution.width ?? 1, resolution),
    };
  }
  return { maps, leftOut, pictures: rest.shown, shown, shares, completeness };
}

/** Which values some member hears, and how many neighbors pass during one sample of the member that hears them best. */
function hearing({ members }: Classifier, length: number): { heard: boolean[]; resolution: number } {
  const heard = new Array<boolean>(length).fill(false);
  let resolution = Infinity;
  for (const { rendering } of members) {
    const positions = rendering.positions(length);
    resolution = Math.min(resolution, valuesDuring(1, positions));
    heardValues(length, positions).forEach((there, i) => (heard[i] ||= there));
  }
  return { heard, resolution };
}

interface Attribution {
  values: Float64Array;
  /** series values that were changed together */
  width?: number;
  completeness?: Completeness;
}

async function attributionOf(
  subject: Subject,
  method: Exclude<SaliencyMethod, 'grad-cam' | 'gradient-x-input'>,
  hooks: VariantHooks,
): Promise<Attribution> {
  switch (method) {
    case 'smooth-grad':
      return { values: await smoothGrad(subject, hooks) };
    case 'integrated-gradients':
      return await integratedGradients(subject, hooks.signal);
    case 'occlusion':
      return await occlusion(subject, hooks);
    case 'perturbation':
      return await perturbation(subject, hooks);
  }
}
