import * as z from 'zod';

/** What a run of a sweep reached. */
const outcomeSchema = z.object({
  /** accuracy, 0..1 */
  test: z.number().min(0).max(1),
  testLoss: z.number().nullable(),
  train: z.number().nullable(),
  /** accuracy on series that chose nothing, or of leave-one-out */
  heldOut: z.number().nullable(),
  members: z.int().nullable(),
});
export type Outcome = z.infer<typeof outcomeSchema>;

/** How far a task has come, as kept in its `record.json`. */
export const recordSchema = z.object({
  formatVersion: z.literal(1),
  id: z.string(),
  /** `started` by a process that may live no more; `stopped` with a checkpoint */
  state: z.enum(['started', 'stopped', 'failed', 'done']),
  attempts: z.int().min(1),
  /** wall-clock seconds of all attempts that could still write them down */
  seconds: z.number().min(0),
  host: z.string(),
  /** ISO 8601 */
  at: z.string(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  outcome: outcomeSchema.nullable(),
});
export type TaskRecord = z.infer<typeof recordSchema>;
