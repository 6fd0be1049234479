import { Option, type Command } from 'commander';
import { findModelFolder, readModelFolder } from '../../engine/acoustic/store';
import {
  runControls,
  summarizeControls,
  type ControlRow,
  type ControlSummary,
  type Listener,
  type Spread,
} from '../../engine/control';
import { readTrainTest } from '../../engine/series';
import { DEFAULT_MODEL, modelRoots, type CliContext } from '../context';
import { addReadFlags, readOptionsOf, type ReadFlags, SERIES_KINDS } from '../read-flags';
import { hintAtTest, sayNote } from '../training-report';
import { percent, table } from '../words';
import { threadsOption, wholeNumber } from './models-options';

const MIXED = 'mixed';
const RENDERINGS = ['replicas', 'carrier', 'pitch', 'formant'] as const;

interface ControlFlags extends ReadFlags {
  test?: string;
  model: string;
  seed: number;
  seeds: number;
  members: number;
  rendering: typeof MIXED | (typeof RENDERINGS)[number];
  threads: number;
}

const DEFAULT_SEEDS = 3;
const DEFAULT_MEMBERS = 20;

const LISTENER_NAMES: Record<Listener, string> = {
  speech: 'speech model',
  permuted: 'its weights permuted',
  untrained: 'its architecture untrained',
  'front-end': 'its front end alone',
};

/** `v2s control TRAIN [--test F] [--model ID] [--seeds N] [--members N] [--rendering KIND]` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('control')
    .description(
      'measure what the speech model contributes: the same drawn ensemble through the model, through the model with its ' +
        'weights permuted, through its architecture untrained, and through its front end alone',
    )
    .argument('<train>', `TRAIN file with labels (${SERIES_KINDS})`)
    .option('--test <file>', 'TEST file: classified once by each, at the end')
    .option('--model <id|folder>', 'acoustic model: an id (see `v2s models list`) or a folder', DEFAULT_MODEL)
    .option('--members <n>', 'number of programs that are drawn', wholeNumber(1), DEFAULT_MEMBERS)
    .option('--seed <n>', 'seed of the drawn programs', wholeNumber(0), 1)
    .option('--seeds <n>', 'number of permutations, and of untrained models', wholeNumber(1), DEFAULT_SEEDS)
    .addOption(
      new Option('--rendering <kind>', 'how the series become sound; mixed: as the recipe of the ensemble has it')
        .choices([MIXED, ...RENDERINGS])
        .default(MIXED),
    )
    .addOption(threadsOption());
  addReadFlags(command)
    .addHelpText(
      'after',
      `
The mapping to the classes is fitted anew for each. Permuted weights keep the normalization layers and the sizes of all weights,
and lose what was learned from speech. The acoustic model's files are only read.`,
    )
    .action((train: string, flags: ControlFlags) => run(train, flags, context));
}

async function run(trainFile: string, flags: ControlFlags, context: CliContext): Promise<void> {
  const { signal } = context;
  const { members, seed, seeds, rendering, threads } = flags;
  const stored = await readModelFolder(await findModelFolder(flags.model, modelRoots()));
  const { train, test } = await readTrainTest(trainFile, flags.test ?? null, { ...readOptionsOf(flags), signal });
  await hintAtTest(trainFile, flags.test ?? null, context);
  const options = { members, seed, seeds, rendering: rendering === MIXED ? null : rendering, threads };
  const { rows, notes } = await runControls(train, test, stored, options, {
    signal,
    onProgress: (done, total) => context.progress(done, total, `${done} of ${total} clips`),
    onRow: (row) => context.event('row', rowData(row)),
  });
  for (const note of notes) sayNote(note, context);
  const summaries = summarizeControls(rows);
  context.result(
    {
      model: stored.card.id,
      members,
      rendering,
      seed,
      train_series: train.series.length,
      test_series: test?.series.length ?? null,
      rows: rows.map(rowData),
      summary: summaries.map(summaryData),
    },
    [
      `${train.name}: ${members} drawn programs through ${stored.card.id}, rendering ${rendering}, seed ${seed}`,
      '',
      table([
        ['heard by', 'seeds', 'leave-one-out accuracy', 'leave-one-out error', 'held-out accuracy', 'test accuracy'],
        ...summaries.map(cellsOf),
      ]),
      '',
      'Means over the seeds, the least and the most in brackets. The error is the mean square of score - (+-1). Held out: five folds',
      'of TRAIN, the ridge and its strength from the others. Where the controls do as well as the speech model, the accuracy comes',
      'from the rendering, the front end and the many random features, and not from what the model learned from speech.',
    ].join('\n'),
  );
}

function rowData({ listener, seed, leaveOneOut, heldOut, test, seconds }: ControlRow): object {
  const { accuracy, error, logLoss } = leaveOneOut;
  return {
    listener,
    seed,
    leave_one_out: { accuracy, error, log_loss: logLoss },
    held_out: heldOut,
    test,
    seconds,
  };
}

function summaryData({
  listener,
  seeds,
  leaveOneOutAccuracy,
  leaveOneOutError,
  heldOutAccuracy,
  testAccuracy,
}: ControlSummary): object {
  return {
    listener,
    seeds,
    leave_one_out_accuracy: leaveOneOutAccuracy,
    leave_one_out_error: leaveOneOutError,
    held_out_accuracy: heldOutAccuracy,
    test_accuracy: testAccuracy,
  };
}

function cellsOf(row: ControlSummary): string[] {
  const spread = ({ mean, min, max }: Spread, word: (value: number) => string): string =>
    row.seeds === 1 ? word(mean) : `${word(mean)} (${word(min)} .. ${word(max)})`;
  return [
    LISTENER_NAMES[row.listener],
    String(row.seeds),
    spread(row.leaveOneOutAccuracy, percent),
    spread(row.leaveOneOutError, (error) => error.toFixed(3)),
    spread(row.heldOutAccuracy, percent),
    row.testAccuracy ? spread(row.testAccuracy, percent) : '',
  ];
}
