import * as z from 'zod';
import { jsonSha256 } from '../files/json';
import { reprogramOptionsSchema } from '../reprogram';
import { FIRST_VERSION_OPTIONS } from '../reprogram/program-description';

const dataConfigSchema = z.object({
  /** absolute */
  path: z.string(),
  sha256: z.string(),
});

/** All that is needed to start or resume a run, as kept in its `config.json`. */
const schema = z.object({
  formatVersion: z.literal(2),
  /** name of the data set */
  name: z.string(),
  /** ISO 8601 */
  created: z.string(),
  train: dataConfigSchema,
  test: dataConfigSchema.nullable(),
  /** how the series files are read (delimiter, label column, ..), for both files */
  read: z.record(z.string(), z.unknown()),
  model: z.object({
    /** absolute */
    folder: z.string(),
    id: z.string(),
    weightsSha256: z.string(),
    /** of the model's card; left out in runs that were started before cards were bound */
    computationSha256: z.string().optional(),
    /** see the program's description */
    named: z.string().nullable(),
  }),
  options: reprogramOptionsSchema,
  /** threads of the acoustic model: another number may change the last bits */
  threads: z.int().min(1).nullable(),
  /** absolute path of the program to write */
  out: z.string(),
});
/** Runs of the first version had the method of the paper only. */
export const runConfigSchema = z.preprocess((config) => {
  const first = z.looseObject({ formatVersion: z.literal(1), options: z.looseObject({}) }).safeParse(config).data;
  return first ? { ...first, formatVersion: 2, options: { ...first.options, ...FIRST_VERSION_OPTIONS } } : config;
}, schema);
export type RunConfig = z.infer<typeof schema>;

/**
 * SHA-256 over all of a configuration that bears on the program: not over where data, model and program lie, which may be moved, nor
 * over name and date.
 */
export function configurationSha256({ train, test, read, model, options, threads }: RunConfig): string {
  const { id, weightsSha256, computationSha256 } = model;
  return jsonSha256({
    train: train.sha256,
    test: test?.sha256 ?? null,
    read,
    model: { id, weightsSha256, computationSha256 },
    options,
    threads,
  });
}
