import type { ModelCard } from './card';

/** A named array of 32-bit floats, row-major. */
export interface Tensor {
  shape: number[];
  data: Float32Array;
}
export type Tensors = Map<string, Tensor>;

/** One place of the network whose activation can be looked at. */
export interface TapDescription {
  /** layer name, for example `conv1` */
  name: string;
  /** activation after the layer's non-linearity, before batch normalization */
  channels: number;
  frames: number;
  bins: number;
}

/** What `explain` sees of n clips; every array is packed, clip after clip. */
export interface Taps {
  /** [n * K] */
  logits: Float32Array;
  /** standardized features, [n][frame][mel bin] */
  features: Float32Array;
  /** attention weights over frames, summing to 1 for each clip, [n][frame]; null when the architecture has none */
  attention: Float32Array | null;
  convolutions: {
    tap: TapDescription;
    /** [n][frame][bin][channel] */
    activation: Float32Array;
    /** d(sum of dLogits * logits) / d(activation), as `activation`; null when no dLogits were given */
    gradient: Float32Array | null;
  }[];
  /** d(sum of dLogits * logits) / d(waveform), [n * samples]; null unless asked for, with dLogits */
  input: Float32Array | null;
}

/** What an ensemble's mapping can read of n clips; packed, clip after clip. */
export interface ReadoutValues {
  /** [n * K] */
  logits: Float32Array;
  /** what attention gives to the dense layers, [n * 2 LSTM units] */
  context: Float32Array;
  /** states of the second BiLSTM, averaged over frames, [n * 2 LSTM units] */
  states: Float32Array;
}
export type Readout = keyof ReadoutValues;

/** Which gradient with respect to the waveforms `backward` returns. */
export type InputGradient = 'sum' | 'each' | 'none';

export interface Gradients {
  /** `sum`: [samples], summed over the batch; `each`: [n * samples]; `none`: null */
  input: Float32Array | null;
  /** by weight name, in the layout of the weights; after trainForward also the moving statistics as the batch left them; null unless asked for */
  weights: Tensors | null;
}

/** A zero-filled rectangle of the features of one clip (SpecAugment); `frames` or `bins` may be 0. Training only. */
export interface FeatureMask {
  firstFrame: number;
  frames: number;
  firstBin: number;
  bins: number;
}

/**
 * An acoustic model (AM): 1 s waveforms at 16 kHz to K logits. Two implementations: `fused` (WebAssembly kernels) and `tfjs`.
 * Waveforms are packed, [n * card.frontEnd.samples], in -1..1; logits are packed, [n * K], before the softmax.
 */
export interface AcousticModel {
  readonly card: ModelCard;
  readonly implementation: 'fused' | 'tfjs';
  /** threads or the name of the tfjs backend, for reports */
  readonly engine: string;
  /** most clips `forward` and `trainForward` take at once */
  readonly batchLimit: number;
  readonly taps: readonly TapDescription[];

  /** Logits of any number of clips, nothing kept. */
  logits(waveforms: Float32Array, n: number): Promise<Float32Array>;
  /**
   * Logits and hidden states of any number of clips, nothing kept.
   * @throws V2SError `model.readout` of a model of layers, whose hidden states have no known place
   */
  readouts(waveforms: Float32Array, n: number): Promise<ReadoutValues>;
  /** Logits of at most batchLimit clips, keeping what `backward` needs. Batch normalization uses its moving statistics. */
  forward(waveforms: Float32Array, n: number): Promise<Float32Array>;
  /** Vector-Jacobian product of the last forward: dLogits is packed [n * K]. May be called once per forward. */
  backward(dLogits: Float32Array, want: { input: InputGradient; weights?: boolean }): Promise<Gradients>;
  /**
   * Everything `explain` shows of any number of clips; with dLogits [n * K] also the gradients at the taps and, if wanted, by the
   * waveforms. Activations take some 200,000 floats a clip, and as many again with gradients.
   */
  tap(waveforms: Float32Array, n: number, dLogits?: Float32Array, want?: { input?: boolean }): Promise<Taps>;

  /** A copy of the weights now held by the implementation (from every thread it must be the same). */
  weights(): Promise<Tensors>;
  /** SHA-256 of `weights()`: proves that frozen weights stayed frozen. */
  checksum(): Promise<string>;
  close(): Promise<void>;
}

/** An acoustic model whose weights can be trained (`models train`, `finetune`). */
export interface TrainableAcousticModel extends AcousticModel {
  setWeights(weights: Tensors): Promise<void>;
  /**
   * As `forward`, but batch normalization uses the statistics of the batch (of each shard), and the moving statistics
   * among the weights are updated with the card's momentum. masks[i] lists the masks of clip i.
   */
  trainForward(waveforms: Float32Array, n: number, masks?: FeatureMask[][]): Promise<Float32Array>;
}
