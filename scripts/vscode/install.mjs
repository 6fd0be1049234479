// Installs code-server (VS Code as a web server) from the npm registry into a cache folder of its own: a real VS Code for
// machines that cannot download Microsoft's. A minute or three, once; afterwards a look at one file.
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { npmScript } from '../npm.mjs';
import { withLock } from './lock.mjs';
import { plainEnvironment, run } from './processes.mjs';
import { ensureSystemPackages, which } from './system.mjs';

/** VS Code 1.100. Every run of the tests sees the same editor. */
const CODE_SERVER_VERSION = '4.100.3';
/**
 * code-server 4.100 is made for Node 20. The official build of it, also from the npm registry, is kept beside code-server, so
 * that the compiled modules fit whichever Node runs the project; it brings its headers, which spares a download.
 */
const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;
const NODE_VERSION = '20.19.6';

/** Modules with a compiled part that code-server and VS Code's server load; the installation is only good when it is there. */
const SERVER_MODULES = ['argon2'];
const VSCODE_MODULES = ['@vscode/spdlog', 'node-pty', 'kerberos', 'native-watchdog', '@vscode/deviceid'];

/** Where code-server is kept: `$V2S_CACHE` or ~/.cache/v2s, and a folder per version in it. */
function codeServerFolder() {
  return join(process.env.V2S_CACHE || join(homedir(), '.cache', 'v2s'), `code-server-${CODE_SERVER_VERSION}`);
}

/** The file that says the installation is complete; written last, and only then. */
const marker = (folder) => join(folder, 'installed.json');

async function readJson(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}

/** The Node beside code-server. */
function nodeIn(folder) {
  const home = join(folder, 'node/node_modules', NODE_PACKAGE);
  return { home, node: join(home, 'bin/node') };
}

const installation = (folder) => ({
  folder,
  bin: join(folder, 'node_modules/code-server/out/node/entry.js'),
  node: nodeIn(folder).node,
  version: CODE_SERVER_VERSION,
});

/** The finished installation in `folder`, or null if there is none that this machine can run. */
async function installed(folder) {
  const record = await readJson(marker(folder));
  const { platform, arch } = process;
  const fits = record?.version === CODE_SERVER_VERSION && record.platform === platform && record.arch === arch;
  const { bin, node } = installation(folder);
  return fits && existsSync(bin) && existsSync(node) ? installation(folder) : null;
}

/** Whether `folder`/node_modules/`name` has a compiled part for this platform. */
async function hasNativePart(folder, name) {
  const base = join(folder, 'node_modules', name);
  const files = await readdir(base, { recursive: true }).catch(() => []);
  return files.some((file) => file.endsWith('.node') && !/(^|\/)obj\.target\//.test(file) && !isForeignPrebuild(file));
}

/** Whether a .node file lies in a folder of prebuilt files for another platform, such as prebuilds/darwin-arm64. */
function isForeignPrebuild(file) {
  const target = /(?:^|\/)prebuilds\/([a-z0-9]+-[a-z0-9]+)/.exec(file)?.[1];
  return target !== undefined && target !== `${process.platform}-${process.arch}`;
}

/** Replaces whatever is at `link` by a symbolic link to `target`. */
async function relink(target, link) {
  if (await lstat(link).catch(() => null)) await rm(link, { recursive: true, force: true });
  await symlink(target, link);
}

/** The steps in their order: name for the person who waits, and the work. Each can be repeated after an interruption. */
function steps(folder, npm) {
  const server = join(folder, 'node_modules/code-server');
  const vscode = join(server, 'lib/vscode');
  const { home, node } = nodeIn(folder);
  const env = plainEnvironment({
    PATH: [dirname(node), process.env.PATH].join(delimiter),
    npm_config_nodedir: home,
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    JOBS: 'max',
  });
  const runNpm = (cwd, ...args) => run(node, [npm, ...args], { cwd, env });

  /** Compiles modules; a failing post-install after the compiled part exists (one downloads a prebuilt file) is harmless. */
  const compile = async (cwd, names) => {
    const failure = await runNpm(cwd, 'rebuild', '--foreground-scripts', ...names).then(
      () => null,
      (error) => error,
    );
    const complete = await Promise.all(names.map((name) => hasNativePart(cwd, name)));
    const lacking = names.filter((_, index) => !complete[index]);
    if (lacking.length > 0)
      throw new Error(`No compiled part of ${lacking.join(', ')} after npm rebuild.\n${failure?.message ?? ''}`);
  };

  return [
    {
      name: `Node ${NODE_VERSION} from the npm registry`,
      async work() {
        await mkdir(join(folder, 'node'), { recursive: true });
        await writeFile(join(folder, 'node/package.json'), '{ "private": true }\n');
        const args = [npm, 'install', '--ignore-scripts', '--no-audit', '--no-fund', `${NODE_PACKAGE}@${NODE_VERSION}`];
        await run(process.execPath, args, { cwd: join(folder, 'node') });
        await chmod(node, 0o755);
      },
    },
    {
      name: 'code-server from the npm registry',
      async work() {
        await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
        await runNpm(folder, 'install', '--ignore-scripts', `code-server@${CODE_SERVER_VERSION}`);
      },
    },
    { name: 'compile argon2', work: () => compile(folder, SERVER_MODULES) },
    { name: "modules of VS Code's server", work: () => runNpm(vscode, 'install', '--omit=dev', '--ignore-scripts') },
    { name: `compile ${VSCODE_MODULES.join(', ')}`, work: () => compile(vscode, VSCODE_MODULES) },
    {
      name: "modules of VS Code's own extensions",
      work: () => runNpm(join(vscode, 'extensions'), 'install', '--omit=dev', '--ignore-scripts'),
    },
    {
      name: 'links and ripgrep',
      async work() {
        await relink('node_modules', join(vscode, 'node_modules.asar'));
        const bin = join(vscode, 'node_modules/@vscode/ripgrep/bin');
        await mkdir(bin, { recursive: true });
        const ripgrep = await which('rg');
        if (!ripgrep)
          throw new Error('ripgrep (rg) is not on PATH. Install it and try again: sudo apt-get install ripgrep');
        await relink(ripgrep, join(bin, 'rg'));
      },
    },
    {
      name: 'check that it starts',
      async work() {
        const output = await run(node, [join(server, 'out/node/entry.js'), '--version'], { env, cwd: folder });
        if (!output.includes(CODE_SERVER_VERSION)) throw new Error(`code-server --version answered: ${output}`);
      },
    },
  ];
}

/**
 * Makes sure code-server is installed and returns where. Does nothing when it is; resumes where an interrupted
 * installation stopped; waits when another process is at it.
 * @param {{ say?: (line: string) => void }} options where progress lines go (default: standard error)
 * @returns {Promise<{ folder: string, bin: string, node: string, version: string }>} `bin` is run by `node`
 * @throws {Error} saying which step failed, with the tool's last lines, and which Debian packages are missing
 */
export async function ensureCodeServer({ say = (line) => process.stderr.write(`${line}\n`) } = {}) {
  const folder = codeServerFolder();
  const found = await installed(folder);
  if (found) return found;
  if (process.platform === 'win32')
    throw new Error(
      'code-server does not run on Windows. Install Visual Studio Code and put its command `code` on PATH.',
    );

  await mkdir(folder, { recursive: true });
  const install = async () => {
    const meanwhile = await installed(folder);
    if (meanwhile) return meanwhile;
    say(`Setting up code-server ${CODE_SERVER_VERSION} in ${folder} (one to three minutes, once).`);
    await ensureSystemPackages(say);
    const npm = npmScript();
    const progressFile = join(folder, 'progress.json');
    const done = (await readJson(progressFile)) ?? [];
    const todo = steps(folder, npm);
    for (const [index, { name, work }] of todo.entries()) {
      const label = `[${index + 1}/${todo.length}] ${name}`;
      if (done.includes(name)) {
        say(`${label}: already done`);
        continue;
      }
      say(label);
      const start = Date.now();
      try {
        await work();
      } catch (error) {
        throw new Error(`Setting up code-server failed at "${name}" (run it again to resume; to start afresh, remove ${folder}).
${error.message}`);
      }
      done.push(name);
      await writeFile(progressFile, JSON.stringify(done));
      say(`${label}: ${((Date.now() - start) / 1000).toFixed(0)} s`);
    }
    const record = { version: CODE_SERVER_VERSION, platform: process.platform, arch: process.arch };
    await writeFile(marker(folder), JSON.stringify(record));
    say(`code-server ${CODE_SERVER_VERSION} is ready.`);
    return installation(folder);
  };
  return withLock(join(folder, 'install.lock'), install, (owner) =>
    say(`Waiting for process ${owner}, which is setting up code-server in ${folder}.`),
  );
}
