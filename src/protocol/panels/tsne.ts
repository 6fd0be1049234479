import * as z from 'zod';
import { request } from '../rpc';
import { emptySchema, float32, int32, projectionSchema } from '../values';
import { commonHostEvents, commonPageEvents, commonRequests, panelState, type PanelContract } from './panel';

/** One layout of the same points; all layouts of a view are aligned with each other. */
export const layoutSchema = z.object({
  /** before: the frozen model hears the series alone; epoch: a checkpoint on the way; fine_tuned: the transfer baseline */
  stage: z.enum(['before', 'epoch', 'after', 'fine_tuned']),
  /** epochs of training; null for fine_tuned */
  epoch: z.int().nullable(),
  /** [n * dimensions] */
  coordinates: float32,
  /** mean silhouette of the classes in the logits' space; null with fewer than two classes */
  silhouette: z.number().nullable(),
});
export type Layout = z.infer<typeof layoutSchema>;

export const tsneOptionsSchema = z.object({
  projection: projectionSchema,
  dimensions: z.union([z.literal(2), z.literal(3)]),
  perplexity: z.number().positive(),
  seed: z.int().min(0),
});
export type TsneOptions = z.infer<typeof tsneOptionsSchema>;

const tsneViewSchema = z.object({
  file: z.string(),
  fileName: z.string(),
  program: z.string(),
  programName: z.string(),
  options: tsneOptionsSchema,
  /** what was really used: the perplexity is clamped to the number of points */
  perplexityUsed: z.number(),
  /** in the order of training: before, epochs ascending, after; then fine_tuned if there is one */
  layouts: z.array(layoutSchema).min(1),
  classNames: z.array(z.string()),
  /** per point: class index, -1 without a label; position in the file from 0; line in the file from 1; predicted class index */
  labels: int32,
  indices: int32,
  lines: int32,
  predicted: int32,
  /** of how many series the points are a sample */
  total: z.int(),
  /** folder of the fine-tuned model that is among the layouts; null when there is none for the program's data */
  fineTuned: z.string().nullable(),
  notes: z.array(z.string()),
});
export type TsneView = z.infer<typeof tsneViewSchema>;

const host = {
  requests: {
    ...commonRequests,
    /** fine-tunes the acoustic model for the third plot; answers when that has ended or was canceled */
    fineTune: request(emptySchema, emptySchema),
    configure: request(tsneOptionsSchema.partial(), emptySchema),
    /** position in the file, from 0 */
    openSaliency: request(z.object({ index: z.int().min(0) }), emptySchema),
  },
  events: {
    ...commonHostEvents,
    state: panelState(tsneViewSchema),
    /** a new layout is being computed while the old one is still shown */
    busy: z.object({ busy: z.boolean(), done: z.number(), total: z.number() }),
  },
};
const page = { requests: {}, events: commonPageEvents };

export const tsnePanel = { id: 'tsne', host, page } satisfies PanelContract;
