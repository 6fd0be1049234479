import type { Command } from 'commander';
import { ENGINE_OPTIONS, type EngineOptions } from '../../common/run-options';
import { openAcousticModel } from '../../engine/acoustic/open-model';
import { findModelFolder, readModelFolder } from '../../engine/acoustic/store';
import { referenceLines, type ReferenceLine, type ReferenceName } from '../../engine/baselines';
import { parseReprogramOptions } from '../../engine/reprogram';
import { readTrainTest } from '../../engine/series';
import { DEFAULT_MODEL, modelRoots, type CliContext } from '../context';
import { addOptionFlags } from '../option-flags';
import { addReadFlags, readOptionsOf, type ReadFlags, SERIES_KINDS } from '../read-flags';
import { hintAtTest, sayNote } from '../training-report';
import { percent, table } from '../words';
import { threadsOption, wholeNumber } from './models-options';

interface BaselineFlags extends ReadFlags, EngineOptions {
  test?: string;
  model: string;
  replicas: number;
  dtw: boolean;
  threads: number;
}

const NAMES: Record<ReferenceName, string> = {
  majority: 'most frequent class',
  euclidean: 'nearest neighbor, Euclidean',
  'dtw-window': 'nearest neighbor, time warping in a window',
  'dtw-full': 'nearest neighbor, time warping without a window',
  'linear-probe': 'linear probe of the frozen model, without theta',
};

/** `v2s baseline TRAIN [--test F] [--model ID]` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('baseline')
    .description(
      'what simple methods reach on the same data: nearest neighbors by Euclidean distance and by time warping, and a linear ' +
        'probe of the frozen acoustic model',
    )
    .argument('<train>', `TRAIN file with labels (${SERIES_KINDS})`)
    .option('--test <file>', 'TEST file: classified once by each')
    .option('--model <id|folder>', 'acoustic model of the linear probe', DEFAULT_MODEL)
    .option(
      '--replicas <n>',
      'number of replicas of the series on the clip, for the linear probe',
      wholeNumber(1),
      parseReprogramOptions().replicas as number,
    )
    .option('--no-dtw', 'leave out time warping, whose time grows with the square of the length')
    .addOption(threadsOption());
  addOptionFlags(command, ENGINE_OPTIONS);
  addReadFlags(command).action((train: string, flags: BaselineFlags) => run(train, flags, context));
}

async function run(trainFile: string, flags: BaselineFlags, context: CliContext): Promise<void> {
  const { signal } = context;
  const stored = await readModelFolder(await findModelFolder(flags.model, modelRoots()));
  const { train, test } = await readTrainTest(trainFile, flags.test ?? null, { ...readOptionsOf(flags), signal });
  await hintAtTest(trainFile, flags.test ?? null, context);
  for (const note of [...train.notes, ...(test?.notes ?? [])]) sayNote(note, context);
  const { threads, kernels, backend } = flags;
  const model = await openAcousticModel(stored, { threads, kernels, backend });
  try {
    const options = { timeWarping: flags.dtw, replicas: flags.replicas };
    const lines = await referenceLines(train, test, model, options, {
      signal,
      onProgress: (name, done, total) => context.progress(done, total, NAMES[name]),
      onLine: (line) => context.event('baseline', lineData(line)),
    });
    context.result(
      {
        model: stored.card.id,
        train_series: train.series.length,
        test_series: test?.series.length ?? null,
        baselines: lines.map(lineData),
      },
      summary(train.name, lines),
    );
  } finally {
    await model.close();
  }
}

function lineData({ name, leaveOneOut, test, window, seconds }: ReferenceLine): object {
  return { name, leave_one_out: leaveOneOut, test, window, seconds };
}

function summary(name: string, lines: readonly ReferenceLine[]): string {
  const rows = lines.map((line) => [
    line.window === null ? NAMES[line.name] : `${NAMES[line.name]} of ${line.window} %`,
    percent(line.leaveOneOut),
    line.test === null ? '' : percent(line.test),
    `${line.seconds.toFixed(1)} s`,
  ]);
  return [
    `${name}: reference lines`,
    '',
    table([['', 'leave-one-out', 'test', 'time'], ...rows]),
    '',
    'Values are compared as they are in the file. The window of time warping is chosen by leave-one-out on TRAIN, from 0 to 20 % of the',
    'length; its leave-one-out accuracy has therefore seen the choice.',
  ].join('\n');
}
