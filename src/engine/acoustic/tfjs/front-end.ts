import type { GradSaveFunc, Tensor2D, Tensor3D, Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { hannWindow, melMatrix } from '../../audio/mel';
import { frameCount, type FrontEnd } from '../../audio/front-end';
import type { TfjsApi } from './api';

/**
 * The front ends of front-end.ts as differentiable TensorFlow.js operations. The Fourier transform is a product with a
 * matrix, since the WebAssembly backend has no Fourier kernel; the cosines meet only the even part of a frame about its middle,
 * the sines only the odd part, which halves the product.
 */
export class TfjsFrontEnd {
  /** window times cosine of samples 0 .. fftSize / 2, [fftSize / 2 + 1, fftSize / 2 + 1] */
  private readonly cosine: Tensor2D;
  /** window times sine of samples 1 .. fftSize / 2 - 1, [fftSize / 2 - 1, fftSize / 2 + 1] */
  private readonly sine: Tensor2D;
  private readonly mel: Tensor2D;

  constructor(
    private readonly tf: TfjsApi,
    private readonly frontEnd: FrontEnd,
  ) {
    const { fftSize, melBins } = frontEnd;
    const half = fftSize / 2;
    const bins = half + 1;
    const window = hannWindow(fftSize);
    const cosine = new Float32Array((half + 1) * bins);
    const sine = new Float32Array((half - 1) * bins);
    for (let i = 0; i <= half; i++)
      for (let bin = 0; bin < bins; bin++) {
        // The product is reduced to one turn first: the angle keeps its full precision.
        const angle = (2 * Math.PI * ((i * bin) % fftSize)) / fftSize;
        cosine[i * bins + bin] = window[i] * Math.cos(angle);
        if (i > 0 && i < half) sine[(i - 1) * bins + bin] = window[i] * Math.sin(angle);
      }
    this.cosine = tf.tensor2d(cosine, [half + 1, bins]);
    this.sine = tf.tensor2d(sine, [half - 1, bins]);
    this.mel = tf.tensor2d(melMatrix(frontEnd), [bins, melBins]);
  }

  dispose(): void {
    this.tf.dispose([this.cosine, this.sine, this.mel]);
  }

  /** Standardized features [n, frames, melBins] of waveforms [n, samples]. */
  features(waveforms: Tensor2D): Tensor3D {
    const { tf } = this;
    return tf.tidy(() => {
      const [frames, mirrored] = this.frames(waveforms);
      const shape: [number, number, number] = [waveforms.shape[0], frameCount(this.frontEnd), this.frontEnd.melBins];
      const power = this.powerSpectrum(frames, mirrored);
      const level = this.frontEnd.kind === 'log-mel' ? this.logMel(power, shape) : this.kapreDecibel(power, shape);
      return this.standardized(level);
    });
  }

  /**
   * Overlapping frames [n * frames, fftSize], and each of them backwards from its last sample but the first, as far as
   * the middle: [n * frames, fftSize / 2 - 1]. Both are joined from chunks of one hop, as many as a frame spans; turning
   * the chunks around is less work than turning the frames.
   */
  private frames(waveforms: Tensor2D): [Tensor2D, Tensor2D] {
    const { tf } = this;
    const { kind, samples, fftSize, hop } = this.frontEnd;
    const n = waveforms.shape[0];
    const count = frameCount(this.frontEnd);
    const span = Math.ceil(fftSize / hop);
    const before = kind === 'kapre-db' ? (fftSize - hop) / 2 : 0;
    const after = (count + span - 1) * hop - before - samples;
    const padded = tf.pad(waveforms, [
      [0, 0],
      [before, after],
    ]);
    const chunks: Tensor3D = tf.reshape(padded, [n, count + span - 1, hop]);
    const joined = (parts: Tensor3D, first: number, length: number, turned: boolean): Tensor2D => {
      const shifted = Array.from({ length: span }, (_, i) =>
        tf.slice(parts, [0, turned ? span - 1 - i : i, 0], [n, count, hop]),
      );
      const whole: Tensor2D = tf.reshape(tf.concat(shifted, 2), [n * count, span * hop]);
      return tf.slice2d(whole, [0, first], [n * count, length]);
    };
    return [
      joined(chunks, 0, fftSize, false),
      joined(tf.reverse(chunks, 2), span * hop - fftSize, fftSize / 2 - 1, true),
    ];
  }

  /** |DFT|^2 of frames [rows, fftSize], [rows, fftSize / 2 + 1]; `mirrored` as `frames` gives it. */
  private powerSpectrum(frames: Tensor2D, mirrored: Tensor2D): Tensor2D {
    const { tf } = this;
    const [rows, fftSize] = frames.shape;
    const half = fftSize / 2;
    const columns = (first: number, count: number): Tensor2D => tf.slice2d(frames, [0, first], [rows, count]);
    const inner = columns(1, half - 1);
    const even = tf.concat([columns(0, 1), tf.add<Tensor2D>(inner, mirrored), columns(half, 1)], 1);
    const odd: Tensor2D = tf.sub(inner, mirrored);
    return tf.add(tf.square(tf.matMul(even, this.cosine)), tf.square(tf.matMul(odd, this.sine)));
  }

  private logMel(power: Tensor2D, shape: [number, number, number]): Tensor3D {
    const { tf } = this;
    const mel = tf.matMul(this.squareRoot<Tensor2D>(power), this.mel);
    // ln(mel / floor + 1) is ln(mel + floor) moved by a constant, which the standardization takes away: silence is exactly 0.
    return tf.reshape(tf.log(tf.add(tf.div(mel, this.frontEnd.floor), 1)), shape);
  }

  private kapreDecibel(power: Tensor2D, shape: [number, number, number]): Tensor3D {
    const { tf } = this;
    const { floor, range } = this.frontEnd;
    const mel = this.squareRoot<Tensor2D>(tf.matMul(power, this.mel));
    const decibel: Tensor3D = tf.reshape(tf.mul(tf.log(tf.maximum(mel, floor)), 10 / Math.LN10), shape);
    const relative: Tensor3D = tf.sub(decibel, tf.max(decibel, [1, 2], true));
    return range === undefined ? relative : tf.maximum(relative, -range);
  }

  /** Square root whose gradient at 0 is 0 instead of infinite. */
  private squareRoot<T extends TfTensor>(x: T): T {
    const { tf } = this;
    const operation = tf.customGrad((input, save) => {
      const root = tf.sqrt(input as T);
      (save as GradSaveFunc)([root]);
      const gradFunc = (dy: TfTensor, [saved]: TfTensor[]): TfTensor =>
        tf.where(tf.greater(saved, 0), tf.div(dy, tf.mul(saved, 2)), tf.zerosLike(saved));
      return { value: root, gradFunc };
    });
    return operation(x) as T;
  }

  /** 1 / x for x > 0; 0, with a gradient of 0, for x = 0. */
  private inverse<T extends TfTensor>(x: T): T {
    const { tf } = this;
    const operation = tf.customGrad((input, save) => {
      const zero = tf.zerosLike(input as T);
      const value = tf.where(tf.greater(input as T, 0), tf.reciprocal(input as T), zero);
      (save as GradSaveFunc)([value]);
      return { value, gradFunc: (dy: TfTensor, [saved]: TfTensor[]) => tf.mul(dy, tf.neg(tf.square(saved))) };
    });
    return operation(x) as T;
  }

  /** Minus the mean, divided by the population standard deviation plus epsilon, each clip by itself; a constant clip becomes 0. */
  private standardized(level: Tensor3D): Tensor3D {
    const { tf } = this;
    // Axis by axis: short sums keep a precision that one of 10,000 values in 32 bits loses.
    const clipMean = (x: Tensor3D): Tensor3D => tf.mean(tf.mean(x, 1, true), 2, true);
    const centered = tf.sub(level, clipMean(level)) as Tensor3D;
    const deviation = this.squareRoot(clipMean(tf.square(centered)));
    return tf.mul(centered, this.inverse(tf.add(deviation, this.frontEnd.epsilon)));
  }
}
