import type { AcousticModel } from '../acoustic/model';
import { occlusion, smoothGrad } from './attribution';
import type { CamVariant } from './class-activation';
import type { Classifier } from '../reprogram';
import type { Decision } from './decision';
import { integratedGradients, type Completeness } from './integrated-gradients';
import { explainMembers, SeriesSums, type ClipPictures, type MemberPart } from './members';
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

/**
 * The method that the command and the panel begin with. Segment perturbation, which docs/saliency.md finds most faithful; for the
 * bare replicas of the paper gradient x input, which costs one pass and tells single values apart.
 */
export function defaultMethod({ members }: Classifier): SaliencyMethod {
  return members.length === 1 && members[0].description.kind === 'replicas' ? 'gradient-x-input' : 'perturbation';
}

/** Members of the first picture, and of each refinement. */
const FIRST_MEMBERS = 4;
const MORE_MEMBERS = 8;

interface MapsOptions extends VariantHooks {
  cam: CamVariant;
  methods: readonly SaliencyMethod[];
  /** maps of this member alone; default: the sum over all */
  member?: number;
  /** maps of so many members only, those with the greatest parts in the decision */
  best?: number;
  /**
   * told the maps of the members heard so far, those with the greatest parts in the decision first; a program whose score is no sum over
   * members is heard in one go
   */
  onPartial?: (maps: AllMaps) => void;
}

/** Every map of one series. */
export interface AllMaps {
  /** attention (the part of it that falls on each value), each layer (unscaled), and the methods asked for (signed, in units of the score) */
  maps: Record<string, SeriesMap>;
  /** by map: members too coarse for this series, which were left out */
  leftOut: Record<string, number[]>;
  /** members that the maps are of, by position */
  heard: number[];
  /** clip of the member with the greatest part in the decision, or of the one that was asked for */
  pictures: ClipPictures;
  /** position of that member */
  shown: number;
  /** each member's part in the score, [members] */
  shares: Float64Array;
  /** whether integrated gradients add up; null unless asked for */
  completeness: Completeness | null;
}

/** @throws CanceledError; RangeError for a member that does not exist */
export async function allMaps(
  model: AcousticModel,
  classifier: Classifier,
  values: ArrayLike<number>,
  { logits, score }: Pick<Decision, 'logits' | 'score'>,
  { cam, methods, member, best, onPartial, ...hooks }: MapsOptions,
): Promise<AllMaps> {
  const { members } = classifier;
  const dLogits = new Float32Array(logits.length);
  score.gradient(logits, 0, dLogits);
  const shares = score.shares(logits, members.length);
  const k = logits.length / members.length;
  const order = Array.from(shares.keys()).sort((a, b) => Math.abs(shares[b]) - Math.abs(shares[a]) || a - b);
  const shown = member ?? order[0];
  const inParts = member === undefined && best === undefined && onPartial !== undefined && score.isSum;
  const whole = best !== undefined && best < members.length ? order.slice(0, best) : [...members.keys()];
  const groups = inParts ? groupsOf(order) : [member === undefined ? whole : [member]];
  const sums = new SeriesSums(values.length);
  let pictures: ClipPictures | null = null;
  const heard: number[] = [];
  let completeness: Completeness | null = null;
  const foundSoFar = (): AllMaps => ({
    maps: sums.copy(),
    leftOut: { ...sums.leftOut },
    pictures: pictures!,
    heard: [...heard],
    shown,
    shares,
    completeness,
  });
  const total = groups.reduce((sum, group) => sum + group.length, 0);
  const { onProgress } = hooks;
  for (const group of groups) {
    const parts = group.map((p): MemberPart => ({
      member: members[p],
      dLogits: dLogits.subarray(p * k, (p + 1) * k),
      share: shares[p],
    }));
    const at = group.indexOf(shown);
    const found = await explainMembers(model, parts, values, {
      cam,
      input: methods.includes('gradient-x-input'),
      shown: Math.max(0, at),
      // A program or a choice of one member has nothing else to show.
      ...((members.length === 1 || member !== undefined) && { coarsest: Infinity }),
      signal: hooks.signal,
    });
    if (at >= 0) pictures = found.shown;
    for (const [name, map] of Object.entries(found.maps)) sums.add(name, map.values, map.resolution);
    for (const [name, positions] of Object.entries(found.leftOut))
      for (const i of positions) sums.leaveOut(name, group[i]);
    // What takes long follows, so the first picture is shown without it.
    if (inParts && heard.length === 0) {
      heard.push(...group);
      onPartial(foundSoFar());
      heard.length = 0;
    }
    const some = group.length < members.length ? { positions: group, logits } : undefined;
    const subject: Subject = { model, classifier, values, score, some };
    const base = heard.length;
    for (const method of methods) {
      if (method !== 'occlusion' && method !== 'perturbation') continue;
      const attribution = await attributionOf(subject, method, {
        ...hooks,
        onProgress: (done, all) => onProgress?.(base + (done / all) * group.length, total),
      });
      const heardBy = group.map((p) => members[p]);
      const map = onlyHeard(attribution, heardBy, values.length);
      sums.add(method, map.values, map.resolution);
    }
    heard.push(...group);
    if (inParts && heard.length < total) onPartial(foundSoFar());
  }
  for (const method of methods) {
    if (method !== 'smooth-grad' && method !== 'integrated-gradients') continue;
    const attribution = await attributionOf({ model, classifier, values, score }, method, hooks);
    completeness = attribution.completeness ?? completeness;
    const map = onlyHeard(attribution, members, values.length);
    sums.add(method, map.values, map.resolution);
  }
  return foundSoFar();
}

/** The best members, then the others. */
function groupsOf(order: readonly number[]): number[][] {
  const groups = [order.slice(0, FIRST_MEMBERS)];
  for (let from = FIRST_MEMBERS; from < order.length; from += MORE_MEMBERS)
    groups.push(order.slice(from, from + MORE_MEMBERS));
  return groups;
}

function onlyHeard({ values, width }: Attribution, members: Classifier['members'], length: number): SeriesMap {
  const { heard, resolution } = hearing(members, length);
  return {
    values: values.map((value, i) => (heard[i] ? value : NaN)),
    resolution: Math.max(width ?? 1, resolution),
  };
}

/** Which values some member hears, and how many neighbors pass during one sample of the member that hears them best. */
function hearing(members: Classifier['members'], length: number): { heard: boolean[]; resolution: number } {
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
