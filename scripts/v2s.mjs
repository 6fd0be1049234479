// The built command, and the options, of the scripts that write the studies in docs.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './set-up.mjs';

/** Runs the command and returns its result event. @throws Error with what it said when it fails */
export function v2s(args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/v2s.js'), '--json', ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
  if (status !== 0) throw new Error(`v2s ${args.join(' ')}: ${last.message ?? stderr}`);
  return last;
}

/** What stands after `--name`, separated by commas; null without it. */
export function listOption(name) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : process.argv[at + 1].split(',');
}
