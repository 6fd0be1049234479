/**
 * Elementary functions of additions, multiplications and divisions alone, which ECMAScript defines to the last bit. `Math.exp`,
 * `Math.log` and `Math.sin` are left to the engine: their last digit differs between versions and processors, and what is drawn or
 * rendered from a seed must be the same everywhere. (`Math.sqrt`, `Math.round` and `Math.fround` are exact by definition too.)
 */

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const LOG2_E = 1.4426950408889634;
/** Largest argument of `exp`; larger ones give its value, smaller than its negative 0. */
const MAX_EXPONENT = 700;
const MAX_POWER = 1023;

const POWERS_OF_TWO = (() => {
  const powers = new Float64Array(2 * MAX_POWER + 1);
  powers[MAX_POWER] = 1;
  for (let k = 1; k <= MAX_POWER; k++) {
    powers[MAX_POWER + k] = 2 * powers[MAX_POWER + k - 1];
    powers[MAX_POWER - k] = powers[MAX_POWER - k + 1] / 2;
  }
  return powers;
})();

/** e^x, relative error below 4e-16; x is limited to 700, and e^x of less than -700 is 0. */
export function exp(x: number): number {
  if (x < -MAX_EXPONENT) return 0;
  if (x > MAX_EXPONENT) x = MAX_EXPONENT;
  const k = Math.round(x * LOG2_E);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  // Taylor's series to the 13th power; |r| is at most ln(2) / 2, the rest is below 1e-17.
  let p = 1 + r / 13;
  for (let i = 12; i >= 1; i--) p = 1 + (r * p) / i;
  return p * POWERS_OF_TWO[k + MAX_POWER];
}

/** Natural logarithm of a positive normal number, absolute error below 1e-15 near 1, relative elsewhere. */
export function log(x: number): number {
  let power = 0;
  while (x > Math.SQRT2) {
    x /= 2;
    power++;
  }
  while (x < Math.SQRT1_2) {
    x *= 2;
    power--;
  }
  const s = (x - 1) / (x + 1);
  const squared = s * s;
  let sum = 0;
  for (let i = 23; i >= 1; i -= 2) sum = sum * squared + 1 / i;
  return power * LN2_HIGH + (2 * s * sum + power * LN2_LOW);
}

/** Inverse hyperbolic sine, for the compression of outliers. */
export function asinh(x: number): number {
  const size = Math.abs(x);
  const squared = size * size;
  let value: number;
  if (size > 1e8) value = log(size) + (LN2_HIGH + LN2_LOW);
  // Where 1 swallows the small number the logarithm would lose its digits.
  else if (size < 0.02)
    value = size * (1 - squared * (1 / 6 - squared * (3 / 40 - squared * (15 / 336 - (squared * 105) / 3456))));
  else value = log(size + Math.sqrt(squared + 1));
  return x < 0 ? -value : value;
}

/** sin(2 pi t) for any finite t. */
export function sinOfTurns(t: number): number {
  t -= Math.round(t);
  // Into a quarter turn around 0, where the series is short.
  if (t > 0.25) t = 0.5 - t;
  else if (t < -0.25) t = -0.5 - t;
  const x = 2 * Math.PI * t;
  const squared = x * x;
  let p = 1;
  for (let i = 23; i >= 3; i -= 2) p = 1 - (squared * p) / (i * (i - 1));
  return x * p;
}

/** cos(2 pi t) for any finite t. */
export function cosOfTurns(t: number): number {
  return sinOfTurns(t - Math.round(t) + 0.25);
}
