/** What a person does to a span of a series in order to see what the decision rests on. */

/** Values from .. to - 1. */
export interface Span {
  from: number;
  to: number;
}

/** How much a step scales, and by which part of the range of the series it shifts. */
const FACTOR = 1.5;
const SHIFT = 0.1;

export type ChangeKind = 'flatten' | 'grow' | 'shrink' | 'raise' | 'lower';

/** A copy of the values, changed in the span; `original` is the series without changes, by whose range a shift is measured. */
type Change = (values: ArrayLike<number>, span: Span, original: ArrayLike<number>) => Float64Array;

export const CHANGES: Record<ChangeKind, Change> = {
  flatten: (values, span) => {
    const mean = meanOf(values, span);
    return changed(values, span, () => mean);
  },
  grow: (values, span) => scaled(values, span, FACTOR),
  shrink: (values, span) => scaled(values, span, 1 / FACTOR),
  raise: (values, span, original) => shifted(values, span, SHIFT * rangeOf(original)),
  lower: (values, span, original) => shifted(values, span, -SHIFT * rangeOf(original)),
};

/** The span takes the values that another series has there. */
export const replaced = (values: ArrayLike<number>, span: Span, other: ArrayLike<number>): Float64Array =>
  changed(values, span, (_, i) => other[i]);

function scaled(values: ArrayLike<number>, span: Span, factor: number): Float64Array {
  const mean = meanOf(values, span);
  return changed(values, span, (value) => mean + factor * (value - mean));
}

const shifted = (values: ArrayLike<number>, span: Span, by: number): Float64Array =>
  changed(values, span, (value) => value + by);

function changed(
  values: ArrayLike<number>,
  { from, to }: Span,
  next: (value: number, i: number) => number,
): Float64Array {
  return Float64Array.from(values, (value, i) => (i >= from && i < to ? next(value, i) : value));
}

function meanOf(values: ArrayLike<number>, { from, to }: Span): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i];
  return sum / (to - from);
}

function rangeOf(values: ArrayLike<number>): number {
  let [least, largest] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i]);
    largest = Math.max(largest, values[i]);
  }
  return largest - least || 1;
}
