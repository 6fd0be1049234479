// The discrete Fourier transform of 1024 real samples in four lanes, by one complex transform of 512 points, and its adjoint.
import { multiplyAdd, splat } from './lanes';

/** Real samples of one frame. */
export const FRAME: usize = 1024;
/** Points of the complex transform, and bins kept (0 .. 511: no mel filter reaches the Nyquist bin). */
export const BINS: usize = 512;
const ROW: usize = 16;
/** Bytes of one real array of BINS vectors. */
export const PLANE: usize = BINS * ROW;

/** Four points a, b, c, d of a radix-4 step to four outputs, `out` bytes apart; the last three are turned by (c1, s1), (c2, s2), (c3, s3). */
@inline function butterfly(
  ar: v128, ai: v128, br: v128, bi: v128, cr: v128, ci: v128, dr: v128, di: v128,
  c1: v128, s1: v128, c2: v128, s2: v128, c3: v128, s3: v128, toRe: usize, toIm: usize, out: usize,
): void {
  const evenSumR = f32x4.add(ar, cr), evenSumI = f32x4.add(ai, ci);
  const evenDifR = f32x4.sub(ar, cr), evenDifI = f32x4.sub(ai, ci);
  const oddSumR = f32x4.add(br, dr), oddSumI = f32x4.add(bi, di);
  const oddDifR = f32x4.sub(br, dr), oddDifI = f32x4.sub(bi, di);
  v128.store(toRe, f32x4.add(evenSumR, oddSumR));
  v128.store(toIm, f32x4.add(evenSumI, oddSumI));
  // (x + iy)(c - is) for the three turned outputs
  const ur = f32x4.add(evenDifR, oddDifI), ui = f32x4.sub(evenDifI, oddDifR);
  v128.store(toRe + out, multiplyAdd(ur, c1, f32x4.mul(ui, s1)));
  v128.store(toIm + out, f32x4.sub(f32x4.mul(ui, c1), f32x4.mul(ur, s1)));
  const vr = f32x4.sub(evenSumR, oddSumR), vi = f32x4.sub(evenSumI, oddSumI);
  v128.store(toRe + out * 2, multiplyAdd(vr, c2, f32x4.mul(vi, s2)));
  v128.store(toIm + out * 2, f32x4.sub(f32x4.mul(vi, c2), f32x4.mul(vr, s2)));
  const wr = f32x4.sub(evenDifR, oddDifI), wi = f32x4.add(evenDifI, oddDifR);
  v128.store(toRe + out * 3, multiplyAdd(wr, c3, f32x4.mul(wi, s3)));
  v128.store(toIm + out * 3, f32x4.sub(f32x4.mul(wi, c3), f32x4.mul(wr, s3)));
}

/** One radix-4 pass of Stockham's self-sorting transform: n points left, stride s; tables hold cos and sin of 2 pi k / 1024. */
@inline function radix4(fromRe: usize, fromIm: usize, toRe: usize, toIm: usize, n: usize, s: usize, cosines: usize, sines: usize): void {
  const quarter = n >> 2;
  const step = (FRAME / n) << 2;
  const hop = (quarter * s) << 4;
  const out = s << 4;
  for (let p: usize = 0; p < quarter; p++) {
    const angle = p * step;
    const c1 = v128.load32_splat(cosines + angle), s1 = v128.load32_splat(sines + angle);
    const c2 = v128.load32_splat(cosines + angle * 2), s2 = v128.load32_splat(sines + angle * 2);
    const c3 = v128.load32_splat(cosines + angle * 3), s3 = v128.load32_splat(sines + angle * 3);
    let from: usize = (p * s) << 4;
    let to: usize = (p * s) << 6;
    for (let q: usize = 0; q < s; q++) {
      butterfly(
        v128.load(fromRe + from), v128.load(fromIm + from), v128.load(fromRe + from + hop), v128.load(fromIm + from + hop),
        v128.load(fromRe + from + hop * 2), v128.load(fromIm + from + hop * 2),
        v128.load(fromRe + from + hop * 3), v128.load(fromIm + from + hop * 3),
        c1, s1, c2, s2, c3, s3, toRe + to, toIm + to, out,
      );
      from += 16;
      to += 16;
    }
  }
}

/** The first radix-4 pass over windowed samples: even ones are the real parts, odd ones the imaginary parts of 512 points. */
@inline function radix4Windowed(x: usize, stride: usize, window: usize, toRe: usize, toIm: usize, cosines: usize, sines: usize): void {
  const quarter = BINS >> 2;
  const hop = stride * 2 * quarter, windowHop = quarter << 3;
  let to: usize = 0;
  for (let p: usize = 0; p < quarter; p++) {
    const angle = p << 3;
    butterfly(
      f32x4.mul(v128.load(x), v128.load32_splat(window)),
      f32x4.mul(v128.load(x + stride), v128.load32_splat(window, 4)),
      f32x4.mul(v128.load(x + hop), v128.load32_splat(window + windowHop)),
      f32x4.mul(v128.load(x + hop + stride), v128.load32_splat(window + windowHop, 4)),
      f32x4.mul(v128.load(x + hop * 2), v128.load32_splat(window + windowHop * 2)),
      f32x4.mul(v128.load(x + hop * 2 + stride), v128.load32_splat(window + windowHop * 2, 4)),
      f32x4.mul(v128.load(x + hop * 3), v128.load32_splat(window + windowHop * 3)),
      f32x4.mul(v128.load(x + hop * 3 + stride), v128.load32_splat(window + windowHop * 3, 4)),
      v128.load32_splat(cosines + angle), v128.load32_splat(sines + angle),
      v128.load32_splat(cosines + angle * 2), v128.load32_splat(sines + angle * 2),
      v128.load32_splat(cosines + angle * 3), v128.load32_splat(sines + angle * 3),
      toRe + to, toIm + to, 16,
    );
    x += stride * 2;
    window += 8;
    to += 64;
  }
}

/**
 * Spectrum bins k and 512 - k of the real samples from points k and 512 - k of the complex transform, halved by the window already;
 * for k = 0 only bin 0. strength gets |X| or, with power, |X|^2.
 */
@inline function splitPair(
  zr: v128, zi: v128, mr: v128, mi: v128, k: usize, cosines: usize, sines: usize, power: i32, spectrum: usize, strength: usize,
): void {
  const evenR = f32x4.add(zr, mr), evenI = f32x4.sub(zi, mi);
  const oddR = f32x4.add(zi, mi), oddI = f32x4.sub(mr, zr);
  const c = v128.load32_splat(cosines + (k << 2)), s = v128.load32_splat(sines + (k << 2));
  const turnedR = multiplyAdd(oddR, c, f32x4.mul(oddI, s)), turnedI = f32x4.sub(f32x4.mul(oddI, c), f32x4.mul(oddR, s));
  storeBin(f32x4.add(evenR, turnedR), f32x4.add(evenI, turnedI), k, power, spectrum, strength);
  if (k) storeBin(f32x4.sub(evenR, turnedR), f32x4.sub(turnedI, evenI), BINS - k, power, spectrum, strength);
}

@inline function storeBin(re: v128, im: v128, k: usize, power: i32, spectrum: usize, strength: usize): void {
  const at = k << 4;
  v128.store(spectrum + at, re);
  v128.store(spectrum + PLANE + at, im);
  const square = multiplyAdd(re, re, f32x4.mul(im, im));
  v128.store(strength + at, power ? square : f32x4.sqrt(square));
}

/** The last, radix-2 pass over (re, im), and from its points the spectrum of the real samples. */
@inline function radix2Split(re: usize, im: usize, cosines: usize, sines: usize, power: i32, spectrum: usize, strength: usize): void {
  const half = PLANE >> 1;
  for (let k: usize = 0; k <= BINS >> 2; k++) {
    const at = k << 4, mirror = (((BINS >> 1) - k) & ((BINS >> 1) - 1)) << 4;
    const ar = v128.load(re + at), ai = v128.load(im + at);
    const br = v128.load(re + at + half), bi = v128.load(im + at + half);
    const cr = v128.load(re + mirror), ci = v128.load(im + mirror);
    const dr = v128.load(re + mirror + half), di = v128.load(im + mirror + half);
    // Points k, 512 - k; 256 - k, 256 + k. For k = 0 the mirror image of a point is the point itself.
    const zr = f32x4.add(ar, br), zi = f32x4.add(ai, bi);
    const qr = f32x4.sub(ar, br), qi = f32x4.sub(ai, bi);
    if (k) {
      splitPair(zr, zi, f32x4.sub(cr, dr), f32x4.sub(ci, di), k, cosines, sines, power, spectrum, strength);
      splitPair(f32x4.add(cr, dr), f32x4.add(ci, di), qr, qi, (BINS >> 1) - k, cosines, sines, power, spectrum, strength);
    } else {
      splitPair(zr, zi, zr, zi, 0, cosines, sines, power, spectrum, strength);
      splitPair(qr, qi, qr, qi, BINS >> 1, cosines, sines, power, spectrum, strength);
    }
  }
}

/** Complex transform of 512 points from (re, im) through (re2, im2); the result lies in (re2, im2), (re, im) is overwritten. */
function transform512(re: usize, im: usize, re2: usize, im2: usize, cosines: usize, sines: usize): void {
  radix4(re, im, re2, im2, 512, 1, cosines, sines);
  radix4(re2, im2, re, im, 128, 4, cosines, sines);
  radix4(re, im, re2, im2, 32, 16, cosines, sines);
  radix4(re2, im2, re, im, 8, 64, cosines, sines);
  const half = PLANE >> 1;
  for (let at: usize = 0; at < half; at += 16) {
    const ar = v128.load(re + at), ai = v128.load(im + at);
    const br = v128.load(re + at + half), bi = v128.load(im + at + half);
    v128.store(re2 + at, f32x4.add(ar, br));
    v128.store(im2 + at, f32x4.add(ai, bi));
    v128.store(re2 + at + half, f32x4.sub(ar, br));
    v128.store(im2 + at + half, f32x4.sub(ai, bi));
  }
}

/**
 * Spectrum of one windowed frame in four lanes. x points at the frame's first sample, samples are `stride` bytes apart;
 * halfWindow holds 1024 floats, the window divided by two; scratch four planes. The spectrum is a plane of real parts and, after it,
 * one of imaginary parts; strength a plane of magnitudes or, with power, of their squares.
 */
export function realForward(
  x: usize, stride: usize, halfWindow: usize, cosines: usize, sines: usize, power: i32, scratch: usize, spectrum: usize, strength: usize,
): void {
  const re = scratch, im = scratch + PLANE, re2 = scratch + PLANE * 2, im2 = scratch + PLANE * 3;
  radix4Windowed(x, stride, halfWindow, re, im, cosines, sines);
  radix4(re, im, re2, im2, 128, 4, cosines, sines);
  radix4(re2, im2, re, im, 32, 16, cosines, sines);
  radix4(re, im, re2, im2, 8, 64, cosines, sines);
  radix2Split(re2, im2, cosines, sines, power, spectrum, strength);
}

/**
 * Adjoint of realForward: adds window[n] * sum_k (gr_k cos(2 pi k n / 1024) - gi_k sin(2 pi k n / 1024)) to x[n].
 * The gradient's planes gr, gi hold BINS vectors each and are overwritten; scratch four planes.
 */
export function realAdjoint(
  gr: usize, gi: usize, window: usize, cosines: usize, sines: usize, scratch: usize, x: usize, stride: usize,
): void {
  const re = scratch, im = scratch + PLANE, re2 = scratch + PLANE * 2, im2 = scratch + PLANE * 3;
  const half = splat(0.5);
  const zero = splat(0);
  for (let k: usize = 0; k < BINS; k++) {
    // H is the Hermitian spectrum whose inverse transform is the sum above: G/2 and its mirror image, the real part at 0.
    const at = k << 4;
    let hr: v128, hi: v128, mr: v128, mi: v128;
    if (k == 0) {
      hr = v128.load(gr);
      hi = zero;
      mr = zero;
      mi = zero;
    } else {
      const mirror = (BINS - k) << 4;
      hr = f32x4.mul(half, v128.load(gr + at));
      hi = f32x4.mul(half, v128.load(gi + at));
      mr = f32x4.mul(half, v128.load(gr + mirror));
      mi = f32x4.neg(f32x4.mul(half, v128.load(gi + mirror)));
    }
    const c = v128.load32_splat(cosines + (k << 2)), s = v128.load32_splat(sines + (k << 2));
    const dr = f32x4.sub(hr, mr), di = f32x4.sub(hi, mi);
    const tr = f32x4.sub(f32x4.mul(dr, c), f32x4.mul(di, s)), ti = multiplyAdd(dr, s, f32x4.mul(di, c));
    // even + i odd; the inverse transform is the forward one with the parts exchanged
    v128.store(re + at, f32x4.sub(f32x4.add(hr, mr), ti));
    v128.store(im + at, f32x4.add(f32x4.add(hi, mi), tr));
  }
  transform512(im, re, im2, re2, cosines, sines);
  let to = x, w = window;
  for (let at: usize = 0; at < PLANE; at += 16) {
    v128.store(to, multiplyAdd(v128.load(re2 + at), v128.load32_splat(w), v128.load(to)));
    v128.store(to + stride, multiplyAdd(v128.load(im2 + at), v128.load32_splat(w, 4), v128.load(to + stride)));
    to += stride * 2;
    w += 8;
  }
}
