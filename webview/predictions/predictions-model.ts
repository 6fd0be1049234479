import type { Predictions, PredictionsView } from '../../src/protocol/panels/predictions';
import { matchesSearch } from '../shared/model/table';

/** Which predictions are shown. */
export interface PredictionFilter {
  search: string;
  errorsOnly: boolean;
  /** class indices; null: any */
  truth: number | null;
  predicted: number | null;
}

/** Whether any series has a label that is a class of the program. */
export function hasLabels({ truth }: Pick<Predictions, 'truth'>): boolean {
  return truth.some((kind) => kind >= 0);
}

/** Whether a prediction is right; null without a label. */
export function isRight({ truth, predicted }: Pick<Predictions, 'truth' | 'predicted'>, row: number): boolean | null {
  return truth[row] < 0 ? null : truth[row] === predicted[row];
}

/** Probability of a class, 0..1. */
export function probabilityOf({ probabilities, classNames }: Predictions, row: number, kind: number): number {
  return probabilities[row * classNames.length + kind];
}

/** Probability of the predicted class, 0..1. */
export function confidenceOf(predictions: Predictions, row: number): number {
  return probabilityOf(predictions, row, predictions.predicted[row]);
}

/** Classes of a row from the most to the least probable; equal ones in the order of the classes. */
export function rankedClasses(predictions: Predictions, row: number): number[] {
  const { classNames } = predictions;
  return classNames
    .map((_, kind) => kind)
    .sort((a, b) => probabilityOf(predictions, row, b) - probabilityOf(predictions, row, a) || a - b);
}

/**
 * Rows to show, by position in the file from 0. A word of the search is part of the name of the true or the predicted class, or the
 * number of the series (`#12`); `<0.6` compares the probability of the predicted class.
 */
export function shownPredictions(predictions: Predictions, filter: PredictionFilter): number[] {
  const { predicted, truth, classNames } = predictions;
  const shown: number[] = [];
  for (let row = 0; row < predicted.length; row++) {
    if (filter.errorsOnly && isRight(predictions, row) !== false) continue;
    if (filter.truth !== null && truth[row] !== filter.truth) continue;
    if (filter.predicted !== null && predicted[row] !== filter.predicted) continue;
    const words = [classNames[predicted[row]], classNames[truth[row]] ?? '', `#${row + 1}`];
    if (matchesSearch(filter.search, words, [confidenceOf(predictions, row)])) shown.push(row);
  }
  return shown;
}

/** Labeled series and those of them predicted right. */
export function scoreOf(predictions: Predictions): { labeled: number; right: number } {
  let labeled = 0;
  let right = 0;
  for (let row = 0; row < predictions.predicted.length; row++) {
    const hit = isRight(predictions, row);
    if (hit === null) continue;
    labeled++;
    if (hit) right++;
  }
  return { labeled, right };
}

/** How many series were predicted as each class. */
export function predictedCounts({ predicted, classNames }: Predictions): number[] {
  const counts = new Array<number>(classNames.length).fill(0);
  for (const kind of predicted) counts[kind]++;
  return counts;
}

/** One class in the eyes of the program, from the counts [true][predicted]; null where it is not defined. */
interface ClassScore {
  precision: number | null;
  recall: number | null;
  /** harmonic mean of both */
  f1: number | null;
}

export function classScores(confusion: readonly (readonly number[])[]): ClassScore[] {
  return confusion.map((row, kind) => {
    const hits = row[kind];
    const actual = row.reduce((sum, count) => sum + count, 0);
    const claimed = confusion.reduce((sum, counts) => sum + counts[kind], 0);
    const precision = claimed > 0 ? hits / claimed : null;
    const recall = actual > 0 ? hits / actual : null;
    const f1 = actual + claimed > 0 ? (2 * hits) / (actual + claimed) : null;
    return { precision, recall, f1 };
  });
}

/** A cell of the confusion matrix. */
export interface Cell {
  truth: number;
  predicted: number;
}

/**
 * Where an arrow key takes the focus among the cells that can be pressed (count above 0): the next one in that direction, skipping
 * the others; null when there is none.
 */
export function nextCell(confusion: readonly (readonly number[])[], from: Cell, key: string): Cell | null {
  const steps: Record<string, [number, number]> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };
  const step = steps[key];
  if (!step) return null;
  let [truth, predicted] = [from.truth + step[0], from.predicted + step[1]];
  while (confusion[truth]?.[predicted] !== undefined) {
    if (confusion[truth][predicted] > 0) return { truth, predicted };
    truth += step[0];
    predicted += step[1];
  }
  return null;
}

/** The predictions as they are saved. @param rows positions in the file, in the order to write */
export function predictionsJson(data: PredictionsView, rows: readonly number[]): unknown {
  const { file, program, model, classNames, accuracy, confusion } = data;
  return {
    file,
    program,
    model,
    classNames,
    accuracy,
    confusion,
    predictions: rows.map((row) => ({
      series: row + 1,
      line: data.lines[row],
      truth: classNames[data.truth[row]] ?? null,
      predicted: classNames[data.predicted[row]],
      probabilities: classNames.map((_, kind) => probabilityOf(data, row, kind)),
    })),
  };
}
