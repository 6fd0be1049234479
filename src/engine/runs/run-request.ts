import type { ReprogramOptions } from '../reprogram';
import type { InputsRequest } from './training-inputs';

/** What a new run is asked to do. */
export interface RunRequest extends InputsRequest {
  options: ReprogramOptions;
  /** of the acoustic model; null: as many as there are processors */
  threads: number | null;
  /** program to write */
  out: string;
  /** folder in which the run's own folder is made */
  runs: string;
  /** whether a file at `out` that is no program is replaced too; default false */
  replace?: boolean;
}

/** What is asked of a run that has a name. */
export interface NamedRunRequest extends RunRequest {
  /** whether a run that goes on keeps the number of threads that it was started with, whatever `threads` says */
  keepThreads: boolean;
}
