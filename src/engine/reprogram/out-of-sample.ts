import * as z from 'zod';
import type { Evaluation, Metrics } from './evaluate';
import { takeTensor, type SealedFormat, type SealedTensors } from './sealed-file';
import { mean, selectEpoch } from './selection';

/** What a piece of cross-validation knows of its validation series. */
export interface OutOfSample {
  /** after every epoch kept: one row for trials (the last epoch), all rows for folds */
  losses: Float64Array[];
  /** 1 where the prediction was right, in the shape of the losses */
  correct: Uint8Array[];
}

export function emptyOutOfSample(): OutOfSample {
  return { losses: [], correct: [] };
}

/** Adds what the series look like after another epoch. */
export function appendEpoch({ losses, correct }: OutOfSample, evaluation: Evaluation, labels: readonly number[]): void {
  losses.push(evaluation.losses);
  correct.push(Uint8Array.from(labels, (label, i) => (evaluation.predicted[i] === label ? 1 : 0)));
}

/** What the trainings on the folds say about every epoch, and which one they choose. */
export interface PooledFolds {
  /** the epoch chosen, from 1 */
  until: number;
  /** after every epoch, of the held-out series of all folds */
  outOfSample: Metrics[];
  /** how many these are */
  series: number;
}

/** Chooses the epoch by the held-out series of all folds together, see `selectEpoch`. @param folds each with all its epochs */
export function poolFolds(folds: readonly OutOfSample[]): PooledFolds {
  const losses = folds[0].losses.map((_, e) => Float64Array.from(folds.flatMap((fold) => [...fold.losses[e]])));
  const outOfSample = losses.map((ofEpoch, e) => ({
    loss: mean(ofEpoch),
    accuracy: mean(folds.flatMap((fold) => [...fold.correct[e]])),
  }));
  return { until: selectEpoch(losses), outOfSample, series: losses[0].length };
}

/** The size of an OutOfSample, which a checkpoint's document holds. */
export const outOfSampleShapeSchema = z.object({ rows: z.int().min(0), series: z.int().min(0) });
type OutOfSampleShape = z.infer<typeof outOfSampleShapeSchema>;

/** Puts it among the tensors of a checkpoint, under names that begin with `name`. */
export function putOutOfSample(
  tensors: SealedTensors,
  name: string,
  { losses, correct }: OutOfSample,
): OutOfSampleShape {
  const rows = losses.length;
  const series = losses[0]?.length ?? 0;
  const allLosses = new Float64Array(rows * series);
  const allCorrect = new Uint8Array(rows * series);
  for (let r = 0; r < rows; r++) {
    allLosses.set(losses[r], r * series);
    allCorrect.set(correct[r], r * series);
  }
  tensors.set(`${name}.losses`, { shape: [rows, series], data: allLosses });
  tensors.set(`${name}.correct`, { shape: [rows, series], data: allCorrect });
  return { rows, series };
}

/** The inverse of `putOutOfSample`. @param what names the file in errors @throws V2SError `checkpoint.corrupt` */
export function takeOutOfSample<T>(
  format: SealedFormat<T>,
  tensors: SealedTensors,
  name: string,
  { rows, series }: OutOfSampleShape,
  what: string,
): OutOfSample {
  const losses = takeTensor(format, tensors, `${name}.losses`, Float64Array, [rows, series], what);
  const correct = takeTensor(format, tensors, `${name}.correct`, Uint8Array, [rows, series], what);
  const row = <A extends { slice(from: number, to: number): A }>(all: A, r: number): A =>
    all.slice(r * series, (r + 1) * series);
  return {
    losses: Array.from({ length: rows }, (_, r) => row(losses, r)),
    correct: Array.from({ length: rows }, (_, r) => row(correct, r)),
  };
}
