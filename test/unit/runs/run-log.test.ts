// How a run ended is read from its log whatever version wrote it.
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RunLog } from '../../../src/engine/runs/run-log';

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
