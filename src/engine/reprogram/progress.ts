import { emptyOutOfSample, type OutOfSample } from './out-of-sample';
import type { EpochRecord } from './program-description';
import { EpochSelection } from './selection';

/** The training under way. `S` is the state that it changes, `K` what is kept of one epoch. */
export interface TrainingInProgress<S, K> {
  state: S;
  /** of a fold or a trial; empty in the final training */
  outOfSample: OutOfSample;
  /** of the final training */
  selection: EpochSelection;
  /** of the selected epoch; null before the first */
  selected: K | null;
}

/** All trainings of a run after some epoch; with the options and the data it determines everything that follows. */
export interface Progress<S, K> {
  /** finished short runs of `--replicas auto`, in their order */
  trials: OutOfSample[];
  /** finished folds, in their order */
  folds: OutOfSample[];
  /** null between two trainings */
  current: TrainingInProgress<S, K> | null;
  /** epochs of the final training so far */
  history: EpochRecord[];
  /** epochs of all trainings that were reported: as many lines of metrics.jsonl belong to this state */
  metricsLines: number;
  /** seconds of computing so far, and the times of the epochs' steps; for reports only */
  seconds: number;
  msPerStep: number[];
}

export function emptyProgress<S, K>(): Progress<S, K> {
  return { trials: [], folds: [], current: null, history: [], metricsLines: 0, seconds: 0, msPerStep: [] };
}

export function emptyTraining<S, K>(state: S): TrainingInProgress<S, K> {
  return { state, outOfSample: emptyOutOfSample(), selection: new EpochSelection(), selected: null };
}
