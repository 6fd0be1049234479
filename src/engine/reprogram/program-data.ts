import { readLike, readSeriesFile, type ReadOptions, type SeriesDataset } from '../series';
import type { Program } from './program';

/**
 * Reads a file as TRAIN of a program was read; programs of the first version do not say how, so that the file speaks for itself.
 * @param options what a person says of this file; it goes before what the program knows
 * @throws as `readLike`
 */
export async function readForProgram(
  path: string,
  { description: { read } }: Program,
  options: ReadOptions = {},
): Promise<SeriesDataset> {
  return read ? await readLike(path, read, options) : await readSeriesFile(path, options);
}
