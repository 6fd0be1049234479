import type { Tensors, TrainableAcousticModel } from '../acoustic/model';
import { SALIENCY_METHODS } from './all-maps';
import type { Classifier } from './classifier';
import { decide } from './decision';
import type { DeletionUnit } from './faithfulness';
import { checkMaps } from './map-checks';
import { randomizedWeights } from './sanity-check';

/** How one map of one series did. */
export interface MapAssessment {
  /** whether all its values are equal: such a map names nothing and beats nothing */
  constant: boolean;
  deletionArea: number;
  insertionArea: number;
  deletionBeatsRandom: boolean;
  insertionBeatsRandom: boolean;
  /** Spearman correlation with the map of randomized weights; null where one of them is constant */
  correlation: number | null;
}

/** How all maps of one series did: attention, Grad-CAM of every layer, and every method on the waveform. */
export interface SeriesAssessment {
  /** the predicted class, which was explained */
  target: string;
  /** its probability */
  probability: number;
  /** mean areas over random orders */
  random: { deletionArea: number; insertionArea: number };
  maps: Record<string, MapAssessment>;
}

/** One kind of map over many series; shares are 0..1. */
export interface MapFigures {
  series: number;
  /** series for which the map was constant */
  constant: number;
  deletionBeatsRandom: number;
  insertionBeatsRandom: number;
  /** means */
  deletionArea: number;
  insertionArea: number;
  /** means over the random orders of the same series */
  randomDeletionArea: number;
  randomInsertionArea: number;
  /** mean over the series whose two maps have an order; null when there is none */
  correlation: number | null;
  /** mean of its magnitude */
  magnitude: number | null;
}

/**
 * Faithfulness and sanity check of every map of one series, for the class that is predicted for it.
 * @param randomized the same acoustic model, opened for this: it is given `weights` shuffled with `seed`
 * @param weights of the acoustic model
 * @param seed of the random orders and of the shuffling; another one for each series makes the draws independent
 * @throws CanceledError
 */
export async function assessSeries(
  model: TrainableAcousticModel,
  randomized: TrainableAcousticModel,
  weights: Tensors,
  classifier: Classifier,
  values: ArrayLike<number>,
  { unit, seed, signal }: { unit: DeletionUnit; seed: number; signal?: AbortSignal },
): Promise<SeriesAssessment> {
  const { predicted, probabilities } = await decide(model, classifier, values, {}, signal);
  const target = classifier.classNames[predicted];
  await randomized.setWeights(randomizedWeights(weights, seed));
  // Grad-CAM comes with every method.
  const methods = SALIENCY_METHODS.filter((method) => method !== 'grad-cam');
  const options = { targetClass: target, methods, unit, seed, signal };
  const { faithfulness, sanity, random } = await checkMaps(model, randomized, classifier, values, options);
  const maps: SeriesAssessment['maps'] = {};
  for (const [name, { saliency, constant, deletionBeatsRandom, insertionBeatsRandom }] of Object.entries(faithfulness))
    maps[name] = {
      constant,
      deletionArea: saliency.deletionArea,
      insertionArea: saliency.insertionArea,
      deletionBeatsRandom,
      insertionBeatsRandom,
      correlation: sanity.correlation[name],
    };
  return {
    target,
    probability: probabilities[predicted],
    random: { deletionArea: random.deletionArea, insertionArea: random.insertionArea },
    maps,
  };
}

/** Means over series, by kind of map. @param assessments at least one, all of the same acoustic model */
export function summarizeMaps(assessments: readonly SeriesAssessment[]): Record<string, MapFigures> {
  const figures: Record<string, MapFigures> = {};
  for (const name of Object.keys(assessments[0].maps)) {
    const maps = assessments.map((assessment) => assessment.maps[name]);
    const correlations = maps.map(({ correlation }) => correlation).filter((value) => value !== null);
    figures[name] = {
      series: maps.length,
      constant: maps.filter(({ constant }) => constant).length,
      deletionBeatsRandom: mean(maps.map((map) => Number(map.deletionBeatsRandom))),
      insertionBeatsRandom: mean(maps.map((map) => Number(map.insertionBeatsRandom))),
      deletionArea: mean(maps.map(({ deletionArea }) => deletionArea)),
      insertionArea: mean(maps.map(({ insertionArea }) => insertionArea)),
      randomDeletionArea: mean(assessments.map(({ random }) => random.deletionArea)),
      randomInsertionArea: mean(assessments.map(({ random }) => random.insertionArea)),
      correlation: correlations.length > 0 ? mean(correlations) : null,
      magnitude: correlations.length > 0 ? mean(correlations.map(Math.abs)) : null,
    };
  }
  return figures;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
