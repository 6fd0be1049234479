import type { AcousticModel } from '../acoustic/model';
import { memberLogits } from '../ensemble/member-logits';
import { throwIfCanceled } from '../errors';
import { Random } from '../math/random';
import type { Classifier } from '../reprogram';
import { removalOf, type Removal } from './removal';
import { SEGMENTS as STEPS, segmentsOf } from './segments';

/** Orders that stand for chance. */
export const RANDOM_ORDERS = 5;

/**
 * What is deleted at once. Values deleted one by one in random order leave a comb of jumps in the series, which an acoustic
 * model hears as clicks wherever they are; whole segments do not, and compare the places alone.
 */
export type DeletionUnit = 'value' | 'segment';

/** How the class probability changes while the values of a series are removed or added in some order. */
export interface FaithfulnessCurves {
  /** probability of the class, [STEPS + 1] */
  deletion: number[];
  insertion: number[];
  /** mean over the points of the curve */
  deletionArea: number;
  insertionArea: number;
}

export interface Faithfulness {
  /** share of the series that was changed at each point */
  shares: number[];
  saliency: FaithfulnessCurves;
  /** means over random orders */
  random: FaithfulnessCurves;
  /** whether all values of the map are equal: it then names nothing and beats nothing */
  constant: boolean;
  /** whether deleting by saliency hurts more than deleting at random */
  deletionBeatsRandom: boolean;
  insertionBeatsRandom: boolean;
}

export interface ChanceOptions {
  unit?: DeletionUnit;
  seed?: number;
  /** what stands in for removed values; default: the mean of the series */
  removal?: Removal;
  /** random orders that are averaged */
  orders?: number;
  signal?: AbortSignal;
}

/**
 * The curves of random orders, averaged: what a map that says nothing reaches. They depend on the series only, so one set serves all
 * maps of it.
 * @throws CanceledError
 */
export async function chanceCurves(
  model: AcousticModel,
  classifier: Classifier,
  values: ArrayLike<number>,
  classIndex: number,
  { unit = 'value', seed = 1, removal, orders = RANDOM_ORDERS, signal }: ChanceOptions = {},
): Promise<FaithfulnessCurves> {
  const random = new Random(seed);
  const pieces = piecesOf(values.length, unit);
  const curves: FaithfulnessCurves[] = [];
  for (let i = 0; i < orders; i++) {
    throwIfCanceled(signal);
    const order = random.shuffle([...pieces]).flat();
    curves.push(await curvesOf(model, classifier, values, order, classIndex, removal));
  }
  return averageCurves(curves);
}

/**
 * Deletion and insertion curves (Petsiuk et al. 2018) on the series: values are removed (replaced by the mean of the series), the most salient
 * first, or the other way round put back into a constant series; a faithful map makes the probability fall (rise) early.
 * @param values one series
 * @param curve saliency on the series, [L]; the largest positive values go first, NaN counts as least; a segment counts by its mean
 * @param classIndex whose probability is followed
 * @param options.chance of the same series, class and unit; default: computed with `seed`
 * @throws CanceledError
 */
export async function faithfulness(
  model: AcousticModel,
  classifier: Classifier,
  values: ArrayLike<number>,
  curve: ArrayLike<number>,
  classIndex: number,
  options: ChanceOptions & { chance?: FaithfulnessCurves } = {},
): Promise<Faithfulness> {
  throwIfCanceled(options.signal);
  const order = piecesOf(curve.length, options.unit ?? 'value')
    .map((piece) => ({ piece, size: average(piece.map((i) => (Number.isNaN(curve[i]) ? -Infinity : curve[i]))) }))
    .sort((a, b) => (a.size === b.size ? 0 : b.size - a.size))
    .flatMap(({ piece }) => piece);
  const saliency = await curvesOf(model, classifier, values, order, classIndex, options.removal);
  const chance = options.chance ?? (await chanceCurves(model, classifier, values, classIndex, options));
  const constant = new Set(Array.from(curve).filter((value) => !Number.isNaN(value))).size < 2;
  return {
    shares: Array.from({ length: STEPS + 1 }, (_, i) => i / STEPS),
    saliency,
    random: chance,
    constant,
    deletionBeatsRandom: !constant && saliency.deletionArea < chance.deletionArea,
    insertionBeatsRandom: !constant && saliency.insertionArea > chance.insertionArea,
  };
}

/** Positions that are deleted together: each value, or the contiguous parts of the series. */
function piecesOf(length: number, unit: DeletionUnit): number[][] {
  const parts = unit === 'value' ? Array.from({ length }, (_, i) => ({ from: i, to: i + 1 })) : segmentsOf(length);
  return parts.map(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
}

async function curvesOf(
  model: AcousticModel,
  classifier: Classifier,
  values: ArrayLike<number>,
  order: readonly number[],
  classIndex: number,
  removal: Removal = removalOf('mean'),
): Promise<FaithfulnessCurves> {
  const variants: Float64Array[] = [];
  for (const inserting of [false, true])
    for (let step = 0; step <= STEPS; step++) {
      const changed = new Set(order.slice(0, Math.round((step / STEPS) * values.length)));
      const removed = Array.from(values, (_, i) => changed.has(i) !== inserting);
      variants.push(removal(values, removed));
    }
  const probabilities = await probabilitiesOf(model, classifier, variants, classIndex);
  const deletion = probabilities.slice(0, STEPS + 1);
  const insertion = probabilities.slice(STEPS + 1);
  return { deletion, insertion, deletionArea: average(deletion), insertionArea: average(insertion) };
}

async function probabilitiesOf(
  model: AcousticModel,
  classifier: Classifier,
  variants: Float64Array[],
  classIndex: number,
): Promise<number[]> {
  const { members, head } = classifier;
  const logits = await memberLogits(model, members, variants);
  const out = new Float64Array(head.classes);
  return variants.map((_, i) => head.probabilities(logits, i * head.width, out)[classIndex]);
}

const average = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;

function averageCurves(curves: FaithfulnessCurves[]): FaithfulnessCurves {
  const pointwise = (pick: (curve: FaithfulnessCurves) => number[]): number[] =>
    pick(curves[0]).map((_, i) => average(curves.map((curve) => pick(curve)[i])));
  return {
    deletion: pointwise(({ deletion }) => deletion),
    insertion: pointwise(({ insertion }) => insertion),
    deletionArea: average(curves.map(({ deletionArea }) => deletionArea)),
    insertionArea: average(curves.map(({ insertionArea }) => insertionArea)),
  };
}
