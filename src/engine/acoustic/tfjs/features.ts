import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { FeatureExtractor, WaveformGradient } from '../feature-extractor';
import type { FrontEnd } from '../../audio/front-end';
import type { TfjsApi } from './api';
import { floats, inScope } from './backend';
import { TfjsFrontEnd } from './front-end';

/** A front end in TensorFlow.js. The backend must be the current one whenever a method is called. */
export class TfjsFeatures implements FeatureExtractor {
  private readonly operations: TfjsFrontEnd;

  constructor(
    private readonly tf: TfjsApi,
    private readonly frontEnd: FrontEnd,
  ) {
    this.operations = new TfjsFrontEnd(tf, frontEnd);
  }

  features(waveforms: Float32Array, n: number): Float32Array {
    return inScope(this.tf, () => floats(this.operations.features(this.tensor(waveforms, n))));
  }

  backward(waveforms: Float32Array, n: number, dFeatures: Float32Array, input: WaveformGradient): Float32Array {
    const { tf } = this;
    return inScope(tf, () => {
      const byWaveforms = tf.grad((x) => this.operations.features(x as Tensor2D));
      const shape: [number, number, number] = [n, dFeatures.length / n / this.frontEnd.melBins, this.frontEnd.melBins];
      const upstream: Tensor3D = tf.tensor3d(dFeatures, shape);
      const each = byWaveforms(this.tensor(waveforms, n), upstream);
      return floats(input === 'each' ? each : tf.sum(each, 0));
    });
  }

  dispose(): void {
    this.operations.dispose();
  }

  private tensor(waveforms: Float32Array, n: number): Tensor2D {
    return this.tf.tensor2d(waveforms, [n, this.frontEnd.samples]);
  }
}
