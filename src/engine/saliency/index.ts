/** Saliency: what of a reprogrammed series the frozen acoustic model goes by. */
export {
  explain,
  SALIENCY_METHODS,
  type Explanation,
  type ExplanationAxes,
  type ExplainOptions,
  type SaliencyMethod,
} from './explain';
export { gradCam } from './grad-cam';
export { framesToSamples } from './clip-axis';
export { gradientTimesInput, integratedGradients, occlusion, type Subject } from './attribution';
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
