import { isMovingStatistic, weightShapes } from '../acoustic/architecture';
import type { ModelCard } from '../acoustic/card';
import type { AcousticModel, Tensors } from '../acoustic/model';
import { openAcousticModel, type OpenOptions } from '../acoustic/open-model';
import type { ModelFolder } from '../acoustic/store';
import { Random } from '../math/random';
import { spearman } from '../math/rank-correlation';
import type { SeriesDataset } from '../series';

/**
 * Weights that know nothing: every kernel and recurrent matrix of the acoustic model is shuffled within itself, so that its
 * distribution stays and everything learned is gone (Adebayo et al. 2018, the data-independent randomization test).
 */
export function randomizedWeights(weights: Tensors, seed: number): Tensors {
  const random = new Random(seed);
  const shuffled: Tensors = new Map();
  for (const [name, { shape, data }] of weights) {
    const values = isMovingStatistic(name) ? Array.from(data) : random.shuffle(Array.from(data));
    shuffled.set(name, { shape, data: Float32Array.from(values) });
  }
  return shuffled;
}

/**
 * Layers with weights, the output first: the order in which randomization goes down through a model. Of a LayersModel the order in
 * which it lists its weights is taken, which is that of its layers.
 */
export function layersFromOutput(card: ModelCard, weights: Tensors): string[] {
  const names = card.architecture === 'tfjs' ? [...weights.keys()] : [...weightShapes(card).keys()];
  return [...new Set(names.map(layerOf))].reverse();
}

/** The weights of these layers shuffled as `randomizedWeights` does, the others as they are. */
export function randomizedLayers(weights: Tensors, layers: readonly string[], seed: number): Tensors {
  const shuffled = randomizedWeights(weights, seed);
  return new Map(
    [...weights].map(([name, tensor]) => [name, layers.includes(layerOf(name)) ? shuffled.get(name)! : tensor]),
  );
}

/** `conv1.kernel` of the kernels, `conv1/kernel` of a LayersModel. */
const layerOf = (name: string): string => name.split(/[./]/)[0];

/** Seed of the shuffled weights (and of random orders): the same every time, so that results can be compared. */
export const CHECK_SEED = 1;

/**
 * Opens the acoustic model a second time, holding `randomizedWeights`, and closes it after the work.
 * @throws V2SError as openAcousticModel
 */
export async function withRandomizedModel<T>(
  stored: ModelFolder,
  options: OpenOptions,
  work: (randomized: AcousticModel) => Promise<T>,
): Promise<T> {
  const weights = randomizedWeights(stored.weights, CHECK_SEED);
  const randomized = await openAcousticModel({ ...stored, weights }, options);
  try {
    return await work(randomized);
  } finally {
    await randomized.close();
  }
}

/**
 * Spearman correlation of each map with the one of the same name, on the axis of the series, over the values both have (NaN: none);
 * null where one of them is constant. Against maps made with `randomizedWeights` it tells whether a map depends on what the acoustic model has
 * learned: one that hardly changes explains the series, not the model.
 */
export function rankCorrelations(
  maps: Readonly<Record<string, ArrayLike<number>>>,
  others: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, number | null> {
  const correlation: Record<string, number | null> = {};
  for (const [name, curve] of Object.entries(maps)) {
    const pairs = Array.from(curve, (value, i) => [value, others[name][i]] as const).filter(
      (pair) => !pair.some(Number.isNaN),
    );
    // A single value has no order either.
    correlation[name] =
      pairs.length < 2
        ? null
        : spearman(
            pairs.map(([a]) => a),
            pairs.map(([, b]) => b),
          );
  }
  return correlation;
}

/** A data set whose labels went to other series: what is learned from it is without meaning (Adebayo et al. 2018). */
export function permutedLabels(dataset: SeriesDataset, seed: number): SeriesDataset {
  const labels = new Random(seed).shuffle(dataset.series.map(({ label }) => label));
  return { ...dataset, series: dataset.series.map((series, i) => ({ ...series, label: labels[i] })) };
}
