import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { RUN_OPTION_NAMES, RUN_OPTIONS } from '../../common/run-options';
import type { AcousticModel } from '../../engine/acoustic/model';
import { openAcousticModel } from '../../engine/acoustic/open-model';
import { findModelFolder, readModelFolder, type ModelFolder } from '../../engine/acoustic/store';
import { V2SError } from '../../engine/errors';
import { writeFileAtomic } from '../../engine/files/atomic';
import {
  classifierOf,
  parseReprogramOptions,
  reprogram,
  type Program,
  type ReprogramOptions,
} from '../../engine/reprogram';
import {
  meanCurve,
  permutedLabels,
  PLANTED_DESIGNS,
  plantedSeries,
  removalOf,
  REMOVALS,
  SALIENCY_METHODS,
  studyAll,
  studyFigures,
  type PlantedDesign,
  type RemovalKind,
  type SaliencyMethod,
  type SeriesOutcome,
} from '../../engine/saliency';
import { readSeriesFile, type SeriesDataset } from '../../engine/series';
import { DEFAULT_MODEL, modelRoots, type CliContext } from '../context';
import { addOptionFlags } from '../option-flags';
import { withProgram } from '../program-flags';
import { addReadFlags, readOptionsOf, type ReadFlags } from '../read-flags';
import { studyJson, studyTables } from '../study-report';
import { numberBetween, threadsOption, wholeNumber } from './models-options';

interface StudyFlags extends ReadFlags, ReprogramOptions {
  program?: string;
  model?: string;
  threads: number;
  series: number;
  deep: number;
  maps?: SaliencyMethod[];
  variants?: boolean;
  removal: RemovalKind;
  train?: string;
  planted?: PlantedDesign[] | true;
  noise: number;
}

/** Planted training series of each class, from which a program is made. */
const PLANTED_TRAIN = 40;

/** `v2s study FILE --program P [--series N] ..`, `v2s study --planted ..` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('study')
    .description(
      'measure over many series whether the maps of `v2s explain` are faithful, and whether they find what is planted',
    )
    .argument('[file]', 'series file, with or without labels; none with --planted')
    .option('--program <file>', 'program made by `v2s reprogram`; none with --planted')
    .option('--model <id|folder>', 'acoustic model to use if the program does not find its own')
    .addOption(threadsOption())
    .addOption(
      new Option('--series <n>', 'series that are looked at, at equal distances in the file')
        .argParser(wholeNumber(1))
        .default(16),
    )
    .addOption(
      new Option(
        '--deep <n>',
        'of these, series for which sensitivity and the randomization of weights and labels are measured, too: they take most of the time',
      )
        .argParser(wholeNumber(0))
        .default(4),
    )
    .addOption(
      new Option('--maps <names...>', 'attributions besides attention and class activation maps; default: all').choices(
        SALIENCY_METHODS,
      ),
    )
    .option('--variants', 'every variant of the class activation maps')
    .addOption(
      new Option(
        '--removal <kind>',
        'what stands in for removed values: the mean of the series, the TRAIN mean curve, interpolation',
      )
        .choices(REMOVALS)
        .default('mean'),
    )
    .option('--train <file>', 'TRAIN file, for its mean curve and for the program of permuted labels')
    .addOption(
      new Option(
        '--planted [designs...]',
        'instead of a file: series whose class is planted in a known part, programs made from them, and whether the maps find it',
      ).choices(PLANTED_DESIGNS),
    )
    .addOption(
      new Option('--noise <deviation>', 'noise of the planted series; the bump is 2 high')
        .argParser(numberBetween(0, 10))
        .default(0.5),
    );
  addOptionFlags(command, RUN_OPTIONS);
  addReadFlags(command).action(async (file: string | undefined, flags: StudyFlags) => {
    if (flags.planted) await plantedStudy(flags, context);
    else if (file && flags.program) await fileStudy(file, { ...flags, program: flags.program }, context);
    else throw new V2SError('study.file', 'A study needs a series file and --program, or --planted.');
  });
}

async function fileStudy(file: string, flags: StudyFlags & { program: string }, context: CliContext): Promise<void> {
  const { signal } = context;
  const read = { ...readOptionsOf(flags), signal };
  const dataset = await readSeriesFile(file, read);
  const train = flags.train ? await readSeriesFile(flags.train, read) : null;
  const outcomes = await withProgram(flags, async ({ program, stored, model }) => {
    const series = spread(dataset.series, flags.series);
    const permuted = train && flags.deep > 0 ? await permutedProgram(program, model, train, flags.seed, context) : null;
    return await studied(series, { program, permuted, stored, model, train }, flags, context);
  });
  const maps = studyFigures(outcomes);
  context.result({ series: outcomes.length, removal: flags.removal, maps: studyJson(maps) }, studyTables(maps));
}

/** Every series at an equal distance, so that all parts of the file are seen. */
function spread<T>(series: readonly T[], count: number): T[] {
  const n = Math.min(count, series.length);
  return Array.from({ length: n }, (_, i) => series[Math.floor((i * series.length) / n)]);
}

interface Studied {
  program: Program;
  permuted: Program | null;
  stored: ModelFolder;
  model: AcousticModel;
  train: SeriesDataset | null;
}

async function studied(
  series: readonly { values: ArrayLike<number>; truth?: { from: number; to: number } }[],
  { program, permuted, stored, model, train }: Studied,
  flags: StudyFlags,
  { signal, progress, event }: CliContext,
): Promise<SeriesOutcome[]> {
  const { threads, kernels, backend } = flags;
  const randomized = await openAcousticModel(stored, { threads, kernels, backend });
  try {
    const outcomes: SeriesOutcome[] = [];
    const all = studyAll(model, classifierOf(program), series, {
      methods: flags.maps,
      variants: flags.variants,
      removal: removalOf(flags.removal, train && meanCurve(train.series.map(({ values }) => values))),
      seed: flags.seed,
      sensitivity: true,
      randomize: { model: randomized, weights: stored.weights },
      permuted: permuted && classifierOf(permuted),
      deep: flags.deep,
      signal,
    });
    for await (const outcome of all) {
      outcomes.push(outcome);
      event('progress', { done: outcomes.length, total: series.length });
      progress(outcomes.length, series.length, 'series');
    }
    return outcomes;
  } finally {
    await randomized.close();
  }
}

/** A program of the same options that has learned labels without meaning. */
async function permutedProgram(
  program: Program,
  model: AcousticModel,
  train: SeriesDataset,
  seed: number,
  { signal, say }: CliContext,
): Promise<Program> {
  say('Training the same program on permuted labels.');
  const options = { ...program.description.training.options, seed };
  return (await reprogram(options, model, permutedLabels(train, seed), null, { signal })).program;
}

async function plantedStudy(flags: StudyFlags, context: CliContext): Promise<void> {
  const { signal, say } = context;
  const stored = await readModelFolder(await findModelFolder(flags.model ?? DEFAULT_MODEL, modelRoots()));
  const { threads, kernels, backend } = flags;
  const model = await openAcousticModel(stored, { threads, kernels, backend });
  try {
    const options = parseReprogramOptions(Object.fromEntries(RUN_OPTION_NAMES.map((name) => [name, flags[name]])));
    const all: SeriesOutcome[] = [];
    const designs: Record<string, object> = {};
    for (const design of flags.planted === true ? PLANTED_DESIGNS : flags.planted!) {
      const of = { design, noise: flags.noise };
      const train = await asDataset(plantedSeries({ ...of, perClass: PLANTED_TRAIN, seed: flags.seed }), design);
      say(`${design}: making a program`);
      const { program } = await reprogram(options, model, train, null, { signal });
      const test = plantedSeries({ ...of, perClass: Math.ceil(flags.series / 2), seed: flags.seed + 1 });
      const outcomes = await studied(test, { program, permuted: null, stored, model, train }, flags, context);
      // A program that is wrong about a series has not gone by what was planted there.
      const right = outcomes.filter(({ target }, i) => target === test[i].label);
      all.push(...right);
      const figures = right.length > 0 ? studyJson(studyFigures(right)) : {};
      designs[design] = { series: right.length, accuracy: right.length / outcomes.length, maps: figures };
      say(`${design}: ${right.length} of ${outcomes.length} series classified right`);
    }
    if (all.length === 0)
      throw new V2SError(
        'study.wrong',
        'The programs classified none of the planted series right, so there is nothing to find.',
      );
    const maps = studyFigures(all);
    context.result({ series: all.length, removal: flags.removal, maps: studyJson(maps), designs }, studyTables(maps));
  } finally {
    await model.close();
  }
}

/** Series as the readers give them, by way of a file: a program names the data it was made from. */
async function asDataset(
  series: readonly { label: string; values: Float64Array }[],
  name: string,
): Promise<SeriesDataset> {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-study-'));
  try {
    const file = join(folder, `${name}.tsv`);
    await writeFileAtomic(file, `${series.map(({ label, values }) => [label, ...values].join('\t')).join('\n')}\n`);
    return await readSeriesFile(file, { labels: 'first' });
  } finally {
    await rm(folder, { recursive: true });
  }
}
