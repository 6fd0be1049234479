import { V2SError } from '../errors';

/** Ranks from 1; equal values share the mean of their ranks. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const result = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let i = from; i < to; i++) result[order[i]] = (from + 1 + to) / 2;
    from = to;
  }
  return result;
}

/**
 * Spearman's rank correlation, -1..1: the Pearson correlation of the ranks, ties included.
 * @returns null when one side is constant, so that no order exists
 * @throws V2SError `theory.shape` unless both have the same length of 2 or more; `theory.value` for a value that has no rank
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  if (a.length !== b.length || a.length < 2)
    throw new V2SError(
      'theory.shape',
      `A rank correlation needs at least two pairs, found ${a.length} and ${b.length} values.`,
    );
  for (let i = 0; i < a.length; i++)
    if (Number.isNaN(a[i]) || Number.isNaN(b[i]))
      throw new V2SError('theory.value', `Pair ${i + 1} (${a[i]}, ${b[i]}) has no rank.`);
  const rankA = ranks(a);
  const rankB = ranks(b);
  const mean = (a.length + 1) / 2;
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < rankA.length; i++) {
    ab += (rankA[i] - mean) * (rankB[i] - mean);
    aa += (rankA[i] - mean) ** 2;
    bb += (rankB[i] - mean) ** 2;
  }
  return aa === 0 || bb === 0 ? null : ab / Math.sqrt(aa * bb);
}
