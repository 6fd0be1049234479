import * as z from 'zod';
import { partialRunOptionsSchema } from '../common/option-schema';
import { readFormatSchema, readOptionsSchema } from '../common/read-format';

import { modelFileSchema, modelImportSchema, importCheckSchema } from './model-import';
import { boundSchema } from './panels/compare';
import { predictionsSchema } from './panels/predictions';
import { logLineSchema, runRecordSchema } from './panels/run';
import { explanationSchema, mapChecksSchema, membersSchema, seriesAxisSchema } from './panels/saliency';
import { seriesThumbSchema } from './panels/series';
import { clipSketchSchema, forecastSchema, setupSurveySchema, setupTableSchema } from './panels/setup';
import { layoutSchema, tsneOptionsSchema } from './panels/tsne';
import { dataSetsSchema, fittedProgramSchema, programChoiceSchema } from './program-choice';
import { request, type Contract } from './rpc';
import { runEventSchema, runFolder, runListingSchema, runResumeSchema, runStartSchema } from './runs';
import { emptySchema, float32, float64, int32, metricsSchema, progressSchema, saliencyMethodSchema } from './values';

/**
 * The background process as the extension host sees it. Paths are absolute. Every request can be canceled; those that take long
 * report progress. Files are read when they are needed and kept while they do not change.
 */

export type ReadOptions = z.infer<typeof readOptionsSchema>;
export type { ReadFormat } from '../common/read-format';
export type { RunEvent, RunListing, RunOptions, RunStart } from './runs';

/** A series file and how it is read. */
const seriesFileSchema = z.object({ file: z.string(), read: readOptionsSchema.optional() });
export type SeriesFile = z.infer<typeof seriesFileSchema>;
/** The same, read as TRAIN of a program was, where one is named. */
const shownFileSchema = seriesFileSchema.extend({ program: z.string().optional() });
export type ShownFile = z.infer<typeof shownFileSchema>;

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

/** A series of a file: by its position from 0, or by a line it stands on, from 1 (null in the reply where none does). */
const seriesAt = z.union([z.object({ index: z.int().min(0) }), z.object({ line: z.int().min(1) })]);
export type SeriesAt = z.infer<typeof seriesAt>;

const explainParams = seriesFileSchema.extend({
  program: z.string(),
  at: seriesAt,
  /** class to explain; null: the predicted one */
  target: z.string().nullable(),
  /** class it is compared with; null: the one with the next greatest score */
  contrast: z.string().nullable().default(null),
  /** null: the one that suits the program, see the engine's `defaultMethod` */
  method: saliencyMethodSchema.nullable(),
  /** explained by one member of the program; null: by all, added up */
  member: z.int().min(0).nullable().default(null),
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
  contrast: z.string().nullable(),
  method: saliencyMethodSchema,
  /** the method that suits the program */
  defaultMethod: saliencyMethodSchema,
  members: membersSchema,
  axis: seriesAxisSchema.nullable(),
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

const configurationSchema = z.object({
  modelRoots: z.array(z.string()),
  located: z.array(z.string()).default([]),
  threads: z.int().min(1).nullable(),
  trusted: z.boolean(),
  /** folders of runs that programs are traced to, besides those near a program */
  runRoots: z.array(z.string()).default([]),
});
export type Configuration = z.input<typeof configurationSchema>;

export const workerContract = {
  requests: {
    /**
     * Folders that acoustic models are searched in by id, in order, and folders of single models that a person has pointed to. Without
     * trust a program cannot name another folder to load a model from. Answers with the process id.
     */
    configure: request(configurationSchema, z.object({ pid: z.int() })),
    /** A sign of life, at the next turn of the event loop: resident memory, bytes. */
    sign: request(emptySchema, z.object({ resident: z.number() })),

    /** Reads a file whole and says what was understood. */
    previewSeriesFile: request(
      shownFileSchema,
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
      shownFileSchema.extend({ indices: z.array(z.int().min(0)), width: z.int().min(8) }),
      z.object({ series: z.array(seriesThumbSchema) }),
    ),

    /** The beginning of a file as it is understood, in a moment also for a large one; `problem`: what reading it would end in. */
    previewTable: request(
      seriesFileSchema,
      z.object({
        table: setupTableSchema.nullable(),
        problem: z.object({ code: z.string(), message: z.string() }).nullable(),
        /** of the data set */
        name: z.string(),
        /** TEST beside a TRAIN file, and TRAIN beside a TEST file */
        testFile: z.string().nullable(),
        trainFile: z.string().nullable(),
      }),
    ),
    /** Reads a file and its test file whole. `testProblem`: why the test file cannot be used. */
    surveySeries: request(
      seriesFileSchema.extend({ test: z.string().nullable() }),
      setupSurveySchema.extend({ testProblem: z.string().nullable() }),
      progressSchema,
    ),
    /** Draws a series on the clip, before any training. */
    sketchClip: request(
      seriesFileSchema.extend({
        model: z.string(),
        options: partialRunOptionsSchema,
        index: z.int().min(0),
        member: z.int().min(0).max(99),
        /** values wanted for the pictures of series and clip */
        width: z.int().min(8).max(4000),
      }),
      clipSketchSchema,
    ),
    /** How long a run would take, by earlier runs in these folders or by a short measurement. */
    forecastRun: request(
      seriesFileSchema.extend({ model: z.string(), options: partialRunOptionsSchema, roots: z.array(z.string()) }),
      forecastSchema,
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
    /**
     * TRAIN or TEST of a run folder or program `of`, found by its content: `place` is the file, or a folder to search. Null when it is not
     * there.
     */
    locateData: request(
      z.object({ of: z.string(), part: z.enum(['train', 'test']), place: z.string() }),
      z.object({ file: z.string().nullable() }),
    ),
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

    /** Of a program of many members, what is known so far is reported while the others are heard. */
    saliency: request(explainParams, explainedSchema.nullable(), explainedSchema),
    /** The nearest series after (1) or before (-1) one whose label is not the class the program predicts. */
    nextError: request(
      seriesFileSchema.extend({
        program: z.string(),
        index: z.int().min(0),
        by: z.union([z.literal(1), z.literal(-1)]),
      }),
      z.object({ index: z.int().nullable() }),
      progressSchema,
    ),
    /** Mean of the series of a file, as a program reads it, that have this label and as many values; null where there are none. */
    classMean: request(
      seriesFileSchema.extend({ program: z.string(), label: z.string(), length: z.int().min(1) }),
      z.object({ values: float64.nullable() }),
    ),
    /** How a program classifies values that are in no file, [classes]. */
    classifyValues: request(z.object({ program: z.string(), values: float64 }), z.object({ probabilities: float32 })),
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
        /** null: the method that suits the program */
        source: z.string().nullable(),
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
