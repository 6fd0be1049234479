import { isMovingStatistic } from '../acoustic/architecture';
import type { AcousticModel, Tensors } from '../acoustic/model';
import { Random } from '../math/random';
import type { Program } from '../reprogram';
import { spearman } from '../theory';
import { explain, type SaliencyMethod } from './explain';

/**
 * Weights that know nothing: every kernel and recurrent matrix of the acoustic model is shuffled within itself, so that its
 * distribution stays and everything learned is gone (Adebayo et al. 2018, the data-independent randomisation test).
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

export interface SanityCheck {
  /** Spearman correlation, on the axis of the series, of each map with the one made with randomised weights; null for a constant map */
  correlation: Record<string, number | null>;
}

/**
 * Whether the maps depend on what the acoustic model has learned: a map that hardly changes when the weights are shuffled explains
 * the series, not the model.
 * @param randomized the same acoustic model holding `randomizedWeights`
 * @throws CancelledError
 */
export async function sanityCheck(
  model: AcousticModel,
  randomized: AcousticModel,
  program: Program,
  values: ArrayLike<number>,
  { method, targetClass, signal }: { method?: SaliencyMethod; targetClass: string; signal?: AbortSignal },
): Promise<SanityCheck> {
  const learned = await explain(model, program, values, { method, targetClass, signal });
  const shuffled = await explain(randomized, program, values, { method, targetClass, signal });
  const correlation: SanityCheck['correlation'] = {};
  for (const [name, curve] of Object.entries(learned.on_series)) {
    const pairs = curve
      .map((value, i) => [value, shuffled.on_series[name][i]] as const)
      .filter((pair): pair is readonly [number, number] => pair[0] !== null && pair[1] !== null);
    correlation[name] = spearman(
      pairs.map(([a]) => a),
      pairs.map(([, b]) => b),
    );
  }
  return { correlation };
}
