import { basename } from 'node:path';
import { V2SError } from '../errors';
import type { SeriesDataset } from '../series';
import { classIndices } from './class-labels';
import type { LabeledSeries } from './evaluate';
import type { ProgramDescription } from './program-description';

/** TRAIN and the labels of TEST as a training takes them. */
export interface TrainingData {
  /** from TRAIN, in the order of the class indices */
  classNames: string[];
  train: LabeledSeries;
  /** the values of TEST are for its one evaluation at the end */
  test: LabeledSeries | null;
}

/**
 * Checks that a classifier can be trained; the labels of TEST are checked now, not after the training.
 * @throws V2SError `reprogram.empty` without series, `reprogram.classes` unless there are two classes, `series.label-*`
 */
export function trainingDataOf(train: SeriesDataset, test: SeriesDataset | null): TrainingData {
  const { classNames } = train;
  if (train.series.length === 0) throw new V2SError('reprogram.empty', `${train.file} has no series.`);
  if (classNames.length < 2)
    throw new V2SError(
      'reprogram.classes',
      `${train.file} has ${classNames.length === 1 ? `only the class ${JSON.stringify(classNames[0])}` : 'no labels'}; ` +
        'at least two classes are needed. Check which column holds the labels.',
    );
  const labeled = (dataset: SeriesDataset): LabeledSeries => ({
    series: dataset.series.map(({ values }) => values),
    labels: classIndices(dataset, classNames, 'the classes of TRAIN'),
  });
  return { classNames, train: labeled(train), test: test && labeled(test) };
}

/** The series at these positions. */
export function subset({ series, labels }: LabeledSeries, indices: readonly number[]): LabeledSeries {
  return { series: indices.map((i) => series[i]), labels: indices.map((i) => labels[i]) };
}

/** How a trained file names its data: without the folder, which is nobody else's business. */
export function describeData({ file, sha256, series }: SeriesDataset): ProgramDescription['data']['train'] {
  return { file: basename(file), sha256, series: series.length };
}
