// The discrete Fourier transform of 1024 real samples in four lanes, by one complex transform of 512 points, and its adjoint.
import { multiplyAdd, splat } from './lanes';

/** Real samples of one frame. */
export const FRAME: usize = 1024;
/** Points of the complex transform, and bins kept (0 .. 511: no mel filter reaches the Nyquist bin). */
export const BINS: usize = 512;
const ROW: usize = 16;
/** Bytes of one real array of BINS vectors. */
export const PLANE: usize = BINS * ROW;

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
      const ar = v128.load(fromRe + from), ai = v128.load(fromIm + from);
      const br = v128.load(fromRe + from + hop), bi = v128.load(fromIm + from + hop);
      const cr = v128.load(fromRe + from + hop * 2), ci = v128.load(fromIm + from + hop * 2);
      const dr = v128.load(fromRe + from + hop * 3), di = v128.load(fromIm + from + hop * 3);
      const evenSumR = f32x4.add(ar, cr), evenSumI = f32x4.add(ai, ci);
      const evenDifR = f32x4.sub(ar, cr), evenDifI = f32x4.sub(ai, ci);
      const oddSumR = f32x4.add(br, dr), oddSumI = f32x4.add(bi, di);
      const oddDifR = f32x4.sub(br, dr), oddDifI = f32x4.sub(bi, di);
      v128.store(toRe + to, f32x4.add(evenSumR, oddSumR));
      v128.store(toIm + to, f32x4.add(evenSumI, oddSumI));
      // (x + iy)(c - is) for the three rotated outputs
      const ur = f32x4.add(evenDifR, oddDifI), ui = f32x4.sub(evenDifI, oddDifR);
      v128.store(toRe + to + out, multiplyAdd(ur, c1, f32x4.mul(ui, s1)));
      v128.store(toIm + to + out, f32x4.sub(f32x4.mul(ui, c1), f32x4.mul(ur, s1)));
      const vr = f32x4.sub(evenSumR, oddSumR), vi = f32x4.sub(evenSumI, oddSumI);
      v128.store(toRe + to + out * 2, multiplyAdd(vr, c2, f32x4.mul(vi, s2)));
      v128.store(toIm + to + out * 2, f32x4.sub(f32x4.mul(vi, c2), f32x4.mul(vr, s2)));
      const wr = f32x4.sub(evenDifR, oddDifI), wi = f32x4.add(evenDifI, oddDifR);
      v128.store(toRe + to + out * 3, multiplyAdd(wr, c3, f32x4.mul(wi, s3)));
      v128.store(toIm + to + out * 3, f32x4.sub(f32x4.mul(wi, c3), f32x4.mul(wr, s3)));
      from += 16;
      to += 16;
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
 * window holds 1024 floats; scratch four planes. The spectrum is a plane of real parts and, after it, one of imaginary parts.
 */
export function realForward(x: usize, stride: usize, window: usize, cosines: usize, sines: usize, scratch: usize, spectrum: usize): void {
  const re = scratch, im = scratch + PLANE, re2 = scratch + PLANE * 2, im2 = scratch + PLANE * 3;
  let from = x, w = window;
  for (let at: usize = 0; at < PLANE; at += 16) {
    v128.store(re + at, f32x4.mul(v128.load(from), v128.load32_splat(w)));
    v128.store(im + at, f32x4.mul(v128.load(from + stride), v128.load32_splat(w, 4)));
    from += stride * 2;
    w += 8;
  }
  transform512(re, im, re2, im2, cosines, sines);
  const half = splat(0.5);
  let to = spectrum;
  for (let k: usize = 0; k < BINS; k++) {
    const mirror = ((BINS - k) & (BINS - 1)) << 4;
    const zr = v128.load(re2 + (k << 4)), zi = v128.load(im2 + (k << 4));
    const mr = v128.load(re2 + mirror), mi = v128.load(im2 + mirror);
    const evenR = f32x4.mul(half, f32x4.add(zr, mr)), evenI = f32x4.mul(half, f32x4.sub(zi, mi));
    const oddR = f32x4.mul(half, f32x4.add(zi, mi)), oddI = f32x4.mul(half, f32x4.sub(mr, zr));
    const c = v128.load32_splat(cosines + (k << 2)), s = v128.load32_splat(sines + (k << 2));
    v128.store(to, f32x4.add(evenR, multiplyAdd(oddR, c, f32x4.mul(oddI, s))));
    v128.store(to + PLANE, f32x4.add(evenI, f32x4.sub(f32x4.mul(oddI, c), f32x4.mul(oddR, s))));
    to += 16;
  }
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
