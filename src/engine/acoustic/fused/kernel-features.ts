import type { FeatureExtractor, WaveformGradient } from '../feature-extractor';
import type { FrontEnd } from '../../audio/front-end';
import { Arena } from './arena';
import { compileKernels, instantiateKernels } from './module';
import { roundUp } from './packing';
import { FrontEndStage } from './stages/front-end-stage';

/** Clips of one SIMD vector. */
const LANES = 4;

/**
 * The front end alone on the WebAssembly kernels, in the calling thread: for networks that do not run on the kernels.
 * @param capacity most clips at once
 * @throws V2SError `kernels.unsupported`; TypeError for a front end with an obstacle (`frontEndObstacle`)
 */
export async function openKernelFeatures(frontEnd: FrontEnd, capacity: number): Promise<FeatureExtractor> {
  return new KernelFeatures(await compileKernels('simd'), frontEnd, roundUp(capacity, LANES));
}

class KernelFeatures implements FeatureExtractor {
  private readonly arena = new Arena();
  private readonly stage: FrontEndStage;
  /** the array whose spectra the stage holds */
  private heard: Float32Array | null = null;

  constructor(module: WebAssembly.Module, frontEnd: FrontEnd, capacity: number) {
    this.stage = new FrontEndStage(this.arena, instantiateKernels(module, this.arena.memory), frontEnd, capacity);
  }

  features(waveforms: Float32Array, n: number): Float32Array {
    const B = roundUp(n, LANES);
    this.stage.forward(waveforms, n, B, false);
    this.heard = waveforms;
    const size = this.stage.frames * this.stage.bins;
    const interleaved = this.arena.floats(this.stage.features, size * B);
    const features = new Float32Array(n * size);
    for (let clip = 0; clip < n; clip++)
      for (let i = 0, from = clip, to = clip * size; i < size; i++, from += B, to++) features[to] = interleaved[from];
    return features;
  }

  backward(waveforms: Float32Array, n: number, dFeatures: Float32Array, input: WaveformGradient): Float32Array {
    if (this.heard !== waveforms) this.features(waveforms, n);
    // The way back uses up what the forward pass left.
    this.heard = null;
    const B = roundUp(n, LANES);
    const size = this.stage.frames * this.stage.bins;
    const interleaved = this.arena.floats(this.stage.gradient, size * B);
    interleaved.fill(0);
    for (let clip = 0; clip < n; clip++)
      for (let i = 0, from = clip * size, to = clip; i < size; i++, from++, to += B) interleaved[to] = dFeatures[from];
    return this.stage.backward(B, n, input === 'each');
  }

  dispose(): void {
    this.heard = null;
  }
}
