// The compute limit of one core, for the benchmark: independent multiply-adds that never leave the registers.
import { multiplyAdd, splat, sumLanes } from './lanes';

/** Runs `rounds` x 12 vector multiply-adds (96 floating-point operations a round). */
export function peak(rounds: i32, factor: f32): f32 {
  const q = splat(factor),
    c = splat(1e-7);
  let a0 = splat(1),
    a1 = splat(2),
    a2 = splat(3),
    a3 = splat(4),
    a4 = splat(5),
    a5 = splat(6);
  let b0 = splat(7),
    b1 = splat(8),
    b2 = splat(9),
    b3 = splat(10),
    b4 = splat(11),
    b5 = splat(12);
  for (let i = 0; i < rounds; i++) {
    a0 = multiplyAdd(a0, q, c);
    a1 = multiplyAdd(a1, q, c);
    a2 = multiplyAdd(a2, q, c);
    a3 = multiplyAdd(a3, q, c);
    a4 = multiplyAdd(a4, q, c);
    a5 = multiplyAdd(a5, q, c);
    b0 = multiplyAdd(b0, q, c);
    b1 = multiplyAdd(b1, q, c);
    b2 = multiplyAdd(b2, q, c);
    b3 = multiplyAdd(b3, q, c);
    b4 = multiplyAdd(b4, q, c);
    b5 = multiplyAdd(b5, q, c);
  }
  const a = f32x4.add(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)), f32x4.add(a4, a5));
  const b = f32x4.add(f32x4.add(f32x4.add(b0, b1), f32x4.add(b2, b3)), f32x4.add(b4, b5));
  return sumLanes(f32x4.add(a, b));
}
