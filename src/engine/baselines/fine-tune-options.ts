import * as z from 'zod';
import { optionSchema } from '../../common/option-schema';
import { RUN_OPTIONS, type NumberOption } from '../../common/run-options';
import { reprogramOptionsSchema } from '../reprogram';
import { parseOptions } from '../reprogram/options';

/** Far below theta's learning rate: at 0.05 a single step would erase what the weights have learned from speech. */
const learningRate: NumberOption = { ...RUN_OPTIONS.learningRate, default: 0.001 };

/** As many as reprogramming places by default, so that both hear the same; no choice among several. */
const replicas: NumberOption = {
  type: 'integer',
  title: RUN_OPTIONS.replicas.title,
  meaning:
    'How often the series repeats on the one-second clip, at most as many replicas as fit. The paper places one in this baseline.',
  min: 1,
  max: RUN_OPTIONS.replicas.max,
  default: 10,
};

const { epochs, batchSize, validation, folds, patience, seed } = RUN_OPTIONS;

/** The options of fine-tuning; where one is that of reprogramming, so are its meaning and default. */
export const FINE_TUNE_OPTIONS = {
  epochs,
  batchSize,
  learningRate,
  replicas,
  weightDecay: { ...RUN_OPTIONS.weightDecay, meaning: 'Decoupled weight decay of the kernels.' },
  validation,
  folds,
  patience,
  seed: { ...seed, meaning: 'Seed of all random numbers. The same seed and number of threads give the same weights.' },
};

const { shape } = reprogramOptionsSchema;

export const fineTuneOptionsSchema = z.object({
  epochs: shape.epochs,
  batchSize: shape.batchSize,
  learningRate: optionSchema(learningRate).default(learningRate.default),
  replicas: optionSchema(replicas).default(replicas.default),
  weightDecay: shape.weightDecay,
  validation: shape.validation,
  folds: shape.folds,
  patience: shape.patience,
  seed: shape.seed,
});
export type FineTuneOptions = z.infer<typeof fineTuneOptionsSchema>;

/**
 * Fills in the defaults and checks the ranges.
 * @throws V2SError `options.invalid` naming every option that is wrong
 */
export function parseFineTuneOptions(options: z.input<typeof fineTuneOptionsSchema> = {}): FineTuneOptions {
  return parseOptions(fineTuneOptionsSchema, options);
}
