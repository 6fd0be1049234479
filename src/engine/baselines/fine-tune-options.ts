import * as z from 'zod';
import { reprogramOptionsSchema } from '../reprogram';
import { parseOptions } from '../reprogram/options';

const { epochs, batchSize, weightDecay, validation, folds, patience, seed } = reprogramOptionsSchema.shape;

/** What can be chosen about fine-tuning; where the option is that of reprogramming, so are its meaning and default. */
export const fineTuneOptionsSchema = z.object({
  epochs,
  batchSize,
  /**
   * of Adam at the first step; half a cosine takes it to 0. Far below theta's: at 0.05 a single step would erase what the
   * weights have learned from speech
   */
  learningRate: z.number().positive().max(10).default(0.001),
  /** decoupled weight decay of the kernels */
  weightDecay,
  validation,
  folds,
  patience,
  seed,
});
export type FineTuneOptions = z.infer<typeof fineTuneOptionsSchema>;

/**
 * Fills in the defaults and checks the ranges.
 * @throws V2SError `options.invalid` naming every option that is wrong
 */
export function parseFineTuneOptions(options: z.input<typeof fineTuneOptionsSchema> = {}): FineTuneOptions {
  return parseOptions(fineTuneOptionsSchema, options);
}
