import * as z from 'zod';
import { RUN_OPTIONS, type OptionDeclaration, type RunOptionName, type RunOptions } from './run-options';

/** The values of one option, without its default. */
export function optionSchema<O extends OptionDeclaration>(option: O): z.ZodType<O['default']>;
export function optionSchema(option: OptionDeclaration): z.ZodType {
  switch (option.type) {
    case 'flag':
      return z.boolean();
    case 'choice':
      return z.enum(Object.keys(option.choices));
    case 'integer-or-auto':
      return z.union([z.literal('auto'), z.int().min(option.min).max(option.max)]);
    default: {
      const { min, max, except } = option;
      const kind = option.type === 'integer' ? z.int() : z.number();
      const range = (option.aboveMin ? kind.gt(min) : kind.min(min)).max(max);
      return except ? range.refine((value) => value !== except.value, except.why) : range;
    }
  }
}

type Optional = { [N in RunOptionName]: z.ZodOptional<z.ZodType<RunOptions[N]>> };

/** The options of a run as a message carries them: what is left out has its default. */
export const partialRunOptionsSchema = z.object(
  Object.fromEntries(
    Object.entries(RUN_OPTIONS).map(([name, option]) => [name, optionSchema(option).optional()]),
  ) as Optional,
);
