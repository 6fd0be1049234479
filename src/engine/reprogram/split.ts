import type { Random } from '../math/random';

/** Indices into TRAIN, each part in ascending order. */
export interface Split {
  training: number[];
  validation: number[];
}

/**
 * A stratified split: of every class with at least two series round(fraction * n), but at least one and never all, go to the
 * validation part. A class with a single series stays in the training part.
 * @param labels class index of every series
 */
export function stratifiedSplit(labels: readonly number[], fraction: number, random: Random): Split {
  const validation: number[] = [];
  if (fraction > 0)
    for (const members of byClass(labels)) {
      random.shuffle(members);
      const n = members.length;
      const held = n >= 2 ? Math.min(n - 1, Math.max(1, Math.round(fraction * n))) : 0;
      for (let i = 0; i < held; i++) validation.push(members[i]);
    }
  return complement(labels.length, validation);
}

/**
 * Stratified folds: every series with a sibling of its class is in exactly one validation part, and the parts of a class differ by at
 * most one series. A class with fewer series than folds is missing from some parts; a single series is always trained on.
 */
export function stratifiedFolds(labels: readonly number[], folds: number, random: Random): Split[] {
  const parts: number[][] = Array.from({ length: folds }, () => []);
  // The count runs on over the classes so that the remainders do not all fall to the first folds.
  let next = 0;
  for (const members of byClass(labels)) {
    random.shuffle(members);
    if (members.length >= 2) for (const member of members) parts[next++ % folds].push(member);
  }
  return parts.map((part) => complement(labels.length, part));
}

function byClass(labels: readonly number[]): number[][] {
  const classes: number[][] = [];
  labels.forEach((label, i) => (classes[label] ??= []).push(i));
  // Labels without a series leave holes.
  return classes.filter((members) => members !== undefined);
}

function complement(count: number, validation: number[]): Split {
  const held = new Set(validation);
  const training = Array.from({ length: count }, (_, i) => i).filter((i) => !held.has(i));
  return { training, validation: validation.sort((a, b) => a - b) };
}
