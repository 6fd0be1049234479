/** Reprogramming: the theta that turns a frozen acoustic model into a classifier of time series, and classification with it. */
export { classify, type ClassifyResult } from './classify';
export { classIndices } from './class-labels';
export { reprogramClip, sourceLogitsOf, type Metrics } from './evaluate';
export { parseReprogramOptions, reprogramOptionsSchema, type ReprogramOptions } from './options';
export { CLIP_SAMPLES, overSeries, place, placedLength, planPlacement, type Placement } from '../rendering/placement';
export { predictionsCsv } from './predictions-csv';
export {
  assertModelOf,
  assertOpenModelOf,
  classHeadOf,
  decodeProgram,
  encodeProgram,
  PROGRAM_EXTENSION,
  readProgram,
  writeProgram,
  type Program,
} from './program';
export { findProgramModel } from './program-model';
export { chooseProgram } from './program-choice';
export { fileFacts, fitOf, programFacts, type FileFacts } from './program-fit';
export type { EpochEvent } from './planned-training';
export { reprogram, type ReprogramHooks, type ReprogramResult } from './reprogram';
export type { EpochOutputs } from './theta-training';
export type { CheckpointStore } from './checkpoint-store';
