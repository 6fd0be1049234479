import type { Listener } from './listeners';
import type { ControlRow } from './run-controls';

/** One figure over the seeds of a listener. */
export interface Spread {
  mean: number;
  min: number;
  max: number;
}

/** All seeds of one listener together. */
export interface ControlSummary {
  listener: Listener;
  seeds: number;
  leaveOneOutAccuracy: Spread;
  leaveOneOutError: Spread;
  heldOutAccuracy: Spread;
  testAccuracy: Spread | null;
}

/** The rows by listener, in their order. */
export function summarizeControls(rows: readonly ControlRow[]): ControlSummary[] {
  return [...new Set(rows.map(({ listener }) => listener))].map((listener) => {
    const mine = rows.filter((row) => row.listener === listener);
    const test = mine.flatMap((row) => (row.test ? [row.test.accuracy] : []));
    return {
      listener,
      seeds: mine.length,
      leaveOneOutAccuracy: spreadOf(mine.map(({ leaveOneOut }) => leaveOneOut.accuracy)),
      leaveOneOutError: spreadOf(mine.map(({ leaveOneOut }) => leaveOneOut.error)),
      heldOutAccuracy: spreadOf(mine.map(({ heldOut }) => heldOut.accuracy)),
      testAccuracy: test.length > 0 ? spreadOf(test) : null,
    };
  });
}

function spreadOf(values: readonly number[]): Spread {
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    min: Math.min(...values),
    max: Math.max(...values),
  };
}
