import type { FeatureMask, InputGradient, Tensors } from '../model';
import type { ShardCard } from './shard';

/** What a shard thread is started with. */
export interface ShardSetUp {
  module: WebAssembly.Module;
  card: ShardCard;
  capacity: number;
}

/** Requests mirror the methods of Shard; a thread answers each with one reply, in order. */
export type ShardRequest =
  | { kind: 'setWeights'; weights: Tensors }
  | { kind: 'weights' }
  | { kind: 'forward'; clips: Float32Array; n: number; training?: { masks: FeatureMask[][] } }
  | { kind: 'readouts'; clips: Float32Array; n: number }
  | { kind: 'backward'; dLogits: Float32Array; want: { input: InputGradient; weights?: boolean } }
  | { kind: 'tap'; clips: Float32Array; n: number; dLogits?: Float32Array; input: boolean }
  | { kind: 'times' };

export type ShardReply = { value: unknown } | { error: string };
