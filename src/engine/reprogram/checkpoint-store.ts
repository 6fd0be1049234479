import type { Checkpoint } from './checkpoint';
import type { EnsembleCheckpoint } from './ensemble-checkpoint';
import type { Program } from './program';

/** Where a reprogramming keeps its state; one that holds a checkpoint already is resumed. Every method throws V2SError `file.*`. */
export interface CheckpointStore {
  /** Null before the first one was written. @throws V2SError `checkpoint.*` */
  readCheckpoint(): Promise<Checkpoint | null>;
  /** Atomic. @param size classes and source words of the mapping */
  writeCheckpoint(checkpoint: Checkpoint, size: { classes: number; sourceWords: number }): Promise<void>;
  /** Of an ensemble; null before the first one was written. @throws V2SError `checkpoint.*` */
  readMembers(): Promise<EnsembleCheckpoint | null>;
  /** Atomic. */
  writeMembers(checkpoint: EnsembleCheckpoint): Promise<void>;
  /** Adds one line about an epoch. */
  appendMetrics(line: object): Promise<void>;
  /** Drops whatever was appended after the checkpoint that a resumed run continues from. */
  keepMetrics(lines: number): Promise<void>;
  /** The parameters of a rendering by name (and the learned mapping) on the way, for pictures. */
  writeSnapshot(
    epoch: number,
    parameters: ReadonlyMap<string, Float32Array>,
    mapping: { weights: Float32Array; shape: number[] } | null,
  ): Promise<void>;
  writeProgram(program: Program): Promise<void>;
}
