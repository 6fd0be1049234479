import * as z from 'zod';
import { request } from '../rpc';
import { emptySchema, float32, int32 } from '../values';
import { commonHostEvents, commonPageEvents, commonRequests, panelState, type PanelContract } from './panel';

/** One series as a small picture. */
export const seriesThumbSchema = z.object({
  /** position in the file, from 0 */
  index: z.int(),
  /** line in the file, from 1 */
  line: z.int(),
  label: z.string().nullable(),
  /** number of values of the series */
  length: z.int(),
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  /**
   * What is drawn: all values when there are at most `width` of them; else pairs (lowest, highest) of equal parts of the series, so
   * that no peak is lost.
   */
  values: float32,
  reduced: z.boolean(),
});
export type SeriesThumb = z.infer<typeof seriesThumbSchema>;

const seriesViewSchema = z.object({
  file: z.string(),
  fileName: z.string(),
  count: z.int(),
  shortest: z.int(),
  longest: z.int(),
  classes: z.array(z.object({ name: z.string(), count: z.int() })),
  /** class index of every series, -1 without a label */
  labels: int32,
  /** how the file was understood, ready to show: name and value */
  format: z.array(z.object({ name: z.string(), value: z.string() })),
  notes: z.array(z.string()),
  /** changes when the file was read anew: pages fetched before are stale */
  version: z.int(),
});
export type SeriesView = z.infer<typeof seriesViewSchema>;

const host = {
  requests: {
    ...commonRequests,
    /** a slice of the series, by position from 0; `width` is the number of values wanted for a picture */
    page: request(
      z.object({ indices: z.array(z.int().min(0)).max(500), width: z.int().min(8).max(4000) }),
      z.object({ series: z.array(seriesThumbSchema) }),
    ),
    /** opens another view of a series */
    open: request(z.object({ index: z.int().min(0), what: z.enum(['saliency', 'text']) }), emptySchema),
    /** reprogram, classify or embed the file */
    start: request(z.object({ what: z.enum(['reprogram', 'classify', 'tsne']) }), emptySchema),
  },
  events: { ...commonHostEvents, state: panelState(seriesViewSchema) },
};
const page = { requests: {}, events: commonPageEvents };

export const seriesPanel = { id: 'series', host, page } satisfies PanelContract;
