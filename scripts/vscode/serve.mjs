// Runs the installed code-server: profiles, extensions, and a server on this machine's loopback address only.
import { openSync, closeSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureCodeServer } from './install.mjs';
import { plainEnvironment, run, spawnGroup, stopGroup } from './processes.mjs';

/** How long a server may take until it answers, ms; half a second where nothing else runs. */
const START_LIMIT = 120_000;

/** Settings that keep VS Code quiet: nothing of its own opens, asks, or looks for the network. */
const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.editor.empty.hint': 'hidden',
  'workbench.enableExperiments': false,
  'chat.commandCenter.enabled': false,
  'extensions.ignoreRecommendations': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'git.openRepositoryInParentFolders': 'never',
};

/** A profile of its own in the temporary folder: no setting or extension of the person who runs this takes part. */
export async function temporaryProfile() {
  // A short name: the sockets code-server makes in it may not have more than about 100 characters.
  const root = await mkdtemp(join(tmpdir(), 'v2s-code-'));
  const profile = { extensionsDir: join(root, 'extensions'), userDataDir: join(root, 'user') };
  await mkdir(profile.extensionsDir);
  await mkdir(profile.userDataDir);
  return { ...profile, root, remove: () => rm(root, { recursive: true, force: true, maxRetries: 5 }) };
}

/**
 * Writes the settings of a profile: the quiet ones as the user's, which VS Code's server reads when a window opens, and
 * `settings` as the machine's, which a running window takes up at once (code-server does not notice changes of the user's).
 */
export async function writeSettings(userDataDir, settings = {}) {
  for (const [scope, content] of Object.entries({ User: QUIET_SETTINGS, Machine: settings })) {
    await mkdir(join(userDataDir, scope), { recursive: true });
    await writeFile(join(userDataDir, scope, 'settings.json'), JSON.stringify(content, null, 2));
  }
}

/** A TCP port of the loopback address that is free now. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const profileArguments = ({ extensionsDir, userDataDir }) => [
  '--config',
  join(userDataDir, 'config.yaml'),
  '--user-data-dir',
  userDataDir,
  '--extensions-dir',
  extensionsDir,
];

/** code-server reads a configuration file and would write one with a password into the home folder. */
const writeConfig = (userDataDir) => writeFile(join(userDataDir, 'config.yaml'), 'auth: none\n');

/**
 * Installs an extension from a VSIX file into a profile; an older one of the same name is replaced.
 * @throws {Error} with code-server's answer if it refuses the file
 */
export async function installExtension(vsix, { extensionsDir, userDataDir }) {
  const { bin, node } = await ensureCodeServer();
  await writeConfig(userDataDir);
  const args = [bin, ...profileArguments({ extensionsDir, userDataDir }), '--force', '--install-extension', vsix];
  const output = await run(node, args);
  if (!/successfully installed/i.test(output)) throw new Error(`${vsix} was not installed:\n${output}`);
}

/**
 * Starts code-server on a folder and resolves when it answers.
 * @param {object} options
 * @param {string} [options.folder] folder or .code-workspace file that is opened; nothing if left out
 * @param {string} options.extensionsDir where the installed extensions are
 * @param {string} options.userDataDir settings and state; its log is code-server.log in it
 * @param {number} [options.port] default: a free one
 * @param {boolean} [options.workspaceTrust] whether VS Code asks if the folder is trusted; default: everything is trusted
 * @param {Record<string, string>} [options.env] more environment variables, which the extension host inherits
 * @returns {Promise<{ url: string, port: number, log: string, stop: () => Promise<void> }>}
 * @throws {Error} with the log's last lines if it ends or does not answer within two minutes
 */
export async function startCodeServer({ folder, extensionsDir, userDataDir, port, workspaceTrust = false, env = {} }) {
  const { bin, node } = await ensureCodeServer();
  await writeConfig(userDataDir);
  const usedPort = port ?? (await freePort());
  const log = join(userDataDir, 'code-server.log');
  const args = [
    bin,
    ...profileArguments({ extensionsDir, userDataDir }),
    ...['--auth', 'none', '--bind-addr', `127.0.0.1:${usedPort}`],
    ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
    ...(workspaceTrust ? [] : ['--disable-workspace-trust']),
    ...(folder ? [folder] : []),
  ];
  const output = openSync(log, 'a');
  const child = spawnGroup(node, args, {
    stdio: ['ignore', output, output],
    // Without a gallery of extensions, VS Code asks no server of the internet for anything.
    env: plainEnvironment({ EXTENSIONS_GALLERY: '{"serviceUrl":""}', ...env }),
    cwd: userDataDir,
  });
  closeSync(output);
  let failure = null;
  child.once('error', (error) => (failure = error.message));
  child.once('exit', (code, signal) => (failure ??= `it ended with ${signal ?? `code ${code}`}`));

  const stop = () => stopGroup(child);
  const url = `http://127.0.0.1:${usedPort}/`;
  const deadline = Date.now() + START_LIMIT;
  while (failure === null) {
    const answered = await fetch(`${url}healthz`, { signal: AbortSignal.timeout(5000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return { url, port: usedPort, log, stop };
    if (Date.now() > deadline) failure = 'it did not answer within two minutes';
    await sleep(100);
  }
  await stop();
  const tail = (await readFile(log, 'utf8')).trim().split('\n').slice(-20).join('\n');
  throw new Error(`code-server could not be started: ${failure}. Its log says:\n${tail}`);
}
