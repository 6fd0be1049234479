// How a run ended is read from its log whatever version wrote it.
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RunLog } from '../../../src/engine/runs/run-log';
import { parseMetrics } from '../../../src/engine/runs/run-metrics';

test('a canceled run is canceled in logs of today and of earlier versions', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-run-log-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const log = new RunLog(folder);
  log.add('info', 'Started.');
  await log.flush();
  assert.equal((await log.read()).canceled, false);
  log.add('info', 'Stopped.', 'canceled');
  await log.flush();
  const path = join(folder, 'log.jsonl');
  assert.match(await readFile(path, 'utf8'), /"ended":"canceled"\}\n$/);
  assert.equal((await log.read()).canceled, true);

  log.add('info', 'Resumed.');
  await log.flush();
  assert.equal((await log.read()).canceled, false);
  await appendFile(path, '{"time":1,"level":"info","text":"Stopped.","ended":"cancelled"}\n');
  const { canceled, lines, failure } = await log.read();
  assert.deepEqual([canceled, lines.length, failure], [true, 4, null]);
});

test('a log or metrics of a stranger with millions of lines are read as far as they are of use', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-run-log-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const line = (time: number): string => `{"time":${time},"level":"info","text":""}\n`;
  await writeFile(join(folder, 'log.jsonl'), Array.from({ length: 100_003 }, (_, time) => line(time)).join(''));
  const { lines } = await new RunLog(folder).read();
  assert.deepEqual([lines.length, lines[0].time, lines.at(-1)!.time], [100_000, 3, 100_002]);

  const epoch = JSON.stringify({
    ...{ phase: 'training', replicas: 1, member: null, fold: null, epoch: 1, epochs: 2, learningRate: 0.05 },
    ...{ train: { loss: 1, accuracy: 0.5 }, validation: null, selected: null, msPerStep: 1, done: 1, total: 2, measures: {} },
  }); // prettier-ignore
  assert.equal(parseMetrics(`{"cut":\n\n${epoch}\n${'{}\n'.repeat(990)}${epoch}`).length, 2);
  assert.equal(parseMetrics(`${epoch}\n${'{}\n'.repeat(1000)}${epoch}\n`).length, 1);
  assert.deepEqual(parseMetrics(''), []);
});
