// (5,1) convolutions over time. Mel bins and clips are alike to them, so they run on columns: a column is all frames of one
// mel bin and eight clips, [2 + T + 2][channels][8], the two rows of zeros on either side being the 'same' padding. The five
// taps of all channels are then one contiguous run of rows. Channels are a multiple of 4 (zero weights fill up) or exactly 1.
import { columnSums, multiplyAdd, splat, sumLanes } from './lanes';

const TAPS: usize = 5;
/** Bytes of eight clips. */
const CELL: usize = 32;

/** features[T][M][B] -> columns [M][B/8][T + 4][1][8]; padding rows must be zero already. */
export function toColumns(features: usize, columns: usize, T: i32, M: i32, B: i32): void {
  const row: usize = (<usize>B) << 2;
  const column = <usize>(T + 4) * CELL;
  for (let t = 0; t < T; t++) {
    let to = columns + <usize>(t + 2) * CELL;
    let from = features + <usize>(t * M) * row;
    for (const end = from + <usize>M * row; from < end; from += CELL) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      to += column;
    }
  }
}

/** The inverse of toColumns. */
export function fromColumns(columns: usize, features: usize, T: i32, M: i32, B: i32): void {
  const row: usize = (<usize>B) << 2;
  const column = <usize>(T + 4) * CELL;
  for (let t = 0; t < T; t++) {
    let from = columns + <usize>(t + 2) * CELL;
    let to = features + <usize>(t * M) * row;
    for (const end = to + <usize>M * row; to < end; to += CELL) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      from += column;
    }
  }
}

/**
 * One column through a convolution with `channels` (multiple of 4) outputs: out[t][o] (+)= sum weights[o / 4][tap][i][o % 4] x[t + tap][i].
 * x, out and y point at their first padding row. accumulate: add to out, else overwrite. With y, what `activate` does with `normalise`
 * is done at once, while the outputs are in registers: out = max(out + bias, 0), y = scale out + shift; y is 0 otherwise.
 */
export function convolveMany(
  x: usize,
  inputs: i32,
  weights: usize,
  out: usize,
  channels: i32,
  accumulate: i32,
  T: i32,
  y: usize,
  bias: usize,
  scale: usize,
  shift: usize,
): void {
  const run = TAPS * <usize>inputs;
  const rowIn = <usize>inputs * CELL,
    rowOut = <usize>channels * CELL;
  let block = weights;
  for (let o: usize = 0; o < rowOut; o += CELL * 4) {
    const end = block + run * 16;
    let window = x,
      to = out + rowOut * 2 + o;
    for (let t = 0; t < T; t++) {
      let a0 = splat(0),
        a1 = a0,
        a2 = a0,
        a3 = a0,
        b0 = a0,
        b1 = a0,
        b2 = a0,
        b3 = a0;
      if (accumulate) {
        a0 = v128.load(to);
        b0 = v128.load(to, 16);
        a1 = v128.load(to, 32);
        b1 = v128.load(to, 48);
        a2 = v128.load(to, 64);
        b2 = v128.load(to, 80);
        a3 = v128.load(to, 96);
        b3 = v128.load(to, 112);
      }
      let from = window;
      for (let w = block; w < end; w += 16) {
        const u = v128.load(from),
          v = v128.load(from, 16);
        let q = v128.load32_splat(w);
        a0 = multiplyAdd(q, u, a0);
        b0 = multiplyAdd(q, v, b0);
        q = v128.load32_splat(w, 4);
        a1 = multiplyAdd(q, u, a1);
        b1 = multiplyAdd(q, v, b1);
        q = v128.load32_splat(w, 8);
        a2 = multiplyAdd(q, u, a2);
        b2 = multiplyAdd(q, v, b2);
        q = v128.load32_splat(w, 12);
        a3 = multiplyAdd(q, u, a3);
        b3 = multiplyAdd(q, v, b3);
        from += CELL;
      }
      if (y) {
        const at = to - out + y,
          c = o >> 3;
        activateCell(a0, b0, to, at, bias + c, scale + c, shift + c);
        activateCell(a1, b1, to + 32, at + 32, bias + c + 4, scale + c + 4, shift + c + 4);
        activateCell(a2, b2, to + 64, at + 64, bias + c + 8, scale + c + 8, shift + c + 8);
        activateCell(a3, b3, to + 96, at + 96, bias + c + 12, scale + c + 12, shift + c + 12);
      } else {
        v128.store(to, a0);
        v128.store(to, b0, 16);
        v128.store(to, a1, 32);
        v128.store(to, b1, 48);
        v128.store(to, a2, 64);
        v128.store(to, b2, 80);
        v128.store(to, a3, 96);
        v128.store(to, b3, 112);
      }
      window += rowIn;
      to += rowOut;
    }
    block = end;
  }
}

/** z = max(a + bias, 0) and y = scale z + shift for eight clips of one channel. */
@inline function activateCell(a: v128, b: v128, z: usize, y: usize, bias: usize, scale: usize, shift: usize): void {
  const zero = splat(0);
  const plus = v128.load32_splat(bias),
    factor = v128.load32_splat(scale),
    offset = v128.load32_splat(shift);
  const u = f32x4.pmax(zero, f32x4.add(a, plus)),
    v = f32x4.pmax(zero, f32x4.add(b, plus));
  v128.store(z, u);
  v128.store(z, v, 16);
  v128.store(y, multiplyAdd(u, factor, offset));
  v128.store(y, multiplyAdd(v, factor, offset), 16);
}

/** As convolveMany with one output channel, weights[i][5]. Four frames share the loads of their eight rows. T + 3 rows of out may be written. */
export function convolveOne(x: usize, inputs: i32, weights: usize, out: usize, accumulate: i32, T: i32): void {
  const rowIn = <usize>inputs * CELL;
  const frames: usize = <usize>T;
  for (let t: usize = 0; t < frames; t += 4) {
    // The last frames are done again rather than past the end, unless they are to be added.
    if (t + 4 > frames) {
      for (; t < frames; t++) convolveFrame(x + t * rowIn, rowIn, inputs, weights, out + (t + 2) * CELL, accumulate);
      return;
    }
    const to = out + (t + 2) * CELL;
    for (let half: usize = 0; half < CELL; half += 16) {
      let r0 = splat(0),
        r1 = r0,
        r2 = r0,
        r3 = r0;
      if (accumulate) {
        r0 = v128.load(to + half);
        r1 = v128.load(to + half, 32);
        r2 = v128.load(to + half, 64);
        r3 = v128.load(to + half, 96);
      }
      let from = x + t * rowIn + half,
        w = weights;
      for (let i = 0; i < inputs; i++) {
        const x0 = v128.load(from),
          x1 = v128.load(from + rowIn),
          x2 = v128.load(from + rowIn * 2),
          x3 = v128.load(from + rowIn * 3);
        const x4 = v128.load(from + rowIn * 4),
          x5 = v128.load(from + rowIn * 5),
          x6 = v128.load(from + rowIn * 6),
          x7 = v128.load(from + rowIn * 7);
        let q = v128.load32_splat(w);
        r0 = multiplyAdd(q, x0, r0);
        r1 = multiplyAdd(q, x1, r1);
        r2 = multiplyAdd(q, x2, r2);
        r3 = multiplyAdd(q, x3, r3);
        q = v128.load32_splat(w, 4);
        r0 = multiplyAdd(q, x1, r0);
        r1 = multiplyAdd(q, x2, r1);
        r2 = multiplyAdd(q, x3, r2);
        r3 = multiplyAdd(q, x4, r3);
        q = v128.load32_splat(w, 8);
        r0 = multiplyAdd(q, x2, r0);
        r1 = multiplyAdd(q, x3, r1);
        r2 = multiplyAdd(q, x4, r2);
        r3 = multiplyAdd(q, x5, r3);
        q = v128.load32_splat(w, 12);
        r0 = multiplyAdd(q, x3, r0);
        r1 = multiplyAdd(q, x4, r1);
        r2 = multiplyAdd(q, x5, r2);
        r3 = multiplyAdd(q, x6, r3);
        q = v128.load32_splat(w, 16);
        r0 = multiplyAdd(q, x4, r0);
        r1 = multiplyAdd(q, x5, r1);
        r2 = multiplyAdd(q, x6, r2);
        r3 = multiplyAdd(q, x7, r3);
        from += CELL;
        w += 20;
      }
      v128.store(to + half, r0);
      v128.store(to + half, r1, 32);
      v128.store(to + half, r2, 64);
      v128.store(to + half, r3, 96);
    }
  }
}

function convolveFrame(x: usize, rowIn: usize, inputs: i32, weights: usize, to: usize, accumulate: i32): void {
  for (let half: usize = 0; half < CELL; half += 16) {
    let sum = accumulate ? v128.load(to + half) : splat(0);
    let w = weights;
    for (let i: usize = 0; i < <usize>inputs; i++) {
      for (let tap: usize = 0; tap < TAPS; tap++) {
        sum = multiplyAdd(v128.load32_splat(w), v128.load(x + tap * rowIn + i * CELL + half), sum);
        w += 4;
      }
    }
    v128.store(to + half, sum);
  }
}

/**
 * z = max(z + bias, 0) in place and y = scale z + shift, per channel, over one column. The padding rows of y stay zero.
 * normalize 0: y is left alone (its scale is not known yet: batch statistics).
 */
export function activate(
  z: usize,
  y: usize,
  bias: usize,
  scale: usize,
  shift: usize,
  channels: i32,
  normalize: i32,
  T: i32,
): void {
  const zero = splat(0);
  let from = z + <usize>channels * CELL * 2,
    to = y + <usize>channels * CELL * 2;
  for (let t = 0; t < T; t++) {
    for (let c: usize = 0; c < <usize>channels; c++) {
      const a = v128.load(from),
        b = v128.load(from, 16);
      const at = c << 2;
      if (normalize) activateCell(a, b, from, to, bias + at, scale + at, shift + at);
      else {
        const plus = v128.load32_splat(bias + at);
        v128.store(from, f32x4.pmax(zero, f32x4.add(a, plus)));
        v128.store(from, f32x4.pmax(zero, f32x4.add(b, plus)), 16);
      }
      from += CELL;
      to += CELL;
    }
  }
}

/** y = scale z + shift over one column. */
export function normalize(z: usize, y: usize, scale: usize, shift: usize, channels: i32, T: i32): void {
  let from = z + <usize>channels * CELL * 2,
    to = y + <usize>channels * CELL * 2;
  for (let t = 0; t < T; t++) {
    for (let c: usize = 0; c < <usize>channels; c++) {
      const a = v128.load32_splat(scale + (c << 2)),
        s = v128.load32_splat(shift + (c << 2));
      v128.store(to, multiplyAdd(v128.load(from), a, s));
      v128.store(to, multiplyAdd(v128.load(from, 16), a, s), 16);
      from += CELL;
      to += CELL;
    }
  }
}

/** sums[c] += sum p, products[c] += sum p q over one column and its clips (64-bit floats: they run over a whole batch). */
export function channelSums(p: usize, q: usize, sums: usize, products: usize, channels: i32, T: i32): void {
  const row = <usize>channels * CELL;
  for (let c: usize = 0; c < <usize>channels; c++) {
    let sum = splat(0),
      product = sum;
    let a = p + row * 2 + c * CELL,
      b = q + row * 2 + c * CELL;
    for (let t = 0; t < T; t++) {
      const a0 = v128.load(a),
        a1 = v128.load(a, 16);
      sum = f32x4.add(sum, f32x4.add(a0, a1));
      product = multiplyAdd(a0, v128.load(b), multiplyAdd(a1, v128.load(b, 16), product));
      a += row;
      b += row;
    }
    store<f64>(sums + (c << 3), load<f64>(sums + (c << 3)) + <f64>sumLanes(sum));
    store<f64>(products + (c << 3), load<f64>(products + (c << 3)) + <f64>sumLanes(product));
  }
}

/**
 * In place over one column: gradient by y -> gradient by the convolution's output. g = (scale g + slope z + offset) where z > 0, else 0;
 * slope and offset carry the batch's statistics for training; a slope of address 0 stands for frozen statistics, without both. Gradients before this step are kept in `tap` unless it is 0:
 * tap = scale g + slope z + offset (gradient by the ReLU's output).
 */
export function activateBackward(
  g: usize,
  z: usize,
  scale: usize,
  slope: usize,
  offset: usize,
  tap: usize,
  channels: i32,
  T: i32,
): void {
  const zero = splat(0);
  const skip = <usize>channels * CELL * 2;
  let at = g + skip,
    from = z + skip,
    to = tap + skip;
  for (let t = 0; t < T; t++) {
    for (let c: usize = 0; c < <usize>channels; c++) {
      const a = v128.load32_splat(scale + (c << 2));
      for (let half: usize = 0; half < CELL; half += 16) {
        const value = v128.load(from + half);
        let whole = f32x4.mul(a, v128.load(at + half));
        if (slope) {
          const p = v128.load32_splat(slope + (c << 2)),
            q = v128.load32_splat(offset + (c << 2));
          whole = f32x4.add(whole, multiplyAdd(p, value, q));
        }
        if (tap) v128.store(to + half, whole);
        v128.store(at + half, v128.and(whole, f32x4.gt(value, zero)));
      }
      at += CELL;
      from += CELL;
      to += CELL;
    }
  }
}

/**
 * gradient[tap][i][o] += sum over frames and clips of x[t + tap][i] dz[t][o], one column; channels a multiple of 4.
 * Two inputs and four outputs share their loads; an odd last input is done twice and stored once.
 */
export function convolveManyWeights(x: usize, inputs: i32, dz: usize, channels: i32, gradient: usize, T: i32): void {
  const rowIn = <usize>inputs * CELL, rowOut = <usize>channels * CELL;
  const run = TAPS * <usize>inputs;
  for (let o: usize = 0; o < <usize>channels; o += 4) {
    for (let k: usize = 0; k < run; k += 2) {
      const pair: usize = k + 1 < run ? CELL : 0;
      let a0 = splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
      let from = x + k * CELL, d = dz + rowOut * 2 + o * CELL;
      for (let t = 0; t < T; t++) {
        let u = v128.load(from), v = v128.load(from + pair);
        let w = v128.load(d); a0 = multiplyAdd(u, w, a0); b0 = multiplyAdd(v, w, b0);
        w = v128.load(d, 32); a1 = multiplyAdd(u, w, a1); b1 = multiplyAdd(v, w, b1);
        w = v128.load(d, 64); a2 = multiplyAdd(u, w, a2); b2 = multiplyAdd(v, w, b2);
        w = v128.load(d, 96); a3 = multiplyAdd(u, w, a3); b3 = multiplyAdd(v, w, b3);
        u = v128.load(from, 16);
        v = v128.load(from + pair, 16);
        w = v128.load(d, 16); a0 = multiplyAdd(u, w, a0); b0 = multiplyAdd(v, w, b0);
        w = v128.load(d, 48); a1 = multiplyAdd(u, w, a1); b1 = multiplyAdd(v, w, b1);
        w = v128.load(d, 80); a2 = multiplyAdd(u, w, a2); b2 = multiplyAdd(v, w, b2);
        w = v128.load(d, 112); a3 = multiplyAdd(u, w, a3); b3 = multiplyAdd(v, w, b3);
        from += rowIn;
        d += rowOut;
      }
      const to = gradient + ((k * <usize>channels + o) << 2);
      v128.store(to, f32x4.add(v128.load(to), columnSums(a0, a1, a2, a3)));
      if (pair) {
        const next = to + (<usize>channels << 2);
        v128.store(next, f32x4.add(v128.load(next), columnSums(b0, b1, b2, b3)));
      }
    }
  }
}

/** As convolveManyWeights for one output channel: gradient[tap][i]. */
export function convolveOneWeights(x: usize, inputs: i32, dz: usize, gradient: usize, T: i32): void {
  const rowIn = <usize>inputs * CELL;
  const run = TAPS * <usize>inputs;
  for (let k: usize = 0; k < run; k++) {
    let a = splat(0),
      b = a;
    let from = x + k * CELL,
      d = dz + CELL * 2;
    for (let t = 0; t < T; t++) {
      a = multiplyAdd(v128.load(from), v128.load(d), a);
      b = multiplyAdd(v128.load(from, 16), v128.load(d, 16), b);
      from += rowIn;
      d += CELL;
    }
    store<f32>(gradient + (k << 2), load<f32>(gradient + (k << 2)) + sumLanes(f32x4.add(a, b)));
  }
}
