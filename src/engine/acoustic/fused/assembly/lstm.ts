// One direction of an LSTM over a shard, forward and back through time. Everything is [t][feature][B].
import { hyperbolicTangent, multiplyAdd, sigmoid, splat } from './lanes';

/**
 * x[T][D][B] -> y[T][yRows][B], rows yOffset .. yOffset + H - 1.
 * weights[h][D + H][4 gates i, f, c, o]; bias[h][4]. Kept for the backward pass: gates[T][H][4][B], cell[T][H][B], squashed = tanh(cell).
 * The accumulators of one unit's product ARE its four gates, so activation and cell update need no further pass over memory.
 */
export function lstmForward(
  x: usize,
  weights: usize,
  bias: usize,
  y: usize,
  yRows: i32,
  yOffset: i32,
  gates: usize,
  cell: usize,
  squashed: usize,
  T: i32,
  B: i32,
  D: i32,
  H: i32,
  backwards: i32,
): void {
  const row: usize = (<usize>B) << 2;
  for (let step = 0; step < T; step++) {
    const t = backwards ? T - 1 - step : step;
    const before = backwards ? t + 1 : t - 1;
    const xt: usize = x + <usize>(t * D) * row;
    const yt: usize = y + <usize>(t * yRows + yOffset) * row;
    const yBefore: usize = y + <usize>(before * yRows + yOffset) * row;
    const ct: usize = cell + <usize>(t * H) * row,
      cBefore: usize = cell + <usize>(before * H) * row;
    const st: usize = squashed + <usize>(t * H) * row;
    const gt: usize = gates + <usize>(t * H * 4) * row;
    for (let h: usize = 0; h < <usize>H; h++) {
      const unit: usize = weights + h * <usize>(D + H) * 16;
      const b = bias + h * 16;
      for (let lane: usize = 0; lane < row; lane += 32) {
        let i0 = v128.load32_splat(b),
          f0 = v128.load32_splat(b, 4),
          g0 = v128.load32_splat(b, 8),
          o0 = v128.load32_splat(b, 12);
        let i1 = i0,
          f1 = f0,
          g1 = g0,
          o1 = o0;
        let w = unit,
          from = xt + lane;
        for (const end = unit + <usize>D * 16; w < end; w += 16) {
          const u = v128.load(from),
            v = v128.load(from, 16);
          let q = v128.load32_splat(w);
          i0 = multiplyAdd(q, u, i0);
          i1 = multiplyAdd(q, v, i1);
          q = v128.load32_splat(w, 4);
          f0 = multiplyAdd(q, u, f0);
          f1 = multiplyAdd(q, v, f1);
          q = v128.load32_splat(w, 8);
          g0 = multiplyAdd(q, u, g0);
          g1 = multiplyAdd(q, v, g1);
          q = v128.load32_splat(w, 12);
          o0 = multiplyAdd(q, u, o0);
          o1 = multiplyAdd(q, v, o1);
          from += row;
        }
        if (step) {
          from = yBefore + lane;
          for (const end = unit + <usize>(D + H) * 16; w < end; w += 16) {
            const u = v128.load(from),
              v = v128.load(from, 16);
            let q = v128.load32_splat(w);
            i0 = multiplyAdd(q, u, i0);
            i1 = multiplyAdd(q, v, i1);
            q = v128.load32_splat(w, 4);
            f0 = multiplyAdd(q, u, f0);
            f1 = multiplyAdd(q, v, f1);
            q = v128.load32_splat(w, 8);
            g0 = multiplyAdd(q, u, g0);
            g1 = multiplyAdd(q, v, g1);
            q = v128.load32_splat(w, 12);
            o0 = multiplyAdd(q, u, o0);
            o1 = multiplyAdd(q, v, o1);
            from += row;
          }
        }
        const at: usize = h * row + lane;
        i0 = sigmoid(i0);
        f0 = sigmoid(f0);
        g0 = hyperbolicTangent(g0);
        o0 = sigmoid(o0);
        i1 = sigmoid(i1);
        f1 = sigmoid(f1);
        g1 = hyperbolicTangent(g1);
        o1 = sigmoid(o1);
        const g = gt + h * 4 * row + lane;
        v128.store(g, i0);
        v128.store(g, i1, 16);
        v128.store(g + row, f0);
        v128.store(g + row, f1, 16);
        v128.store(g + row * 2, g0);
        v128.store(g + row * 2, g1, 16);
        v128.store(g + row * 3, o0);
        v128.store(g + row * 3, o1, 16);
        let c0 = f32x4.mul(i0, g0),
          c1 = f32x4.mul(i1, g1);
        if (step) {
          c0 = multiplyAdd(f0, v128.load(cBefore + at), c0);
          c1 = multiplyAdd(f1, v128.load(cBefore + at, 16), c1);
        }
        v128.store(ct + at, c0);
        v128.store(ct + at, c1, 16);
        c0 = hyperbolicTangent(c0);
        c1 = hyperbolicTangent(c1);
        v128.store(st + at, c0);
        v128.store(st + at, c1, 16);
        v128.store(yt + at, f32x4.mul(o0, c0));
        v128.store(yt + at, f32x4.mul(o1, c1), 16);
      }
    }
  }
}

/**
 * dy[T][yRows][B] (rows yOffset ..) -> dx[T][D][B], overwritten, or added to where `accumulate`. gates is overwritten with the gradient by the
 * gates' arguments. weights[(D + H) / 4][H][4 gates][4 rows]; carry: 2 H B floats.
 */
export function lstmBackward(
  dy: usize,
  yRows: i32,
  yOffset: i32,
  weights: usize,
  gates: usize,
  cell: usize,
  squashed: usize,
  dx: usize,
  accumulate: i32,
  carry: usize,
  T: i32,
  B: i32,
  D: i32,
  H: i32,
  backwards: i32,
): void {
  const row: usize = (<usize>B) << 2;
  const dhCarry = carry,
    dcCarry = carry + <usize>H * row;
  memory.fill(carry, 0, 2 * <usize>H * row);
  const one = splat(1);
  const columns: usize = <usize>H * 4;
  for (let step = T - 1; step >= 0; step--) {
    const t = backwards ? T - 1 - step : step;
    const before = backwards ? t + 1 : t - 1;
    const dyt: usize = dy + <usize>(t * yRows + yOffset) * row;
    const cBefore: usize = cell + <usize>(before * H) * row,
      st: usize = squashed + <usize>(t * H) * row;
    const gt: usize = gates + <usize>(t * H * 4) * row;
    const dxt: usize = dx + <usize>(t * D) * row;
    for (let h: usize = 0; h < <usize>H; h++) {
      for (let lane: usize = 0; lane < row; lane += 16) {
        const at: usize = h * row + lane,
          g = gt + h * 4 * row + lane;
        const i = v128.load(g),
          f = v128.load(g + row),
          c = v128.load(g + row * 2),
          o = v128.load(g + row * 3);
        const tc = v128.load(st + at);
        const dh = f32x4.add(v128.load(dyt + at), v128.load(dhCarry + at));
        const byOutput = f32x4.mul(dh, tc);
        const dc = multiplyAdd(f32x4.mul(dh, o), f32x4.sub(one, f32x4.mul(tc, tc)), v128.load(dcCarry + at));
        v128.store(g, f32x4.mul(f32x4.mul(dc, c), f32x4.mul(i, f32x4.sub(one, i))));
        v128.store(
          g + row,
          step ? f32x4.mul(f32x4.mul(dc, v128.load(cBefore + at)), f32x4.mul(f, f32x4.sub(one, f))) : splat(0),
        );
        v128.store(g + row * 2, f32x4.mul(f32x4.mul(dc, i), f32x4.sub(one, f32x4.mul(c, c))));
        v128.store(g + row * 3, f32x4.mul(byOutput, f32x4.mul(o, f32x4.sub(one, o))));
        v128.store(dcCarry + at, f32x4.mul(dc, f));
      }
    }
    const rows = D + (step ? H : 0);
    for (let r = 0; r < rows; r += 4) {
      const block: usize = weights + <usize>r * columns * 4;
      const isInput = r < D;
      const to: usize = isInput ? dxt + <usize>r * row : dhCarry + <usize>(r - D) * row;
      for (let lane: usize = 0; lane < row; lane += 32) {
        const d = to + lane;
        let a0 = splat(0),
          a1 = a0,
          a2 = a0,
          a3 = a0,
          b0 = a0,
          b1 = a0,
          b2 = a0,
          b3 = a0;
        if (isInput && accumulate) {
          a0 = v128.load(d);
          b0 = v128.load(d, 16);
          a1 = v128.load(d + row);
          b1 = v128.load(d + row, 16);
          a2 = v128.load(d + row * 2);
          b2 = v128.load(d + row * 2, 16);
          a3 = v128.load(d + row * 3);
          b3 = v128.load(d + row * 3, 16);
        }
        let w = block,
          from = gt + lane;
        for (const end = block + columns * 16; w < end; w += 16) {
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
          from += row;
        }
        v128.store(d, a0);
        v128.store(d, b0, 16);
        v128.store(d + row, a1);
        v128.store(d + row, b1, 16);
        v128.store(d + row * 2, a2);
        v128.store(d + row * 2, b2, 16);
        v128.store(d + row * 3, a3);
        v128.store(d + row * 3, b3, 16);
      }
    }
  }
}
