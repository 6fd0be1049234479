import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import * as baseline from './commands/baseline';
import * as bound from './commands/bound';
import * as classify from './commands/classify';
import * as compare from './commands/compare';
import * as control from './commands/control';
import * as doctor from './commands/doctor';
import * as embed from './commands/embed';
import * as explain from './commands/explain';
import * as finetune from './commands/finetune';
import * as models from './commands/models';
import * as report from './commands/report';
import * as reprogram from './commands/reprogram';
import * as study from './commands/study';
import * as sweep from './commands/sweep';
import { endInTime } from '../common/end-in-time';
import { foreignText } from '../common/foreign-text';
import { fileError } from '../engine/files/atomic';
import type { CliContext, OwnedCliContext } from './context';
import { createContext, describeFailure, EXIT } from './context';

/** The modules of the commands, in the order of the help. */
const COMMANDS: { register(cli: Command, context: CliContext): void }[] = [
  reprogram,
  classify,
  explain,
  study,
  embed,
  bound,
  compare,
  control,
  baseline,
  finetune,
  sweep,
  report,
  models,
  doctor,
];

/** Builds the command line; every command reports to `context`. */
function buildCli(context: CliContext): Command {
  const cli = new Command('v2s')
    .description(
      'Voice2Series: reprograms a frozen acoustic model (a speech-command classifier) into a classifier of time series, ' +
        'classifies with the result, and shows what the model attends to.',
    )
    .version(version, '-V, --version', 'print the version')
    .option(
      '--json',
      'print newline-delimited JSON events on stdout; the last event has the type result, or error with a code',
    )
    .helpOption('-h, --help', 'show this help, or the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Add --help to see the options.')
    .addHelpText(
      'after',
      '\nInputs are regular files: what comes from a pipe, such as <(..) or /dev/stdin, must be written into a file first.' +
        '\nExit codes: 0 done, 1 failed, 2 wrong usage, 75 stopped with --requeue (repeat the line), 130 canceled (the checkpoint is kept).',
    )
    .exitOverride();
  for (const { register } of COMMANDS) register(cli, context);
  inheritSettings(cli);
  return cli;
}

/** Commands made with `.command()` inherit these already; those added with `.addCommand()` would not. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
}

/** Runs one command line. @returns the exit code */
async function run(argv: string[]): Promise<number> {
  // Known before parsing, because errors of the parsing are reported in the same voice.
  const json = argv.includes('--json');
  const controller = new AbortController();
  const context = createContext(json, controller.signal, { out: process.stdout, err: process.stderr });
  stopOnSignals(controller, context);
  const cli = buildCli(context);
  const complaints: string[] = [];
  forEachCommand(cli, (command) =>
    command.configureOutput({
      writeErr: (text) =>
        void (json ? complaints.push(text) : process.stderr.write(foreignText(text, { keepLines: true }))),
      writeOut: (text) => void process.stdout.write(text),
    }),
  );
  try {
    await cli.parseAsync(argv, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) {
      // --help and --version are reported as "errors" with exit code 0.
      if (error.exitCode === 0) return EXIT.done;
      if (json) context.fail('usage', complaints.join('').trim() || error.message);
      return EXIT.usage;
    }
    const { exit, code, message, place } = describeFailure(error);
    context.fail(code, message, place);
    return exit;
  } finally {
    context.close();
  }
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

/** The first signal asks the command to keep a checkpoint and stop, the second one ends the process at once. */
function stopOnSignals(controller: AbortController, context: OwnedCliContext): void {
  // SIGINT comes from a person, who can repeat it; SIGTERM from a machine that is shutting down.
  const tellEnd = endInTime({ asks: { SIGTERM: 1, SIGINT: 2 }, withParent: false });
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        context.close();
        process.exit(EXIT.canceled);
      }
      controller.abort();
      if (name === 'SIGTERM') tellEnd();
      context.say('Stopping after the checkpoint is written. Repeat to stop immediately.');
    });
  }
}

/**
 * A reader that closed the pipe (`v2s .. | head`) or a full disk ends the output, not the work: a training goes on and writes its
 * program. That the output was not delivered is said at the end.
 */
let outputFailure: Error | null = null;
process.stdout.on('error', (error) => (outputFailure ??= error));
// Nobody is left to be told.
process.stderr.on('error', () => undefined);

void run(process.argv.slice(2)).then(async (code) => {
  // What was written must reach a pipe before the process ends; exit, because a library may hold an idle handle.
  await new Promise((written) => process.stdout.write('', written));
  // The failure of a write is told after the write itself.
  await new Promise((told) => setImmediate(told));
  if (outputFailure) {
    const { message } = fileError(outputFailure, 'standard output', 'write to');
    process.stderr.write(`v2s: ${foreignText(message)}\n`);
  }
  process.stderr.write('', () => process.exit(outputFailure && code === EXIT.done ? EXIT.failed : code));
});
