import { z } from 'zod';
import { V2SError } from '../errors';
import { MAPPING_KINDS } from './mapping';

/** What can be chosen about a reprogramming run; the names are those of the command line. */
export const reprogramOptionsSchema = z.object({
  /** passes over the training part of TRAIN */
  epochs: z.int().min(1).max(100_000).default(100),
  batchSize: z.int().min(1).max(4096).default(32),
  /** of Adam at the first step; half a cosine takes it to 0 at the last one */
  learningRate: z.number().positive().max(10).default(0.05),
  /** decoupled weight decay on theta (and on the learned mapping) */
  weightDecay: z.number().min(0).max(10).default(0),
  /** probability with which each sample of theta is left out of a training step */
  dropout: z.number().min(0).max(0.95).default(0),
  /** replicas of the series on the clip; `auto` chooses by validation */
  replicas: z.union([z.literal('auto'), z.int().min(1).max(16_000)]).default(10),
  /** whether theta is 0 where the series lie (the paper's M); off, theta also acts on the series themselves */
  mask: z.boolean().default(false),
  /** which source words stand for a class, and whether a linear map is learned on top */
  mapping: z.enum(MAPPING_KINDS).default('random'),
  /** fraction of TRAIN that chooses the epoch; 0: none, the last epoch is kept */
  validation: z.number().min(0).max(0.9).default(0.1),
  /** 0: one validation split; k >= 2: k-fold cross-validation chooses the epoch, and theta is then trained on all of TRAIN */
  folds: z
    .int()
    .min(0)
    .max(100)
    .refine((folds) => folds !== 1, 'one fold is no cross-validation: use 0, or at least 2')
    .default(0),
  /** epochs without an acceptable validation loss after which training stops; 0: never */
  patience: z.int().min(0).default(0),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
});

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
