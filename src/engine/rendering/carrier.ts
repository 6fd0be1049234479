import { cosOfTurns, exp, sinOfTurns } from '../math/elementary';
import { Random } from '../math/random';
import type { TrainStatistics } from './train-statistics';
import { Contour } from './contour';
import type { ContourDescription, RenderingOf } from './description';
import { fillGaussian } from './noise';
import { CLIP_SAMPLES } from './placement';
import type { Positions, RenderingParameters } from './rendering';
import { stretch, stretchExponential, stretchTransposed } from './resample';
import type { Sound } from './sound';
import { MAX_EXPONENT, MAX_FACTOR } from './squashing';

/** Hertz above which a drawn carrier has no harmonic. */
const HIGHEST = 7500;

/** Phi times the series stretched over the clip; phi is trained. */
export class TrainedCarrier implements Sound {
  readonly parameterNames = ['phi'];
  readonly thetaMask = null;
  readonly #contour: Contour;
  readonly #samples = new Float32Array(CLIP_SAMPLES);

  constructor(contour: ContourDescription, statistics: TrainStatistics) {
    this.#contour = new Contour(contour, statistics, MAX_FACTOR);
  }

  addTo(values: ArrayLike<number>, parameters: RenderingParameters, out: Float32Array): void {
    const phi = parameters.get('phi')!;
    this.#stretch(values);
    for (let i = 0; i < CLIP_SAMPLES; i++) out[i] += phi[i] * this.#samples[i];
  }

  pullback(values: ArrayLike<number>, parameters: RenderingParameters, dClip: Float32Array): Float64Array {
    const phi = parameters.get('phi')!;
    this.#contour.read(values);
    const { count } = this.#contour;
    const dSamples = Float64Array.from(dClip, (d, i) => d * phi[i]);
    const dKnots = new Float64Array(count);
    stretchTransposed(dSamples, count, dKnots, CLIP_SAMPLES);
    return this.#contour.pullback(values, dKnots);
  }

  parameterGradient(values: ArrayLike<number>, dClip: Float32Array, into: RenderingParameters): void {
    const dPhi = into.get('phi')!;
    this.#stretch(values);
    for (let i = 0; i < CLIP_SAMPLES; i++) dPhi[i] += dClip[i] * this.#samples[i];
  }

  positions(length: number): Positions {
    return this.#contour.positions(length);
  }

  #stretch(values: ArrayLike<number>): void {
    this.#contour.read(values);
    stretch(this.#contour.knots, this.#contour.count, this.#samples, CLIP_SAMPLES);
  }
}

/** A drawn harmonic sound whose amplitude is e^(gain x). */
export class DrawnCarrier implements Sound {
  readonly parameterNames = [];
  readonly thetaMask = null;
  readonly #contour: Contour;
  readonly #carrier: Float32Array;
  readonly #gain: number;
  readonly #amplitude = new Float64Array(CLIP_SAMPLES);

  constructor(
    contour: ContourDescription,
    harmonics: NonNullable<RenderingOf<'carrier'>['harmonics']>,
    statistics: TrainStatistics,
  ) {
    this.#contour = new Contour(contour, statistics, MAX_EXPONENT);
    this.#carrier = harmonicSound(harmonics);
    this.#gain = harmonics.gain;
  }

  addTo(values: ArrayLike<number>, _parameters: RenderingParameters, out: Float32Array): void {
    this.#modulate(values);
    for (let i = 0; i < CLIP_SAMPLES; i++) out[i] += this.#carrier[i] * this.#amplitude[i];
  }

  pullback(values: ArrayLike<number>, _parameters: RenderingParameters, dClip: Float32Array): Float64Array {
    this.#modulate(values);
    const dSamples = this.#amplitude.map((a, i) => this.#gain * dClip[i] * this.#carrier[i] * a);
    const dKnots = new Float64Array(this.#contour.count);
    stretchTransposed(dSamples, this.#contour.count, dKnots, CLIP_SAMPLES);
    return this.#contour.pullback(values, dKnots);
  }

  parameterGradient(): void {
    // Theta is the only parameter.
  }

  positions(length: number): Positions {
    return this.#contour.positions(length);
  }

  #modulate(values: ArrayLike<number>): void {
    this.#contour.read(values);
    stretchExponential(this.#contour.knots, this.#contour.count, this.#gain, 1, this.#amplitude, CLIP_SAMPLES);
  }
}

/** Harmonics up to 7,500 Hz with drawn amplitudes and phases, [16000]. */
function harmonicSound({ seed, fundamental, spread }: { seed: number; fundamental: number; spread: number }) {
  const random = new Random(seed);
  const sum = new Float64Array(CLIP_SAMPLES);
  const count = Math.max(1, Math.floor(HIGHEST / fundamental));
  const logAmplitudes = new Float64Array(count);
  fillGaussian(random, logAmplitudes);
  for (let h = 1; h <= count; h++) {
    const amplitude = exp(spread * logAmplitudes[h - 1]) / Math.sqrt(h);
    const phase = random.uniform();
    // A rotating phasor: one complex product a sample instead of a sine.
    const turn = (h * fundamental) / CLIP_SAMPLES;
    const [c, s] = [cosOfTurns(turn), sinOfTurns(turn)];
    let re = amplitude * cosOfTurns(phase);
    let im = amplitude * sinOfTurns(phase);
    for (let i = 0; i < CLIP_SAMPLES; i++) {
      sum[i] += im;
      const next = re * c - im * s;
      im = re * s + im * c;
      re = next;
    }
  }
  return Float32Array.from(sum);
}
