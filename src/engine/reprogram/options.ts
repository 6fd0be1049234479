import * as z from 'zod';
import { optionSchema } from '../../common/option-schema';
import { RUN_OPTIONS, type RunOptionName, type RunOptions } from '../../common/run-options';
import type { Readout } from '../acoustic/model';
import { V2SError } from '../errors';

export const METHODS = ['theta', 'ensemble'] as const;
export const READOUTS = ['logits', 'context', 'states'] as const satisfies readonly Readout[];

type Shape = { [N in RunOptionName]: z.ZodDefault<z.ZodType<RunOptions[N]>> };

/** What can be chosen about a reprogramming run, with its defaults. */
export const reprogramOptionsSchema = z.object(
  Object.fromEntries(
    Object.entries(RUN_OPTIONS).map(([name, option]) => [name, optionSchema(option).default(option.default)]),
  ) as Shape,
);

export type ReprogramOptions = z.infer<typeof reprogramOptionsSchema>;

/**
 * Fills in the defaults and checks the ranges.
 * @throws V2SError `options.invalid` naming every option that is wrong
 */
export function parseReprogramOptions(options: z.input<typeof reprogramOptionsSchema> = {}): ReprogramOptions {
  return parseOptions(reprogramOptionsSchema, options);
}

/** As `parseReprogramOptions`, for any schema of options. */
export function parseOptions<S extends z.ZodType>(schema: S, options: z.input<S>): z.output<S> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new V2SError('options.invalid', `These options cannot be used:\n${z.prettifyError(parsed.error)}`, {
    cause: parsed.error,
  });
}
