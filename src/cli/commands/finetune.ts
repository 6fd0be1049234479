import { unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { openAcousticModel } from '../../engine/acoustic/open-model';
import { findModelFolder, holdsModel, readModelFolder, type ModelFolder } from '../../engine/acoustic/store';
import {
  fineTune,
  fineTuneOptionsSchema,
  holdsFineTuneCheckpoint,
  parseFineTuneOptions,
  writeFineTuned,
  type FineTuneOptions,
  type FineTuneResult,
} from '../../engine/baselines';
import { CancelledError, V2SError } from '../../engine/errors';
import { assertWritableFolder } from '../../engine/runs';
import { readTrainTest, siblingTestFile } from '../../engine/series';
import { DEFAULT_MODEL, modelRoots, type CliContext } from '../context';
import { addReadFlags, readOptionsOf, type ReadFlags } from '../read-flags';
import { outcomeTables, ProgressLine, snakeKeys } from '../training-report';
import { duration, invocation, percent, shellWord, shortPath } from '../words';
import { numberBetween, threadsOption, wholeNumber } from './models-options';

interface FineTuneFlags extends ReadFlags, FineTuneOptions {
  test?: string;
  model: string;
  threads: number;
  out: string;
  resume?: boolean;
}

const CHECKPOINT_FILE = 'checkpoint.safetensors';
const DEFAULTS = fineTuneOptionsSchema.parse({});
const OPTION_NAMES = Object.keys(DEFAULTS) as (keyof FineTuneOptions)[];

/** `v2s finetune TRAIN [--test F] --model ID --out DIR` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('finetune')
    .description(
      'the transfer-learning baseline: train all weights of a copy of the acoustic model, and a dense layer on top, on ' +
        'zero-padded series; for comparison with reprogramming, by the same protocol',
    )
    .argument('<train>', 'TRAIN file with labels (.csv .tsv .txt .ts .arff)')
    .requiredOption('--out <folder>', 'folder of the fine-tuned model; the acoustic model itself stays as it is')
    .option('--test <file>', 'TEST file: looked at once, at the end')
    .option('--model <id|folder>', 'acoustic model: an id (see `v2s models list`) or a folder', DEFAULT_MODEL)
    .option('--epochs <n>', 'passes over TRAIN', wholeNumber(1), DEFAULTS.epochs)
    .option('--batch-size <n>', 'series per step', wholeNumber(1), DEFAULTS.batchSize)
    .option(
      '--learning-rate <x>',
      'of Adam; decays to 0 along half a cosine',
      numberBetween(1e-9, 10),
      DEFAULTS.learningRate,
    )
    .option('--weight-decay <x>', 'of the kernels, decoupled', numberBetween(0, 10), DEFAULTS.weightDecay)
    .option(
      '--validation <x>',
      'fraction of TRAIN that chooses the epoch; 0 keeps the last epoch',
      numberBetween(0, 0.9),
      DEFAULTS.validation,
    )
    .option(
      '--folds <k>',
      'choose the epoch by k-fold cross-validation instead, then train on all of TRAIN; the folds are those of ' +
        '`v2s reprogram` with the same seed',
      wholeNumber(0),
      DEFAULTS.folds,
    )
    .option(
      '--patience <n>',
      'stop after n epochs without an acceptable validation loss; 0: never',
      wholeNumber(0),
      DEFAULTS.patience,
    )
    .option('--seed <n>', 'the same seed and number of threads give the same weights', wholeNumber(0), DEFAULTS.seed)
    .addOption(threadsOption())
    .option(
      '--resume',
      'go on with the unfinished fine-tuning in --out, given the same options; every epoch, within a fold too, leaves a checkpoint',
    );
  addReadFlags(command)
    .addHelpText(
      'after',
      `
Batch normalization keeps its statistics from speech; its scale and shift are trained like every other weight.
The result is an acoustic-model folder with the dense layer beside it; v2s embed --finetuned FOLDER shows its view of a file.`,
    )
    .action((train: string, flags: FineTuneFlags) => run(train, flags, context));
}

async function run(trainFile: string, flags: FineTuneFlags, context: CliContext): Promise<void> {
  const { signal } = context;
  const options = parseFineTuneOptions(Object.fromEntries(OPTION_NAMES.map((name) => [name, flags[name]])));
  const folder = resolve(flags.out);
  const checkpoint = join(folder, CHECKPOINT_FILE);
  await requireFreeFolder(folder, checkpoint, flags.resume ?? false);
  const { train, test } = await readTrainTest(trainFile, flags.test ?? null, { ...readOptionsOf(flags), signal });
  if (!test) {
    const sibling = await siblingTestFile(trainFile);
    if (sibling)
      context.say(`There is a TEST file beside it: --test ${shellWord(shortPath(sibling))} would evaluate on it.`);
  }
  const modelFolder = await findModelFolder(flags.model, modelRoots());
  const stored = await readModelFolder(modelFolder);
  await assertWritableFolder(folder);
  const settings = snakeKeys(options);
  context.event('run', { folder, name: train.name, model: stored.card.id, options: settings });
  context.say(
    `Fine-tuning a copy of ${stored.card.title} for ${train.name}: ${train.series.length} series, ` +
      `${train.classNames.length} classes.`,
  );
  const progress = new ProgressLine(context);
  const model = await openAcousticModel(stored, { threads: flags.threads, batchLimit: options.batchSize });
  let result: FineTuneResult;
  try {
    result = await fineTune(options, model, train, test, {
      signal,
      checkpoint,
      onNote(message) {
        context.event('note', { message });
        context.say(`Note: ${message}`);
      },
      onEpoch(event) {
        const { learningRate, msPerStep, ...rest } = event;
        context.event('epoch', { ...rest, learning_rate: learningRate, ms_per_step: msPerStep });
        progress.epoch(event.phase === 'folds' ? `held-out part ${event.fold}` : 'fine-tuning', event, event);
      },
      onStep: (step) => progress.step(step),
      onTest: (done, total) => context.progress(done, total, `evaluating TEST: ${done} of ${total} series`),
    });
  } catch (error) {
    if (!(error instanceof CancelledError) || !(await holdsFineTuneCheckpoint(checkpoint))) throw error;
    throw new CancelledError(
      `Stopped. The checkpoint of the last whole epoch is kept in ${shortPath(checkpoint)}; go on with the same command ` +
        'and --resume.',
    );
  } finally {
    await model.close();
  }
  const { id } = await writeFineTuned(folder, stored.card, result.fineTuned, stored.topology);
  await unlink(checkpoint);
  const after = await assertUntouched(stored);
  context.result(
    {
      out: folder,
      id,
      classes: train.classNames,
      train: result.train,
      validation: result.validation,
      test: result.test,
      best_epoch: result.bestEpoch,
      ms_per_step: result.msPerStep,
      seconds: result.seconds,
      model: { id: result.model.id, sha256_before: result.model.sha256Before, sha256_after: after },
      fine_tuned_sha256: result.fineTuned.description.weightsSha256,
      notes: result.notes,
    },
    summary(result, folder, flags.test ?? trainFile),
  );
}

/** @throws V2SError `finetune.out` rather than overwrite a model or an unfinished fine-tuning */
async function requireFreeFolder(folder: string, checkpoint: string, resume: boolean): Promise<void> {
  const unfinished = await holdsFineTuneCheckpoint(checkpoint);
  if (resume && !unfinished)
    throw new V2SError(
      'finetune.out',
      `There is no unfinished fine-tuning in ${folder} to resume (${CHECKPOINT_FILE}).`,
    );
  if (!resume && unfinished)
    throw new V2SError(
      'finetune.out',
      `${folder} holds an unfinished training. Add --resume to go on with it, or delete ${checkpoint} to start anew.`,
    );
  if (!resume && (await holdsModel(folder)))
    throw new V2SError('finetune.out', `${folder} already holds an acoustic model. Choose another --out or delete it.`);
}

/** The acoustic model's folder as it is now, read again. @returns the checksum @throws V2SError `model.changed` */
async function assertUntouched({ folder, card }: ModelFolder): Promise<string> {
  const now = (await readModelFolder(folder)).card.weightsSha256;
  if (now !== card.weightsSha256)
    throw new V2SError('model.changed', `The acoustic model in ${folder} was replaced during the fine-tuning.`);
  return now;
}

/** @param data file to show the result on */
function summary(result: FineTuneResult, folder: string, data: string): string {
  const { fineTuned, train, validation, test, bestEpoch, msPerStep, seconds } = result;
  const { name, classNames, source, training } = fineTuned.description;
  return [
    test
      ? `${name}: test accuracy ${percent(test.accuracy)} with ${source.id}, fine-tuned.`
      : `${name}: ${source.id}, fine-tuned.`,
    '',
    ...outcomeTables(classNames, { train, trainingSeries: training.trainingSeries, validation, test }),
    '',
    `Epoch ${bestEpoch} of ${training.options.epochs}, one zero-padded copy, ${msPerStep.toFixed(0)} ms a step, ` +
      `${duration(seconds)} in all. ${source.id} itself did not change.`,
    `Fine-tuned model: ${shortPath(folder)}`,
    '',
    'Next, with a program for the same classes:',
    `  ${invocation()} embed ${shellWord(data)} --program PROGRAM --finetuned ${shellWord(shortPath(folder))}`,
  ].join('\n');
}
