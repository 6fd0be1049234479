import { Random } from '../math/random';

/** Independent random streams of a run: what one draws never shifts what another draws. */
export const STREAM = {
  mapping: 0,
  split: 1,
  folds: 2,
  final: 3,
  trialFolds: 4,
  head: 5,
  ensemble: 6,
  trial: 1_000,
  fold: 2_000,
  foldHead: 3_000,
  member: 4_000,
};

/** A generator of its own for every purpose and part of a run, all from the one seed. */
export function streamOf(seed: number, id: number): Random {
  const key = new Random(seed).below(2 ** 32);
  return new Random((key + Math.imul(id, 0x9e3779b1)) >>> 0);
}
