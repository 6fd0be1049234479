import * as z from 'zod';
import { partialRunOptionsSchema } from '../common/option-schema';
import { readOptionsSchema } from '../common/read-format';
import { epochPointSchema, logLineSchema, runResultSchema, stepSchema, thetaSchema } from './panels/run';
import { failureSchema } from './values';

/** Runs as the background process takes and tells them. */

export type RunOptions = z.infer<typeof partialRunOptionsSchema>;

export const runStartSchema = z.object({
  train: z.string(),
  test: z.string().nullable(),
  read: readOptionsSchema,
  /** folder of the acoustic model */
  model: z.string(),
  options: partialRunOptionsSchema,
  /** threads of the acoustic model; null: as many as the machine has processors */
  threads: z.int().min(1).nullable(),
  /** program to write */
  out: z.string(),
  /** folder in which the run's own folder is made */
  runs: z.string(),
  /** whether a file at `out` that is no program is replaced too */
  replace: z.boolean().optional(),
});
export type RunStart = z.infer<typeof runStartSchema>;

export const runFolder = z.object({ folder: z.string() });
/** `out` and `replace`: what the person agreed to be written over, or outside of what the run belongs to */
export const runResumeSchema = runFolder.extend({ out: z.string().optional(), replace: z.boolean().optional() });

/** What happens to a run, in order; `finished`, `failed` and `canceled` are last. */
export const runEventSchema = z.object({
  folder: z.string(),
  event: z.discriminatedUnion('type', [
    /** a queued run has its turn */
    z.object({ type: z.literal('started') }),
    z.object({ type: z.literal('epoch'), epoch: epochPointSchema }),
    z.object({ type: z.literal('step'), step: stepSchema }),
    z.object({ type: z.literal('log'), lines: z.array(logLineSchema) }),
    z.object({ type: z.literal('theta'), theta: thetaSchema }),
    z.object({ type: z.literal('finished'), result: runResultSchema, program: z.string() }),
    z.object({ type: z.literal('failed'), failure: failureSchema }),
    z.object({ type: z.literal('canceled') }),
  ]),
});
export type RunEvent = z.infer<typeof runEventSchema>;

/** A run of a run folder, for a list. */
export const runListingSchema = z.object({
  folder: z.string(),
  name: z.string(),
  /** ISO 8601 */
  created: z.string(),
  status: z.enum(['queued', 'running', 'finished', 'interrupted']),
  epochs: z.object({ done: z.int(), total: z.int() }),
});
export type RunListing = z.infer<typeof runListingSchema>;
