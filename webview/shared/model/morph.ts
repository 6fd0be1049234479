/**
 * The layout between two stored ones.
 * @param layouts one packed layout [n * dimensions] per step, all of the same points
 * @param position 0 is the first layout, `layouts.length - 1` the last, fractions lie between two
 */
export function morph(layouts: readonly ArrayLike<number>[], position: number, into: Float64Array): void {
  const last = layouts.length - 1;
  const clamped = Math.max(0, Math.min(last, position));
  const below = Math.min(last, Math.floor(clamped));
  const above = Math.min(last, below + 1);
  const share = clamped - below;
  const a = layouts[below];
  const b = layouts[above];
  for (let i = 0; i < into.length; i++) into[i] = a[i] + share * (b[i] - a[i]);
}

/** Slow at both ends, fast between: where an animation stands after `share` (0..1) of its time. */
export function ease(share: number): number {
  const clamped = Math.max(0, Math.min(1, share));
  return clamped * clamped * (3 - 2 * clamped);
}
