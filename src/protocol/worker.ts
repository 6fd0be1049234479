import * as z from 'zod';
import { partialRunOptionsSchema } from '../common/option-schema';
import { modelFileSchema, modelImportSchema, importCheckSchema } from './model-import';
import { boundSchema } from './panels/compare';
import { predictionsSchema } from './panels/predictions';
import {
  epochPointSchema,
  logLineSchema,
  runRecordSchema,
  runResultSchema,
  stepSchema,
  thetaSchema,
} from './panels/run';
import { explanationSchema, mapChecksSchema } from './panels/saliency';
import { seriesThumbSchema } from './panels/series';
import { layoutSchema, tsneOptionsSchema } from './panels/tsne';
import { dataSetsSchema, fittedProgramSchema, programChoiceSchema } from './program-choice';
import { request, type Contract } from './rpc';
import {
  emptySchema,
  failureSchema,
  float32,
  int32,
  metricsSchema,
  progressSchema,
  saliencyMethodSchema,
} from './values';

/**
 * The background process as the extension host sees it. Paths are absolute. Every request can be canceled; those that take long
 * report progress. Files are read when they are needed and kept while they do not change.
 */

/** A column: its number, from 1, or its name in the header. */
const columnSchema = z.union([z.int().min(1), z.string()]);

/** How a series file is read; what is left out is detected. The same as the engine's ReadOptions without its hooks. */
const readOptionsSchema = z.object({
  kind: z.enum(['csv', 'tsv', 'txt', 'ts', 'arff']).optional(),
  encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']).optional(),
  delimiter: z.enum([',', ';', '\t', '|', ' ']).optional(),
  decimal: z.enum(['.', ',']).optional(),
  header: z.boolean().optional(),
  labels: z.union([z.enum(['none', 'first', 'last']), z.int().min(1), z.object({ name: z.string() })]).optional(),
  ignoredColumns: z.array(columnSchema).optional(),
  columns: z.union([z.array(columnSchema), z.object({ from: columnSchema, to: columnSchema })]).optional(),
  channel: z.int().min(1).optional(),
  missing: z.array(z.string()).optional(),
});
export type ReadOptions = z.infer<typeof readOptionsSchema>;

/** How a file was understood. */
const readFormatSchema = z.object({
  kind: z.enum(['csv', 'tsv', 'txt', 'ts', 'arff']),
  encoding: z.string(),
  delimiter: z.enum([',', ';', '\t', '|', ' ']),
  decimal: z.enum(['.', ',']),
  header: z.boolean(),
  columnNames: z.array(z.string()).nullable(),
  labels: z.union([z.enum(['none', 'first', 'last']), z.int()]),
  labelColumn: z.int().nullable(),
  ignoredColumns: z.array(z.int()),
  valueColumns: z.array(z.int()).nullable(),
  missing: z.array(z.string()),
  channel: z.int(),
  channels: z.int(),
  timeStamps: z.boolean(),
});
export type ReadFormat = z.infer<typeof readFormatSchema>;

/** A series file and how it is read. */
const seriesFileSchema = z.object({ file: z.string(), read: readOptionsSchema.optional() });
export type SeriesFile = z.infer<typeof seriesFileSchema>;

/** What was understood of a series file. */
const seriesSummarySchema = z.object({
  name: z.string(),
  count: z.int(),
  shortest: z.int(),
  longest: z.int(),
  classes: z.array(z.object({ name: z.string(), count: z.int() })),
  /** sentences about gaps and assumptions */
  notes: z.array(z.string()),
  format: readFormatSchema,
});
export type SeriesSummary = z.infer<typeof seriesSummarySchema>;

const modelListingSchema = z.object({
  id: z.string(),
  title: z.string(),
  folder: z.string(),
  architecture: z.string(),
  /** what runs it: the fused kernels, or TensorFlow.js, which is many times slower */
  implementation: z.enum(['fused', 'tfjs']),
  parameters: z.int(),
  sourceWords: z.int(),
  sourceData: z.string(),
  /** on the speaker-disjoint source test; null when it was not measured */
  accuracy: z.number().nullable(),
});
export type ModelListing = z.infer<typeof modelListingSchema>;

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

const runFolder = z.object({ folder: z.string() });
/** `out` and `replace`: what the person agreed to be written over, or outside of what the run belongs to */
const runResumeSchema = runFolder.extend({ out: z.string().optional(), replace: z.boolean().optional() });

/** What happens to a run, in order; `finished`, `failed` and `canceled` are last. */
const runEventSchema = z.object({
  folder: z.string(),
  event: z.discriminatedUnion('type', [
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
const runListingSchema = z.object({
  folder: z.string(),
  name: z.string(),
  /** ISO 8601 */
  created: z.string(),
  status: z.enum(['running', 'finished', 'interrupted']),
  epochs: z.object({ done: z.int(), total: z.int() }),
});
export type RunListing = z.infer<typeof runListingSchema>;

/** A series of a file: by its position from 0, or by a line it stands on, from 1 (null in the reply where none does). */
const seriesAt = z.union([z.object({ index: z.int().min(0) }), z.object({ line: z.int().min(1) })]);
export type SeriesAt = z.infer<typeof seriesAt>;

const explainParams = seriesFileSchema.extend({
  program: z.string(),
  at: seriesAt,
  /** class to explain; null: the predicted one */
  target: z.string().nullable(),
  method: saliencyMethodSchema,
});

/** One explained series with all that identifies it. */
const explainedSchema = z.object({
  index: z.int(),
  count: z.int(),
  line: z.int(),
  truth: z.string().nullable(),
  classNames: z.array(z.string()),
  predicted: z.string(),
  probabilities: float32,
  target: z.string(),
  layers: z.array(z.string()),
  programName: z.string(),
  model: z.string(),
  explanation: explanationSchema,
  notes: z.array(z.string()),
});
export type Explained = z.infer<typeof explainedSchema>;

/** What is shown inside the text editor of one series. */
const inlineRowSchema = z.object({
  /** line in the file, from 1 */
  line: z.int(),
  index: z.int(),
  truth: z.string().nullable(),
  predicted: z.string(),
  probability: z.number(),
  /** importance of each value, 0..1 of the most important one of the row; NaN where the model never heard it */
  saliency: float32,
});
export type InlineRow = z.infer<typeof inlineRowSchema>;

/** Layouts of the logits, all aligned. */
const embeddingSchema = z.object({
  layouts: z.array(layoutSchema).min(1),
  perplexityUsed: z.number(),
  classNames: z.array(z.string()),
  programName: z.string(),
  labels: int32,
  indices: int32,
  lines: int32,
  predicted: int32,
  total: z.int(),
  fineTuned: z.string().nullable(),
  notes: z.array(z.string()),
});

export const workerContract = {
  requests: {
    /**
     * Folders that acoustic models are searched in by id, in order, and folders of single models that a person has pointed to. Without
     * trust a program cannot name another folder to load a model from. Answers with the process id, as a sign of life.
     */
    configure: request(
      z.object({
        modelRoots: z.array(z.string()),
        located: z.array(z.string()).default([]),
        threads: z.int().min(1).nullable(),
        trusted: z.boolean(),
      }),
      z.object({ pid: z.int() }),
    ),

    /** Reads a file whole and says what was understood. */
    previewSeriesFile: request(
      seriesFileSchema,
      seriesSummarySchema.extend({ testFile: z.string().nullable() }),
      progressSchema,
    ),
    /** The TRAIN file beside a TEST file; null when there is none or the file is not called TEST. */
    trainFileOf: request(z.object({ file: z.string() }), z.object({ train: z.string().nullable() })),
    /** Whether a `.ts` file is a series file rather than TypeScript; true for the other extensions. */
    looksLikeSeries: request(z.object({ file: z.string() }), z.object({ series: z.boolean() })),
    readSeriesIndex: request(seriesFileSchema, seriesSummarySchema.extend({ labels: int32 }), progressSchema),
    /** Series by position, reduced for pictures of `width` values. */
    readSeriesPage: request(
      seriesFileSchema.extend({ indices: z.array(z.int().min(0)), width: z.int().min(8) }),
      z.object({ series: z.array(seriesThumbSchema) }),
    ),

    listModels: request(emptySchema, z.object({ models: z.array(modelListingSchema), problems: z.array(z.string()) })),
    /** Looks into a Keras .h5 or a model.json of TensorFlow.js. */
    inspectModelFile: request(z.object({ file: z.string() }), modelFileSchema),
    /** Says what would keep `importModel` from its work, except for damaged weights. */
    checkModelImport: request(modelImportSchema, importCheckSchema),
    /** Converts a Keras .h5 or a model.json of TensorFlow.js into a model folder. Canceled, it leaves none. */
    importModel: request(modelImportSchema, z.object({ id: z.string(), folder: z.string() })),
    /**
     * Which program explains a file, of the programs directly in these folders and the one that was chosen for the file. Files that are no
     * programs are left out.
     */
    chooseProgram: request(
      seriesFileSchema.extend({ folders: z.array(z.string()), chosen: z.string().nullable() }),
      programChoiceSchema,
    ),
    /** The data sets among these files, by their names and by what the programs record; files that are no programs are left out. */
    listDataSets: request(z.object({ files: z.array(z.string()), programs: z.array(z.string()) }), dataSetsSchema),
    /** A program, and how a file compares with the data it was made with. */
    fitProgram: request(seriesFileSchema.extend({ program: z.string() }), fittedProgramSchema),
    /** Checks that a folder holds the acoustic model of a program. */
    checkModelOf: request(z.object({ program: z.string(), folder: z.string() }), emptySchema),

    /** Starts a run, which goes on whoever watches; events tell of it. */
    startReprogram: request(runStartSchema, runFolder, progressSchema),
    resumeRun: request(runResumeSchema, runFolder, progressSchema),
    /** Stops a run at the next step; the checkpoint of its last whole epoch is kept. */
    cancelRun: request(runFolder, emptySchema),
    /** The runs in these folders, the most recent first. */
    listRuns: request(z.object({ roots: z.array(z.string()) }), z.object({ runs: z.array(runListingSchema) })),
    /** All about one run; `folder` may also be a finished program's file. */
    runHistory: request(runFolder, runRecordSchema),

    /** The page of `v2s report`, about a run's folder or a program, written to `out`. */
    writeReport: request(z.object({ run: z.string(), out: z.string(), replace: z.boolean().optional() }), emptySchema),

    classify: request(
      seriesFileSchema.extend({ program: z.string() }),
      predictionsSchema.extend({ programName: z.string(), model: z.string() }),
      progressSchema,
    ),
    /** The file of `v2s classify --csv`, written to `out`. */
    exportPredictions: request(
      seriesFileSchema.extend({ program: z.string(), out: z.string(), replace: z.boolean().optional() }),
      emptySchema,
      progressSchema,
    ),
    /** Python that computes the probabilities from source logits and program, and the files it reads besides, written into `folder`. */
    pythonSnippet: request(
      seriesFileSchema.extend({ program: z.string(), folder: z.string() }),
      z.object({ snippet: z.string() }),
      progressSchema,
    ),
    /** CSV text in which no cell is run as a formula. */
    tableCsv: request(
      z.object({
        header: z.array(z.string()),
        rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
      }),
      z.object({ csv: z.string() }),
    ),

    saliency: request(explainParams, explainedSchema.nullable()),
    /** Faithfulness and sanity check of every map of one series, by its position from 0, for a class. */
    checkSaliency: request(
      seriesFileSchema.extend({ program: z.string(), index: z.int().min(0), target: z.string() }),
      mapChecksSchema,
      progressSchema,
    ),
    /** What the text editor shows of the series on these lines (both included). `source` as in Explanation.onSeries. */
    inlineRows: request(
      seriesFileSchema.extend({
        program: z.string(),
        firstLine: z.int().min(1),
        lastLine: z.int().min(1),
        source: z.string(),
        /** false: the predictions only */
        saliency: z.boolean(),
      }),
      z.object({ format: readFormatSchema, rows: z.array(inlineRowSchema) }),
    ),

    embed: request(
      seriesFileSchema.extend({ program: z.string(), options: tsneOptionsSchema, most: z.int().min(10) }),
      embeddingSchema,
      progressSchema,
    ),
    /**
     * Fine-tunes a copy of the program's acoustic model on its TRAIN, with the defaults; canceled, it goes on at the next request. The
     * model lies beside the program, where `embed` finds it.
     */
    fineTune: request(
      seriesFileSchema.extend({ program: z.string() }),
      z.object({ folder: z.string(), testAccuracy: z.number().nullable() }),
      progressSchema,
    ),
    bound: request(seriesFileSchema.extend({ program: z.string() }), boundSchema, progressSchema),
    /** A short run with one acoustic model, and its bound after it. */
    compareModel: request(
      seriesFileSchema.extend({ model: z.string(), options: partialRunOptionsSchema }),
      z.object({ bound: boundSchema, validation: metricsSchema.nullable() }),
      progressSchema,
    ),
  },
  events: {
    run: runEventSchema,
    /** for the log channel */
    log: logLineSchema,
  },
} satisfies Contract;
export type WorkerContract = typeof workerContract;

/** The host answers nothing that the background process asks. */
export const hostContract = { requests: {}, events: {} } satisfies Contract;
export type HostContract = typeof hostContract;
