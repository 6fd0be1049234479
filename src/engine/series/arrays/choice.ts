import { listed } from '../labels';
import { SeriesFileError } from '../series-error';
import type { LabelPlace } from '../types';

/** An array of a file that holds several. */
export interface ListedArray {
  name: string;
  shape: readonly number[];
}

/** Usual names, in lower case, in the order in which they are taken. */
const VALUE_NAMES = ['x', 'data', 'series', 'values', 'signal', 'signals', 'x_train', 'train_x', 'xtrain', 'x_test', 'arr_0']; // prettier-ignore
const LABEL_NAMES = ['y', 'label', 'labels', 'target', 'targets', 'class', 'classes', 'arr_1'];

const baseName = (name: string): string => name.slice(name.lastIndexOf('/') + 1).toLowerCase();

/** The name that goes with one of series: of X_train, y_train. */
export function labelNameOf(name: string): string | null {
  const match = /(^|[^a-z])x(?=$|[^a-z]|train|test|val)/i.exec(name);
  if (!match) return null;
  const at = match.index + match[1].length;
  return `${name.slice(0, at)}y${name.slice(at + 1)}`;
}

/**
 * Which array of a file holds the series, and which the labels.
 * @param labels the option `labels`; a name is that of the array of labels
 * @throws SeriesFileError `series.array` where none is named or shaped like series, `series.labels` where the named one is missing
 */
export function chooseArrays<A extends ListedArray>(
  file: string,
  arrays: readonly A[],
  labels: LabelPlace = 'auto',
): { values: A; labels: A | null; notes: string[] } {
  const names = arrays.map(({ name }) => name);
  const named = VALUE_NAMES.flatMap((name) => arrays.filter((array) => baseName(array.name) === name));
  const shaped = arrays.filter(({ shape }) => shape.length >= 2 && shape.every((n) => n > 1));
  const values = named[0] ?? (shaped.length === 1 ? shaped[0] : undefined);
  if (!values)
    throw new SeriesFileError(
      'series.array',
      { file },
      names.length === 0
        ? 'expected an array X of the series, found no array.'
        : `expected an array X of the series, [series, values] or [series, channels, values], found ${listed(names, 8)}. Name it X, and the labels y.`,
    );
  const find = (wanted: string): A | undefined =>
    arrays.find((array) => array !== values && array.name.toLowerCase() === wanted.toLowerCase());
  let found: A | undefined;
  if (typeof labels === 'object') {
    found = find(labels.name);
    if (!found)
      throw new SeriesFileError(
        'series.labels',
        { file },
        `the option "labels" asks for the array ${JSON.stringify(labels.name)}; the file has ${listed(names, 8)}.`,
      );
  } else if (labels === 'auto') {
    const partner = labelNameOf(values.name);
    found = (partner !== null ? find(partner) : undefined) ?? LABEL_NAMES.map((name) => arrays.find((array) => array !== values && baseName(array.name) === name)).find((array) => array !== undefined); // prettier-ignore
  }
  const others = named.filter((array) => array !== values);
  const notes =
    others.length > 0
      ? [`The array ${JSON.stringify(values.name)} was read. Others were not: ${listed(others.map(({ name }) => name), 4)}. To use them, save them in a file of their own.`] // prettier-ignore
      : [];
  return { values, labels: found ?? null, notes };
}
