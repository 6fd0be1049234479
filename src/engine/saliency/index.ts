/** Saliency: what of a reprogrammed series the frozen acoustic model goes by. */
export {
  explain,
  SALIENCY_METHODS,
  type Explanation,
  type ExplanationAxes,
  type ExplainOptions,
  type SaliencyMethod,
} from './explain';
export { CAM_VARIANTS, type CamVariant } from './class-activation';
export { explainMembers, type Member, type MemberMaps } from './members';
export { ClassScore, type TargetScore } from './target-score';
export type { SeriesMap } from './series-axis';
export {
  chanceCurves,
  DELETION_UNITS,
  faithfulness,
  type DeletionUnit,
  type Faithfulness,
  type FaithfulnessCurves,
} from './faithfulness';
export { checkMaps, type MapChecks } from './map-checks';
export { CHECK_SEED, randomizedWeights, rankCorrelations, withRandomizedModel } from './sanity-check';
export { assessSeries, summarizeMaps, type MapFigures, type SeriesAssessment } from './study';
