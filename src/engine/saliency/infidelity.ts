import { Random } from '../math/random';
import type { Removal } from './removal';
import { segmentsOf } from './segments';
import { scoresOf, type Subject, type VariantHooks } from './variants';

/** Random removals of segments, and how far the score fell by each. */
export interface RemovalTrials {
  /** [draws][L] */
  removed: boolean[][];
  /** f(x) - f(x without), [draws] */
  falls: Float64Array;
}

/** Removes random halves of the segments. @throws CanceledError */
export async function removalTrials(
  subject: Subject,
  removal: Removal,
  { draws, seed, ...hooks }: { draws: number; seed: number } & VariantHooks,
): Promise<RemovalTrials> {
  const { values } = subject;
  const random = new Random(seed);
  const segments = segmentsOf(values.length);
  const removed = Array.from({ length: draws }, () => {
    const chosen = new Array<boolean>(values.length).fill(false);
    for (const { from, to } of segments) if (random.uniform() < 0.5) chosen.fill(true, from, to);
    return chosen;
  });
  const variants = removed.map((chosen) => removal(values, chosen));
  const [whole, ...scores] = await scoresOf(subject, [values, ...variants], hooks);
  return { removed, falls: Float64Array.from(scores, (score) => whole - score) };
}

/**
 * Infidelity (Yeh et al. 2019) as Captum defines it for attributions that hold the factor x - baseline, normalized: the mean of
 * (beta sum of the map over what was removed - fall of the score)^2 with the beta that makes it least, here as a part of the mean of
 * fall^2, so that programs compare: 0 for a map that foretells every fall, 1 for one that foretells none.
 * @param curve [L]; NaN counts 0
 * @returns null where no removal changed the score
 */
export function infidelity(curve: ArrayLike<number>, { removed, falls }: RemovalTrials): number | null {
  let squares = 0;
  let products = 0;
  let total = 0;
  removed.forEach((chosen, draw) => {
    let sum = 0;
    chosen.forEach((gone, i) => (sum += gone && !Number.isNaN(curve[i]) ? curve[i] : 0));
    squares += sum * sum;
    products += sum * falls[draw];
    total += falls[draw] ** 2;
  });
  if (total === 0) return null;
  return squares === 0 ? 1 : 1 - products ** 2 / (squares * total);
}
