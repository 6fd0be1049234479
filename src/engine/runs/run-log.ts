import { join } from 'node:path';
import * as z from 'zod';
import { V2SError } from '../errors';
import { appendToFile } from '../files/atomic';
import { readBoundedText } from '../files/bounded-read';
import { MAX_LOG_BYTES } from '../files/limits';
import { parseJsonLines } from './json-lines';

const LOG_FILE = 'log.jsonl';
/** Lines that are read, the last ones. */
const MAX_LINES = 100_000;

const logLineSchema = z.object({
  /** ms since 1970 */
  time: z.number(),
  level: z.enum(['info', 'warning', 'error']),
  text: z.string(),
});
export type LogLine = z.infer<typeof logLineSchema>;

/** Why a run failed: a stable code, `internal` for a bug in V2S, and a sentence. */
const failureSchema = z.object({ code: z.string(), message: z.string() });
export type Failure = z.infer<typeof failureSchema>;

/** The word of version 0.1.0 before its release, which run folders on disk still hold. */
const earlierWord = z.literal('cancelled').transform(() => 'canceled' as const);

/** A line of the log; the last line of a run that ended without a program says how it ended. */
const entrySchema = logLineSchema.extend({
  ended: z.union([z.literal('canceled'), earlierWord, failureSchema]).optional(),
});
type Entry = z.infer<typeof entrySchema>;

/** What a run said, kept in its folder beside the metrics so that it survives a crash. */
export class RunLog {
  readonly #path: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#path = join(folder, LOG_FILE);
  }

  /** Appends in order; a log that cannot be written does not stop a training. */
  add(level: LogLine['level'], text: string, ended?: Entry['ended']): LogLine {
    const line: LogLine = { time: Date.now(), level, text };
    const json = `${JSON.stringify({ ...line, ended } satisfies Entry)}\n`;
    this.#writing = this.#writing.then(() => appendToFile(this.#path, json)).catch(() => undefined);
    return line;
  }

  /** Resolves when everything added is in the file. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Lines, and how the run ended when the last line says so. A line that was cut short by a crash is left out. */
  async read(): Promise<{ lines: LogLine[]; canceled: boolean; failure: Failure | null }> {
    const text = await readBoundedText(this.#path, { maxBytes: MAX_LOG_BYTES }).catch(() => '');
    const entries = parseJsonLines(text, entrySchema, MAX_LINES);
    const ended = entries.at(-1)?.ended;
    return {
      lines: entries.map(({ time, level, text: words }) => ({ time, level, text: words })),
      canceled: ended === 'canceled',
      failure: typeof ended === 'object' ? ended : null,
    };
  }
}

/** What is kept of an error that ended a run. */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof V2SError ? error.code : 'internal', message };
}
