import type { Command } from 'commander';
import {
  FINE_TUNE_OPTIONS,
  parseFineTuneOptions,
  type FineTuneOptions,
  type FineTuneResult,
} from '../../engine/baselines';
import { CanceledError } from '../../engine/errors';
import { FineTuning, type FineTuningRequest } from '../../engine/runs';
import { DEFAULT_MODEL, modelRoots, type CliContext } from '../context';
import { addOptionFlags } from '../option-flags';
import { addForceFlag, type OutputFlags } from '../output-flags';
import { addReadFlags, readOptionsOf, type ReadFlags, SERIES_KINDS } from '../read-flags';
import { hintAtTest, outcomeTables, ProgressLine, sayNote, sayTest, snakeKeys } from '../training-report';
import { duration, invocation, percent, shellWord, shortPath } from '../words';
import { threadsOption } from './models-options';

interface FineTuneFlags extends ReadFlags, FineTuneOptions, OutputFlags {
  test?: string;
  model: string;
  threads: number;
  out: string;
  resume?: boolean;
}

const OPTION_NAMES = Object.keys(FINE_TUNE_OPTIONS) as (keyof FineTuneOptions)[];

/** `v2s finetune TRAIN [--test F] --model ID --out DIR` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('finetune')
    .description(
      'the transfer-learning baseline: train all weights of a copy of the acoustic model, and a dense layer on top, on ' +
        'zero-padded series; for comparison with reprogramming, by the same protocol',
    )
    .argument('<train>', `TRAIN file with labels (${SERIES_KINDS})`)
    .requiredOption('--out <folder>', 'folder of the fine-tuned model; the acoustic model itself stays as it is')
    .option('--test <file>', 'TEST file: looked at once, at the end')
    .option('--model <id|folder>', 'acoustic model: an id (see `v2s models list`) or a folder', DEFAULT_MODEL);
  addOptionFlags(command, FINE_TUNE_OPTIONS);
  command
    .addOption(threadsOption())
    .option(
      '--resume',
      'continue the unfinished fine-tuning in --out, with the same options; every epoch, within a fold too, leaves a checkpoint',
    );
  addReadFlags(addForceFlag(command))
    .addHelpText(
      'after',
      `
Batch normalization keeps its statistics from speech; its scale and shift are trained like every other weight.
The result is an acoustic-model folder with the dense layer beside it; v2s embed --finetuned FOLDER shows its view of a file.`,
    )
    .action((train: string, flags: FineTuneFlags) => run(train, flags, context));
}

async function run(trainFile: string, flags: FineTuneFlags, context: CliContext): Promise<void> {
  const { test = null, model, threads, out, resume = false, force: replace } = flags;
  const options = parseFineTuneOptions(Object.fromEntries(OPTION_NAMES.map((name) => [name, flags[name]])));
  const data = { train: trainFile, test, read: readOptionsOf(flags) };
  const request: FineTuningRequest = {
    ...data,
    model,
    modelRoots: modelRoots(),
    options,
    threads,
    out,
    resume,
    replace,
  };
  const fineTuning = await FineTuning.prepare(request, context.signal);
  try {
    await hintAtTest(trainFile, test, context);
    await execute(fineTuning, options, test ?? trainFile, context);
  } finally {
    await fineTuning.release();
  }
}

/** @param data file to show the result on */
async function execute(
  fineTuning: FineTuning,
  options: FineTuneOptions,
  data: string,
  context: CliContext,
): Promise<void> {
  const { folder, checkpoint, train, model } = fineTuning;
  context.event('run', { folder, name: train.name, model: model.card.id, options: snakeKeys(options) });
  context.say(
    `Fine-tuning a copy of ${model.card.title} for ${train.name}: ${train.series.length} series, ` +
      `${train.classNames.length} classes.`,
  );
  const progress = new ProgressLine(context);
  let result: FineTuneResult & { id: string };
  try {
    result = await fineTuning.execute({
      signal: context.signal,
      onNote: (message) => sayNote(message, context),
      onEpoch(event) {
        const { learningRate, msPerStep, ...rest } = event;
        context.event('epoch', { ...rest, learning_rate: learningRate, ms_per_step: msPerStep });
        progress.epoch(event.phase === 'folds' ? `held-out part ${event.fold}` : 'fine-tuning', event, event);
      },
      onStep: (step) => progress.step(step),
      onTest: (done, total) => sayTest(done, total, context),
    });
  } catch (error) {
    if (!(error instanceof CanceledError) || !(await fineTuning.isUnfinished())) throw error;
    throw new CanceledError(
      `Stopped. The checkpoint of the last whole epoch is kept in ${shortPath(checkpoint)}. To go on, add --resume to the ` +
        'same command.',
    );
  }
  context.result(
    {
      out: folder,
      id: result.id,
      classes: train.classNames,
      train: result.train,
      validation: result.validation,
      test: result.test,
      best_epoch: result.bestEpoch,
      ms_per_step: result.msPerStep,
      seconds: result.seconds,
      model: { id: result.model.id, sha256_before: result.model.sha256Before, sha256_after: result.model.sha256After },
      fine_tuned_sha256: result.fineTuned.description.weightsSha256,
      notes: result.notes,
    },
    summary(result, folder, data),
  );
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
    `Epoch ${bestEpoch} of ${training.options.epochs}, replicas: ${fineTuned.description.placement.replicas}, ${msPerStep.toFixed(0)} ms per step, ` +
      `${duration(seconds)} in total. ${source.id} itself did not change.`,
    `Fine-tuned model: ${shortPath(folder)}`,
    '',
    'Next, with a program for the same classes:',
    `  ${invocation()} embed ${shellWord(data)} --program PROGRAM --finetuned ${shellWord(shortPath(folder))}`,
  ].join('\n');
}
