/** The life of a run, and the one place that knows the format of its folder. */
export { measureStep, pastRuns, workOf } from './forecast';
export { FineTuning, type FineTuningRequest } from './fine-tuning';
export { Run, type ResumeAgreement } from './run';
export type { RunRequest } from './run-request';
export type { RunConfig } from './run-config';
export { RunFolder, RUNS_FOLDER } from './run-folder';
export { listRuns, readProgramAsRun, readRun } from './run-history';
export { RunIndex } from './run-index';
export { failureOf, type LogLine } from './run-log';
