import type { AcousticModel } from '../acoustic/model';
import { EnsembleHead } from '../ensemble/head';
import { fitMapping } from '../ensemble/mapping';
import { argmax } from '../math/softmax';
import { planPlacement, silentEdge } from '../rendering/placement';
import { placedLogitsOf, type LabeledSeries } from '../reprogram/evaluate';
import { trainingDataOf, type TrainingData } from '../reprogram/training-data';
import type { SeriesDataset } from '../series';
import {
  accuracyOf,
  chooseWindow,
  euclidean,
  nearestNeighbors,
  timeWarping,
  type NeighborHooks,
} from './nearest-neighbor';

export type ReferenceName = 'majority' | 'euclidean' | 'dtw-window' | 'dtw-full' | 'linear-probe';

/** What a simple method reaches on the same data, to hold an accuracy against. */
export interface ReferenceLine {
  name: ReferenceName;
  /** each training series classified without itself */
  leaveOneOut: number;
  test: number | null;
  /** of `dtw-window`: hundredths of the longest training series, chosen by leave-one-out on TRAIN */
  window: number | null;
  seconds: number;
}

export interface ReferenceOptions {
  /** whether time warping is wanted, whose time grows with the square of the length */
  timeWarping: boolean;
  /** of the linear probe */
  replicas: number;
  /** the lines that are wanted; default all */
  names?: readonly ReferenceName[];
}

export interface ReferenceHooks {
  signal?: AbortSignal;
  /** @param name what is being computed */
  onProgress?(name: ReferenceName, done: number, total: number): void;
  onLine?(line: ReferenceLine): void;
}

/** Full time warping: the path may go anywhere. */
const NO_WINDOW = 100;

/**
 * Reference lines of a data set: the most frequent class, the nearest neighbor by Euclidean distance and by time warping, and a linear
 * probe, which reads the classes from the frozen model's source logits without any theta.
 * @param model of the linear probe; null to leave it out
 * @throws V2SError `reprogram.empty`, `reprogram.classes`, `series.label-*`, `placement.*`, `ensemble.shape`; CanceledError
 */
export async function referenceLines(
  trainSet: SeriesDataset,
  testSet: SeriesDataset | null,
  model: AcousticModel | null,
  options: ReferenceOptions,
  { signal, onProgress, onLine }: ReferenceHooks = {},
): Promise<ReferenceLine[]> {
  const data = trainingDataOf(trainSet, testSet);
  const { train, test, classNames } = data;
  const lines: ReferenceLine[] = [];
  const measure = async (name: ReferenceName, work: () => Promise<Omit<ReferenceLine, 'name' | 'seconds'>>) => {
    if (options.names?.includes(name) === false) return;
    const started = performance.now();
    const line = { name, ...(await work()), seconds: (performance.now() - started) / 1000 };
    lines.push(line);
    onLine?.(line);
  };
  const hooksOf = (name: ReferenceName): NeighborHooks => ({
    signal,
    onProgress: (done, total) => onProgress?.(name, done, total),
  });
  const neighbors = async (name: ReferenceName, distance: ReturnType<typeof euclidean>) => {
    const own = await nearestNeighbors(train, train.series, distance, true, hooksOf(name));
    const others = test && (await nearestNeighbors(train, test.series, distance, false, hooksOf(name)));
    return {
      leaveOneOut: accuracyOf(own, train.labels),
      test: test && accuracyOf(others!, test.labels),
      window: null,
    };
  };

  await measure('majority', async () => majority(train, test, classNames.length));
  await measure('euclidean', () => neighbors('euclidean', euclidean(train)));
  if (options.timeWarping) {
    await measure('dtw-window', async () => {
      const { percent, accuracy } = await chooseWindow(train, hooksOf('dtw-window'));
      const distance = timeWarping(percent, train);
      const others = test && (await nearestNeighbors(train, test.series, distance, false, hooksOf('dtw-window')));
      return { leaveOneOut: accuracy, test: test && accuracyOf(others!, test.labels), window: percent };
    });
    await measure('dtw-full', () => neighbors('dtw-full', timeWarping(NO_WINDOW, train)));
  }
  if (model) await measure('linear-probe', () => linearProbe(model, data, options.replicas, hooksOf('linear-probe')));
  return lines;
}

/** The class that is most frequent in TRAIN, for every series; without the series in question for leave-one-out. */
function majority(
  train: LabeledSeries,
  test: LabeledSeries | null,
  classes: number,
): Omit<ReferenceLine, 'name' | 'seconds'> {
  const counts = new Array<number>(classes).fill(0);
  for (const label of train.labels) counts[label]++;
  const without = train.labels.map((label) => argmax(counts.map((count, c) => count - (c === label ? 1 : 0))));
  const most = argmax(counts);
  return {
    leaveOneOut: accuracyOf(without, train.labels),
    test: test && accuracyOf(new Int32Array(test.labels.length).fill(most), test.labels),
    window: null,
  };
}

/** Ridge regression from the source logits of the padded replicas, its strength by leave-one-out, as the mapping of an ensemble. */
async function linearProbe(
  model: AcousticModel,
  { train, test, classNames }: TrainingData,
  replicas: number,
  hooks: NeighborHooks,
): Promise<Omit<ReferenceLine, 'name' | 'seconds'>> {
  const { placement } = planPlacement(train.series, replicas, false, silentEdge(model.card.frontEnd));
  const words = [model.card.sourceLabels.length];
  const heard = await placedLogitsOf(model, train.series, placement, hooks);
  const { mapping, leaveOneOut } = await fitMapping(
    { logits: heard, words, labels: train.labels, classes: classNames.length },
    hooks.signal,
  );
  const head = new EnsembleHead(mapping);
  const logits = test && (await placedLogitsOf(model, test.series, placement, hooks));
  const predicted = test?.labels.map((_, i) => argmax(head.scores(logits!, i * head.width)));
  return { leaveOneOut: leaveOneOut.accuracy, test: test && accuracyOf(predicted!, test.labels), window: null };
}
