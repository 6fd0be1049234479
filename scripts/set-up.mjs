// What `npm start` and `npm test` share: installing what is missing, with Node's built-in modules only.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmScript } from './npm.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const OLDEST_NODE = 20;

/** Runs a command with its output shown; ends this process with its exit code when it fails and `optional` is not set. */
export function run(command, args, { optional = false, env = {} } = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (error && !optional) {
    console.error(`Cannot run ${command}: ${error.message}`);
    process.exit(1);
  }
  if (status !== 0 && !optional) process.exit(status ?? 1);
  return status === 0;
}

export function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= OLDEST_NODE) return;
  console.error(
    `V2S needs Node ${OLDEST_NODE} or later; this is ${process.version}. Install a newer Node from https://nodejs.org.`,
  );
  process.exit(1);
}

/** `npm ci` unless node_modules already is what package-lock.json asks for. */
export function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const marker = join(root, 'node_modules', '.v2s-installed');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return;
  refuseLink(join(root, 'node_modules'));
  console.error('Installing packages (npm ci) ..');
  // Install scripts here only fetch binaries that are optional (libtensorflow for tfjs-node: `npm rebuild @tensorflow/tfjs-node`)
  // or in place already (esbuild); where their hosts cannot be reached they would hold the installation up.
  run(process.execPath, [npmScript(), 'ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  writeFileSync(marker, lock);
}

/** Ends this process where npm ci would empty a folder that other checkouts use: it follows a link and removes what is there. */
function refuseLink(folder) {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  console.error(
    `${folder} links to ${existsSync(folder) ? realpathSync(folder) : 'a folder that is missing'}, which does not have the packages of this package-lock.json. ` +
      'Remove the link, or install them there, and try again.',
  );
  process.exit(1);
}

export function build(...options) {
  run(process.execPath, [join(root, 'esbuild.mjs'), ...options]);
}
