// Child processes for the scripts: run one to its end with its output kept for the error message, stop one with its children.
import { spawn, spawnSync } from 'node:child_process';

/** What npm itself passes to the scripts it runs; inherited, it would change what an npm started by a script does. */
const KEPT_NPM_SETTINGS = /^npm_config_(registry|cache|userconfig|proxy|https_proxy|noproxy|cafile|nodedir)$/i;

/** The environment without npm's own variables and without those of a VS Code terminal this may run in. */
export function plainEnvironment(extra = {}) {
  const entries = Object.entries(process.env).filter(([name]) => {
    if (/^npm_/i.test(name)) return KEPT_NPM_SETTINGS.test(name);
    return !/^(VSCODE_|ELECTRON_RUN_AS_NODE$|CODE_SERVER_|NODE_OPTIONS$|NODE_TEST_CONTEXT$)/.test(name);
  });
  return { ...Object.fromEntries(entries), ...extra };
}

/** Processes that run now, each with a process group of its own for what it starts (Windows: with its tree of children). */
const running = new Set();

const WINDOWS = process.platform === 'win32';

function signalGroup(child, signal) {
  if (WINDOWS) {
    // Without groups and signals, a process ends with all it started, or not at all.
    spawnSync('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

const killAll = () => running.forEach((child) => signalGroup(child, 'SIGKILL'));

let watchesItsOwnEnd = false;

/** Makes sure that no started process outlives this one, however it ends (short of SIGKILL). */
function killAllAtEnd() {
  if (watchesItsOwnEnd) return;
  watchesItsOwnEnd = true;
  process.once('exit', killAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.prependOnceListener(signal, () => {
      // Somebody else who listens stops the processes in order and decides when this one ends.
      if (process.listenerCount(signal) > 0) return;
      killAll();
      process.kill(process.pid, signal);
    });
  }
}

/** Starts a process whose children end with it, and which ends with this process. */
export function spawnGroup(program, args, options) {
  const child = spawn(program, args, { ...options, detached: !WINDOWS, windowsHide: true });
  if (child.pid !== undefined) {
    running.add(child);
    child.once('exit', () => running.delete(child));
    killAllAtEnd();
  }
  return child;
}

/**
 * Runs a program to its end and resolves with its output (standard output and error as one text).
 * @throws {Error} with the last lines of the output if it cannot be started or exits with another code than 0
 */
export function run(program, args, { cwd, env = plainEnvironment() } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawnGroup(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => reject(new Error(`${program} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      const output = Buffer.concat(chunks).toString('utf8');
      if (code === 0) resolve(output);
      else {
        const tail = output.trim().split('\n').slice(-25).join('\n');
        reject(new Error(`${[program, ...args].join(' ')} ended with ${signal ?? `code ${code}`}:\n${tail}`));
      }
    });
  });
}

/** Stops a process made by {@link spawnGroup}, and all it started: asks first, insists after `patience` ms. */
export async function stopGroup(child, patience = 5000) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), patience);
  await ended;
  clearTimeout(timer);
  // What outlived its parent (an extension host that was told to finish later) goes as well.
  signalGroup(child, 'SIGKILL');
}

/** Whether a process of that id lives on this machine. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
