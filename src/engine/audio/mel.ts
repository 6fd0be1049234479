import type { FrontEnd } from './front-end';

/**
 * The constant parts of a front end: analysis window and mel filterbank. Both are computed in 64-bit arithmetic and rounded to
 * 32 bits once, so every implementation of an acoustic model works with the same numbers.
 */

/** A mel scale: hertz to mel and back. */
interface MelScale {
  toMel(hertz: number): number;
  toHertz(mel: number): number;
}

/** O'Shaughnessy's scale as in HTK: 1127 ln(1 + f / 700). */
const HTK: MelScale = {
  toMel: (hertz) => 1127 * Math.log1p(hertz / 700),
  toHertz: (mel) => 700 * Math.expm1(mel / 1127),
};

/** Slaney's scale (Auditory Toolbox): linear with 3 mel per 200 Hz below 1000 Hz, 27 mel per factor of 6.4 above. */
const SLANEY_KNEE_HERTZ = 1000;
const SLANEY_KNEE_MEL = 15;
const SLANEY_LOG_STEP = Math.log(6.4) / 27;
const SLANEY: MelScale = {
  toMel: (hertz) =>
    hertz < SLANEY_KNEE_HERTZ
      ? (3 * hertz) / 200
      : SLANEY_KNEE_MEL + Math.log(hertz / SLANEY_KNEE_HERTZ) / SLANEY_LOG_STEP,
  toHertz: (mel) =>
    mel < SLANEY_KNEE_MEL ? (200 * mel) / 3 : SLANEY_KNEE_HERTZ * Math.exp(SLANEY_LOG_STEP * (mel - SLANEY_KNEE_MEL)),
};

/** `count` band edges in mel, equally spaced on the scale from the lowest to the highest frequency. */
function bandEdges(frontEnd: FrontEnd, scale: MelScale, count: number): number[] {
  const low = scale.toMel(frontEnd.lowFrequency);
  const high = scale.toMel(frontEnd.highFrequency);
  return Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

/** Height at `x` of the triangle that rises from `left` to 1 at `center` and falls to 0 at `right`. */
function triangle(x: number, left: number, center: number, right: number): number {
  return Math.max(0, Math.min((x - left) / (center - left), (right - x) / (right - center)));
}

/**
 * The mel filterbank of a front end, row-major [fftSize / 2 + 1][melBins].
 *
 * - `log-mel`: HTK scale, triangles linear in mel, peak 1, no area norm, the bin of 0 Hz left out.
 * - `kapre-db`: Slaney scale, triangles linear in hertz, divided by half their width in hertz (area norm).
 */
export function melMatrix(frontEnd: FrontEnd): Float32Array {
  const { kind, sampleRate, fftSize, melBins } = frontEnd;
  const spectrumBins = fftSize / 2 + 1;
  const matrix = new Float32Array(spectrumBins * melBins);
  const scale = kind === 'log-mel' ? HTK : SLANEY;
  const edges = bandEdges(frontEnd, scale, melBins + 2);
  const inHertz = edges.map((mel) => scale.toHertz(mel));
  for (let bin = 0; bin < spectrumBins; bin++) {
    const hertz = (bin * sampleRate) / fftSize;
    for (let band = 0; band < melBins; band++) {
      const at = bin * melBins + band;
      if (kind === 'log-mel')
        matrix[at] = bin === 0 ? 0 : triangle(scale.toMel(hertz), edges[band], edges[band + 1], edges[band + 2]);
      else {
        const [left, center, right] = inHertz.slice(band, band + 3);
        matrix[at] = (2 / (right - left)) * triangle(hertz, left, center, right);
      }
    }
  }
  return matrix;
}

/** Center frequency of each mel bin in hertz, [melBins]. */
export function melCenters(frontEnd: FrontEnd): number[] {
  const scale = frontEnd.kind === 'log-mel' ? HTK : SLANEY;
  return bandEdges(frontEnd, scale, frontEnd.melBins + 2)
    .slice(1, -1)
    .map((mel) => scale.toHertz(mel));
}

/** Periodic Hann window of n samples: 0.5 - 0.5 cos(2 pi i / n). */
export function hannWindow(n: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n));
}
