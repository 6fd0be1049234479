import * as z from 'zod';
import type { EpochEvent } from '../reprogram';
import { parseJsonLines } from './json-lines';

const metricsSchema = z.object({ loss: z.number(), accuracy: z.number() });

/** A line of metrics.jsonl: an EpochEvent as it was reported. */
const epochLineSchema = z.object({
  phase: z.enum(['replicas', 'folds', 'training', 'members']),
  replicas: z.int().nullable(),
  /** lines of earlier versions do not have it */
  member: z.int().nullable().default(null),
  fold: z.int().nullable(),
  epoch: z.int(),
  epochs: z.int(),
  learningRate: z.number().nullable(),
  train: metricsSchema,
  validation: metricsSchema.nullable(),
  selected: z.boolean().nullable(),
  msPerStep: z.number(),
  done: z.int(),
  total: z.int(),
  measures: z.record(z.string(), z.number()),
}) satisfies z.ZodType<EpochEvent>;
export type EpochLine = z.infer<typeof epochLineSchema>;

/** The epochs of metrics.jsonl; what is not one, such as a last line that was cut short, is left out. */
export function parseMetrics(text: string): EpochLine[] {
  return parseJsonLines(text, epochLineSchema);
}
