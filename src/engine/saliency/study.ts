import type { AcousticModel, Tensors, TrainableAcousticModel } from '../acoustic/model';
import { throwIfCanceled } from '../errors';
import { allMaps, SALIENCY_METHODS, type SaliencyMethod } from './all-maps';
import { CAM_VARIANTS } from './class-activation';
import type { Classifier } from '../reprogram';
import { decide } from './decision';
import { DEFAULT_CAM } from './explain';
import { chanceCurves, faithfulness } from './faithfulness';
import { infidelity, removalTrials } from './infidelity';
import { localization, type Localization } from './localization';
import { removalOf, type Removal } from './removal';
import { layersFromOutput, randomizedLayers, rankCorrelations } from './sanity-check';
import type { Segment } from './segments';
import { sensitivities } from './sensitivity';
import { meanOf } from './variants';

/** A map without any model: how far each value is from the mean of the series. A map that explains the model should do better. */
const CONTROL = 'distance-from-mean';

/** Random orders of one series in a study. */
const ORDERS = 8;
/** Random removals of infidelity, and changes of sensitivity (Captum's default). */
const REMOVAL_DRAWS = 32;
const CHANGES = 10;

/** What is done to a series in a study beyond deletion, insertion and infidelity. */
export interface StudyOptions {
  /** attributions besides attention and the maps of the convolutions; default: all */
  methods?: readonly SaliencyMethod[];
  /** every variant of class activation maps, named as `layer-cam conv1`, besides the default one, named as the layer alone */
  variants?: boolean;
  /** what stands in for removed values; default: the mean of the series */
  removal?: Removal;
  /** of all random draws */
  seed: number;
  /** whether the largest change by small changes of the series is measured, which makes every map anew ten times */
  sensitivity?: boolean;
  /** a second copy of the acoustic model, and the weights of the first: the maps of layer after layer randomized */
  randomize?: { model: TrainableAcousticModel; weights: Tensors } | null;
  /** the same kind of program, trained on permuted labels */
  permuted?: Classifier | null;
  /** the part of the series by which its class was made, if it is known */
  truth?: Segment | null;
  signal?: AbortSignal;
}

/** Magnitudes of Spearman's rank correlation between a map and others of the same series; null where one of them has no order. */
export interface MapSanity {
  /** by layer: with the map of weights randomized from the output down to that layer */
  layers: Record<string, number | null>;
  /** with all weights randomized */
  weights: number | null;
  /** between the maps of two models with all weights randomized independently: what chance gives for maps of this smoothness */
  random: number | null;
}

/** How one map of one series did. */
export interface MapOutcome {
  /** all values equal: such a map names nothing and beats nothing */
  constant: boolean;
  deletionArea: number;
  insertionArea: number;
  deletionBeats: boolean;
  insertionBeats: boolean;
  infidelity: number | null;
  sensitivity: number | null;
  sanity: MapSanity | null;
  /** magnitude of the rank correlation with the map of the program of permuted labels; null when not measured */
  labels: number | null;
  localization: Localization | null;
}

export interface SeriesOutcome {
  /** the predicted class, which is explained against the runner-up */
  target: string;
  probability: number;
  /** mean areas of random orders */
  random: { deletionArea: number; insertionArea: number };
  maps: Record<string, MapOutcome>;
}

type Curves = Record<string, Float64Array>;

/**
 * Everything a study asks of one series: deletion and insertion by segments against random orders of the same segments, infidelity and,
 * as far as asked for, sensitivity, randomization and localization of every map.
 * @throws CanceledError
 */
async function studySeries(
  model: AcousticModel,
  classifier: Classifier,
  values: ArrayLike<number>,
  options: StudyOptions,
): Promise<SeriesOutcome> {
  const { removal = removalOf('mean'), seed, truth = null, signal } = options;
  const decision = await decide(model, classifier, values, {}, signal);
  const { classNames } = classifier;
  const question = {
    targetClass: classNames[decision.target],
    contrast: decision.contrast === null ? null : classNames[decision.contrast],
  };
  const mapsBy = async (by: AcousticModel, of: Classifier, series: ArrayLike<number>): Promise<Curves> =>
    await curvesOf(by, of, series, question, options);
  const own = await mapsBy(model, classifier, values);
  const maps: Curves = { ...own, [CONTROL]: distanceFromMean(values) };

  const by = { unit: 'segment', removal, seed, orders: ORDERS, signal } as const;
  const chance = await chanceCurves(model, classifier, values, decision.target, by);
  const subject = { model, classifier, values, score: decision.score };
  const trials = await removalTrials(subject, removal, { draws: REMOVAL_DRAWS, seed, signal });
  const sensitivity = options.sensitivity
    ? await sensitivities(values, own, (changed) => mapsBy(model, classifier, changed), {
        draws: CHANGES,
        seed,
        signal,
      })
    : null;
  const sanity = options.randomize
    ? await sanityOf(own, options.randomize, seed, (by) => mapsBy(by, classifier, values))
    : null;
  const labels = options.permuted ? magnitudes(own, await mapsBy(model, options.permuted, values)) : null;

  const outcomes: Record<string, MapOutcome> = {};
  for (const [name, curve] of Object.entries(maps)) {
    const { saliency, constant, deletionBeatsRandom, insertionBeatsRandom } = await faithfulness(
      model,
      classifier,
      values,
      curve,
      decision.target,
      { ...by, chance },
    );
    outcomes[name] = {
      constant,
      deletionArea: saliency.deletionArea,
      insertionArea: saliency.insertionArea,
      deletionBeats: deletionBeatsRandom,
      insertionBeats: insertionBeatsRandom,
      infidelity: infidelity(curve, trials),
      sensitivity: sensitivity?.[name] ?? null,
      sanity: sanity?.[name] ?? null,
      labels: labels?.[name] ?? null,
      localization: truth && localization(curve, truth),
    };
  }
  return {
    target: question.targetClass,
    probability: decision.probabilities[decision.target],
    random: { deletionArea: chance.deletionArea, insertionArea: chance.insertionArea },
    maps: outcomes,
  };
}

async function curvesOf(
  model: AcousticModel,
  classifier: Classifier,
  values: ArrayLike<number>,
  question: { targetClass: string; contrast: string | null },
  { methods = SALIENCY_METHODS, variants = false, signal }: StudyOptions,
): Promise<Curves> {
  const decision = await decide(model, classifier, values, question, signal);
  const { maps } = await allMaps(model, classifier, values, decision, { cam: DEFAULT_CAM, methods, signal });
  const curves: Curves = Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, map.values]));
  if (!variants) return curves;
  for (const cam of CAM_VARIANTS.filter((variant) => variant !== DEFAULT_CAM)) {
    const others = await allMaps(model, classifier, values, decision, { cam, methods: [], signal });
    for (const [name, map] of Object.entries(others.maps))
      if (name !== 'attention') curves[`${cam} ${name}`] = map.values;
  }
  return curves;
}

function distanceFromMean(values: ArrayLike<number>): Float64Array {
  const mean = meanOf(values);
  return Float64Array.from(values, (value) => Math.abs(value - mean));
}

async function sanityOf(
  maps: Curves,
  { model, weights }: NonNullable<StudyOptions['randomize']>,
  seed: number,
  mapsBy: (model: AcousticModel) => Promise<Curves>,
): Promise<Record<string, MapSanity>> {
  const layers = layersFromOutput(model.card, weights);
  const sanity: Record<string, MapSanity> = {};
  for (const name of Object.keys(maps)) sanity[name] = { layers: {}, weights: null, random: null };
  let last: Curves = maps;
  for (const [i, layer] of layers.entries()) {
    await model.setWeights(randomizedLayers(weights, layers.slice(0, i + 1), seed));
    last = await mapsBy(model);
    for (const [name, magnitude] of Object.entries(magnitudes(maps, last))) sanity[name].layers[layer] = magnitude;
  }
  await model.setWeights(randomizedLayers(weights, layers, seed + 1));
  const random = magnitudes(last, await mapsBy(model));
  for (const [name, each] of Object.entries(sanity)) {
    each.weights = each.layers[layers.at(-1)!] ?? null;
    each.random = random[name] ?? null;
  }
  return sanity;
}

/** Of the maps that both have. */
function magnitudes(maps: Curves, others: Curves): Record<string, number | null> {
  const both = Object.fromEntries(Object.entries(maps).filter(([name]) => name in others));
  const found = rankCorrelations(both, others);
  return Object.fromEntries(Object.entries(found).map(([name, rho]) => [name, rho === null ? null : Math.abs(rho)]));
}

/** Series after series; the generator can be left at any time with what is done. @throws CanceledError */
export async function* studyAll(
  model: AcousticModel,
  classifier: Classifier,
  series: readonly { values: ArrayLike<number>; truth?: Segment }[],
  options: StudyOptions & {
    /** series for which sensitivity and randomization, which take most of the time, are measured; the first ones */
    deep: number;
  },
): AsyncGenerator<SeriesOutcome> {
  for (const [i, { values, truth }] of series.entries()) {
    throwIfCanceled(options.signal);
    const deep = i < options.deep;
    yield await studySeries(model, classifier, values, {
      ...options,
      truth,
      // Each series has draws of its own.
      seed: options.seed + 2 * i,
      sensitivity: deep && options.sensitivity,
      randomize: deep ? options.randomize : null,
      permuted: deep ? options.permuted : null,
    });
  }
}
