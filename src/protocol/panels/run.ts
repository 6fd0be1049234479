import * as z from 'zod';
import { request } from '../rpc';
import { emptySchema, failureSchema, float32, metricsSchema } from '../values';
import { commonHostEvents, commonPageEvents, commonRequests, panelState, type PanelContract } from './panel';

/** One epoch of a run, as the engine reports it. */
export const epochPointSchema = z.object({
  /**
   * comparing replicas, cross-validating, or training the theta that is kept; `members`: an ensemble has heard TRAIN through `epoch` of
   * its `epochs` members, and `validation` is by leave-one-out
   */
  phase: z.enum(['replicas', 'folds', 'training', 'members']),
  /** null for a rendering without them */
  replicas: z.int().nullable(),
  /** which of several trained members this is, from 1; null for a single one */
  member: z.int().nullable(),
  /** from 1; null without folds */
  fold: z.int().nullable(),
  /** from 1 */
  epoch: z.int(),
  epochs: z.int(),
  /** null where nothing is trained by steps */
  learningRate: z.number().nullable(),
  train: metricsSchema,
  validation: metricsSchema.nullable(),
  /** whether this is the epoch to keep so far; null where epochs are not compared */
  selected: z.boolean().nullable(),
  msPerStep: z.number(),
  /** epochs of all trainings of the run: done, and the most there will be */
  done: z.int(),
  total: z.int(),
  /**
   * further figures by name: `swd` and `w1`, the sliced Wasserstein-2 and the Wasserstein-1 distance of the training logits from the
   * source's; `bound`, that of Theorem 1; `target_risk`, the risk it bounds. Runs of models without source logits have none
   */
  measures: z.record(z.string(), z.number()),
});
export type EpochPoint = z.infer<typeof epochPointSchema>;

export const logLineSchema = z.object({
  /** ms since 1970 */
  time: z.number(),
  level: z.enum(['info', 'warning', 'error']),
  text: z.string(),
});
export type LogLine = z.infer<typeof logLineSchema>;

/**
 * `queued`: waits for the end of the runs before it. `interrupted`: neither finished nor running here, for example after a crash or when the window was closed; it can be resumed.
 * `canceled`: stopped on request, the checkpoint is kept, it can be resumed.
 */
const runStatusSchema = z.enum(['queued', 'running', 'stopping', 'finished', 'failed', 'canceled', 'interrupted']);
export type RunStatus = z.infer<typeof runStatusSchema>;

/** What a run reached. */
export const runResultSchema = z.object({
  train: metricsSchema,
  validation: metricsSchema.extend({ series: z.int().optional() }).nullable(),
  test: metricsSchema.extend({ confusion: z.array(z.array(z.int())) }).nullable(),
  /** from 1; null for an ensemble */
  bestEpoch: z.int().nullable(),
  /** estimate on series that the program was not made from, without TEST; null where nothing was held out */
  heldOut: metricsSchema
    .extend({ series: z.int(), source: z.enum(['leave-one-out', 'folds', 'validation', 'held-out']) })
    .nullable(),
  members: z.int(),
  /** null when the run was read back from its folder */
  msPerStep: z.number().nullable(),
  seconds: z.number().nullable(),
  /** SHA-256 of the acoustic model's weights before and after the training; a program is only written when they are equal */
  weights: z.object({ sha256Before: z.string(), sha256After: z.string() }),
});
export type RunResult = z.infer<typeof runResultSchema>;

const placementSchema = z.object({
  /** clip samples of one copy of the longest training series */
  slot: z.int(),
  replicas: z.int(),
  /** clip samples from the start of one copy to the start of the next */
  interval: z.int(),
  rate: z.number(),
  mask: z.boolean(),
  offset: z.number(),
  scale: z.number(),
});
export type Placement = z.infer<typeof placementSchema>;

/** theta [16000], 1 s at 16 kHz, after `epoch` epochs (0: before the first step). */
export const thetaSchema = z.object({ epoch: z.int(), values: float32 });

/** All that is known of a run, whether it is under way or was read back from its folder. */
export const runRecordSchema = z.object({
  /** absolute path of the run's folder; it identifies the run */
  folder: z.string(),
  /** name of the data set */
  name: z.string(),
  status: runStatusSchema,
  failure: failureSchema.nullable(),
  /** ISO 8601 */
  created: z.string(),
  /** absolute paths */
  train: z.string(),
  test: z.string().nullable(),
  model: z.object({ id: z.string(), folder: z.string() }),
  /** by the names of the command line */
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** absolute path of the program it writes; `written` says whether it is there */
  program: z.string(),
  written: z.boolean(),
  epochs: z.array(epochPointSchema),
  log: z.array(logLineSchema),
  theta: thetaSchema.nullable(),
  thetaInitial: float32.nullable(),
  placement: placementSchema.nullable(),
  /** which source words stand for which class; empty until it is known */
  mapping: z.array(z.object({ className: z.string(), words: z.array(z.string()) })),
  classNames: z.array(z.string()),
  notes: z.array(z.string()),
  result: runResultSchema.nullable(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

/** Progress within an epoch. */
export const stepSchema = z.object({ step: z.int(), steps: z.int(), done: z.int(), total: z.int() });

const host = {
  requests: {
    ...commonRequests,
    stop: request(emptySchema, emptySchema),
    resume: request(emptySchema, emptySchema),
    /** opens another panel or file about the finished program */
    open: request(z.object({ what: z.enum(['saliency', 'tsne', 'predictions', 'train', 'test']) }), emptySchema),
  },
  events: {
    ...commonHostEvents,
    state: panelState(runRecordSchema),
    /** what changed since the last `state`: append the epoch, append the lines, replace the rest */
    epoch: epochPointSchema,
    step: stepSchema,
    log: z.array(logLineSchema),
    theta: thetaSchema,
    status: z.object({
      status: runStatusSchema,
      failure: failureSchema.nullable(),
      result: runResultSchema.nullable(),
      written: z.boolean(),
    }),
  },
};
const page = { requests: {}, events: commonPageEvents };

export const runPanel = { id: 'run', host, page } satisfies PanelContract;
