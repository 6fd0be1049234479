import type { AcousticModel } from '../acoustic/model';
import type { SeriesDataset } from '../series';
import { EnsembleReprogramming } from './ensemble-reprogramming';
import type { ReprogramHooks, ReprogramResult } from './hooks';
import type { ReprogramOptions } from './options';
import { ThetaReprogramming } from './theta-reprogramming';

/**
 * Makes a program for TRAIN with a frozen acoustic model, by the method of the options, and evaluates it once on TEST.
 *
 * `ensemble`: see `EnsembleReprogramming`. `theta`: the paper's algorithm 1 under any rendering; the epoch is chosen by validation on
 * TRAIN, and several members are trained one after the other, each with its own draws, on the same parts of TRAIN:
 *
 * - One split (the default), with at least FEWEST_FOR_SELECTION series in the validation part: theta is trained on the rest of
 *   TRAIN, and the kept epoch's theta is the result.
 * - One split with fewer: too few to choose by, and too dear to leave out. A first training holds them out, which estimates the
 *   accuracy; theta is then trained on all of TRAIN, and its last epoch is the result.
 * - `folds` k: k trainings on (k - 1) / k of TRAIN give every epoch's out-of-sample loss on all of TRAIN; theta is then trained on
 *   all of TRAIN up to the chosen epoch of the same schedule.
 * - No validation part (`validation` 0, or no class has two series): all of TRAIN, the last epoch.
 *
 * The same options, data, model and number of threads give the same program bit for bit, interrupted and resumed or not.
 * @param model its weights are not changed, which checksums before and after prove
 * @throws V2SError `reprogram.*`, `series.label-*`, `mapping.classes`, `model.changed`, `training.diverged`, `checkpoint.*`, `file.*`;
 *   CanceledError, with the checkpoint of the last whole epoch kept
 */
export async function reprogram(
  options: ReprogramOptions,
  model: AcousticModel,
  train: SeriesDataset,
  test: SeriesDataset | null,
  hooks: ReprogramHooks = {},
): Promise<ReprogramResult> {
  const method = options.method === 'ensemble' ? EnsembleReprogramming : ThetaReprogramming;
  return await new method(options, model, train, test, hooks).run();
}
