import { cosOfTurns, exp, sinOfTurns } from '../math/elementary';
import { Random } from '../math/random';
import type { TrainStatistics } from './train-statistics';
import { Contour } from './contour';
import type { RenderingOf, ResonanceDescription } from './description';
import { fillGaussian } from './noise';
import { CLIP_SAMPLES } from './placement';
import type { Positions, RenderingParameters } from './rendering';
import { knotPosition } from './resample';
import type { Sound } from './sound';
import { MAX_EXPONENT } from './squashing';

/** Clip samples between two updates of the resonances' coefficients. */
const BLOCK = 32;
const BLOCKS = CLIP_SAMPLES / BLOCK;
const PULSE = 8;
const LOWEST = 50;
const OCTAVE = Math.LN2;
/** Bandwidth and highest frequency in hertz, and gain in the sum, of the lower and the upper resonance. */
const RESONANCES = [
  { bandwidth: 90, highest: 3500, gain: 1 },
  { bandwidth: 120, highest: 7000, gain: 0.7 },
] as const;

/** A pulse train with breath through two parallel two-pole resonances whose frequencies follow the series. */
export class FormantSound implements Sound {
  readonly parameterNames = [];
  readonly thetaMask = null;
  readonly #source: Float32Array;
  readonly #resonances: Resonance[];

  constructor({ fundamental, breath, resonances }: RenderingOf<'formant'>, statistics: TrainStatistics) {
    this.#source = new Float32Array(CLIP_SAMPLES);
    fillGaussian(new Random(breath.seed), this.#source);
    const period = Math.round(CLIP_SAMPLES / fundamental);
    for (let i = 0; i < CLIP_SAMPLES; i++)
      this.#source[i] = (i % period === 0 ? PULSE : 0) + breath.level * this.#source[i];
    this.#resonances = resonances.map((resonance, r) => new Resonance(resonance, RESONANCES[r], statistics));
  }

  addTo(values: ArrayLike<number>, _parameters: RenderingParameters, out: Float32Array): void {
    for (const resonance of this.#resonances) resonance.addTo(values, this.#source, out);
  }

  pullback(values: ArrayLike<number>, _parameters: RenderingParameters, dClip: Float32Array): Float64Array {
    const [lower, upper] = this.#resonances.map((resonance) => resonance.pullback(values, this.#source, dClip));
    return lower.map((d, i) => d + upper[i]);
  }

  parameterGradient(): void {
    // Theta is the only parameter.
  }

  /** Of the lower resonance; the upper one hears the same time unless its window differs. */
  positions(length: number): Positions {
    return this.#resonances[0].contour.positions(length);
  }
}

/**
 * y_t = (1 - r) s_t + a_t y_(t-1) - r^2 y_(t-2), a_t = 2 r cos(2 pi F / 16000), r = e^(-pi bandwidth / 16000), with
 * F = frequency * 2^(octaves x) read at the first sample of each block of 32.
 */
class Resonance {
  readonly contour: Contour;
  readonly #radius: number;
  readonly #frequencies = new Float64Array(BLOCKS);
  readonly #coefficients = new Float64Array(BLOCKS);

  constructor(
    private readonly description: ResonanceDescription,
    private readonly shape: (typeof RESONANCES)[number],
    statistics: TrainStatistics,
  ) {
    this.contour = new Contour(description.contour, statistics, MAX_EXPONENT, BLOCKS);
    this.#radius = exp((-Math.PI * shape.bandwidth) / CLIP_SAMPLES);
  }

  #read(values: ArrayLike<number>): void {
    const { frequency, octaves } = this.description;
    this.contour.read(values);
    const { knots, count } = this.contour;
    for (let b = 0; b < BLOCKS; b++) {
      const { below, above, part } = neighbors(b, count);
      const x = knots[below] + part * (knots[above] - knots[below]);
      const moved = frequency * exp(OCTAVE * octaves * x);
      this.#frequencies[b] = moved;
      const kept = moved < LOWEST ? LOWEST : moved > this.shape.highest ? this.shape.highest : moved;
      this.#coefficients[b] = 2 * this.#radius * cosOfTurns(kept / CLIP_SAMPLES);
    }
  }

  addTo(values: ArrayLike<number>, source: Float32Array, out: Float32Array): void {
    this.#read(values);
    const radius = this.#radius;
    const { gain } = this.shape;
    let y1 = 0;
    let y2 = 0;
    for (let b = 0, i = 0; b < BLOCKS; b++) {
      const a = this.#coefficients[b];
      for (const end = i + BLOCK; i < end; i++) {
        const y = (1 - radius) * source[i] + a * y1 - radius * radius * y2;
        y2 = y1;
        y1 = y;
        out[i] += gain * y;
      }
    }
  }

  /** Reverse accumulation: l_t = gain dClip_t + a_(t+1) l_(t+1) - r^2 l_(t+2) is d score / d y_t, and d score / d a_t = l_t y_(t-1). */
  pullback(values: ArrayLike<number>, source: Float32Array, dClip: Float32Array): Float64Array {
    this.#read(values);
    const radius = this.#radius;
    const { gain, highest } = this.shape;
    const y = new Float64Array(CLIP_SAMPLES + 2);
    for (let i = 0; i < CLIP_SAMPLES; i++)
      y[i + 2] =
        (1 - radius) * source[i] + this.#coefficients[Math.floor(i / BLOCK)] * y[i + 1] - radius * radius * y[i];
    const { count } = this.contour;
    const dKnots = new Float64Array(count);
    const scale = OCTAVE * this.description.octaves;
    let l1 = 0;
    let l2 = 0;
    let next = 0;
    for (let b = BLOCKS - 1; b >= 0; b--) {
      const a = this.#coefficients[b];
      let dA = 0;
      for (let i = (b + 1) * BLOCK - 1; i >= b * BLOCK; i--) {
        const l = gain * dClip[i] + next * l1 - radius * radius * l2;
        dA += l * y[i + 1];
        l2 = l1;
        l1 = l;
        next = a;
      }
      const f = this.#frequencies[b];
      if (f <= LOWEST || f >= highest) continue;
      const turn = f / CLIP_SAMPLES;
      const dX = dA * -2 * radius * sinOfTurns(turn) * 2 * Math.PI * turn * scale;
      const { below, above, part } = neighbors(b, count);
      dKnots[below] += (1 - part) * dX;
      dKnots[above] += part * dX;
    }
    return this.contour.pullback(values, dKnots);
  }
}

/** The knots around the first sample of a block. */
function neighbors(block: number, count: number): { below: number; above: number; part: number } {
  const q = knotPosition(block * BLOCK, count, CLIP_SAMPLES);
  const below = Math.floor(q);
  return { below, above: Math.min(count - 1, below + 1), part: q - below };
}
