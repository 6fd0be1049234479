import * as z from 'zod';
import { request } from '../rpc';
import { emptySchema, failureSchema, metricsSchema } from '../values';
import { commonHostEvents, commonPageEvents, commonRequests, panelState, type PanelContract } from './panel';

/** Theorem 1 of the paper, estimated: target risk <= sourceRisk + 2 sqrt(K) w1. */
export const boundSchema = z.object({
  sourceRisk: z.number(),
  /** exact Wasserstein-1, which the bound is made of, and its standard deviation over several splits of the source clips */
  w1: z.object({ mean: z.number(), deviation: z.number() }),
  /** sliced Wasserstein-2 */
  swd: z.number(),
  k: z.int(),
  bound: z.number(),
  /** measured on the labeled series; null without labels */
  targetRisk: z.number().nullable(),
});
export type Bound = z.infer<typeof boundSchema>;

/** One acoustic model in the comparison. */
const comparedModelSchema = z.object({
  id: z.string(),
  title: z.string(),
  folder: z.string(),
  parameters: z.int(),
  sourceAccuracy: z.number().nullable(),
  status: z.enum(['waiting', 'running', 'done', 'failed']),
  /** epochs of the short run that the bound is estimated after */
  done: z.int(),
  total: z.int(),
  bound: boundSchema.nullable(),
  /** out-of-sample metrics of the short run */
  validation: metricsSchema.nullable(),
  failure: failureSchema.nullable(),
});
export type ComparedModel = z.infer<typeof comparedModelSchema>;

const compareViewSchema = z.object({
  file: z.string(),
  fileName: z.string(),
  /** models compared and models to compare; null: nothing is running */
  running: z.object({ done: z.int(), total: z.int() }).nullable(),
  epochs: z.int(),
  /** those done first, best bound first; then the others */
  models: z.array(comparedModelSchema),
  notes: z.array(z.string()),
});
export type CompareView = z.infer<typeof compareViewSchema>;

const host = {
  requests: {
    ...commonRequests,
    start: request(z.object({ models: z.array(z.string()).min(1), epochs: z.int().min(1).max(1000) }), emptySchema),
    stop: request(emptySchema, emptySchema),
    /** starts the full run with this acoustic model */
    reprogramWith: request(z.object({ model: z.string() }), emptySchema),
  },
  events: { ...commonHostEvents, state: panelState(compareViewSchema) },
};
const page = { requests: {}, events: commonPageEvents };

export const comparePanel = { id: 'compare', host, page } satisfies PanelContract;
