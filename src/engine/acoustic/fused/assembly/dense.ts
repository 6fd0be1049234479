// Small dense layers, dot-product attention and the outer products that give weight gradients. Vectors are [feature][B].
import { columnSums, exponential, multiplyAdd, splat, sumLanes } from './lanes';

/**
 * out[o][B] = bias[o] + sum_i w(i, o) x[i][B] with w(i, o) = weights[i * inputStride + o * outputStride]; outputs is a multiple of 4.
 * bias 0: none; accumulate: add to out; rectify: max(., 0).
 */
export function dense(
  x: usize, inputs: i32, weights: usize, inputStride: i32, outputStride: i32, bias: usize, out: usize, outputs: i32, accumulate: i32, rectify: i32, B: i32,
): void {
  const row: usize = <usize>B << 2;
  const next: usize = <usize>inputStride << 2, across: usize = <usize>outputStride << 2;
  const zero = splat(0);
  for (let o: usize = 0; o < <usize>outputs; o += 4) {
    for (let lane: usize = 0; lane < row; lane += 32) {
      const to = out + o * row + lane;
      let a0 = zero, a1 = zero, a2 = zero, a3 = zero;
      if (bias) {
        a0 = v128.load32_splat(bias + (o << 2));
        a1 = v128.load32_splat(bias + (o << 2), 4);
        a2 = v128.load32_splat(bias + (o << 2), 8);
        a3 = v128.load32_splat(bias + (o << 2), 12);
      }
      let b0 = a0, b1 = a1, b2 = a2, b3 = a3;
      if (accumulate) {
        a0 = f32x4.add(a0, v128.load(to)); b0 = f32x4.add(b0, v128.load(to, 16));
        a1 = f32x4.add(a1, v128.load(to + row)); b1 = f32x4.add(b1, v128.load(to + row, 16));
        a2 = f32x4.add(a2, v128.load(to + row * 2)); b2 = f32x4.add(b2, v128.load(to + row * 2, 16));
        a3 = f32x4.add(a3, v128.load(to + row * 3)); b3 = f32x4.add(b3, v128.load(to + row * 3, 16));
      }
      let w = weights + o * across, from = x + lane;
      for (let i = 0; i < inputs; i++) {
        const u = v128.load(from), v = v128.load(from, 16);
        let q = v128.load32_splat(w); a0 = multiplyAdd(q, u, a0); b0 = multiplyAdd(q, v, b0);
        q = v128.load32_splat(w + across); a1 = multiplyAdd(q, u, a1); b1 = multiplyAdd(q, v, b1);
        q = v128.load32_splat(w + across * 2); a2 = multiplyAdd(q, u, a2); b2 = multiplyAdd(q, v, b2);
        q = v128.load32_splat(w + across * 3); a3 = multiplyAdd(q, u, a3); b3 = multiplyAdd(q, v, b3);
        from += row;
        w += next;
      }
      if (rectify) {
        a0 = f32x4.pmax(zero, a0); a1 = f32x4.pmax(zero, a1); a2 = f32x4.pmax(zero, a2); a3 = f32x4.pmax(zero, a3);
        b0 = f32x4.pmax(zero, b0); b1 = f32x4.pmax(zero, b1); b2 = f32x4.pmax(zero, b2); b3 = f32x4.pmax(zero, b3);
      }
      v128.store(to, a0); v128.store(to, b0, 16);
      v128.store(to + row, a1); v128.store(to + row, b1, 16);
      v128.store(to + row * 2, a2); v128.store(to + row * 2, b2, 16);
      v128.store(to + row * 3, a3); v128.store(to + row * 3, b3, 16);
    }
  }
}

/** g = 0 where the rectified y is 0, in place; n rows. */
export function rectifyBackward(g: usize, y: usize, n: i32, B: i32): void {
  const bytes: usize = <usize>(n * B) << 2;
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(g + at, v128.and(v128.load(g + at), f32x4.gt(v128.load(y + at), splat(0))));
}

/** attention[T][B] = softmax over t of query . states[t]; context[D][B] = sum_t attention states[t]. */
export function attend(query: usize, states: usize, attention: usize, context: usize, T: i32, D: i32, B: i32): void {
  const row: usize = <usize>B << 2;
  const frame = <usize>D * row;
  for (let lane: usize = 0; lane < row; lane += 16) {
    let highest = splat(-3e38);
    for (let t: usize = 0; t < <usize>T; t++) {
      let a = splat(0), b = a, q = query + lane, y = states + t * frame + lane;
      for (let d = 0; d < D; d += 2) {
        a = multiplyAdd(v128.load(q), v128.load(y), a);
        b = multiplyAdd(v128.load(q + row), v128.load(y + row), b);
        q += row * 2;
        y += row * 2;
      }
      a = f32x4.add(a, b);
      highest = f32x4.pmax(highest, a);
      v128.store(attention + t * row + lane, a);
    }
    let sum = splat(0);
    for (let t: usize = 0; t < <usize>T; t++) {
      const e = exponential(f32x4.sub(v128.load(attention + t * row + lane), highest));
      v128.store(attention + t * row + lane, e);
      sum = f32x4.add(sum, e);
    }
    const share = f32x4.div(splat(1), sum);
    for (let d: usize = 0; d < <usize>D; d++) v128.store(context + d * row + lane, splat(0));
    for (let t: usize = 0; t < <usize>T; t++) {
      const weight = f32x4.mul(v128.load(attention + t * row + lane), share);
      v128.store(attention + t * row + lane, weight);
      let c = context + lane, y = states + t * frame + lane;
      for (let d = 0; d < D; d++) {
        v128.store(c, multiplyAdd(weight, v128.load(y), v128.load(c)));
        c += row;
        y += row;
      }
    }
  }
}

/** Backward of attend: dContext[D][B] -> dStates[T][D][B] (overwritten) and dQuery[D][B] (overwritten). scratch: T B floats. */
export function attendBackward(
  query: usize, states: usize, attention: usize, dContext: usize, dStates: usize, dQuery: usize, scratch: usize, T: i32, D: i32, B: i32,
): void {
  const row: usize = <usize>B << 2;
  const frame = <usize>D * row;
  for (let lane: usize = 0; lane < row; lane += 16) {
    let mean = splat(0);
    for (let t: usize = 0; t < <usize>T; t++) {
      let a = splat(0), c = dContext + lane, y = states + t * frame + lane;
      for (let d = 0; d < D; d++) {
        a = multiplyAdd(v128.load(c), v128.load(y), a);
        c += row;
        y += row;
      }
      v128.store(scratch + t * row + lane, a);
      mean = multiplyAdd(v128.load(attention + t * row + lane), a, mean);
    }
    for (let d: usize = 0; d < <usize>D; d++) v128.store(dQuery + d * row + lane, splat(0));
    for (let t: usize = 0; t < <usize>T; t++) {
      const weight = v128.load(attention + t * row + lane);
      const byScore = f32x4.mul(weight, f32x4.sub(v128.load(scratch + t * row + lane), mean));
      let y = states + t * frame + lane, out = dStates + t * frame + lane, q = query + lane, dq = dQuery + lane, c = dContext + lane;
      for (let d = 0; d < D; d++) {
        v128.store(out, multiplyAdd(byScore, v128.load(q), f32x4.mul(weight, v128.load(c))));
        v128.store(dq, multiplyAdd(byScore, v128.load(y), v128.load(dq)));
        y += row; out += row; q += row; dq += row; c += row;
      }
    }
  }
}

/**
 * gradient[i][j] += sum over t and clips of a[t][i] b[t][j]; a[T][..][B] has its frames aStride rows apart (likewise b);
 * rowsA a multiple of 2, rowsB of 4. Frames are taken 32 at a time so that a slice of b stays in the first-level cache.
 */
export function outerProducts(a: usize, rowsA: i32, aStride: i32, b: usize, rowsB: i32, bStride: i32, gradient: usize, T: i32, B: i32): void {
  const row: usize = <usize>B << 2;
  const aFrame = <usize>aStride * row, bFrame = <usize>bStride * row;
  for (let t0 = 0; t0 < T; t0 += 32) {
    const frames = min(32, T - t0);
    const aStart = a + <usize>t0 * aFrame, bStart = b + <usize>t0 * bFrame;
    for (let j: usize = 0; j < <usize>rowsB; j += 4) {
      for (let i: usize = 0; i < <usize>rowsA; i += 2) {
        let p0 = splat(0), p1 = p0, p2 = p0, p3 = p0, q0 = p0, q1 = p0, q2 = p0, q3 = p0;
        let x = aStart + i * row, y = bStart + j * row;
        for (let t = 0; t < frames; t++) {
          for (let lane: usize = 0; lane < row; lane += 16) {
            const u = v128.load(x + lane), v = v128.load(x + row + lane);
            let w = v128.load(y + lane); p0 = multiplyAdd(u, w, p0); q0 = multiplyAdd(v, w, q0);
            w = v128.load(y + row + lane); p1 = multiplyAdd(u, w, p1); q1 = multiplyAdd(v, w, q1);
            w = v128.load(y + row * 2 + lane); p2 = multiplyAdd(u, w, p2); q2 = multiplyAdd(v, w, q2);
            w = v128.load(y + row * 3 + lane); p3 = multiplyAdd(u, w, p3); q3 = multiplyAdd(v, w, q3);
          }
          x += aFrame;
          y += bFrame;
        }
        let to = gradient + ((i * <usize>rowsB + j) << 2);
        v128.store(to, f32x4.add(v128.load(to), columnSums(p0, p1, p2, p3)));
        to += <usize>rowsB << 2;
        v128.store(to, f32x4.add(v128.load(to), columnSums(q0, q1, q2, q3)));
      }
    }
  }
}

/** sums[j] += sum over t and clips of b[t][j]. */
export function rowSums(b: usize, rows: i32, bStride: i32, sums: usize, T: i32, B: i32): void {
  const row: usize = <usize>B << 2;
  for (let j: usize = 0; j < <usize>rows; j++) {
    let sum = splat(0), y = b + j * row;
    for (let t = 0; t < T; t++) {
      for (let lane: usize = 0; lane < row; lane += 16) sum = f32x4.add(sum, v128.load(y + lane));
      y += <usize>bStride * row;
    }
    store<f32>(sums + (j << 2), load<f32>(sums + (j << 2)) + sumLanes(sum));
  }
}
