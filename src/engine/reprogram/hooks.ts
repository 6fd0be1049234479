import type { CheckpointStore } from './checkpoint-store';
import type { EpochEvent, Outcome, TrainingHooks } from './planned-training';
import type { Program } from './program';
import type { EpochOutputs } from './theta-training';

export interface ReprogramHooks extends TrainingHooks {
  onEpoch?(event: EpochEvent): void;
  /**
   * Further figures of an epoch of the final training, from what came out for the training part; they are reported, not used, and
   * must be the same for the same outputs.
   */
  measure?(outputs: EpochOutputs): Record<string, number>;
  /** where to keep checkpoints; one that holds a checkpoint already is resumed */
  store?: CheckpointStore;
  /** the acoustic model's folder as named by the user, kept in the program; null when found by id */
  modelNamed?: string | null;
}

export interface ReprogramResult extends Outcome {
  program: Program;
  /** by leave-one-out, of an ensemble */
  leaveOneOut: { accuracy: number; logLoss: number } | null;
  /** median over the epochs of the final training; of an ensemble, over its members: per clip heard */
  msPerStep: number;
  /** of computing, interruptions left out */
  seconds: number;
  model: { id: string; sha256Before: string; sha256After: string };
  notes: string[];
}
