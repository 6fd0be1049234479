/** Reprogramming: the theta that turns a frozen acoustic model into a classifier of time series, and classification with it. */
export { classify, type ClassifyResult } from './classify';
export { classIndices } from './class-labels';
export type { ClassifierHead } from './classifier-head';
export { bareMembersOf, classifierOf, logitsOf, type Classifier } from './classifier';
export { placedLogitsOf, type Metrics } from './evaluate';
export { parseReprogramOptions, reprogramOptionsSchema, type ReprogramOptions } from './options';
export { CLIP_SAMPLES, place, planPlacement, type Placement } from '../rendering/placement';
export { PREDICTIONS_CSV, predictionsCsv } from './predictions-csv';
export { pythonSnippet } from './python-snippet';
export { SOURCE_LOGITS, sourceLogitsFile } from './source-logits';
export {
  assertModelOf,
  assertOpenModelOf,
  decodeProgram,
  encodeProgram,
  PROGRAM_EXTENSION,
  PROGRAM_OUTPUT,
  readProgram,
  writeProgram,
  type Program,
} from './program';
export { findProgramModel } from './program-model';
export { dataSetsOf } from './data-sets';
export { chooseProgram, isOfDataOf } from './program-choice';
export { readForProgram } from './program-data';
export { fileFacts, fitOf, programFacts, type FileFacts } from './program-fit';
export type { EpochEvent } from './planned-training';
export type { ReprogramHooks, ReprogramResult } from './hooks';
export { reprogram } from './reprogram';
export type { EpochOutputs } from './theta-training';
export type { CheckpointStore } from './checkpoint-store';
