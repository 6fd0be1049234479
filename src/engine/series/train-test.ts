import { checkLabels } from './labels';
import { readLike, understoodOf } from './read-like';
import { readSeriesFile } from './read';
import type { ReadOptions, SeriesDataset } from './types';

/**
 * Reads a TRAIN file and, where there is one, its TEST file, as TRAIN was read, and makes sure that their labels agree.
 * @throws as `readSeriesFile` and `readLike`; SeriesFileError `series.label-missing`, `series.label-unseen`
 */
export async function readTrainTest(
  trainPath: string,
  testPath: string | null,
  options: ReadOptions = {},
): Promise<{ train: SeriesDataset; test: SeriesDataset | null }> {
  const train = await readSeriesFile(trainPath, options);
  if (testPath === null) return { train, test: null };
  // What was said of TRAIN is in how it was understood; names and numbers of columns are looked up there.
  const { encoding, limits, signal, onProgress } = options;
  const test = await readLike(testPath, understoodOf(train), { encoding, limits, signal, onProgress });
  checkLabels(train, test);
  return { train, test };
}
