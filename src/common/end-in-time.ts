import { Worker } from 'node:worker_threads';

/** How long a process may take to end after it was asked to, ms. */
const MOST = 1700;
/** How often it is looked whether the process that started this one is still there, ms. */
const LOOK_EVERY = 1000;
/** The thread needs next to nothing, MB. */
const MEMORY = 8;

// Written out, because it must not depend on a file that may be missing when a process ends. Node tells signals to the main thread only,
// whose event loop may never turn again; the binding is what `process.on` itself uses, and libuv tells signals to every loop that asks.
const THREAD = `
const { parentPort, workerData: { pid, asks, most, parent, lookEvery } } = require('node:worker_threads');
const { constants } = require('node:os');
let ending = false;
function end() {
  if (ending) return;
  ending = true;
  setTimeout(() => process.kill(pid, 'SIGKILL'), most);
}
parentPort.on('message', end);
process.noDeprecation = true;
try {
  const { Signal } = process.binding('signal_wrap');
  for (const [name, times] of asks) {
    let left = times;
    const signal = new Signal();
    signal.unref();
    signal.onsignal = () => { if (--left === 0) end(); };
    signal.start(constants.signals[name]);
  }
} catch {
  // Then the main thread alone tells, which it cannot while it is busy.
}
function hasParent() {
  try {
    return process.ppid === parent && process.kill(parent, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
if (parent !== null) setInterval(() => { if (!hasParent()) end(); }, lookEvery);
`;

export interface EndInTime {
  /** how often each signal comes until it means the end */
  asks: Partial<Record<NodeJS.Signals, number>>;
  /** whether the end of the process that started this one means the end, too */
  withParent: boolean;
}

/**
 * Called when a process begins: from when a signal, or the end of its parent, asks it to end it may do so in order, and is killed when it
 * has not within two seconds, also when a computation or a reader keeps its event loop busy. A thread waits, not a timer. A run loses
 * what it did since its last checkpoint, one epoch at most.
 * @returns says that the end was asked for in another way
 */
export function endInTime({ asks, withParent }: EndInTime): () => void {
  const thread = new Worker(THREAD, {
    eval: true,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY },
    workerData: {
      pid: process.pid,
      asks: Object.entries(asks),
      most: MOST,
      parent: withParent ? process.ppid : null,
      lookEvery: LOOK_EVERY,
    },
  });
  thread.unref();
  // A process that cannot have one more thread does its work without.
  thread.on('error', () => undefined);
  return () => thread.postMessage('end');
}
