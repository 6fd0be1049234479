// The background process as the extension starts it, and what it computes for the panels.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tSne } from '../../src/engine/embedding/t-sne';
import { randomClips } from '../unit/support/random-model';
import { heading, line, median, ms, timed } from './measure';

const SERIES = 600;
const WORDS = 40;

/** From the start of a process to its first answer; it ends afterward. */
async function firstAnswer(script: string): Promise<void> {
  const child = fork(script, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const params = { modelRoots: [], threads: null, trusted: false };
  child.send({ v2s: 'request', id: 1, method: 'configure', params });
  await new Promise((resolve) => child.once('message', resolve));
  child.disconnect();
}

/** Start of the background process, beside a process that does nothing. */
export async function start(quick: boolean): Promise<void> {
  heading('background process');
  const folder = mkdtempSync(join(tmpdir(), 'v2s-bench-'));
  try {
    const idle = join(folder, 'idle.cjs');
    writeFileSync(idle, "process.on('message', () => process.send({}));\n");
    const runs = quick ? 3 : 9;
    const [empty, worker] = [
      median(await timed(runs, () => firstAnswer(idle))),
      median(await timed(runs, () => firstAnswer(join(__dirname, 'worker.js')))),
    ];
    line('from its start to its first answer', ms(worker), `${(worker / empty).toFixed(1)} x an empty process`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Exact t-SNE of as many logits as a panel often shows. */
export async function layout(quick: boolean): Promise<void> {
  heading('layouts, 1 thread');
  const points = { values: Float64Array.from(randomClips(SERIES, WORDS, 1)), n: SERIES, d: WORDS };
  for (const dimensions of [2, 3] as const) {
    const times = await timed(quick ? 1 : 3, () => tSne(points, { dimensions, perplexity: 30, seed: 1 }));
    line(`t-SNE of ${SERIES} series, ${dimensions}D`, ms(median(times)), 'bar 3,000 ms');
  }
}
