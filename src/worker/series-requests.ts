import { V2SError } from '../engine/errors';
import { looksLikeSeriesFile, siblingTestFile, siblingTrainFile, type SeriesDataset } from '../engine/series';
import type { Handlers } from '../protocol/rpc';
import type { ShownFile, WorkerContract } from '../protocol/worker';
import type { Library, Watch } from './library';
import { summarize } from './series-summary';
import { thumbnail } from './thumbnails';

type SeriesRequests = Pick<
  Handlers<WorkerContract>,
  'previewSeriesFile' | 'trainFileOf' | 'looksLikeSeries' | 'readSeriesIndex' | 'readSeriesPage'
>;

export function seriesRequests(library: Library): SeriesRequests {
  /** As the program reads it, where one is named. */
  async function shownDataset({ file, read, program }: ShownFile, watch: Watch): Promise<SeriesDataset> {
    if (program === undefined) return await library.dataset(file, read, watch);
    return await library.datasetFor(await library.program(program), file, read, watch);
  }

  return {
    async previewSeriesFile(shown, { signal, progress }) {
      const { file } = shown;
      const onProgress = (done: number, total: number): void => progress({ done, total });
      const dataset = await shownDataset(shown, { signal, onProgress });
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

    async readSeriesPage({ indices, width, ...shown }, { signal }) {
      const { file } = shown;
      const { series } = await shownDataset(shown, { signal });
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
