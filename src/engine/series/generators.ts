import { V2SError } from '../errors';
import { Random } from '../math/random';

/** A generated series with its class, z-normalized. */
export interface GeneratedSeries {
  label: string;
  values: Float64Array;
}

export interface GeneratorOptions {
  /** series of each class */
  perClass: number;
  /** seed of the random numbers, 0 to 2^32 - 1 */
  seed: number;
}

type Formula = (random: Random) => (t: number) => number;

/**
 * Synthetic Control Charts (Alcock & Manolopoulos, "Time-series similarity queries employing a feature-based approach", 1999):
 * control charts of a process in six states, y(t) for t = 1 .. n around m = 30 with noise r(t) s, where s = 2 and r is uniform
 * on [-3, 3].
 *   normal          m + r s
 *   cyclic          m + r s + a sin(2 pi t / T),  amplitude a and period T uniform on [10, 15]
 *   increasing      m + r s + g t,                gradient g uniform on [0.2, 0.5]
 *   decreasing      m + r s - g t
 *   upward shift    m + r s + k(t) x,             x uniform on [7.5, 20]; k(t) = 0 before t3 and 1 from t3 on,
 *   downward shift  m + r s - k(t) x              t3 uniform on [n/3, 2n/3]
 * @param options `length` is n, 60 in the original
 * @returns series of shape [length], z-normalized, the classes in random order
 */
export function syntheticControl(options: GeneratorOptions & { length?: number }): GeneratedSeries[] {
  const { length: n = 60 } = options;
  const between = (random: Random, low: number, high: number): number => low + (high - low) * random.uniform();
  const chart = (random: Random): number => 30 + 2 * between(random, -3, 3);
  const trend =
    (sign: number): Formula =>
    (random) => {
      const g = sign * between(random, 0.2, 0.5);
      return (t) => chart(random) + g * t;
    };
  const shift =
    (sign: number): Formula =>
    (random) => {
      const x = sign * between(random, 7.5, 20);
      const t3 = between(random, n / 3, (2 * n) / 3);
      return (t) => chart(random) + (t < t3 ? 0 : x);
    };
  const formulas: Record<string, Formula> = {
    normal: (random) => () => chart(random),
    cyclic: (random) => {
      const a = between(random, 10, 15);
      const T = between(random, 10, 15);
      return (t) => chart(random) + a * Math.sin((2 * Math.PI * t) / T);
    },
    increasing: trend(1),
    decreasing: trend(-1),
    'upward shift': shift(1),
    'downward shift': shift(-1),
  };
  return generate(formulas, n, options);
}

/**
 * Cylinder-Bell-Funnel (Saito, "Local feature extraction and its applications using a library of bases", 1994): one event of
 * random begin, length and height in noise, for t = 1 .. 128.
 *   cylinder  (6 + eta) X(t) + eps(t)
 *   bell      (6 + eta) X(t) (t - a) / (b - a) + eps(t)
 *   funnel    (6 + eta) X(t) (b - t) / (b - a) + eps(t)
 * X(t) is 1 for a <= t <= b and 0 elsewhere; eta and eps(t) are standard normal; the integers a and b - a are uniform on
 * [16, 32] and [32, 96].
 * @returns series of shape [128], z-normalized, the classes in random order
 */
export function cylinderBellFunnel(options: GeneratorOptions): GeneratedSeries[] {
  const event =
    (shape: (t: number, a: number, b: number) => number): Formula =>
    (random) => {
      const a = 16 + random.below(17);
      const b = a + 32 + random.below(65);
      const height = 6 + random.gaussian();
      return (t) => (t >= a && t <= b ? height * shape(t, a, b) : 0) + random.gaussian();
    };
  const formulas: Record<string, Formula> = {
    cylinder: event(() => 1),
    bell: event((t, a, b) => (t - a) / (b - a)),
    funnel: event((t, a, b) => (b - t) / (b - a)),
  };
  return generate(formulas, 128, options);
}

function generate(formulas: Record<string, Formula>, length: number, options: GeneratorOptions): GeneratedSeries[] {
  const { perClass, seed } = options;
  if (!Number.isInteger(perClass) || perClass < 1)
    throw new V2SError(
      'generators.count',
      `The number of series per class must be a whole number above 0, not ${perClass}.`,
    );
  if (!Number.isInteger(length) || length < 2)
    throw new V2SError('generators.length', `The length of a series must be a whole number above 1, not ${length}.`);
  const random = new Random(seed);
  const series: GeneratedSeries[] = [];
  for (const [label, formula] of Object.entries(formulas)) {
    for (let i = 0; i < perClass; i++) {
      const at = formula(random);
      series.push({ label, values: zNormalized(Float64Array.from({ length }, (_, k) => at(k + 1))) });
    }
  }
  return random.shuffle(series);
}

/** Mean 0 and standard deviation 1 (of the sample, with n - 1), as in the UCR archive. */
function zNormalized(values: Float64Array): Float64Array {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return values.map((value) => (value - mean) / Math.sqrt(variance));
}
