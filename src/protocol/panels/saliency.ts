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

/** The members of a program and their parts in the decision. */
export const membersSchema = z.object({
  count: z.int().min(1),
  /** how many of them the maps on the series are of */
  heard: z.int(),
  /** position of the one whose clip is shown */
  shown: z.int(),
  /** what each adds to the score that is explained, [count] */
  shares: float64,
  /** by map: how many are too coarse for this series, and were left out */
  leftOut: z.array(z.object({ source: z.string(), count: z.int() })),
});

/** What the columns of the values are called where they are called by numbers, as times or wavelengths. */
export const seriesAxisSchema = z.object({
  /** by value of the series */
  positions: float64,
});

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
  /** class it is compared with, and whether that is simply the one with the next greatest score; null for a program of one class */
  contrast: z.string().nullable(),
  contrastIsNext: z.boolean(),
  method: saliencyMethodSchema,
  /** the method that suits the program */
  defaultMethod: saliencyMethodSchema,
  methods: z.array(saliencyMethodSchema),
  members: membersSchema,
  /** the member that explains alone; null: all, added up */
  member: z.int().nullable(),
  axis: seriesAxisSchema.nullable(),
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
        contrast: z.string().nullable().optional(),
        member: z.int().min(0).nullable().optional(),
        layer: z.string().optional(),
        method: saliencyMethodSchema.optional(),
      }),
      emptySchema,
    ),
    /** goes by so many series, back if negative; stays within the file */
    move: request(z.object({ by: z.int() }), emptySchema),
    /** goes to the next series (1) or the one before (-1) whose label is not the predicted class; false where there is none */
    moveToError: request(z.object({ by: z.union([z.literal(1), z.literal(-1)]) }), z.object({ found: z.boolean() })),
    /** mean of the series of the file that have this label, as long as the one that is shown; null where there are none */
    classMean: request(z.object({ label: z.string() }), z.object({ values: float64.nullable() })),
    /** how the program classifies changed values of the series that is shown, [classes] */
    whatIf: request(z.object({ values: float64 }), z.object({ probabilities: float32 })),
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
