import type { ValueRange } from './value-ranges';

/** Levels of tint, the weakest first; values below the first share of the maximum are not tinted. */
export const TINT_LEVELS = 6;
const LEAST = 0.15;

/** Level of a value by its saliency (0..1 of the largest of the row), -1 for none; NaN (never heard) is never tinted. */
export function tintLevel(saliency: number): number {
  if (!(saliency >= LEAST)) return -1;
  return Math.min(TINT_LEVELS - 1, Math.floor(((saliency - LEAST) / (1 - LEAST)) * TINT_LEVELS));
}

/**
 * Ranges of a line by level. Neighboring values of a level become one range, so that the number of decorations stays small.
 * @param ranges of the values, see valueRanges
 * @param saliency of the values; may be shorter or longer
 */
export function tintRanges(ranges: readonly ValueRange[], saliency: ArrayLike<number>): ValueRange[][] {
  const levels: ValueRange[][] = Array.from({ length: TINT_LEVELS }, () => []);
  let open: { level: number; range: ValueRange } | null = null;
  const count = Math.min(ranges.length, saliency.length);
  for (let i = 0; i < count; i++) {
    const level = tintLevel(saliency[i]);
    if (open && open.level === level) {
      open.range.end = ranges[i].end;
      continue;
    }
    open = level < 0 ? null : { level, range: { ...ranges[i] } };
    if (open) levels[level].push(open.range);
  }
  return levels;
}
