export { checkLabels, classNamesOf, compareLabels, normalizeLabel, requireLabels } from './labels';
export { locateRow, type RowSpans, type Span } from './locate';
export { datasetName, siblingTestFile, siblingTrainFile } from './names';
export {
  looksLikeSeriesFile,
  previewSeriesBytes,
  previewSeriesFile,
  type PreviewRow,
  type SeriesPreview,
} from './preview';
export { readSeriesBytes, readSeriesFile, readTrainTest } from './read';
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
