import { V2SError } from '../errors';

/** Logits of one AM: [n * k], row-major. */
export interface LogitSample {
  logits: Float32Array;
  n: number;
}

/**
 * Checks that packed vectors are an empirical distribution that distances can be computed of.
 * @param values n vectors of k numbers, [n * k], row-major
 * @param what names the sample in the message, for example `source logits`
 * @throws V2SError `theory.empty`, `theory.shape` or `theory.value` (with the row and the column, both from 1)
 */
export function checkSample(values: Float32Array, n: number, k: number, what: string): void {
  if (!Number.isInteger(n) || n < 1) throw new V2SError('theory.empty', `The ${what} hold no vectors (n = ${n}).`);
  if (!Number.isInteger(k) || k < 1 || values.length !== n * k)
    throw new V2SError(
      'theory.shape',
      `The ${what} hold ${values.length} numbers, but ${n} vectors of ${k} would be ${n * k}.`,
    );
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new V2SError(
        'theory.value',
        `The ${what} hold ${values[i]} in row ${Math.floor(i / k) + 1}, column ${(i % k) + 1}, but distances need finite numbers.`,
      );
}
