import { V2SError } from '../errors';
import type { SeriesDataset } from '../series';

/**
 * Class index of every series.
 * @throws V2SError `series.label` naming file, row and label when a label is missing or not one of `classNames`
 */
export function classIndices(dataset: SeriesDataset, classNames: readonly string[]): number[] {
  const index = new Map(classNames.map((name, i) => [name, i]));
  return dataset.series.map(({ label, row }) => {
    if (label === null)
      throw new V2SError(
        'series.label',
        `${dataset.file}, row ${row}: the series has no label. Every series needs one here; check which column holds it.`,
      );
    const found = index.get(label);
    if (found === undefined)
      throw new V2SError(
        'series.label',
        `${dataset.file}, row ${row}: the label ${JSON.stringify(label)} does not occur in TRAIN, whose classes are ` +
          `${classNames.map((name) => JSON.stringify(name)).join(', ')}.`,
      );
    return found;
  });
}
