import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { endInTime } from '../../../src/common/end-in-time';

/** What the process does that this file starts of itself. */
const PART = 'V2S_TEST_END_IN_TIME';

if (process.env[PART]) {
  process.on('SIGTERM', () => {
    endInTime();
    // A computation that never comes to an end; at a turn of the event loop the thread is started, as it is between two steps.
    if (process.env[PART] === 'busy')
      setImmediate(() => { for (;;); }); // prettier-ignore
    else process.exit(3);
  });
  setInterval(() => undefined, 1000);
  process.send!('ready');
} else
  test('a process that is asked to end does so, in order or by force', async (t) => {
    if (process.platform === 'win32') return t.skip('Windows has no SIGTERM');
    for (const [part, ended] of [
      ['busy', [null, 'SIGKILL']],
      ['orderly', [3, null]],
    ] as const) {
      const child = fork(__filename, [], { env: { ...process.env, [PART]: part }, execArgv: [] });
      await once(child, 'message');
      child.kill('SIGTERM');
      assert.deepEqual(await once(child, 'exit'), ended, part);
    }
  });
