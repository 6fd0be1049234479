export {
  slicedWasserstein2,
  SlicedWassersteinReference,
  unitProjections,
  PAPER_PROJECTIONS,
} from './sliced-wasserstein';
export type { ProjectionOptions } from './sliced-wasserstein';
export { wasserstein1, estimateWasserstein1, DEFAULT_DRAWS, DEFAULT_DRAW_SIZE } from './wasserstein1';
export type { Wasserstein1Estimate } from './wasserstein1';
export { rootSquaredRisk, softmaxRows, sourceRisk } from './risk';
export { estimateBound, targetRiskBound } from './bound';
export type { BoundEstimate, LogitSample } from './bound';
export { openEpochTheory } from './epoch-theory';
export type { EpochTheory } from './epoch-theory';
export { boundOfProgram, requireSourceLogits, sourceRiskOf } from './program-bound';
export type { ProgramBound, ProgramBoundOptions } from './program-bound';
export { boundAfterShortRun, compareModels } from './compare-models';
export type {
  ComparedModel,
  CompareHooks,
  CompareOptions,
  Comparison,
  FailedModel,
  ShortRun,
  ShortRunHooks,
} from './compare-models';
