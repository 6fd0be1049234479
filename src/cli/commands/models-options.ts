import { availableParallelism } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';

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
