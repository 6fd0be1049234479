import { requireLabels, SeriesFileError, type SeriesDataset } from '../series';

/**
 * Class index of every series.
 * @param whose what the message calls the class names
 * @throws SeriesFileError `series.label-missing`, or `series.label-unseen` naming file, row and label
 */
export function classIndices(
  dataset: SeriesDataset,
  classNames: readonly string[],
  whose = "the program's classes",
): number[] {
  requireLabels(dataset);
  const index = new Map(classNames.map((name, i) => [name, i]));
  return dataset.series.map(({ label, row }) => {
    const found = index.get(label!);
    if (found !== undefined) return found;
    const known = classNames.map((name) => JSON.stringify(name)).join(', ');
    throw new SeriesFileError(
      'series.label-unseen',
      { file: dataset.file, row, column: dataset.format.labelColumn ?? undefined },
      `the label ${JSON.stringify(label)} is not one of ${whose}, which are ${known}. Correct the label, remove the row, or ` +
        'check which column holds the labels.',
    );
  });
}
