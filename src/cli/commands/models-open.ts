import { availableParallelism } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';
import type { ModelCard } from '../../engine/acoustic/card';
import { openFusedModel, type FusedModelOptions } from '../../engine/acoustic/fused-model';
import type { AcousticModel, Tensors } from '../../engine/acoustic/model';
import { openTfjsModel } from '../../engine/acoustic/tfjs-model';

/** Opens a model with the implementation its architecture needs. */
export function openModel(card: ModelCard, weights: Tensors, options: FusedModelOptions): Promise<AcousticModel> {
  return card.architecture === 'tfjs' ? openTfjsModel(card, weights) : openFusedModel(card, weights, options);
}

/** Parses a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
    return value;
  };
}

/** Parses a number in the given range. */
export function numberBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most))
      throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
    return value;
  };
}

export function threadsOption(): Option {
  return new Option('--threads <n>', 'threads that share each batch')
    .argParser(wholeNumber(1))
    .default(Math.min(8, availableParallelism()));
}
