import { isMovingStatistic } from '../acoustic/architecture';
import type { AcousticModel, Tensors } from '../acoustic/model';
import { openAcousticModel, type OpenOptions } from '../acoustic/open-model';
import type { ModelFolder } from '../acoustic/store';
import { Random } from '../math/random';
import { spearman } from '../math/rank-correlation';

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
