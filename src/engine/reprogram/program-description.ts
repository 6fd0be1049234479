import * as z from 'zod';
import { understoodSchema } from '../../common/read-format';
import { frontEndSchema } from '../audio/front-end';
import { renderingSchema } from '../rendering/description';
import { trainStatisticsSchema } from '../rendering/train-statistics';
import { mappingSchema } from './mapping';
import { reprogramOptionsSchema, METHODS, READOUTS } from './options';

const metricsSchema = z.object({ loss: z.number(), accuracy: z.number() });
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
const dataSchema = z.object({
  /** name without its folder */
  file: z.string(),
  sha256: sha256Schema,
  series: z.int().min(0),
});

/** One epoch of the training that made theta; times are left out, so that equal runs make equal files. */
export const epochRecordSchema = z.object({
  /** from 1 */
  epoch: z.int().min(1),
  learningRate: z.number(),
  train: metricsSchema,
  validation: metricsSchema.nullable(),
  /** further figures by name, for example `swd` */
  measures: z.record(z.string(), z.number()),
});
export type EpochRecord = z.infer<typeof epochRecordSchema>;

/** One way in which a program hears a series. */
const memberSchema = z.object({
  rendering: renderingSchema,
  /** words of the classes, of the method `theta`; null in an ensemble, whose members share one mapping */
  mapping: mappingSchema.nullable(),
});

export const ensembleFiguresSchema = z.object({ members: z.int().min(1), accuracy: z.number(), logLoss: z.number() });

/** The linear mapping of an ensemble, its numbers apart. */
const ensembleSchema = z.object({
  /** what the mapping reads; older programs read the logits */
  readout: z.enum(READOUTS).default('logits'),
  /** members drawn, of which those of the program are left */
  drawn: z.int().min(1),
  temperature: z.number().positive(),
  /** of the ridge, per feature */
  strength: z.number().positive(),
  leaveOneOut: z.object({ accuracy: z.number(), logLoss: z.number() }),
  /** leave-one-out figures by number of members */
  curve: z.array(ensembleFiguresSchema),
});

/**
 * How well the program does on series that it was not made from, without TEST: `leave-one-out`, each series of TRAIN by the mapping
 * fitted without it; `folds`, pooled over cross-validation; `validation`, a part of TRAIN that also chose the epoch; `held-out`, a
 * part of TRAIN that chose nothing.
 */
const heldOutSchema = metricsSchema.extend({
  series: z.int().min(1),
  source: z.enum(['leave-one-out', 'folds', 'validation', 'held-out']),
});
export type HeldOut = z.infer<typeof heldOutSchema>;

/** Everything about a program but its numbers. */
export const programDescriptionSchema = z.object({
  /** name of the data set */
  name: z.string(),
  method: z.enum(METHODS),
  /** the acoustic model it was made with, and which no other can replace */
  model: z.object({
    id: z.string(),
    weightsSha256: sha256Schema,
    /** folder as named by the user when the model was not found by its id; a hint for finding it again */
    folder: z.string().nullable(),
    sourceLabels: z.array(z.string()).min(1),
    /** over what the model's card says it computes; null in programs that were made before cards were bound */
    computationSha256: sha256Schema.nullable().default(null),
  }),
  frontEnd: frontEndSchema,
  members: z.array(memberSchema).min(1).max(1000),
  /** of TRAIN, for the renderings; null for replicas of the file's values, which need none */
  statistics: trainStatisticsSchema.nullable(),
  /** null for the method `theta` */
  ensemble: ensembleSchema.nullable(),
  /** from TRAIN, in the order of the class indices */
  classNames: z.array(z.string()).min(2),
  /** how TRAIN was read, so that other files are read alike; null in programs of the first version */
  read: understoodSchema.nullable(),
  training: z.object({
    options: reprogramOptionsSchema,
    /** implementation and engine of the acoustic model; another one may differ in the last bits */
    implementation: z.string(),
    engine: z.string(),
    trainingSeries: z.int().min(1),
    validationSeries: z.int().min(0),
    /** what `--replicas auto` compared: out-of-sample loss and accuracy of the short runs; empty unless auto */
    replicaTrials: z.array(metricsSchema.extend({ replicas: z.int().min(1) })),
  }),
  /** epoch whose theta this is, of the first member; null for an ensemble */
  bestEpoch: z.int().min(1).nullable(),
  /** of the first member's training; empty for an ensemble */
  history: z.array(epochRecordSchema),
  metrics: z.object({
    train: metricsSchema,
    validation: metricsSchema.nullable(),
    heldOut: heldOutSchema.nullable(),
    test: metricsSchema.extend({ confusion: z.array(z.array(z.int().min(0))) }).nullable(),
  }),
  data: z.object({ train: dataSchema, test: dataSchema.nullable() }),
  /** what was capped, resampled or otherwise treated */
  notes: z.array(z.string()),
});
export type ProgramDescription = z.infer<typeof programDescriptionSchema>;

/** What the first version said otherwise; the rest is as it is now, and is checked as such. */
const firstVersionSchema = z.looseObject({
  placement: z.unknown(),
  mapping: z.unknown(),
  training: z.looseObject({
    options: z.looseObject({ folds: z.number().default(0) }),
    validationSeries: z.number(),
  }),
  metrics: z.looseObject({ validation: metricsSchema.nullable() }),
});

/** The description of a program of the first version: one theta under replicas of the series, with the paper's mapping. */
export function upgradeFirstVersion(document: unknown): unknown {
  const parsed = firstVersionSchema.safeParse(document);
  if (!parsed.success) return document;
  const { placement, mapping, training, metrics, ...rest } = parsed.data;
  const { options, validationSeries } = training;
  const source: HeldOut['source'] = options.folds > 0 ? 'folds' : 'validation';
  return {
    ...rest,
    method: 'theta',
    members: [{ rendering: { kind: 'replicas', contour: null, placement, theta: null }, mapping }],
    statistics: null,
    ensemble: null,
    read: null,
    training: { ...training, options: { ...options, ...FIRST_VERSION_OPTIONS } },
    metrics: {
      ...metrics,
      heldOut: metrics.validation && { ...metrics.validation, series: validationSeries, source },
    },
  };
}

/** Options that the first version did not have, as it worked. */
export const FIRST_VERSION_OPTIONS = {
  method: 'theta',
  rendering: 'replicas',
  members: 1,
  wordsPerClass: 'auto',
  augmentation: 'none',
} as const;
