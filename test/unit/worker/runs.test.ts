// Runs of the background process, asked as the extension host asks for them.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../../src/engine/math/random';
import type { RunRecord } from '../../../src/protocol/panels/run';
import type { RunStart } from '../../../src/protocol/worker';
import { withBackground } from '../support/background';

const MODELS = join(process.cwd(), 'models');

test('runs wait for each other, are stopped and resumed, once however often they are asked', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-background-runs-'));
  const random = new Random(3);
  const rows = Array.from({ length: 12 }, (_, i) =>
    [i % 2, ...Array.from({ length: 30 }, (_, t) => Math.sin(t / (i % 2 ? 2 : 7)) + random.gaussian())].join(','),
  );
  const train = join(folder, 'Sines_TRAIN.csv');
  await writeFile(train, `${rows.join('\n')}\n`);
  const start = (name: string, epochs: number): RunStart => ({
    train,
    test: null,
    read: {},
    model: join(MODELS, 'att-rnn-asc'),
    options: { method: 'theta', epochs, replicas: 5, validation: 0 },
    threads: 1,
    out: join(folder, `${name}.v2s.safetensors`),
    runs: join(folder, 'runs'),
  });
  try {
    await withBackground([MODELS], async (remote) => {
      const until = async (run: string, fits: (record: RunRecord) => boolean): Promise<RunRecord> => {
        for (;;) {
          const record = await remote.runHistory({ folder: run });
          if (fits(record)) return record;
          await new Promise((done) => setTimeout(done, 20));
        }
      };
      const long = (await remote.startReprogram(start('long', 5000))).folder;
      const { folder: short } = await remote.startReprogram(start('short', 2));
      const waiting = await until(long, ({ epochs }) => epochs.length > 1);
      assert.equal(waiting.status, 'running');
      const queued = await remote.runHistory({ folder: short });
      assert.deepEqual([queued.status, queued.epochs.length], ['queued', 0]);
      assert.match(queued.log[0].text, /^Waiting/);

      const { folder: unwanted } = await remote.startReprogram(start('unwanted', 2));
      await remote.cancelRun({ folder: unwanted });
      assert.equal((await until(unwanted, ({ status }) => status !== 'queued')).status, 'canceled');
      assert.equal((await remote.runHistory({ folder: long })).status, 'running', 'the run before it goes on');
      assert.equal((await remote.runHistory({ folder: short })).status, 'queued', 'and the others keep their turn');

      await remote.cancelRun({ folder: long });
      const stopped = await until(long, ({ status }) => status !== 'running');
      assert.equal(stopped.status, 'canceled');
      const done = await until(short, ({ status }) => status !== 'running' && status !== 'queued');
      assert.deepEqual([done.status, done.epochs.length], ['finished', 2]);
      assert.deepEqual((await remote.runHistory({ folder: start('short', 2).out })).folder, short);

      const reached = stopped.epochs.length;
      assert.deepEqual(
        await Promise.all([remote.resumeRun({ folder: long }), remote.resumeRun({ folder: long })]),
        [long, long].map((run) => ({ folder: run })),
      );
      await until(long, ({ epochs }) => epochs.length > reached + 1);
      await remote.cancelRun({ folder: long });
      await until(long, ({ status }) => status === 'canceled');
      const lines = (await readFile(join(long, 'metrics.jsonl'), 'utf8')).trim().split('\n');
      assert.deepEqual(
        lines.map((line) => (JSON.parse(line) as { epoch: number }).epoch),
        lines.map((_, i) => i + 1),
        'no epoch was trained twice',
      );
      const { runs } = await remote.listRuns({ roots: [join(folder, 'runs')] });
      assert.deepEqual(runs.map(({ status }) => status).sort(), ['finished', 'interrupted', 'interrupted']);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
