import * as z from 'zod';
import { RUN_OPTION_NAMES } from '../../common/run-options';
import { request } from '../rpc';
import { emptySchema, float32 } from '../values';
import { commonHostEvents, commonPageEvents, commonRequests, panelState, type PanelContract } from './panel';
import { seriesThumbSchema } from './series';

/** What of the page a problem is about; it is shown there. */
const fieldSchema = z.enum([
  'train',
  'table',
  'labels',
  'ignored',
  'delimiter',
  'header',
  'decimal',
  'channel',
  'missing',
  'test',
  'model',
  'out',
  ...RUN_OPTION_NAMES,
]);
export type SetupField = z.infer<typeof fieldSchema>;

const problemSchema = z.object({ field: fieldSchema, message: z.string() });
export type SetupProblem = z.infer<typeof problemSchema>;

const roleSchema = z.enum(['label', 'value', 'ignored']);
export type ColumnRole = z.infer<typeof roleSchema>;

/** The beginning of a file as it is understood. */
export const setupTableSchema = z.object({
  kind: z.string(),
  /** whether the table can be read in another way: `.ts` and the like say themselves what their columns are */
  isTable: z.boolean(),
  delimiter: z.string(),
  decimal: z.string(),
  header: z.boolean(),
  channel: z.int(),
  channels: z.int(),
  channelNames: z.array(z.string()).nullable(),
  /** columns, from 1 */
  ignored: z.array(z.int()),
  /** null without labels, or where the label ends rows of differing length */
  labelColumn: z.int().nullable(),
  /** the first and the last columns; `number` from 1 */
  columns: z.array(z.object({ number: z.int(), name: z.string().nullable(), role: roleSchema })),
  /** number of all columns of the longest row that is shown */
  columnCount: z.int(),
  /** the first rows; one cell for each of `columns`, null where a row is too short */
  rows: z.array(z.object({ row: z.int(), cells: z.array(z.string().nullable()) })),
  /** missing values in the part that was read; place of the first */
  missing: z.object({ cells: z.int(), row: z.int(), column: z.int() }),
});
export type SetupTable = z.infer<typeof setupTableSchema>;

/** All series of the file. */
export const setupSurveySchema = z.object({
  count: z.int(),
  shortest: z.int(),
  longest: z.int(),
  classes: z.array(z.object({ name: z.string(), count: z.int() })),
  /** some series of the first classes, each with its label */
  series: z.array(seriesThumbSchema),
  notes: z.array(z.string()),
  /** number of series of the test file; null without one, or where it cannot be read */
  testCount: z.int().nullable(),
});
export type SetupSurvey = z.infer<typeof setupSurveySchema>;

/** A series on the clip, and what each frame of the acoustic model hears of it. */
export const clipSketchSchema = z.object({
  kind: z.enum(['replicas', 'carrier', 'pitch', 'formant']),
  replicas: z.int().nullable(),
  series: seriesThumbSchema,
  /** least and greatest sample of equal parts of the clip */
  low: float32,
  high: float32,
  /** clip samples per second, from frame to frame, start of the first frame (may be below 0), and length of a frame */
  sampleRate: z.int(),
  hop: z.int(),
  first: z.int(),
  length: z.int(),
  /** first and last position on the series (from 0) that each frame hears; NaN for none */
  from: float32,
  to: float32,
  valuesPerFrame: z.number(),
});
export type ClipSketch = z.infer<typeof clipSketchSchema>;

/** How long a run will take, and what earlier ones on the same data reached. */
export const forecastSchema = z.object({
  /** without the first look at the data and the test */
  seconds: z.number(),
  /** where the time of one step is from */
  source: z.enum(['runs', 'measured']),
  past: z.array(
    z.object({
      folder: z.string(),
      created: z.string(),
      model: z.string(),
      method: z.string(),
      heldOut: z.number().nullable(),
      test: z.number().nullable(),
    }),
  ),
});
export type Forecast = z.infer<typeof forecastSchema>;

const setupViewSchema = z.object({
  train: z.string(),
  trainName: z.string(),
  /** a file that is called TEST, and the training file beside it */
  trainIsTest: z.boolean(),
  trainInstead: z.string().nullable(),
  /** null: none */
  test: z.string().nullable(),
  out: z.string(),
  /** what the person has said about the table; null: detected */
  said: z.object({
    delimiter: z.string().nullable(),
    header: z.boolean().nullable(),
    decimal: z.string().nullable(),
    missing: z.string(),
    ignored: z.string(),
  }),
  table: setupTableSchema.nullable(),
  survey: setupSurveySchema.nullable(),
  sketch: clipSketchSchema.nullable(),
  /** which series and which member of an ensemble are drawn */
  sketched: z.object({ series: z.int(), member: z.int() }),
  forecast: forecastSchema.nullable(),
  models: z.array(z.object({ folder: z.string(), title: z.string(), about: z.string() })),
  model: z.string(),
  /** chosen values as text; those that were not valid as they were typed */
  options: z.record(z.string(), z.string()),
  problems: z.array(problemSchema),
  /** whether something of the data is still being read */
  isReading: z.boolean(),
});
export type SetupView = z.infer<typeof setupViewSchema>;

const changeSchema = z.discriminatedUnion('part', [
  z.object({ part: z.literal('role'), column: z.int().min(1), role: roleSchema }),
  z.object({ part: z.literal('delimiter'), value: z.enum([',', ';', '\t', '|', ' ']).nullable() }),
  z.object({ part: z.literal('header'), value: z.boolean().nullable() }),
  z.object({ part: z.literal('decimal'), value: z.enum(['.', ',']).nullable() }),
  z.object({ part: z.literal('channel'), value: z.int().min(1) }),
  z.object({ part: z.literal('missing'), text: z.string().max(1000) }),
  z.object({ part: z.literal('ignored'), text: z.string().max(10_000) }),
  z.object({ part: z.literal('model'), folder: z.string() }),
  z.object({ part: z.literal('option'), name: z.enum(RUN_OPTION_NAMES), text: z.string().max(100) }),
  z.object({ part: z.literal('sketched'), series: z.int().min(0), member: z.int().min(0).max(99) }),
]);
export type SetupChange = z.infer<typeof changeSchema>;

const host = {
  requests: {
    ...commonRequests,
    change: request(changeSchema, emptySchema),
    /** asks for a file */
    browse: request(z.object({ what: z.enum(['train', 'test', 'out']) }), emptySchema),
    /** trains on the file beside the test file, or without a test file */
    use: request(z.object({ what: z.enum(['train-instead', 'no-test']) }), emptySchema),
    /** false while there are problems, which the page shows */
    start: request(emptySchema, z.object({ started: z.boolean() })),
    openRun: request(z.object({ folder: z.string() }), emptySchema),
  },
  events: { ...commonHostEvents, state: panelState(setupViewSchema) },
};
const page = { requests: {}, events: commonPageEvents };

export const setupPanel = { id: 'setup', host, page } satisfies PanelContract;
