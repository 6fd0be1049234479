import * as z from 'zod';
import { request } from '../rpc';
import { emptySchema, float32, float64, gridSchema, progressSchema, saliencyMethodSchema } from '../values';
import { commonHostEvents, commonPageEvents, commonRequests, panelState, type PanelContract } from './panel';

/** Everything `v2s explain` gives for one series, in the arrays that are drawn. */
export const explanationSchema = z.object({
  /** the series as it is in the file */
  series: float64,
  /** the clip the acoustic model hears, [16000], in its own units */
  reprogrammed: float32,
  /** weights over the frames, summing to 1; null when the architecture has none */
  attention: float32.nullable(),
  /** standardized features, [frame][mel bin] */
  mel: gridSchema,
  /** class activation maps by convolution layer, [frame][bin] of the mel-spectrogram, 0..1 */
  cam: z.array(
    z.object({
      layer: z.string(),
      grid: gridSchema,
      /** the layer has a single channel: its map is a scaled activation */
      scaledActivation: z.boolean(),
    }),
  ),
  /** importance of each value of the series by source: `attention`, a layer (both from 0), or a method (signed) */
  onSeries: z.array(
    z.object({
      source: z.string(),
      /** NaN where the model never heard the value */
      values: float32,
      /** so many neighboring values the map cannot tell apart; at least 1 */
      resolution: z.number(),
    }),
  ),
  axes: z.object({
    /** hertz */
    sampleRate: z.number(),
    /** samples of the clip, 16000 */
    clipSamples: z.int(),
    /** seconds, the middle of each frame */
    frameTimes: float32,
    /** seconds that one frame hears */
    windowSeconds: z.number(),
    /** hertz, the middle of each mel bin */
    binFrequencies: float32,
    /** clip samples where the copies of the series start, and the length of one copy */
    copies: z.array(z.int()),
    copyLength: z.number(),
    /** part of the series that a copy holds, on an axis where value j covers j .. j + 1 */
    copyValues: z.tuple([z.number(), z.number()]),
  }),
});
export type Explanation = z.infer<typeof explanationSchema>;

const curvesSchema = z.object({
  /** probability of the class at each share of the series that is deleted or inserted */
  deletion: float32,
  insertion: float32,
  /** means over the points of the curves */
  deletionArea: z.number(),
  insertionArea: z.number(),
});

/** Whether the maps of one series can be believed: faithfulness, and the sanity check with randomized weights. */
export const mapChecksSchema = z.object({
  /** class whose probability was followed */
  target: z.string(),
  /** share of the series that is deleted or inserted at each point of a curve, from 0 to 1 */
  shares: float32,
  /** means over random orders */
  random: curvesSchema,
  /** by source, as `onSeries` of an explanation, and in its order; every method is among them */
  maps: z.array(
    curvesSchema.extend({
      source: z.string(),
      /** all values of the map are equal, so it has no order */
      constant: z.boolean(),
      deletionBeatsRandom: z.boolean(),
      insertionBeatsRandom: z.boolean(),
      /** Spearman correlation with the map of randomized weights; null where one of the two is constant */
      correlation: z.number().nullable(),
    }),
  ),
});
export type MapChecks = z.infer<typeof mapChecksSchema>;

const saliencyViewSchema = z.object({
  /** absolute paths, and the names to show */
  file: z.string(),
  fileName: z.string(),
  program: z.string(),
  programName: z.string(),
  model: z.string(),
  /** position of the series in the file, from 0, of how many; and its line, from 1 */
  index: z.int(),
  count: z.int(),
  line: z.int(),
  /** label in the file */
  truth: z.string().nullable(),
  classNames: z.array(z.string()),
  /** predicted class, and the probability of every class in the order of classNames */
  predicted: z.string(),
  probabilities: float32,
  /** explained class */
  target: z.string(),
  /** whether the target is simply the predicted class */
  targetIsPredicted: z.boolean(),
  method: saliencyMethodSchema,
  methods: z.array(saliencyMethodSchema),
  /** convolution layers, first to last, and the one that is chosen */
  layers: z.array(z.string()),
  layer: z.string().nullable(),
  /** whether the panel follows the cursor of the text editor */
  following: z.boolean(),
  explanation: explanationSchema,
  notes: z.array(z.string()),
});
export type SaliencyView = z.infer<typeof saliencyViewSchema>;

const host = {
  requests: {
    ...commonRequests,
    /** null chooses the default again: the predicted class */
    choose: request(
      z.object({
        target: z.string().nullable().optional(),
        layer: z.string().optional(),
        method: saliencyMethodSchema.optional(),
      }),
      emptySchema,
    ),
    /** goes by so many series, back if negative; stays within the file */
    move: request(z.object({ by: z.int() }), emptySchema),
    goTo: request(z.object({ index: z.int().min(0) }), emptySchema),
    follow: request(z.object({ following: z.boolean() }), emptySchema),
    /** checks all maps of the series that is shown; takes seconds and can be canceled */
    check: request(emptySchema, mapChecksSchema, progressSchema),
    /** shows the row in the text editor; `value` is the position of a value in the series, from 0 */
    reveal: request(z.object({ value: z.int().min(0).nullable() }), emptySchema),
  },
  events: {
    ...commonHostEvents,
    state: panelState(saliencyViewSchema),
    /** a new view is being computed while the old one is still shown */
    busy: z.object({ busy: z.boolean() }),
    /** plays the reprogrammed clip ("V2S: Listen") */
    play: emptySchema,
  },
};
const page = { requests: {}, events: commonPageEvents };

export const saliencyPanel = { id: 'saliency', host, page } satisfies PanelContract;
