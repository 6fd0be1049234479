/** A map that cannot tell apart this part of the series says nothing about places in it. */
const COARSEST_PART = 1 / 4;

/** Whether a map is too coarse to localize anything in its series. @param resolution values that it cannot tell apart */
export function isTooCoarse({ values, resolution }: { values: ArrayLike<number>; resolution: number }): boolean {
  return resolution > COARSEST_PART * values.length;
}
