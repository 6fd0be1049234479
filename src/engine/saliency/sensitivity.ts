import { throwIfCanceled } from '../errors';
import { Random } from '../math/random';

/** Radius of the changes, in standard deviations of the series; Captum's default of 0.02 for inputs of that scale. */
const RADIUS = 0.02;

type Maps = Readonly<Record<string, ArrayLike<number>>>;

/**
 * Sensitivity (Yeh et al. 2019) as Captum's `sensitivity_max`: the largest relative change of each map, |map(x') - map(x)| / |map(x)|,
 * over series x' drawn uniformly from the cube of radius 0.02 around x. The same class and contrast are explained.
 * @param mapsOf makes the maps of a series
 * @returns by map; null for a map of zeros
 * @throws CanceledError
 */
export async function sensitivities(
  values: ArrayLike<number>,
  maps: Maps,
  mapsOf: (values: Float64Array) => Promise<Maps>,
  { draws, seed, signal }: { draws: number; seed: number; signal?: AbortSignal },
): Promise<Record<string, number | null>> {
  const random = new Random(seed);
  const radius = RADIUS * deviationOf(values);
  const largest: Record<string, number | null> = {};
  for (const [name, map] of Object.entries(maps)) largest[name] = norm(map) > 0 ? 0 : null;
  for (let draw = 0; draw < draws; draw++) {
    throwIfCanceled(signal);
    const others = await mapsOf(Float64Array.from(values, (value) => value + radius * (2 * random.uniform() - 1)));
    for (const [name, map] of Object.entries(maps)) {
      const before = largest[name];
      if (before === null) continue;
      const change = Float64Array.from(map, (value, i) => (others[name] ? others[name][i] : 0) - value);
      largest[name] = Math.max(before, norm(change) / norm(map));
    }
  }
  return largest;
}

/** Euclidean; NaN counts 0. */
function norm(map: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < map.length; i++) if (!Number.isNaN(map[i])) sum += map[i] ** 2;
  return Math.sqrt(sum);
}

function deviationOf(values: ArrayLike<number>): number {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  return Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length);
}
