/** What was missing in one series; indices are of values, from 0; -1 where there is none. */
export interface Gaps {
  /** number of values after the trailing missing ones were cut off */
  length: number;
  /** missing values at the end, cut off */
  trailing: number;
  /** missing values before the first value, set to it */
  leading: number;
  /** missing values between two values, interpolated linearly */
  interior: number;
  /** index of the first interior missing value */
  firstInterior: number;
}

/**
 * Treats missing values (NaN) in place: the end is cut off, inner gaps are interpolated linearly, the beginning takes the first
 * value. A series of length 0 in the result had no value at all.
 * @param values the first `count` entries are the series
 */
export function fillGaps(values: Float64Array, count: number): Gaps {
  let length = count;
  while (length > 0 && Number.isNaN(values[length - 1])) length--;
  const gaps: Gaps = { length, trailing: count - length, leading: 0, interior: 0, firstInterior: -1 };
  if (length === 0) return gaps;
  while (Number.isNaN(values[gaps.leading])) gaps.leading++;
  values.fill(values[gaps.leading], 0, gaps.leading);
  let last = gaps.leading;
  for (let i = last + 1; i < length; i++) {
    if (Number.isNaN(values[i])) {
      if (gaps.firstInterior < 0) gaps.firstInterior = i;
      gaps.interior++;
      continue;
    }
    const span = i - last;
    for (let k = 1; k < span; k++) {
      const weight = k / span;
      // A weighted mean rather than start + k * slope: the difference of two large values may overflow.
      values[last + k] = values[last] * (1 - weight) + values[i] * weight;
    }
    last = i;
  }
  return gaps;
}
