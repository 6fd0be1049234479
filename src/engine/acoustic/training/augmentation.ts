import type { FeatureMask } from '../model';
import { Random } from '../../math/random';

/**
 * What may happen to a training clip, so that a model trained on few voices in few rooms hears more of both. Each value 0
 * (probability 0) turns its change off.
 */
export interface Augmentation {
  /** largest time shift each way, in seconds */
  shift: number;
  /** largest relative change of speed and pitch (resampling) each way: 0.15 is 0.85 to 1.15 */
  speed: number;
  /** largest change of level each way, in dB */
  gain: number;
  /** largest coefficient a of the first-order coloring 1 - a/z each way: microphones differ in spectral tilt */
  tilt: number;
  /** probability that a clip gets background noise */
  noise: number;
  /** least and largest signal-to-noise ratio, in dB over the whole clip */
  noiseSnr: [number, number];
  /** longest time mask, in frames (SpecAugment, Park et al. 2019) */
  maskFrames: number;
  /** widest frequency mask, in mel bins */
  maskBins: number;
}

export const AUGMENTATION: Augmentation = {
  shift: 0.1,
  speed: 0.15,
  gain: 6,
  tilt: 0.5,
  noise: 0.5,
  noiseSnr: [3, 25],
  maskFrames: 25,
  maskBins: 15,
};

export const NO_AUGMENTATION: Augmentation = {
  ...AUGMENTATION,
  shift: 0,
  speed: 0,
  gain: 0,
  tilt: 0,
  noise: 0,
  maskFrames: 0,
  maskBins: 0,
};

/** Augmentations by the names of the command's option; `masks` are both masks. */
export const AUGMENTATION_NAMES = ['shift', 'speed', 'gain', 'tilt', 'noise', 'masks'] as const;
export type AugmentationName = (typeof AUGMENTATION_NAMES)[number];

/** The default augmentation with only the named changes on. */
export function augmentationOf(names: readonly AugmentationName[]): Augmentation {
  const chosen: Augmentation = { ...NO_AUGMENTATION };
  for (const name of names) {
    if (name === 'masks') {
      chosen.maskFrames = AUGMENTATION.maskFrames;
      chosen.maskBins = AUGMENTATION.maskBins;
    } else chosen[name] = AUGMENTATION[name];
  }
  return chosen;
}

/** A 32-bit seed out of several integers (finalizer of MurmurHash3), so that each clip of each epoch has draws of its own. */
export function mixSeeds(...numbers: number[]): number {
  let hash = 0x9e3779b9;
  for (const number of numbers) {
    hash ^= number | 0;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/** Changes clips at random. One instance serves one training; it owns its scratch memory. */
export class Augmenter {
  readonly #padded: Float32Array;

  /**
   * @param samples length of one clip
   * @param sampleRate in hertz
   * @param features frames and mel bins of one clip's features
   * @param noises background noises, 16-bit; none turns noise off
   */
  constructor(
    readonly options: Augmentation,
    private readonly samples: number,
    private readonly sampleRate: number,
    private readonly features: readonly [frames: number, bins: number],
    private readonly noises: readonly Int16Array[],
  ) {
    this.#padded = new Float32Array(3 * samples);
  }

  /**
   * Writes a changed copy of a clip as a waveform in -1..1.
   * @param clip [samples], 16-bit
   * @param out [samples]
   * @param seed decides every draw: the same seed, the same result
   * @returns the masks to lay over its features
   */
  augment(clip: Int16Array, out: Float32Array, seed: number): FeatureMask[] {
    const random = new Random(seed);
    const { shift, speed, tilt, gain, noise } = this.options;
    // Every draw is made whether used or not, so that turning one change off leaves the others as they were.
    const between = (limit: number): number => limit * (2 * random.uniform() - 1);
    const delay = between(shift * this.sampleRate);
    const rate = 1 + between(speed);
    const coefficient = between(tilt);
    const decibels = between(gain);
    const noisy = random.uniform() < noise;
    const snr = this.options.noiseSnr[0] + random.uniform() * (this.options.noiseSnr[1] - this.options.noiseSnr[0]);
    const which = random.uniform();
    const where = random.uniform();
    this.#resample(clip, out, delay, rate);
    if (coefficient !== 0) color(out, coefficient);
    if (noisy && this.noises.length > 0) {
      const background = this.noises[Math.floor(which * this.noises.length)];
      addNoise(out, background, Math.floor(where * background.length), snr);
    }
    if (decibels !== 0) {
      const factor = 10 ** (decibels / 20);
      for (let i = 0; i < out.length; i++) out[i] *= factor;
    }
    return this.#masks(random);
  }

  /**
   * out[i] = clip at time center + (i - delay - center) * rate, by cubic (Catmull-Rom) interpolation. Beyond its ends the clip
   * goes on mirrored: zeros there would be a silence that no recording has, at the very bottom of the logarithmic features.
   */
  #resample(clip: Int16Array, out: Float32Array, delay: number, rate: number): void {
    const { samples } = this;
    const padded = this.#padded;
    for (let i = 0; i < samples; i++) {
      const value = clip[i] / 32768;
      padded[samples + i] = value;
      padded[samples - 1 - i] = value;
      padded[3 * samples - 1 - i] = value;
    }
    const center = (samples - 1) / 2;
    // Shift and speed stay far below one clip length, so that every tap lies within the mirrored copies.
    const start = samples + center - (center + delay) * rate;
    for (let i = 0; i < samples; i++) {
      const position = start + i * rate;
      const at = Math.floor(position);
      const t = position - at;
      const a = padded[at - 1];
      const b = padded[at];
      const c = padded[at + 1];
      const d = padded[at + 2];
      out[i] = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    }
  }

  #masks(random: Random): FeatureMask[] {
    const [frames, bins] = this.features;
    const masks: FeatureMask[] = [];
    const length = random.below(Math.min(this.options.maskFrames, frames) + 1);
    const firstFrame = random.below(frames - length + 1);
    const width = random.below(Math.min(this.options.maskBins, bins) + 1);
    const firstBin = random.below(bins - width + 1);
    if (length > 0) masks.push({ firstFrame, frames: length, firstBin: 0, bins });
    if (width > 0) masks.push({ firstFrame: 0, frames, firstBin, bins: width });
    return masks;
  }
}

/** First-order filter y[i] = x[i] - a x[i - 1] in place, from the end so that no copy is needed. */
function color(waveform: Float32Array, a: number): void {
  for (let i = waveform.length - 1; i > 0; i--) waveform[i] -= a * waveform[i - 1];
}

/** Adds a segment of the noise (repeated where it is too short) at a signal-to-noise ratio in dB; silence stays silent. */
function addNoise(waveform: Float32Array, noise: Int16Array, first: number, snr: number): void {
  let signalPower = 0;
  let noisePower = 0;
  for (let i = 0, at = first; i < waveform.length; i++) {
    signalPower += waveform[i] * waveform[i];
    noisePower += noise[at] * noise[at];
    if (++at === noise.length) at = 0;
  }
  if (noisePower === 0) return;
  const factor = Math.sqrt(signalPower / noisePower) * 10 ** (-snr / 20);
  for (let i = 0, at = first; i < waveform.length; i++) {
    waveform[i] += factor * noise[at];
    if (++at === noise.length) at = 0;
  }
}
