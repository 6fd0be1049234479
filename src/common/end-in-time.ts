import { Worker } from 'node:worker_threads';

/** How long a process may take to end after it was asked to, ms. */
const MOST = 1700;

// Written out, because it must not depend on a file that may be missing when a process ends.
const THREAD = `
const { workerData } = require('node:worker_threads');
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, workerData.most);
process.kill(workerData.pid, 'SIGKILL');
`;

/**
 * Called by the handler of a signal: lets the process end in order and kills it when it has not within two seconds, also when a
 * computation keeps its event loop busy from then on: a thread waits, not a timer. A run loses what it did since its last checkpoint, one epoch at most.
 */
export function endInTime(): void {
  new Worker(THREAD, { eval: true, workerData: { pid: process.pid, most: MOST } }).unref();
}
