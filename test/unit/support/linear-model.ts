import { LOG_MEL } from '../../../src/engine/audio/front-end';
import type { ModelCard } from '../../../src/engine/acoustic/card';
import type {
  AcousticModel,
  Gradients,
  InputGradient,
  ReadoutValues,
  Tensors,
} from '../../../src/engine/acoustic/model';
import { weightsSha256 } from '../../../src/engine/acoustic/weights';
import { Random } from '../../../src/engine/math/random';

const SAMPLES = 16_000;

/**
 * The simplest acoustic model there is, z = W x, whose gradient is known by hand. For tests of what lies around a model (schedule,
 * checkpoints, files), where the network itself does not matter.
 */
export class LinearModel implements AcousticModel {
  readonly implementation = 'fused';
  readonly engine = 'linear';
  readonly taps = [];
  readonly card: ModelCard;
  readonly #weights: Tensors;
  /** clips heard, for tests that count work */
  heard = 0;
  /** called before every training step */
  onForward: (() => void) | null = null;

  constructor(
    k: number,
    seed: number,
    readonly batchLimit = 8,
  ) {
    const random = new Random(seed);
    const data = Float32Array.from({ length: k * SAMPLES }, () => 0.1 * random.gaussian());
    this.#weights = new Map([['w', { shape: [k, SAMPLES], data }]]);
    this.card = {
      formatVersion: 1,
      id: `linear-${seed}`,
      title: 'Linear model',
      architecture: 'tfjs',
      hyperParameters: {},
      frontEnd: LOG_MEL,
      sourceLabels: Array.from({ length: k }, (_, i) => `word ${i}`),
      parameters: data.length,
      weightsSha256: weightsSha256(this.#weights),
      source: { name: 'none', license: 'none', split: 'none' },
      test: null,
      training: {},
      license: 'none',
    };
  }

  /** the weights themselves, for tests that break the rule that they stay as they are */
  held(): Float32Array {
    return this.#weights.get('w')!.data;
  }

  async readouts(): Promise<ReadoutValues> {
    throw new Error('a linear model has no hidden states');
  }

  async logits(waveforms: Float32Array, n: number): Promise<Float32Array> {
    this.heard += n;
    const k = this.card.sourceLabels.length;
    const w = this.#weights.get('w')!.data;
    const out = new Float32Array(n * k);
    for (let i = 0; i < n; i++)
      for (let c = 0; c < k; c++) {
        let sum = 0;
        for (let s = 0; s < SAMPLES; s++) sum += w[c * SAMPLES + s] * waveforms[i * SAMPLES + s];
        out[i * k + c] = sum;
      }
    return out;
  }

  async forward(waveforms: Float32Array, n: number): Promise<Float32Array> {
    if (n > this.batchLimit) throw new RangeError(`at most ${this.batchLimit} clips`);
    this.onForward?.();
    return await this.logits(waveforms, n);
  }

  async backward(dLogits: Float32Array, want: { input: InputGradient; weights?: boolean }): Promise<Gradients> {
    if (want.weights) throw new RangeError('only gradients by the waveforms are known here');
    const k = this.card.sourceLabels.length;
    const w = this.#weights.get('w')!.data;
    const each = want.input === 'each';
    const input = new Float32Array(each ? (dLogits.length / k) * SAMPLES : SAMPLES);
    for (let at = 0; at < dLogits.length; at++) {
      const from = each ? Math.floor(at / k) * SAMPLES : 0;
      for (let s = 0; s < SAMPLES; s++) input[from + s] += dLogits[at] * w[(at % k) * SAMPLES + s];
    }
    return { input: want.input === 'none' ? null : input, weights: null };
  }

  async tap(): Promise<never> {
    throw new RangeError('a linear model has no layers to look at');
  }

  async weights(): Promise<Tensors> {
    return this.#weights;
  }

  async checksum(): Promise<string> {
    return weightsSha256(this.#weights);
  }

  async close(): Promise<void> {}
}
