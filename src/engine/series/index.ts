export { checkLabels, compareLabels, normalizeLabel, requireLabels } from './labels';
export { locateRow } from './locate';
export { datasetName, partOf, siblingTestFile, siblingTrainFile } from './names';
export { looksLikeSeriesFile, previewSeriesBytes, previewSeriesFile, type SeriesPreview } from './preview';
export { readSeriesBytes, readSeriesFile } from './read';
export { readLike, understoodOf, valueNames } from './read-like';
export { readTrainTest } from './train-test';
export { SeriesFileError } from './series-error';
export {
  optionsFrom,
  type Decimal,
  type Delimiter,
  type FileKind,
  type ReadOptions,
  type Series,
  type SeriesDataset,
} from './types';
