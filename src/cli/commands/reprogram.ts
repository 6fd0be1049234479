import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { PAPER_PRESET, RUN_OPTION_NAMES, RUN_OPTIONS } from '../../common/run-options';
import { CanceledError } from '../../engine/errors';
import {
  parseReprogramOptions,
  type EpochEvent,
  type Placement,
  type Program,
  type ReprogramOptions,
  type ReprogramResult,
} from '../../engine/reprogram';
import { Run, RunFolder, RUNS_FOLDER, type RunConfig, type RunRequest } from '../../engine/runs';
import { DEFAULT_MODEL, modelRoots, type CliContext } from '../context';
import { addOptionFlags, flagName } from '../option-flags';
import { addForceFlag, type OutputFlags } from '../output-flags';
import { addReadFlags, readOptionsOf, type ReadFlags, SERIES_KINDS } from '../read-flags';
import { addRequeueFlags, requeueable, type RequeueFlags } from '../requeue';
import { hintAtTest, outcomeTables, ProgressLine, sayNote, sayTest, snakeKeys } from '../training-report';
import { duration, invocation, percent, shellWord, shortPath } from '../words';
import { threadsOption } from './models-options';

interface ReprogramFlags extends ReadFlags, ReprogramOptions, OutputFlags, RequeueFlags {
  test?: string;
  model: string;
  threads: number;
  preset?: 'paper';
  resume?: string;
  run?: string;
  out?: string;
  runs: string;
}

/** `v2s reprogram TRAIN [--test F] .. --out F` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('reprogram')
    .description('train a program: turn a frozen acoustic model into a classifier of time series')
    .argument('[train]', `TRAIN file with labels (${SERIES_KINDS})`)
    .option('--out <file>', 'program to write, NAME.v2s.safetensors')
    .option('--test <file>', 'TEST file: looked at once, at the end')
    .option('--model <id|folder>', 'acoustic model: an id (see `v2s models list`) or a folder', DEFAULT_MODEL);
  addOptionFlags(command, RUN_OPTIONS);
  command
    .addOption(
      new Option(
        '--preset <name>',
        "the paper's settings: trained theta under replicas, weight decay 0.04, 100 epochs; what else is given goes before",
      ).choices(['paper']),
    )
    .addOption(threadsOption())
    .option(
      '--resume <run>',
      'go on with an interrupted run (its folder, or its name in --runs); needs no other option, but --out for a program outside the folder that the run belongs to',
    )
    .addOption(
      new Option(
        '--run <name>',
        'name of the run, for a line that is repeated: starts the run, goes on with it, or does nothing when it is done',
      ).conflicts('resume'),
    )
    .option('--runs <folder>', 'where run folders are made: metrics, checkpoint, program', RUNS_FOLDER);
  addReadFlags(addRequeueFlags(addForceFlag(command)))
    .addHelpText(
      'after',
      `
Every epoch, or every few members of an ensemble, leaves a checkpoint in ${join(RUNS_FOLDER, 'STAMP-NAME')} of the working folder; a run that was interrupted or killed goes
on with --resume and gives the same program as one that was not.`,
    )
    .action(async (train: string | undefined, flags: ReprogramFlags) => {
      await requeueable(flags, context, async (limited) => {
        const run = flags.resume
          ? await resumeRun(command, train, flags, flags.resume, limited)
          : await newRun(command, train, flags, limited);
        if (!run) return;
        try {
          await execute(cli, run, flags, limited);
        } finally {
          await run.release();
        }
      });
    });
}

/** Null when the named run is done. */
async function newRun(
  command: Command,
  trainFile: string | undefined,
  flags: ReprogramFlags,
  context: CliContext,
): Promise<Run | null> {
  if (trainFile === undefined)
    command.error("error: missing required argument 'train' (or --resume RUN)", { exitCode: 2 });
  if (flags.out === undefined) command.error("error: required option '--out <file>' not specified", { exitCode: 2 });
  const { test = null, model, threads, out, runs, force: replace } = flags;
  const preset: Partial<ReprogramOptions> = flags.preset === 'paper' ? PAPER_PRESET : {};
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const options = parseReprogramOptions(
    Object.fromEntries(
      RUN_OPTION_NAMES.map((name) => [name, isGiven(name) ? flags[name] : (preset[name] ?? flags[name])]),
    ),
  );
  const data = { train: trainFile!, test, read: readOptionsOf(flags) };
  const request: RunRequest = { ...data, model, modelRoots: modelRoots(), options, threads, out: out!, runs, replace };
  if (flags.run !== undefined) {
    // The line may be repeated on a machine with another number of processors.
    const { run, finished } = await Run.named(
      flags.run,
      { ...request, keepThreads: !isGiven('threads') },
      context.signal,
    );
    if (finished) sayFinished(finished, context);
    return run;
  }
  const run = await Run.prepare(request, context.signal);
  await hintAtTest(trainFile!, test, context);
  return run;
}

function sayFinished({ folder, program }: { folder: RunFolder; program: Program }, context: CliContext): void {
  const { config, path } = folder;
  const { method, classNames, metrics, bestEpoch } = program.description;
  const { train, validation, test, heldOut } = metrics;
  context.result(
    {
      ...{ program: config.out, method, members: program.members.length, classes: classNames },
      ...{ train, validation, test, best_epoch: bestEpoch, held_out: heldOut, run: path, already_done: true },
    },
    `${config.name}: the run is done, nothing was left to do. Program: ${shortPath(config.out)}`,
  );
}

async function resumeRun(
  command: Command,
  trainFile: string | undefined,
  flags: ReprogramFlags,
  named: string,
  { signal }: CliContext,
): Promise<Run> {
  const folder = await RunFolder.find(named, flags.runs);
  refuseOtherOptions(command, trainFile, flags, folder.config);
  return await Run.reopen(folder, signal, { out: flags.out, replace: flags.force });
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
    command.error(`error: the run was started with ${what} ${String(was)}. --resume RUN needs no other option.`, {
      exitCode: 2,
    });
  if (trainFile !== undefined && resolve(trainFile) !== train.path) refuse('TRAIN', train.path);
  if (given('test') && (test === null || resolve(flags.test!) !== test.path)) refuse('--test', test?.path ?? 'none');
  if (given('out') && resolve(flags.out!) !== out) refuse('--out', out);
  if (given('model') && flags.model !== model.id && resolve(flags.model) !== model.folder) refuse('--model', model.id);
  for (const name of [...RUN_OPTION_NAMES, 'threads'] as const)
    if (given(name) && flags[name] !== started[name]) refuse(flagName(name), started[name]);
}

async function execute(cli: Command, run: Run, flags: ReprogramFlags, context: CliContext): Promise<void> {
  const { folder, train, model } = run;
  const { config, path } = folder;
  context.event('run', { folder: path, name: config.name, model: model.card.id, options: snakeKeys(config.options) });
  context.say(
    `Reprogramming ${model.card.title} (frozen) for ${config.name}: ${train.series.length} series, ` +
      `${train.classNames.length} classes. Run folder: ${shortPath(path)}`,
  );
  const progress = new ProgressLine(context);
  let result: ReprogramResult;
  try {
    result = await run.execute({
      signal: context.signal,
      onNote: (message) => sayNote(message, context),
      onEpoch(event) {
        context.event('epoch', epochData(event));
        if (event.phase === 'members') progress.members(event);
        else progress.epoch(placeOf(event), event, event);
      },
      onStep: (step) => progress.step(step),
      onTest: (done, total) => sayTest(done, total, context),
    });
  } catch (error) {
    if (!(error instanceof CanceledError)) throw error;
    if (flags.run !== undefined)
      throw new CanceledError('Stopped. The checkpoint of the last whole epoch is kept. To go on, repeat the line.');
    const out = (await folder.writesElsewhere()) ? ` --out ${shellWord(shortPath(config.out))}` : '';
    throw new CanceledError(
      `Stopped. The checkpoint of the last whole epoch is kept. To go on: ` +
        `${invocation()} reprogram --resume ${shellWord(shortPath(path))}${out}`,
    );
  }
  context.result(resultData(result, config, path), summary(cli, result, config));
}

/** Which of the trainings of a run an epoch belongs to. */
function placeOf({ phase, replicas, member, fold }: EpochEvent): string {
  const part = {
    replicas: fold === null ? `comparing replicas: ${replicas}` : `comparing replicas: ${replicas}, fold ${fold}`,
    folds: `held-out part ${fold}`,
    training: 'training',
    members: 'members',
  }[phase];
  return member === null ? part : `member ${member}, ${part}`;
}

function epochData({ learningRate, msPerStep, measures, ...rest }: EpochEvent): object {
  return { ...rest, learning_rate: learningRate, ms_per_step: msPerStep, ...measures };
}

function resultData(result: ReprogramResult, config: RunConfig, folder: string): object {
  const { train, validation, test, bestEpoch, msPerStep, seconds, leaveOneOut, model, notes, program } = result;
  const { method, classNames, training, metrics } = program.description;
  return {
    program: config.out,
    method,
    members: program.members.length,
    classes: classNames,
    train,
    validation,
    test,
    best_epoch: bestEpoch,
    held_out: metrics.heldOut,
    leave_one_out: leaveOneOut && { accuracy: leaveOneOut.accuracy, log_loss: leaveOneOut.logLoss },
    ms_per_step: msPerStep,
    seconds,
    model: { id: model.id, sha256_before: model.sha256Before, sha256_after: model.sha256After },
    replicas: placementOf(program)?.replicas ?? null,
    replica_trials: training.replicaTrials,
    run: folder,
    notes,
  };
}

function summary(cli: Command, result: ReprogramResult, { out, test: testData, train: trainData }: RunConfig): string {
  const { train, validation, test, bestEpoch, msPerStep, seconds, program } = result;
  const { name, classNames, training, model, metrics, ensemble } = program.description;
  const lines = [
    test
      ? `${name}: test accuracy ${percent(test.accuracy)} with ${model.id}, whose weights did not change.`
      : `${name}: reprogrammed with ${model.id}, whose weights did not change.`,
    '',
    ...outcomeTables(classNames, {
      ...{ train, trainingSeries: training.trainingSeries, validation, test },
      validated: heldOutWord(metrics.heldOut?.source),
    }),
  ];
  const readsLogits = (ensemble?.readout ?? 'logits') === 'logits';
  lines.push(
    '',
    ensemble
      ? `Members: ${program.members.length} of ${ensemble.drawn} drawn, ${msPerStep.toFixed(1)} ms per clip, ` +
          `${duration(seconds)} in total.`
      : `Epoch ${bestEpoch} of ${training.options.epochs}, ${renderingWords(program)}, ` +
          `${msPerStep.toFixed(0)} ms per step, ${duration(seconds)} in total.`,
    `Program: ${shortPath(out)}`,
    '',
    'Next:',
    ...nextCommands(cli, shortPath(out), shortPath((testData ?? trainData).path), readsLogits).map(
      (line) => `  ${line}`,
    ),
  );
  return lines.join('\n');
}

function heldOutWord(source: string | undefined): string {
  return source === 'folds' ? 'cross-validation' : (source ?? 'validation');
}

/** Where the replicas of a trained theta lie; null for another rendering and for drawn members. */
function placementOf({ description }: Program): Placement | null {
  const [{ rendering }] = description.members;
  return rendering.kind === 'replicas' && rendering.theta === null ? rendering.placement : null;
}

function renderingWords(program: Program): string {
  const placement = placementOf(program);
  const rendering = placement
    ? `replicas: ${placement.replicas}, of ${placement.slot} samples each`
    : `rendering: ${program.description.members[0].rendering.kind}`;
  const { length } = program.members;
  return length === 1 ? rendering : `${rendering}, members: ${length}`;
}

/** The commands that take a program, as far as this build has them. */
/** @param readsLogits maps and distances of programs that read hidden states do not exist */
function nextCommands(cli: Command, program: string, data: string, readsLogits: boolean): string[] {
  const rest: Record<string, string> = {
    classify: `--program ${shellWord(program)} --csv predictions.csv`,
    explain: `--program ${shellWord(program)} --series 0 --out saliency`,
    embed: `--program ${shellWord(program)}`,
    bound: `--program ${shellWord(program)}`,
  };
  const names = cli.commands.map((command) => command.name());
  return Object.keys(rest)
    .filter((name) => names.includes(name) && (readsLogits || (name !== 'explain' && name !== 'bound')))
    .map((name) => `${invocation()} ${name} ${shellWord(data)} ${rest[name]}`);
}
