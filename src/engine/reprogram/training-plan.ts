import { V2SError } from '../errors';
import { FEWEST_FOR_SELECTION } from './selection';
import { stratifiedFolds, stratifiedSplit, type Split } from './split';
import { STREAM, streamOf } from './streams';

/** Which parts of TRAIN are trained on and held out, in which trainings. */
export interface TrainingPlan {
  /** of the final training, whose result is kept */
  split: Split;
  /** trainings before it, whose held-out series are pooled; none where one split does it all */
  folds: Split[];
  /** the validation split that `validation` asks for, used or not */
  held: Split;
  /** what a person should know */
  notes: string[];
}

/**
 * Plans the trainings of one data set; programs and fine-tuned models with the same seed hold out the same series.
 *
 * - One split, with at least FEWEST_FOR_SELECTION series in the validation part: the final training leaves them out.
 * - One split with fewer: a first training leaves them out, the final one trains on all of TRAIN.
 * - `folds` k: k trainings on (k - 1) / k of TRAIN, then all of TRAIN.
 * - No validation part (`validation` 0, or no class has two series): all of TRAIN.
 * @throws V2SError `reprogram.folds` when folds are asked for and no class has two series
 */
export function planTrainings(
  labels: readonly number[],
  { validation, folds: count, seed }: { validation: number; folds: number; seed: number },
): TrainingPlan {
  const held = stratifiedSplit(labels, validation, streamOf(seed, STREAM.split));
  const all: Split = { training: labels.map((_, i) => i), validation: [] };
  if (count > 0) {
    const folds = stratifiedFolds(labels, count, streamOf(seed, STREAM.folds)).filter(
      (fold) => fold.validation.length > 0,
    );
    if (folds.length < 2)
      throw new V2SError('reprogram.folds', 'Cross-validation needs a class with at least two series in TRAIN.');
    const notes =
      folds.length < count ? [`TRAIN is too small for ${count} folds. There are ${folds.length} instead.`] : [];
    return { split: all, folds, held, notes };
  }
  if (held.validation.length >= FEWEST_FOR_SELECTION) return { split: held, folds: [], held, notes: [] };
  if (held.validation.length > 0)
    return {
      split: all,
      folds: [held],
      held,
      notes: [
        `The validation part has ${held.validation.length} series, too few to choose an epoch by. A first training without them ` +
          'estimates the accuracy. A second training uses all of TRAIN and keeps its last epoch.',
      ],
    };
  const notes =
    validation > 0 ? ['No class has two series: nothing is held out for validation, and the last epoch is kept.'] : [];
  return { split: all, folds: [], held, notes };
}
