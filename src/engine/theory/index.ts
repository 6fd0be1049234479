export { slicedWasserstein2, PAPER_PROJECTIONS } from './sliced-wasserstein';
export { wasserstein1, DEFAULT_DRAWS, DEFAULT_DRAW_SIZE } from './wasserstein1';
export { rootSquaredRisk, sourceRisk } from './risk';
export { openEpochTheory } from './epoch-theory';
export { boundOfProgram, requireSourceLogits } from './program-bound';
export type { ProgramBound } from './program-bound';
export { boundAfterShortRun, compareModels } from './compare-models';
export type { ComparedModel, Comparison, FailedModel } from './compare-models';
