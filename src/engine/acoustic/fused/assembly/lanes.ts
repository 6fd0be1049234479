// Four 32-bit floats at a time; a lane is one clip of the batch, so nothing here ever mixes lanes except sumLanes.
// Every array of the kernels ends in [..][B] with B, the clips of a shard, a multiple of 8.

export const LANE_BYTES: usize = 16;
export const LOG2_E: f32 = 1.4426950408889634;
export const LN2: f32 = 0.6931471805599453;
/** ln 2 = LN2_HIGH + LN2_LOW, the first with few enough bits that n * LN2_HIGH is exact for |n| < 2^10. */
export const LN2_HIGH: f32 = 0.693145751953125;
export const LN2_LOW: f32 = 1.42860677e-6;

@inline export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** a * b + c, fused where the build has relaxed SIMD. */
@inline export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/** The sum of the four lanes, pairwise. */
@inline export function sumLanes(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** e^x: x = n ln 2 + r with |r| <= ln(2) / 2, the Taylor series of e^r to r^7, and 2^n by the exponent bits. Saturates at x = -87, 88. */
@inline export function exponential(x0: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(x0, splat(88)), splat(-87));
  const n = f32x4.nearest(f32x4.mul(x, splat(LOG2_E)));
  const r = multiplyAdd(n, splat(-LN2_LOW), multiplyAdd(n, splat(-LN2_HIGH), x));
  let p = multiplyAdd(r, splat(1.0 / 5040.0), splat(1.0 / 720.0));
  p = multiplyAdd(r, p, splat(1.0 / 120.0));
  p = multiplyAdd(r, p, splat(1.0 / 24.0));
  p = multiplyAdd(r, p, splat(1.0 / 6.0));
  p = multiplyAdd(r, p, splat(0.5));
  p = multiplyAdd(r, p, splat(1));
  p = multiplyAdd(r, p, splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

@inline export function sigmoid(x: v128): v128 {
  const one = splat(1);
  return f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(x))));
}

/** tanh(x) = 1 - 2 / (e^2x + 1); absolute error below 2e-7. */
@inline export function hyperbolicTangent(x: v128): v128 {
  const one = splat(1);
  return f32x4.sub(one, f32x4.div(splat(2), f32x4.add(exponential(f32x4.add(x, x)), one)));
}

/** ln x for normal x > 0: x = 2^e m, m in [sqrt 1/2, sqrt 2), ln m = 2 artanh((m - 1) / (m + 1)) by its series to the 9th power. */
@inline export function logarithm(x: v128): v128 {
  const bits = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const e = f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23));
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const one = splat(1);
  const s = f32x4.div(f32x4.sub(m, one), f32x4.add(m, one));
  const s2 = f32x4.mul(s, s);
  let p = multiplyAdd(s2, splat(2.0 / 9.0), splat(2.0 / 7.0));
  p = multiplyAdd(s2, p, splat(2.0 / 5.0));
  p = multiplyAdd(s2, p, splat(2.0 / 3.0));
  p = multiplyAdd(s2, p, splat(2.0));
  return multiplyAdd(e, splat(LN2_HIGH), multiplyAdd(s, p, f32x4.mul(e, splat(LN2_LOW))));
}

/** (sum a, sum b, sum c, sum d) by two rounds of transposition. */
@inline export function columnSums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
}
