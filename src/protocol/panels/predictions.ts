import * as z from 'zod';
import { request } from '../rpc';
import { emptySchema, float32, int32 } from '../values';
import { commonHostEvents, commonPageEvents, commonRequests, panelState, type PanelContract } from './panel';

/** Predictions of a whole file, n series, C classes. */
export const predictionsSchema = z.object({
  classNames: z.array(z.string()),
  /** [n] predicted class index */
  predicted: int32,
  /** [n * C] */
  probabilities: float32,
  /** [n] class index of the label in the file, -1 without one */
  truth: int32,
  /** [n] line in the file, from 1 */
  lines: int32,
  /** fraction of the labeled series that were predicted right; null without labels */
  accuracy: z.number().nullable(),
  /** counts [true class][predicted class]; null without labels */
  confusion: z.array(z.array(z.int())).nullable(),
  notes: z.array(z.string()),
});
export type Predictions = z.infer<typeof predictionsSchema>;

const predictionsViewSchema = predictionsSchema.extend({
  file: z.string(),
  fileName: z.string(),
  program: z.string(),
  programName: z.string(),
  model: z.string(),
});
export type PredictionsView = z.infer<typeof predictionsViewSchema>;

const host = {
  requests: {
    ...commonRequests,
    /** asks where to save, and writes the CSV of `v2s classify --csv` */
    exportCsv: request(emptySchema, z.object({ saved: z.boolean() })),
    /** position in the file, from 0 */
    open: request(z.object({ index: z.int().min(0), what: z.enum(['saliency', 'text']) }), emptySchema),
    openTsne: request(emptySchema, emptySchema),
  },
  events: { ...commonHostEvents, state: panelState(predictionsViewSchema) },
};
const page = { requests: {}, events: commonPageEvents };

export const predictionsPanel = { id: 'predictions', host, page } satisfies PanelContract;
