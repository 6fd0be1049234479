import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { RUN_OPTION_NAMES, RUN_OPTIONS } from '../../common/run-options';
import { openAcousticModel } from '../../engine/acoustic/open-model';
import { findModelFolder, readModelFolder } from '../../engine/acoustic/store';
import { CancelledError, V2SError } from '../../engine/errors';
import {
  parseReprogramOptions,
  reprogram,
  RunFolder,
  RunLock,
  writeProgram,
  type EpochEvent,
  type ReprogramOptions,
  type ReprogramResult,
  type RunConfig,
} from '../../engine/reprogram';
import { readTrainTest, siblingTestFile, type ReadOptions, type SeriesDataset } from '../../engine/series';
import { openEpochTheory } from '../../engine/theory';
import { DEFAULT_MODEL, modelRoots, type CliContext } from '../context';
import { addOptionFlags, flagName } from '../option-flags';
import { addReadFlags, readOptionsOf, type ReadFlags } from '../read-flags';
import { assertWritableFolder, outcomeTables, ProgressLine, snakeKeys } from '../training-report';
import { duration, invocation, percent, shellWord, shortPath } from '../words';
import { threadsOption } from './models-options';

interface ReprogramFlags extends ReadFlags, ReprogramOptions {
  test?: string;
  model: string;
  threads: number;
  resume?: string;
  out?: string;
  runs: string;
}

const RUNS = join('.v2s', 'runs');

/** `v2s reprogram TRAIN [--test F] .. --out F` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('reprogram')
    .description('train a program: turn a frozen acoustic model into a classifier of time series')
    .argument('[train]', 'TRAIN file with labels (.csv .tsv .txt .ts .arff)')
    .option('--out <file>', 'program to write, NAME.v2s.safetensors')
    .option('--test <file>', 'TEST file: looked at once, at the end')
    .option('--model <id|folder>', 'acoustic model: an id (see `v2s models list`) or a folder', DEFAULT_MODEL);
  addOptionFlags(command, RUN_OPTIONS);
  command
    .addOption(threadsOption())
    .option(
      '--resume <run>',
      'go on with an interrupted run (its folder, or its name in --runs); needs no other option',
    )
    .option('--runs <folder>', 'where run folders are made: metrics, checkpoint of the last epoch, program', RUNS);
  addReadFlags(command)
    .addHelpText(
      'after',
      `
Every epoch leaves a checkpoint in ${join(RUNS, 'STAMP-NAME')} of the working folder; a run that was interrupted or killed goes
on with --resume and gives the same program as one that was not.`,
    )
    .action(async (train: string | undefined, flags: ReprogramFlags) => {
      const run = flags.resume
        ? await resumeRun(command, train, flags, flags.resume)
        : await newRun(command, train, flags, context);
      const lock = await RunLock.take(run.folder.path);
      try {
        await execute(cli, run, context);
      } finally {
        await lock.release();
      }
    });
}

/** A run ready to go: its folder and the data. */
interface Prepared {
  folder: RunFolder;
  train: SeriesDataset;
  test: SeriesDataset | null;
}

async function newRun(
  command: Command,
  trainFile: string | undefined,
  flags: ReprogramFlags,
  context: CliContext,
): Promise<Prepared> {
  if (trainFile === undefined)
    command.error("error: missing required argument 'train' (or --resume RUN)", { exitCode: 2 });
  if (flags.out === undefined) command.error("error: required option '--out <file>' not specified", { exitCode: 2 });
  const options = parseReprogramOptions(Object.fromEntries(RUN_OPTION_NAMES.map((name) => [name, flags[name]])));
  const read = readOptionsOf(flags);
  const { signal } = context;
  const out = resolve(flags.out!);
  await assertWritableFolder(dirname(out));
  const { train, test } = await readTrainTest(trainFile!, flags.test ?? null, { ...read, signal });
  if (!test) {
    const sibling = await siblingTestFile(trainFile!);
    if (sibling)
      context.say(`There is a TEST file beside it: --test ${shellWord(shortPath(sibling))} would evaluate on it.`);
  }
  const modelFolder = await findModelFolder(flags.model, modelRoots());
  const { card } = await readModelFolder(modelFolder);
  const config: RunConfig = {
    formatVersion: 1,
    name: train.name,
    created: new Date().toISOString(),
    train: { path: resolve(trainFile!), sha256: train.sha256 },
    test: test && { path: resolve(flags.test!), sha256: test.sha256 },
    read: read as Record<string, unknown>,
    model: {
      folder: resolve(modelFolder),
      id: card.id,
      weightsSha256: card.weightsSha256,
      named: flags.model === card.id ? null : flags.model,
    },
    options,
    threads: flags.threads,
    out,
  };
  return { folder: await RunFolder.create(flags.runs, config, new Date()), train, test };
}

async function resumeRun(
  command: Command,
  trainFile: string | undefined,
  flags: ReprogramFlags,
  named: string,
): Promise<Prepared> {
  const isFolder = async (path: string): Promise<boolean> =>
    await stat(path).then(
      (entry) => entry.isDirectory(),
      () => false,
    );
  const inRuns = join(flags.runs, named);
  const folder = await RunFolder.open(!(await isFolder(named)) && (await isFolder(inRuns)) ? inRuns : named);
  const { config } = folder;
  refuseOtherOptions(command, trainFile, flags, config);
  const { train, test } = await readTrainTest(config.train.path, config.test?.path ?? null, config.read as ReadOptions);
  if (train.sha256 !== config.train.sha256 || (test && test.sha256 !== config.test?.sha256))
    throw new V2SError(
      'run.data',
      `${train.sha256 === config.train.sha256 ? test!.file : train.file} has changed since the run was started. Start the run anew.`,
    );
  return { folder, train, test };
}

/** A run goes on as it was started; an option that says otherwise is a mistake. */
function refuseOtherOptions(
  command: Command,
  trainFile: string | undefined,
  flags: ReprogramFlags,
  { train, test, model, options, threads, out }: RunConfig,
): void {
  const started: Record<string, unknown> = { ...options, threads };
  const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const refuse = (what: string, was: unknown): never =>
    command.error(`error: the run was started with ${what} ${String(was)}; --resume RUN needs no other option`, {
      exitCode: 2,
    });
  if (trainFile !== undefined && resolve(trainFile) !== train.path) refuse('TRAIN', train.path);
  if (given('test') && (test === null || resolve(flags.test!) !== test.path)) refuse('--test', test?.path ?? 'none');
  if (given('out') && resolve(flags.out!) !== out) refuse('--out', out);
  if (given('model') && flags.model !== model.id && resolve(flags.model) !== model.folder) refuse('--model', model.id);
  for (const name of [...RUN_OPTION_NAMES, 'threads'] as const)
    if (given(name) && flags[name] !== started[name]) refuse(flagName(name), started[name]);
}

async function execute(cli: Command, { folder, train, test }: Prepared, context: CliContext): Promise<void> {
  const { config } = folder;
  const { signal } = context;
  const stored = await readModelFolder(config.model.folder);
  if (stored.card.weightsSha256 !== config.model.weightsSha256)
    throw new V2SError(
      'run.model',
      `The acoustic model in ${config.model.folder} is no longer the one the run was started with. Start the run anew.`,
    );
  const { options } = config;
  context.event('run', { folder: folder.path, name: config.name, model: config.model.id, options: snakeKeys(options) });
  context.say(
    `Reprogramming ${stored.card.title} (frozen) for ${config.name}: ${train.series.length} series, ` +
      `${train.classNames.length} classes. Run folder: ${shortPath(folder.path)}`,
  );
  const measure = await openEpochTheory(config.model.folder);
  const progress = new ProgressLine(context);
  const model = await openAcousticModel(stored, {
    threads: config.threads ?? undefined,
    batchLimit: options.batchSize,
  });
  let result: ReprogramResult;
  try {
    result = await reprogram(options, model, train, test, {
      signal,
      run: folder,
      modelNamed: config.model.named,
      measure,
      onNote(message) {
        context.event('note', { message });
        context.say(`Note: ${message}`);
      },
      onEpoch(event) {
        context.event('epoch', epochData(event));
        progress.epoch(placeOf(event), event, event);
      },
      onStep: (step) => progress.step(step),
      onTest: (done, total) => context.progress(done, total, `evaluating TEST: ${done} of ${total} series`),
    });
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
    throw new CancelledError(
      `Stopped. The checkpoint of the last whole epoch is kept; go on with: ` +
        `${invocation()} reprogram --resume ${shellWord(shortPath(folder.path))}`,
    );
  } finally {
    await model.close();
  }
  await writeProgram(config.out, result.program);
  context.result(resultData(result, config, folder), summary(cli, result, config));
}

/** Which of the trainings of a run an epoch belongs to. */
function placeOf({ phase, replicas, fold }: EpochEvent): string {
  return {
    replicas: `comparing copies: ${replicas}${fold === null ? '' : `, fold ${fold}`}`,
    folds: `held-out part ${fold}`,
    training: 'training',
  }[phase];
}

function epochData({ learningRate, msPerStep, measures, ...rest }: EpochEvent): object {
  return { ...rest, learning_rate: learningRate, ms_per_step: msPerStep, ...measures };
}

function resultData(result: ReprogramResult, config: RunConfig, folder: RunFolder): object {
  const { train, validation, test, bestEpoch, msPerStep, seconds, model, notes, program } = result;
  const { placement, classNames, training } = program.description;
  return {
    program: config.out,
    classes: classNames,
    train,
    validation,
    test,
    best_epoch: bestEpoch,
    ms_per_step: msPerStep,
    seconds,
    model: { id: model.id, sha256_before: model.sha256Before, sha256_after: model.sha256After },
    replicas: placement.replicas,
    replica_trials: training.replicaTrials,
    run: folder.path,
    notes,
  };
}

function summary(cli: Command, result: ReprogramResult, { out, test: testData, train: trainData }: RunConfig): string {
  const { train, validation, test, bestEpoch, msPerStep, seconds, program } = result;
  const { name, classNames, placement, training, model } = program.description;
  const lines = [
    test
      ? `${name}: test accuracy ${percent(test.accuracy)} with ${model.id}, whose weights did not change.`
      : `${name}: reprogrammed with ${model.id}, whose weights did not change.`,
    '',
    ...outcomeTables(classNames, { train, trainingSeries: training.trainingSeries, validation, test }),
  ];
  lines.push(
    '',
    `Epoch ${bestEpoch} of ${training.options.epochs}, ${placement.replicas} copies of ${placement.slot} samples, ` +
      `${msPerStep.toFixed(0)} ms a step, ${duration(seconds)} in all.`,
    `Program: ${shortPath(out)}`,
    '',
    'Next:',
    ...nextCommands(cli, shortPath(out), shortPath((testData ?? trainData).path)).map((line) => `  ${line}`),
  );
  return lines.join('\n');
}

/** The commands that take a program, as far as this build has them. */
function nextCommands(cli: Command, program: string, data: string): string[] {
  const rest: Record<string, string> = {
    classify: `--program ${shellWord(program)} --csv predictions.csv`,
    explain: `--program ${shellWord(program)} --series 0 --out saliency`,
    embed: `--program ${shellWord(program)}`,
    bound: `--program ${shellWord(program)}`,
  };
  const names = cli.commands.map((command) => command.name());
  return Object.keys(rest)
    .filter((name) => names.includes(name))
    .map((name) => `${invocation()} ${name} ${shellWord(data)} ${rest[name]}`);
}
