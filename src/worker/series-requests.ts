import { V2SError } from '../engine/errors';
import { looksLikeSeriesFile, siblingTestFile, siblingTrainFile, type SeriesDataset } from '../engine/series';
import type { Handlers } from '../protocol/rpc';
import type { WorkerContract } from '../protocol/worker';
import type { Library } from './library';
import { summarize } from './series-summary';
import { thumbnail } from './thumbnails';

type SeriesRequests = Pick<
  Handlers<WorkerContract>,
  'previewSeriesFile' | 'trainFileOf' | 'looksLikeSeries' | 'readSeriesIndex' | 'readSeriesPage'
>;

export function seriesRequests(library: Library): SeriesRequests {
  return {
    async previewSeriesFile({ file, read, program }, { signal, progress }) {
      const onProgress = (done: number, total: number): void => progress({ done, total });
      const dataset =
        program === undefined
          ? await library.dataset(file, read, { signal, onProgress })
          : await library.datasetFor(await library.program(program), file, read, { signal, onProgress });
      return { ...summarize(dataset), testFile: await siblingTestFile(file) };
    },

    async trainFileOf({ file }) {
      return { train: await siblingTrainFile(file) };
    },

    async looksLikeSeries({ file }) {
      return { series: await looksLikeSeriesFile(file) };
    },

    async readSeriesIndex({ file, read }, { signal, progress }) {
      const onProgress = (done: number, total: number): void => progress({ done, total });
      const dataset = await library.dataset(file, read, { signal, onProgress });
      return { ...summarize(dataset), labels: labelIndices(dataset, dataset.classNames) };
    },

    async readSeriesPage({ file, read, indices, width }, { signal }) {
      const { series } = await library.dataset(file, read, { signal });
      return {
        series: indices.map((index) => {
          if (index >= series.length)
            throw new V2SError(
              'series.index',
              `${file} has ${series.length} series, so there is no series number ${index + 1}.`,
            );
          return thumbnail(series[index], index, width);
        }),
      };
    },
  };
}

/** Class index of every series, -1 where it has no label or one that is not among the names. */
export function labelIndices({ series }: SeriesDataset, classNames: readonly string[]): Int32Array {
  const index = new Map(classNames.map((name, i) => [name, i]));
  return Int32Array.from(series, ({ label }) => (label === null ? -1 : (index.get(label) ?? -1)));
}
