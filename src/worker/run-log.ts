import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { logLineSchema, type LogLine } from '../protocol/panels/run';
import { failureSchema, type Failure } from '../protocol/values';

const LOG_FILE = 'log.jsonl';

/** A line of the log; the last line of a run that ended without a program says how it ended. */
const entrySchema = logLineSchema.extend({
  ended: z.union([z.literal('cancelled'), failureSchema]).optional(),
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
    this.#writing = this.#writing.then(() => appendFile(this.#path, json)).catch(() => undefined);
    return line;
  }

  /** Resolves when everything added is in the file. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Lines, and how the run ended when the last line says so. A line that was cut short by a crash is left out. */
  async read(): Promise<{ lines: LogLine[]; cancelled: boolean; failure: Failure | null }> {
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    const entries = text.split('\n').flatMap((line) => {
      try {
        return entrySchema.parse(JSON.parse(line));
      } catch {
        return [];
      }
    });
    const ended = entries.at(-1)?.ended;
    return {
      lines: entries.map(({ time, level, text: words }) => ({ time, level, text: words })),
      cancelled: ended === 'cancelled',
      failure: typeof ended === 'object' ? ended : null,
    };
  }
}
