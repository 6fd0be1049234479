export { checkLabels, classNamesOf, compareLabels, normalizeLabel, requireLabels } from './labels';
export { datasetName, siblingTestFile } from './names';
export { looksLikeSeriesFile, previewSeriesFile, type PreviewRow, type SeriesPreview } from './preview';
export { readSeriesFile, readTrainTest } from './read';
export { SeriesFileError } from './series-error';
export {
  DEFAULT_LIMITS,
  optionsFrom,
  type Decimal,
  type Delimiter,
  type Encoding,
  type FileKind,
  type LabelPlace,
  type ReadFormat,
  type ReadLimits,
  type ReadOptions,
  type Series,
  type SeriesDataset,
} from './types';
