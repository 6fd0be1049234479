import { InvalidArgumentError, Option, type Command } from 'commander';
import { V2SError } from '../engine/errors';
import { TemporaryFailure, type CliContext } from './context';

/** What the flags of a command hold that a scheduler starts again. */
export interface RequeueFlags {
  /** ms */
  time?: number;
  requeue?: boolean;
}

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 };
/** The longest time that a timer of Node takes. */
const MAX_TIME = 2 ** 31 - 1;

/** What is over when the same line is repeated later: a stop, and another process at the same work. */
const TEMPORARY = new Set(['canceled', 'run.busy']);

/** Adds `--time` and `--requeue`. */
export function addRequeueFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--time <duration>',
        'stop after this time, for example 90s, 50m or 2h, and keep a checkpoint; give the scheduler a few minutes more',
      ).argParser(parseTime),
    )
    .option(
      '--requeue',
      'exit with code 75 (a temporary failure) when stopped by SIGTERM or --time, so that a scheduler repeats the line',
    );
}

function parseTime(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smh])$/.exec(text.trim());
  const time = match ? Number(match[1]) * UNITS[match[2]] : 0;
  if (!(time >= 1 && time <= MAX_TIME))
    throw new InvalidArgumentError('Expected a time of up to 24 days, as 90s, 50m or 2h.');
  return time;
}

/**
 * Does work that ends in time.
 * @throws TemporaryFailure for what ends with exit code 75; else what `work` throws
 */
export async function requeueable(
  { time, requeue }: RequeueFlags,
  context: CliContext,
  work: (context: CliContext) => Promise<void>,
): Promise<void> {
  const limit = new AbortController();
  const stop = (): void => limit.abort();
  context.signal.addEventListener('abort', stop);
  if (context.signal.aborted) stop();
  const timer = time === undefined ? null : setTimeout(stop, time);
  try {
    await work({ ...context, signal: limit.signal });
  } catch (error) {
    if (requeue && error instanceof V2SError && TEMPORARY.has(error.code)) throw new TemporaryFailure(error);
    throw error;
  } finally {
    if (timer) clearTimeout(timer);
    context.signal.removeEventListener('abort', stop);
  }
}
