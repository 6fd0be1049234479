import { delimiter, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { CanceledError, V2SError } from '../engine/errors';
import { SeriesFileError } from '../engine/series';
import { foreignText, inertJson } from '../common/foreign-text';

/** What a command needs of the program around it: a signal that stops it and the places its words and events go to. */
export interface CliContext {
  /** fires on SIGINT and SIGTERM */
  signal: AbortSignal;
  /** `--json`: one line of newline-delimited JSON on stdout, `{"type": type, ...data}`; otherwise nothing */
  event(type: string, data: object): void;
  /** human mode: a line of text on stderr; otherwise nothing */
  say(text: string): void;
  /** human mode: a bar on stderr (a line every tenth where stderr is no terminal); otherwise nothing. `done` may be a fraction */
  progress(done: number, total: number, text: string): void;
  /** the outcome, once and last: the event `result`, or in human mode the text on stdout */
  result(data: object, human: string): void;
}

/** Exit codes of the contract. */
export const EXIT = { done: 0, failed: 1, usage: 2, temporary: 75, canceled: 130 } as const;

/** Work that stopped and can go on when the same line is repeated, told to whoever repeats it by the exit code. */
export class TemporaryFailure extends V2SError {
  constructor({ code, message }: V2SError) {
    super(code, message);
  }
}

/** The streams of a context; a test may hand in its own. */
export interface CliStreams {
  out: { write(text: string): unknown };
  err: NodeJS.WritableStream & { isTTY?: boolean };
}

/** A context with the two duties of `main`: to report an error in the same voice, and to leave the terminal clean. */
export interface OwnedCliContext extends CliContext {
  /** @param place further fields of the event `error` */
  fail(code: string, message: string, place?: object): void;
  close(): void;
}

/** Foreign text in what a person reads, made harmless for the terminal. */
function printable(text: string): string {
  return foreignText(text, { keepLines: true });
}

/** @param json whether `--json` was given */
export function createContext(json: boolean, signal: AbortSignal, streams: CliStreams): OwnedCliContext {
  let bar: SingleBar | null = null;
  let lastTenth = -1;

  const closeBar = (): void => {
    bar?.stop();
    bar = null;
  };
  const event = (type: string, data: object): void => {
    // "type" comes first so that a person reading the stream sees it at the start of each line.
    if (json) streams.out.write(`${inertJson({ type, ...data })}\n`);
  };
  const say = (text: string): void => {
    if (json) return;
    closeBar();
    streams.err.write(`${printable(text)}\n`);
  };
  return {
    signal,
    event,
    say,
    progress(done, total, text) {
      if (json) return;
      if (!streams.err.isTTY) {
        const tenth = total > 0 ? Math.floor((10 * done) / total) : 10;
        if (tenth === lastTenth) return;
        lastTenth = tenth;
        streams.err.write(`${String(tenth * 10).padStart(3)} %  ${printable(text)}\n`);
        return;
      }
      if (!bar) {
        bar = new SingleBar({
          format: '{bar} {percentage} %  {text}',
          barsize: 24,
          barCompleteChar: '\u2588',
          barIncompleteChar: '\u2591',
          hideCursor: true,
          clearOnComplete: true,
          stream: streams.err,
          gracefulExit: false,
          fps: 10,
        });
        bar.start(total, done, { text: printable(text) });
      } else {
        bar.setTotal(total);
        bar.update(done, { text: printable(text) });
      }
    },
    result(data, human) {
      closeBar();
      if (json) event('result', data);
      else streams.out.write(`${printable(human)}\n`);
    },
    fail(code, message, place) {
      closeBar();
      if (json) event('error', { code, message, ...place });
      else streams.err.write(`v2s: ${printable(message)}\n`);
    },
    close: closeBar,
  };
}

/** How the command line offers what a message of the engine advises, by the code of the error. */
const HINTS: Record<string, string> = {
  'model.source-logits': '`v2s models evaluate MODEL WAVDIR --keep` does this.',
  'model.taps': 'Name layers with --taps.',
  'model.input': 'Name the JSON file with --front-end.',
  'keras.architecture': 'Name the front end with --front-end.',
  'output.exists': 'Or add --force to replace it.',
  'run.out': 'Name it with --out to agree.',
  'training.diverged': 'Set it with --learning-rate.',
};

/** Errors of the engine that another command line mends. */
const USAGE = new Set([
  'output.input',
  'output.exists',
  'run.name',
  'run.other',
  'run.out',
  'sweep.plan',
  'sweep.changed',
]);

function exitOf(error: V2SError): number {
  if (error instanceof TemporaryFailure) return EXIT.temporary;
  if (error instanceof CanceledError) return EXIT.canceled;
  return USAGE.has(error.code) ? EXIT.usage : EXIT.failed;
}

/** What is told of whatever a command threw; an error that is no V2SError is a defect and says so. */
export function describeFailure(error: unknown): { exit: number; code: string; message: string; place?: object } {
  if (error instanceof SeriesFileError) {
    const { code, message, file, row, column } = error;
    return { exit: EXIT.failed, code, message, place: { file, row, column } };
  }
  if (error instanceof V2SError)
    return {
      exit: exitOf(error),
      code: error.code,
      message: error.code in HINTS ? `${error.message} ${HINTS[error.code]}` : error.message,
    };
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exit: EXIT.failed, code: 'internal', message: `This is a defect in v2s. Please report it. ${detail}` };
}

/**
 * Folders in which an acoustic model's id is looked up, in this order: those of the environment variable V2S_MODELS
 * (separated as in PATH), then `models` beside the installed program.
 */
export function modelRoots(environment: NodeJS.ProcessEnv = process.env): string[] {
  const named = (environment.V2S_MODELS ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...named.map((folder) => resolve(folder)), resolve(__dirname, '..', 'models')];
}

/** The acoustic model that is used when none is named: the shipped attention-RNN. */
export const DEFAULT_MODEL = 'att-rnn-asc';
