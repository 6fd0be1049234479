import type { AcousticModel } from '../acoustic/model';
import { throwIfCanceled } from '../errors';
import { Random } from '../math/random';
import { classifierOf, type Program } from '../reprogram';

/** Shares of the series that have been deleted or inserted at each point of a curve: 0, 1/STEPS, .., 1. */
const STEPS = 16;
/** Orders that stand for chance. */
export const RANDOM_ORDERS = 5;

/**
 * What is deleted at once. Values deleted one by one in random order leave a comb of jumps in the series, which an acoustic
 * model hears as clicks wherever they are; whole segments do not, and compare the places alone.
 */
export const DELETION_UNITS = ['value', 'segment'] as const;
export type DeletionUnit = (typeof DELETION_UNITS)[number];

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

/**
 * The curves of random orders, averaged: what a map that says nothing reaches. They depend on the series only, so one set serves all
 * maps of it.
 * @throws CanceledError
 */
export async function chanceCurves(
  model: AcousticModel,
  program: Program,
  values: ArrayLike<number>,
  classIndex: number,
  { unit = 'value', seed = 1, signal }: { unit?: DeletionUnit; seed?: number; signal?: AbortSignal } = {},
): Promise<FaithfulnessCurves> {
  const random = new Random(seed);
  const pieces = piecesOf(values.length, unit);
  const curves: FaithfulnessCurves[] = [];
  for (let i = 0; i < RANDOM_ORDERS; i++) {
    throwIfCanceled(signal);
    const order = random.shuffle([...pieces]).flat();
    curves.push(await curvesOf(model, program, values, order, classIndex));
  }
  return averageCurves(curves);
}

/**
 * Deletion and insertion curves (Petsiuk et al. 2018) on the series: values are replaced by the mean of the series, the most salient
 * first, or the other way round put back into a constant series; a faithful map makes the probability fall (rise) early.
 * @param values one series
 * @param curve saliency on the series, [L]; the largest positive values go first, NaN counts as least; a segment counts by its mean
 * @param classIndex whose probability is followed
 * @param options.chance of the same series, class and unit; default: computed with `seed`
 * @throws CanceledError
 */
export async function faithfulness(
  model: AcousticModel,
  program: Program,
  values: ArrayLike<number>,
  curve: ArrayLike<number>,
  classIndex: number,
  options: { unit?: DeletionUnit; seed?: number; signal?: AbortSignal; chance?: FaithfulnessCurves } = {},
): Promise<Faithfulness> {
  throwIfCanceled(options.signal);
  const order = piecesOf(curve.length, options.unit ?? 'value')
    .map((piece) => ({ piece, size: average(piece.map((i) => (Number.isNaN(curve[i]) ? -Infinity : curve[i]))) }))
    .sort((a, b) => (a.size === b.size ? 0 : b.size - a.size))
    .flatMap(({ piece }) => piece);
  const saliency = await curvesOf(model, program, values, order, classIndex);
  const chance = options.chance ?? (await chanceCurves(model, program, values, classIndex, options));
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

/** Positions that are deleted together: each value, or the STEPS contiguous parts of the series. */
function piecesOf(length: number, unit: DeletionUnit): number[][] {
  const count = unit === 'value' ? length : Math.min(STEPS, length);
  const start = (piece: number): number => Math.round((piece / count) * length);
  return Array.from({ length: count }, (_, piece) =>
    Array.from({ length: start(piece + 1) - start(piece) }, (_, i) => start(piece) + i),
  );
}

async function curvesOf(
  model: AcousticModel,
  program: Program,
  values: ArrayLike<number>,
  order: readonly number[],
  classIndex: number,
): Promise<FaithfulnessCurves> {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += values[i] / values.length;
  const variants: Float64Array[] = [];
  for (const inserting of [false, true])
    for (let step = 0; step <= STEPS; step++) {
      const changed = new Set(order.slice(0, Math.round((step / STEPS) * values.length)));
      variants.push(Float64Array.from(values, (value, i) => (changed.has(i) === inserting ? value : mean)));
    }
  const probabilities = await probabilitiesOf(model, program, variants, classIndex);
  const deletion = probabilities.slice(0, STEPS + 1);
  const insertion = probabilities.slice(STEPS + 1);
  return { deletion, insertion, deletionArea: average(deletion), insertionArea: average(insertion) };
}

async function probabilitiesOf(
  model: AcousticModel,
  program: Program,
  variants: Float64Array[],
  classIndex: number,
): Promise<number[]> {
  const classifier = classifierOf(program);
  const { head } = classifier;
  const logits = await classifier.logits(model, variants);
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
