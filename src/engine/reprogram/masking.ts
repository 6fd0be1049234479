import type { Random } from '../math/random';

/** Contiguous parts of a series that are masked or kept whole, as the faithfulness checks delete them. */
const SEGMENTS = 16;

/** A series with a random part of its segments set to its mean: the part is drawn from U(0, 1) first. */
export function masked(values: ArrayLike<number>, random: Random): Float64Array {
  const out = Float64Array.from(values);
  const mean = meanOf(values);
  const part = random.uniform();
  const count = Math.min(SEGMENTS, values.length);
  const start = (segment: number): number => Math.round((segment / count) * values.length);
  for (let segment = 0; segment < count; segment++)
    if (random.uniform() < part) out.fill(mean, start(segment), start(segment + 1));
  return out;
}

/** A series of the same length without content: its mean throughout. */
export function flattened(values: ArrayLike<number>): Float64Array {
  return new Float64Array(values.length).fill(meanOf(values));
}

function meanOf(values: ArrayLike<number>): number {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += values[i] / values.length;
  return mean;
}
