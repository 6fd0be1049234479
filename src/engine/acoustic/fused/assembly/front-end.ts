// From waveforms to standardized mel features and back (front-end.ts of the acoustic models describes both kinds).
import { logarithm, multiplyAdd, splat, sumLanes } from './lanes';
import { BINS, PLANE, realAdjoint, realForward } from './fourier';

const TINY: f32 = 1e-30;
/** 10 / ln 10: decibel of a natural logarithm. */
const DECIBEL: f32 = 4.342944819032518;

/** Packs n = 4 waveforms starting at `from` (each `samples` floats) into lanes `lane` .. `lane + 3` of wave[samples][B]. */
export function interleave(from: usize, wave: usize, samples: i32, B: i32, lane: i32): void {
  const row: usize = <usize>B << 2;
  const length: usize = <usize>samples << 2;
  let to = wave + (<usize>lane << 2);
  for (let at: usize = 0; at < length; at += 16) {
    const a = v128.load(from + at), b = v128.load(from + length + at);
    const c = v128.load(from + length * 2 + at), d = v128.load(from + length * 3 + at);
    const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(ab0, cd0, 0, 2));
    v128.store(to + row, v128.shuffle<f64>(ab0, cd0, 1, 3));
    v128.store(to + row * 2, v128.shuffle<f64>(ab1, cd1, 0, 2));
    v128.store(to + row * 3, v128.shuffle<f64>(ab1, cd1, 1, 3));
    to += row * 4;
  }
}

/**
 * wave[samples + padding][B] -> spectrum[T][B / 4][2][BINS][4] and mel[T][M][B].
 * The mel matrix is sparse: filter m takes bins first[m] .. last[m] - 1 with consecutive weights.
 * power: 0 magnitude spectrum, 1 power spectrum. scratch: five planes.
 */
export function melForward(
  wave: usize, hop: i32, halfWindow: usize, cosines: usize, sines: usize, first: usize, last: usize, weights: usize, power: i32,
  spectrum: usize, mel: usize, scratch: usize, T: i32, M: i32, B: i32,
): void {
  const row: usize = <usize>B << 2;
  const strength = scratch + PLANE * 4;
  let frame = spectrum;
  for (let t = 0; t < T; t++) {
    for (let lane: usize = 0; lane < row; lane += 16) {
      realForward(wave + <usize>(t * hop) * row + lane, row, halfWindow, cosines, sines, power, scratch, frame, strength);
      frame += PLANE * 2;
      let w = weights;
      let to = mel + <usize>(t * M) * row + lane;
      for (let m: usize = 0; m < <usize>M; m++) {
        let sum = splat(0);
        let at = strength + (<usize>load<i32>(first + m * 4) << 4);
        const end = strength + (<usize>load<i32>(last + m * 4) << 4);
        for (; at < end; at += 16) {
          sum = multiplyAdd(v128.load32_splat(w), v128.load(at), sum);
          w += 4;
        }
        v128.store(to, sum);
        to += row;
      }
    }
  }
}

/**
 * features -= mean, *= 1 / (population deviation + epsilon), per lane; inverse[B] keeps the factor, for the backward pass.
 * The mean is pivot + sum / n with sum that of the differences from the pivot: exact where all features are alike.
 */
@inline function standardize(
  features: usize, inverse: usize, lane: usize, row: usize, n: i32, pivot: v128, sum: v128, epsilon: v128,
): void {
  const share = splat(<f32>1 / <f32>n);
  const mean = multiplyAdd(sum, share, pivot);
  let squares = splat(0), at = features + lane;
  for (let i = 0; i < n; i++) {
    const centered = f32x4.sub(v128.load(at), mean);
    v128.store(at, centered);
    squares = multiplyAdd(centered, centered, squares);
    at += row;
  }
  // A digitally silent clip has no deviation: its features are then all 0, not NaN.
  const factor = f32x4.div(splat(1), f32x4.pmax(f32x4.add(f32x4.sqrt(f32x4.mul(squares, share)), epsilon), splat(TINY)));
  v128.store(inverse + lane, factor);
  at = features + lane;
  for (let i = 0; i < n; i++) {
    v128.store(at, f32x4.mul(v128.load(at), factor));
    at += row;
  }
}

/** log-mel: features = standardized ln(mel + floor); n = T * M rows of B. */
export function logForward(mel: usize, features: usize, inverse: usize, floor: f32, epsilon: f32, n: i32, B: i32): void {
  const row: usize = <usize>B << 2;
  for (let lane: usize = 0; lane < row; lane += 16) {
    let sum = splat(0), from = mel + lane, to = features + lane;
    const pivot = logarithm(f32x4.add(v128.load(from), splat(floor)));
    for (let i = 0; i < n; i++) {
      const l = logarithm(f32x4.add(v128.load(from), splat(floor)));
      v128.store(to, l);
      sum = f32x4.add(sum, f32x4.sub(l, pivot));
      from += row;
      to += row;
    }
    standardize(features, inverse, lane, row, n, pivot, sum, splat(epsilon));
  }
}

/** kapre-db: features = standardized max(decibel - loudest, -range) with decibel = 10 log10(max(sqrt(mel), floor)). peak[B] keeps the loudest. */
export function decibelForward(mel: usize, features: usize, inverse: usize, peak: usize, floor: f32, range: f32, epsilon: f32, n: i32, B: i32): void {
  const row: usize = <usize>B << 2;
  for (let lane: usize = 0; lane < row; lane += 16) {
    let loudest = splat(-1e30), from = mel + lane, to = features + lane;
    for (let i = 0; i < n; i++) {
      const decibel = f32x4.mul(splat(DECIBEL), logarithm(f32x4.pmax(f32x4.sqrt(v128.load(from)), splat(floor))));
      v128.store(to, decibel);
      loudest = f32x4.pmax(loudest, decibel);
      from += row;
      to += row;
    }
    v128.store(peak + lane, loudest);
    let sum = splat(0);
    to = features + lane;
    const pivot = f32x4.pmax(f32x4.sub(v128.load(to), loudest), splat(-range));
    for (let i = 0; i < n; i++) {
      const relative = f32x4.pmax(f32x4.sub(v128.load(to), loudest), splat(-range));
      v128.store(to, relative);
      sum = f32x4.add(sum, f32x4.sub(relative, pivot));
      to += row;
    }
    standardize(features, inverse, lane, row, n, pivot, sum, splat(epsilon));
  }
}

/** In place: gradient by the features becomes gradient by the values that were standardized. */
@inline function standardizeBackward(features: usize, gradient: usize, lane: usize, row: usize, n: i32, inverse: usize): void {
  const share = splat(<f32>1 / <f32>n);
  let sum = splat(0), product = splat(0), g = gradient + lane, f = features + lane;
  for (let i = 0; i < n; i++) {
    const x = v128.load(g);
    sum = f32x4.add(sum, x);
    product = multiplyAdd(x, v128.load(f), product);
    g += row;
    f += row;
  }
  sum = f32x4.mul(sum, share);
  product = f32x4.mul(product, share);
  const factor = v128.load(inverse + lane);
  g = gradient + lane;
  f = features + lane;
  for (let i = 0; i < n; i++) {
    const centered = f32x4.sub(f32x4.sub(v128.load(g), sum), f32x4.mul(product, v128.load(f)));
    v128.store(g, f32x4.mul(centered, factor));
    g += row;
    f += row;
  }
}

/** log-mel backward, in place: gradient by features -> gradient by mel. */
export function logBackward(mel: usize, features: usize, inverse: usize, gradient: usize, floor: f32, n: i32, B: i32): void {
  const row: usize = <usize>B << 2;
  for (let lane: usize = 0; lane < row; lane += 16) {
    standardizeBackward(features, gradient, lane, row, n, inverse);
    let g = gradient + lane, m = mel + lane;
    for (let i = 0; i < n; i++) {
      v128.store(g, f32x4.div(v128.load(g), f32x4.add(v128.load(m), splat(floor))));
      g += row;
      m += row;
    }
  }
}

/** kapre-db backward, in place: gradient by features -> gradient by mel. The loudest cell takes minus the sum of what was not cut. */
export function decibelBackward(mel: usize, features: usize, inverse: usize, peak: usize, gradient: usize, floor: f32, range: f32, n: i32, B: i32): void {
  const row: usize = <usize>B << 2;
  const zero = splat(0);
  for (let lane: usize = 0; lane < row; lane += 16) {
    standardizeBackward(features, gradient, lane, row, n, inverse);
    const loudest = v128.load(peak + lane);
    const lowest = f32x4.sub(loudest, splat(range));
    let passed = zero, peaks = zero, g = gradient + lane, m = mel + lane;
    for (let i = 0; i < n; i++) {
      const decibel = f32x4.mul(splat(DECIBEL), logarithm(f32x4.pmax(f32x4.sqrt(v128.load(m)), splat(floor))));
      const kept = v128.and(v128.load(g), f32x4.gt(decibel, lowest));
      v128.store(g, kept);
      passed = f32x4.add(passed, kept);
      peaks = f32x4.add(peaks, v128.and(splat(1), f32x4.ge(decibel, loudest)));
      g += row;
      m += row;
    }
    const share = f32x4.div(passed, peaks);
    g = gradient + lane;
    m = mel + lane;
    for (let i = 0; i < n; i++) {
      const value = v128.load(m);
      const root = f32x4.sqrt(value);
      const decibel = f32x4.mul(splat(DECIBEL), logarithm(f32x4.pmax(root, splat(floor))));
      const byDecibel = f32x4.sub(v128.load(g), v128.and(share, f32x4.ge(decibel, loudest)));
      // d(10 log10 sqrt m) / dm = DECIBEL / (2 m) above the floor, 0 below it
      const byMel = f32x4.div(f32x4.mul(byDecibel, splat(DECIBEL * 0.5)), f32x4.pmax(value, splat(TINY)));
      v128.store(g, v128.and(byMel, f32x4.gt(root, splat(floor))));
      g += row;
      m += row;
    }
  }
}

/** Gradient by the strength of a bin: it feeds at most two mel filters. table[k] = {byte-free row m0, row m1, weight 0, weight 1}. */
@inline function byStrength(gradient: usize, entry: usize, row: usize): v128 {
  return multiplyAdd(
    v128.load32_splat(entry, 8),
    v128.load(gradient + <usize>load<i32>(entry) * row),
    f32x4.mul(v128.load32_splat(entry, 12), v128.load(gradient + <usize>load<i32>(entry, 4) * row)),
  );
}

/** d(strength) / d(re, im) as a factor of (re, im): 1 / |X| or, for the power spectrum, 2. */
@inline function slope(re: v128, im: v128, power: i32): v128 {
  if (power) return splat(2);
  const size = f32x4.sqrt(multiplyAdd(re, re, f32x4.mul(im, im)));
  return f32x4.div(splat(1), f32x4.pmax(size, splat(TINY)));
}

/**
 * Gradient by mel[T][M][B] -> gradient by the waveform summed over the batch, wave[samples + padding] (cleared by the caller,
 * 4 floats a sample: one a lane, to be added up by foldLanes). Lanes here are frames, four at a time. scratch: six planes.
 */
export function melBackwardSum(
  spectrum: usize, table: usize, gradient: usize, hop: i32, window: usize, cosines: usize, sines: usize, power: i32,
  wave: usize, scratch: usize, T: i32, M: i32, B: i32,
): void {
  const row: usize = <usize>B << 2;
  const group = PLANE * 2;
  const gr = scratch + PLANE * 4, gi = scratch + PLANE * 5;
  for (let t0 = 0; t0 < T; t0 += 4) {
    memory.fill(gr, 0, PLANE * 2);
    for (let j = 0; j < 4 && t0 + j < T; j++) {
      const t = t0 + j;
      const g = gradient + <usize>(t * M) * row;
      const frame = spectrum + <usize>t * (row >> 4) * group;
      for (let k: usize = 0; k < BINS; k++) {
        let sumR = splat(0), sumI = splat(0), from = frame + (k << 4);
        const entry = table + (k << 4);
        for (let lane: usize = 0; lane < row; lane += 16) {
          const re = v128.load(from), im = v128.load(from + PLANE);
          const factor = f32x4.mul(byStrength(g + lane, entry, row), slope(re, im, power));
          sumR = multiplyAdd(factor, re, sumR);
          sumI = multiplyAdd(factor, im, sumI);
          from += group;
        }
        store<f32>(gr + (k << 4) + (<usize>j << 2), sumLanes(sumR));
        store<f32>(gi + (k << 4) + (<usize>j << 2), sumLanes(sumI));
      }
    }
    // The four frames overlap in time, so each lane keeps a waveform of its own, shifted by its hop in foldLanes.
    realAdjoint(gr, gi, window, cosines, sines, scratch, wave + (<usize>(t0 * hop) << 4), 16);
  }
}

/** out[n] = sum over lanes j of wave[n - j * hop][j]; both start at the first (padding) sample. */
export function foldLanes(wave: usize, out: usize, hop: i32, samples: i32): void {
  for (let n = 0; n < samples; n++) {
    let sum: f32 = 0;
    for (let j = 0; j < 4 && n - j * hop >= 0; j++) sum += load<f32>(wave + (<usize>(n - j * hop) << 4) + (<usize>j << 2));
    store<f32>(out + (<usize>n << 2), sum);
  }
}

/** As melBackwardSum, but for every clip: wave[samples + padding][B], cleared by the caller. scratch: six planes. */
export function melBackwardEach(
  spectrum: usize, table: usize, gradient: usize, hop: i32, window: usize, cosines: usize, sines: usize, power: i32,
  wave: usize, scratch: usize, T: i32, M: i32, B: i32,
): void {
  const row: usize = <usize>B << 2;
  const gr = scratch + PLANE * 4, gi = scratch + PLANE * 5;
  let frame = spectrum;
  for (let t = 0; t < T; t++) {
    for (let lane: usize = 0; lane < row; lane += 16) {
      const g = gradient + <usize>(t * M) * row + lane;
      for (let at: usize = 0; at < PLANE; at += 16) {
        const re = v128.load(frame + at), im = v128.load(frame + PLANE + at);
        const factor = f32x4.mul(byStrength(g, table + at, row), slope(re, im, power));
        v128.store(gr + at, f32x4.mul(factor, re));
        v128.store(gi + at, f32x4.mul(factor, im));
      }
      frame += PLANE * 2;
      realAdjoint(gr, gi, window, cosines, sines, scratch, wave + <usize>(t * hop) * row + lane, row);
    }
  }
}
