import { EnsembleHead } from '../ensemble/head';
import { fitMapping, type LabeledLogits } from '../ensemble/mapping';
import { foldsOf, seriesOnly } from '../ensemble/selection';
import { argmax } from '../math/softmax';

const FOLDS = 5;

/** How many of how many series were classified right. */
interface Score {
  accuracy: number;
  correct: number;
  series: number;
}

/** How well classes can be read from what a listener says, by the linear mapping of an ensemble. */
export interface ReadOut {
  /** each training series by the mapping without it; error is the mean square of score - (+-1) */
  leaveOneOut: { accuracy: number; error: number; logLoss: number };
  /** each training series by a mapping that has not seen its fold, the strength of the ridge and the standardization included */
  heldOut: Score;
  test: Score | null;
}

/** What a listener says of the series of one file, with their classes. */
interface Heard {
  /** [n * F] */
  features: Float32Array;
  labels: readonly number[];
}

/**
 * Fits the mapping on TRAIN and scores it.
 * @param widths numbers that each member gives; F in all
 * @throws V2SError `ensemble.shape`, `ridge.value`; CanceledError
 */
export async function readOut(
  train: Heard,
  test: Heard | null,
  widths: readonly number[],
  classes: number,
  signal?: AbortSignal,
): Promise<ReadOut> {
  const data: LabeledLogits = { logits: train.features, words: widths, labels: train.labels, classes };
  const { mapping, leaveOneOut, trials, strength } = await fitMapping(data, signal);
  const { error } = trials.find((trial) => trial.strength === strength)!;
  let correct = 0;
  let series = 0;
  for (const { training, held } of foldsOf(train.labels, FOLDS)) {
    const fold = await fitMapping(seriesOnly(data, training), signal);
    correct += countCorrect(new EnsembleHead(fold.mapping), seriesOnly(data, held));
    series += held.length;
  }
  return {
    leaveOneOut: { accuracy: leaveOneOut.accuracy, error, logLoss: leaveOneOut.logLoss },
    heldOut: scoreOf(correct, series),
    test:
      test &&
      scoreOf(
        countCorrect(new EnsembleHead(mapping), { ...data, logits: test.features, labels: test.labels }),
        test.labels.length,
      ),
  };
}

function countCorrect(head: EnsembleHead, { logits, labels }: LabeledLogits): number {
  let correct = 0;
  for (let i = 0; i < labels.length; i++) if (argmax(head.scores(logits, i * head.width)) === labels[i]) correct++;
  return correct;
}

function scoreOf(correct: number, series: number): Score {
  return { accuracy: correct / series, correct, series };
}
