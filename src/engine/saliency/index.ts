/** Saliency: what of a reprogrammed series the frozen acoustic model goes by. */
export { defaultMethod, SALIENCY_METHODS, type SaliencyMethod } from './all-maps';
export { CAM_VARIANTS, type CamVariant } from './class-activation';
export { DEFAULT_CAM, explain, type ExplainOptions, type Explanation, type ExplanationAxes } from './explain';
export type { SeriesMap } from './series-axis';
export { checkMaps, type MapChecks } from './map-checks';
export { CHECK_SEED, permutedLabels, withRandomizedModel } from './sanity-check';
export { PLANTED_DESIGNS, plantedSeries, type PlantedDesign } from './planted-series';
export { meanCurve, removalOf, REMOVALS, type RemovalKind } from './removal';
export { studyAll, type SeriesOutcome } from './study';
export { studyFigures, type MapFigures } from './study-figures';
