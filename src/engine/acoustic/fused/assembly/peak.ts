// The compute limit of one core, for the benchmark: a tile of a matrix product whose operands stay in the first-level cache.
import { multiplyAdd, splat, sumLanes } from './lanes';

/**
 * Runs `rounds` x `depth` x 8 vector multiply-adds (64 floating-point operations each step): accumulators that do not wait for each
 * other, two vectors and four scalars loaded a step, as in the inner loops of convolution and LSTM. The first round overwrites nothing:
 * all operands are read from `at`, [depth * 12] floats.
 */
export function peak(at: usize, depth: i32, rounds: i32): f32 {
  let sum = splat(0);
  for (let round = 0; round < rounds; round++) {
    let a0 = splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    let from = at;
    for (let i = 0; i < depth; i++) {
      const u = v128.load(from), v = v128.load(from, 16);
      let q = v128.load32_splat(from, 32); a0 = multiplyAdd(q, u, a0); b0 = multiplyAdd(q, v, b0);
      q = v128.load32_splat(from, 36); a1 = multiplyAdd(q, u, a1); b1 = multiplyAdd(q, v, b1);
      q = v128.load32_splat(from, 40); a2 = multiplyAdd(q, u, a2); b2 = multiplyAdd(q, v, b2);
      q = v128.load32_splat(from, 44); a3 = multiplyAdd(q, u, a3); b3 = multiplyAdd(q, v, b3);
      from += 48;
    }
    const a = f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3));
    const b = f32x4.add(f32x4.add(b0, b1), f32x4.add(b2, b3));
    sum = f32x4.add(sum, f32x4.add(a, b));
  }
  return sumLanes(sum);
}
