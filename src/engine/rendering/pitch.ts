import type { TrainStatistics } from './train-statistics';
import { Contour } from './contour';
import type { RenderingOf, VoiceDescription } from './description';
import { CLIP_SAMPLES } from './placement';
import type { Positions, RenderingParameters } from './rendering';
import { stretch, stretchExponential, stretchTransposed } from './resample';
import { SINE, SINE_STEPS } from './sine-table';
import type { Sound } from './sound';
import { MAX_EXPONENT } from './squashing';

/** Hertz between which a voice's fundamental is kept. */
const LOWEST = 30;
const HIGHEST = 7000;
/** A harmonic fades out linearly between these frequencies, so that the clip depends on the series without a jump. */
const FADE_FROM = 7100;
const FADE_TO = 7900;
const QUARTER = SINE_STEPS / 4;
const OCTAVE = Math.LN2;

/** Tones whose pitch follows the series: sin(2 pi h phase) / h with phase the sum of fundamental * 2^(octaves x) / 16000. */
export class PitchSound implements Sound {
  readonly parameterNames = [];
  readonly thetaMask = null;
  readonly #voices: Voice[];

  constructor({ voices }: RenderingOf<'pitch'>, statistics: TrainStatistics) {
    this.#voices = voices.map((voice) => new Voice(voice, statistics));
  }

  addTo(values: ArrayLike<number>, _parameters: RenderingParameters, out: Float32Array): void {
    for (const voice of this.#voices) voice.addTo(values, out);
  }

  pullback(values: ArrayLike<number>, _parameters: RenderingParameters, dClip: Float32Array): Float64Array {
    const [first, ...others] = this.#voices.map((voice) => voice.pullback(values, dClip));
    for (const other of others) for (let i = 0; i < first.length; i++) first[i] += other[i];
    return first;
  }

  parameterGradient(): void {
    // Theta is the only parameter.
  }

  /** Of the first voice; the second hears the same time unless its window differs. */
  positions(length: number): Positions {
    return this.#voices[0].contour.positions(length);
  }
}

class Voice {
  readonly contour: Contour;
  readonly #x: Float32Array | null;
  readonly #frequency = new Float64Array(CLIP_SAMPLES);

  constructor(
    private readonly description: VoiceDescription,
    statistics: TrainStatistics,
  ) {
    this.contour = new Contour(description.contour, statistics, MAX_EXPONENT);
    this.#x = description.modulation === 0 ? null : new Float32Array(CLIP_SAMPLES);
  }

  #read(values: ArrayLike<number>): void {
    const { fundamental, octaves } = this.description;
    this.contour.read(values);
    const { knots, count } = this.contour;
    stretchExponential(knots, count, OCTAVE * octaves, fundamental, this.#frequency, CLIP_SAMPLES);
    if (this.#x) stretch(knots, count, this.#x, CLIP_SAMPLES);
  }

  addTo(values: ArrayLike<number>, out: Float32Array): void {
    const { harmonics, modulation } = this.description;
    this.#read(values);
    const frequency = this.#frequency;
    const x = this.#x;
    let phase = 0;
    for (let i = 0; i < CLIP_SAMPLES; i++) {
      let f = frequency[i];
      f = f < LOWEST ? LOWEST : f > HIGHEST ? HIGHEST : f;
      phase += f / CLIP_SAMPLES;
      if (phase >= 1) phase -= 1;
      const at = phase * SINE_STEPS;
      const step = at | 0;
      const part = at - step;
      const sine = SINE[step] + part * (SINE[step + 1] - SINE[step]);
      let sum = sine;
      if (harmonics > 1) {
        const twice = 2 * (SINE[step + QUARTER] + part * (SINE[step + QUARTER + 1] - SINE[step + QUARTER]));
        // sin(h a) = 2 cos(a) sin((h - 1) a) - sin((h - 2) a)
        let before = 0;
        let current = sine;
        const top = f * harmonics > FADE_TO ? Math.floor(FADE_TO / f) : harmonics;
        for (let h = 2; h <= top; h++) {
          const next = twice * current - before;
          before = current;
          current = next;
          const over = h * f - FADE_FROM;
          sum += (over > 0 ? 1 - over / (FADE_TO - FADE_FROM) : 1) * INVERSE[h] * current;
        }
      }
      out[i] += x ? (1 + modulation * x[i]) * sum : sum;
    }
  }

  pullback(values: ArrayLike<number>, dClip: Float32Array): Float64Array {
    const { harmonics, modulation, octaves } = this.description;
    this.#read(values);
    const frequency = this.#frequency;
    const x = this.#x;
    const dX = new Float64Array(CLIP_SAMPLES);
    /** d score / d phase of each sample, in turns */
    const dPhase = new Float64Array(CLIP_SAMPLES);
    /** d score / d frequency through the fading of harmonics */
    const dFade = new Float64Array(CLIP_SAMPLES);
    let phase = 0;
    for (let i = 0; i < CLIP_SAMPLES; i++) {
      let f = frequency[i];
      f = f < LOWEST ? LOWEST : f > HIGHEST ? HIGHEST : f;
      phase += f / CLIP_SAMPLES;
      if (phase >= 1) phase -= 1;
      const at = phase * SINE_STEPS;
      const step = at | 0;
      const part = at - step;
      const sine = SINE[step] + part * (SINE[step + 1] - SINE[step]);
      const cosine = SINE[step + QUARTER] + part * (SINE[step + QUARTER + 1] - SINE[step + QUARTER]);
      let sum = sine;
      // d(sin(2 pi h phase) / h) / d phase = 2 pi cos(2 pi h phase)
      let slope = cosine;
      let fade = 0;
      let [sineBefore, sineNow, cosineBefore, cosineNow] = [0, sine, 1, cosine];
      const top = f * harmonics > FADE_TO ? Math.floor(FADE_TO / f) : harmonics;
      for (let h = 2; h <= top; h++) {
        const sineNext = 2 * cosine * sineNow - sineBefore;
        const cosineNext = 2 * cosine * cosineNow - cosineBefore;
        sineBefore = sineNow;
        cosineBefore = cosineNow;
        sineNow = sineNext;
        cosineNow = cosineNext;
        const over = h * f - FADE_FROM;
        const weight = over > 0 ? 1 - over / (FADE_TO - FADE_FROM) : 1;
        sum += (weight / h) * sineNow;
        slope += weight * cosineNow;
        if (over > 0) fade -= sineNow / (FADE_TO - FADE_FROM);
      }
      const amplitude = x ? 1 + modulation * x[i] : 1;
      dPhase[i] = dClip[i] * amplitude * 2 * Math.PI * slope;
      dFade[i] = dClip[i] * amplitude * fade;
      if (x) dX[i] = dClip[i] * modulation * sum;
    }
    // A frequency moves the phase of its sample and of all later ones.
    let later = 0;
    for (let i = CLIP_SAMPLES - 1; i >= 0; i--) {
      later += dPhase[i];
      const f = frequency[i];
      if (f > LOWEST && f < HIGHEST) dX[i] += (later / CLIP_SAMPLES + dFade[i]) * OCTAVE * octaves * f;
    }
    const dKnots = new Float64Array(this.contour.count);
    stretchTransposed(dX, this.contour.count, dKnots, CLIP_SAMPLES);
    return this.contour.pullback(values, dKnots);
  }
}

/** 1 / h */
const INVERSE = Float64Array.from({ length: 33 }, (_, h) => 1 / Math.max(1, h));
