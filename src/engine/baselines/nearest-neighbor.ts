import { throwIfCanceled } from '../errors';
import { resampled } from '../rendering/train-statistics';
import type { LabeledSeries } from '../reprogram/evaluate';
import { squaredTimeWarping } from './time-warping';

/** Windows tried for time warping, in hundredths of the longest series: wider ones rarely help (Ratanamahatana & Keogh 2005). */
const WINDOWS = Array.from({ length: 21 }, (_, percent) => percent);

export interface NeighborHooks {
  signal?: AbortSignal;
  /** series looked up so far and in all */
  onProgress?(done: number, total: number): void;
}

/** Squared distance of two series; Infinity as soon as it must exceed the limit. */
type Distance = (a: ArrayLike<number>, b: ArrayLike<number>, limit: number) => number;

/** A window as a number of steps: hundredths of the longest training series, rounded down as in the UCR archive. */
export function windowSteps(percent: number, longest: number): number {
  return Math.floor((percent * longest) / 100);
}

/** Time warping within a window in hundredths of the longest training series. */
export function timeWarping(percent: number, train: LabeledSeries): Distance {
  const window = windowSteps(percent, longestOf(train));
  return (a, b, limit) => squaredTimeWarping(a, b, window, limit);
}

/** Euclidean distance; series of other lengths than the longest training series are stretched to it. */
export function euclidean(train: LabeledSeries): Distance {
  const longest = longestOf(train);
  const stretched = new WeakMap<object, ArrayLike<number>>();
  const whole = (values: ArrayLike<number>): ArrayLike<number> => {
    if (values.length === longest) return values;
    let found = stretched.get(values);
    if (!found) stretched.set(values, (found = resampled(values, longest)));
    return found;
  };
  return (a, b, limit) => {
    const [x, y] = [whole(a), whole(b)];
    let sum = 0;
    for (let t = 0; t < longest; t++) {
      sum += (x[t] - y[t]) ** 2;
      if (sum > limit) return Infinity;
    }
    return sum;
  };
}

/**
 * Class of the nearest training series of each series; of equally near ones the first. Values are taken as they are in the file.
 * @param own whether the series are the training series themselves, each then left out of its own neighbors
 * @throws CanceledError
 */
export async function nearestNeighbors(
  train: LabeledSeries,
  series: readonly ArrayLike<number>[],
  distance: Distance,
  own: boolean,
  { signal, onProgress }: NeighborHooks = {},
): Promise<Int32Array> {
  const found = new Int32Array(series.length).fill(-1);
  for (let i = 0; i < series.length; i++) {
    await pause(signal);
    let nearest = Infinity;
    for (let j = 0; j < train.series.length; j++) {
      if (own && j === i) continue;
      const d = distance(series[i], train.series[j], nearest);
      if (d < nearest || found[i] < 0) {
        nearest = Math.min(d, nearest);
        found[i] = train.labels[j];
      }
    }
    onProgress?.(i + 1, series.length);
  }
  return found;
}

/** Part of the predictions that are right. */
export function accuracyOf(predicted: ArrayLike<number>, labels: readonly number[]): number {
  return labels.filter((label, i) => predicted[i] === label).length / labels.length;
}

/**
 * The window of best leave-one-out accuracy on TRAIN, from 0 to 20 hundredths; of equals the narrowest.
 * @throws CanceledError
 */
export async function chooseWindow(
  train: LabeledSeries,
  { signal, onProgress }: NeighborHooks = {},
): Promise<{ percent: number; accuracy: number }> {
  const longest = longestOf(train);
  const n = train.series.length;
  let best = { percent: 0, accuracy: -1 };
  let last = -1;
  for (const percent of WINDOWS) {
    const steps = windowSteps(percent, longest);
    // In short series several hundredths are the same window.
    if (steps === last) continue;
    last = steps;
    const tried = WINDOWS.indexOf(percent);
    const predicted = await nearestNeighbors(train, train.series, timeWarping(percent, train), true, {
      signal,
      onProgress: (done) => onProgress?.(tried * n + done, WINDOWS.length * n),
    });
    const accuracy = accuracyOf(predicted, train.labels);
    if (accuracy > best.accuracy) best = { percent, accuracy };
  }
  return best;
}

function longestOf({ series }: LabeledSeries): number {
  return series.reduce((longest, { length }) => Math.max(longest, length), 0);
}

/** The event loop gets its turn, for signals and messages. */
async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  throwIfCanceled(signal);
}
