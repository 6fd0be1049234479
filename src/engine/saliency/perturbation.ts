import { segmentsOf } from './segments';
import { flattened, meanOf, scoresOf, type Subject, type VariantHooks } from './variants';

/**
 * Segment perturbation: what the score loses without a segment of the series, and what it gains by that segment alone,
 *   phi_s = [f(x) - f(x without s)] + [f(only s) - f(flat)],
 * where a removed value is the mean of the series. It asks for scores only, and so works where the score is too rough for gradients,
 * as in a drawn ensemble.
 * @returns signed, in units of the score, the same for all values of a segment, [L]; and the width of the widest segment
 * @throws CanceledError
 */
export async function perturbation(
  subject: Subject,
  hooks: VariantHooks = {},
): Promise<{ values: Float64Array; width: number }> {
  const { values } = subject;
  const mean = meanOf(values);
  const segments = segmentsOf(values.length);
  const without = segments.map(({ from, to }) => Float64Array.from(values).fill(mean, from, to));
  const only = segments.map(({ from, to }) =>
    Float64Array.from(values, (value, i) => (i >= from && i < to ? value : mean)),
  );
  const [whole, flat, ...scores] = await scoresOf(
    subject,
    [Float64Array.from(values), flattened(values), ...without, ...only],
    hooks,
  );
  const map = new Float64Array(values.length);
  segments.forEach(({ from, to }, s) => map.fill(whole - scores[s] + (scores[segments.length + s] - flat), from, to));
  return { values: map, width: Math.max(...segments.map(({ from, to }) => to - from)) };
}
