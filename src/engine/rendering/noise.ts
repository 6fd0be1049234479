import { log } from '../math/elementary';
import { Random } from '../math/random';
import { CLIP_SAMPLES } from './placement';
import type { NoiseDescription } from './description';

/** Standard normal numbers (Marsaglia's polar method), the same to the last bit on every machine; both of a pair are used. */
export function fillGaussian(random: Random, out: Float32Array | Float64Array): void {
  for (let i = 0; i < out.length;) {
    const u = 2 * random.uniform() - 1;
    const v = 2 * random.uniform() - 1;
    const s = u * u + v * v;
    if (s <= 0 || s >= 1) continue;
    const factor = Math.sqrt((-2 * log(s)) / s);
    out[i++] = u * factor;
    if (i < out.length) out[i++] = v * factor;
  }
}

/** Theta of a drawn program, [16000]: an autoregressive process of the first order, stationary from the first sample. */
export function colored({ seed, level, color }: NoiseDescription): Float32Array {
  const theta = new Float32Array(CLIP_SAMPLES);
  if (level === 0) return theta;
  const white = new Float64Array(CLIP_SAMPLES);
  fillGaussian(new Random(seed), white);
  const fresh = Math.sqrt(1 - color * color);
  let y = white[0];
  theta[0] = level * y;
  for (let i = 1; i < CLIP_SAMPLES; i++) {
    y = color * y + fresh * white[i];
    theta[i] = level * y;
  }
  return theta;
}
