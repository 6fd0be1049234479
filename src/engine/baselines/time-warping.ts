/**
 * Dynamic time warping (Sakoe & Chiba 1978): the least sum of squared differences along a warping path that stays within `window`
 * steps of the diagonal; the path may be longer for series of unequal length, whose diagonal ends in another corner. Two rows of the
 * table are kept.
 * @param window steps that a path may leave the diagonal; 0 is the squared Euclidean distance for equal lengths
 * @param limit the search ends, with Infinity, as soon as the distance must exceed it
 */
export function squaredTimeWarping(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  window: number,
  limit = Infinity,
): number {
  const m = a.length;
  const n = b.length;
  const reach = Math.max(window, Math.abs(m - n));
  let above = new Float64Array(n + 1).fill(Infinity);
  let row = new Float64Array(n + 1).fill(Infinity);
  above[0] = 0;
  for (let i = 1; i <= m; i++) {
    const from = Math.max(1, i - reach);
    const to = Math.min(n, i + reach);
    // Cells beside the band are read by the next row.
    row[from - 1] = Infinity;
    let least = Infinity;
    for (let j = from; j <= to; j++) {
      const difference = a[i - 1] - b[j - 1];
      const before = Math.min(above[j - 1], above[j], row[j - 1]);
      row[j] = before + difference * difference;
      if (row[j] < least) least = row[j];
    }
    if (to < n) row[to + 1] = Infinity;
    if (least > limit) return Infinity;
    [above, row] = [row, above];
  }
  return above[n] > limit ? Infinity : above[n];
}
