import assert from 'node:assert/strict';
import { V2SError } from '../../../src/engine/errors';

/** Fails with an error of ours or not at all. */
export async function attempt(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof V2SError)) throw error;
  }
}

/** Milliseconds of processor time. */
async function cost(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await attempt(work);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Length of the shorter text. */
const SMALL = 2 ** 15;
/** Below this the clock and the collector of garbage decide, ms. */
const FLOOR = 20;

/**
 * Four times the text may take eight times as long; sixteen times would be the square. The least of several tries counts, because the
 * process has other work too.
 */
export async function assertLinear(what: string, work: (size: number) => () => unknown): Promise<void> {
  let small = 0;
  let large = Infinity;
  for (let i = 0; i < 3 && large > 8 * Math.max(FLOOR, small); i++) {
    large = Math.min(large, await cost(work(4 * SMALL)));
    if (large > 8 * FLOOR) small = Math.max(small, await cost(work(SMALL)));
  }
  assert.ok(
    large <= 8 * Math.max(FLOOR, small),
    `${what}: ${small.toFixed()} ms, four times as long ${large.toFixed()} ms`,
  );
}
