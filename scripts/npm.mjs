// The npm of this machine as a script for Node: npm itself is a shell script, on Windows a .cmd that Node starts in a shell only.
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** npm's script as it lies beside Node's program: as on Windows, and as everywhere else. */
const BESIDE_NODE = ['node_modules/npm/bin/npm-cli.js', '../lib/node_modules/npm/bin/npm-cli.js'];

/** The file itself where `candidate` is a link to it, or null if that is not npm's script. */
function npmScriptAt(candidate) {
  if (!candidate || !existsSync(candidate)) return null;
  const file = realpathSync(candidate);
  return /npm-cli\.js$/.test(file) ? file : null;
}

/**
 * Path of npm-cli.js: npm's own variable inside of `npm run`, else beside this Node, else what `npm` on PATH links to.
 * @throws {Error} saying what to do
 */
export function npmScript() {
  const folder = dirname(process.execPath);
  const onPath = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = [
    process.env.npm_execpath,
    ...BESIDE_NODE.map((path) => join(folder, path)),
    ...onPath.flatMap((place) => [join(place, 'npm'), join(place, BESIDE_NODE[0])]),
  ];
  for (const candidate of candidates) {
    const file = npmScriptAt(candidate);
    if (file) return file;
  }
  throw new Error(
    'npm was not found. Install it (https://docs.npmjs.com), or start this with npm: npm start, npm test.',
  );
}
