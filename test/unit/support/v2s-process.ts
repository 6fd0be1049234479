import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** The built command, as a person or a script runs it. */
export const V2S = resolve('dist/v2s.js');

export type V2sEvent = Record<string, unknown>;

export interface V2sOutcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  err: string;
  /** with `--json`; of a killed process without the half line at the end */
  events: V2sEvent[];
  out: string;
}

/**
 * Runs the command to its end.
 * @param onEvent sees every JSON event; what it returns is sent to the process as a signal
 */
export async function runV2s(
  args: string[],
  { cwd, env, onEvent }: { cwd: string; env?: NodeJS.ProcessEnv; onEvent?: (event: V2sEvent) => NodeJS.Signals | void },
): Promise<V2sOutcome> {
  return await new Promise((done, failed) => {
    const child = spawn(process.execPath, [V2S, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const events: V2sEvent[] = [];
    let out = '';
    let err = '';
    let seen = 0;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      for (let end; args.includes('--json') && (end = out.indexOf('\n', seen)) >= 0; seen = end + 1) {
        const event = JSON.parse(out.slice(seen, end)) as V2sEvent;
        events.push(event);
        const signal = onEvent?.(event);
        if (signal) child.kill(signal);
      }
    });
    child.on('error', failed);
    child.on('close', (code, signal) => done({ code, signal, err, events, out }));
  });
}
