// A debugger can attach to the background process, when and where the variable says.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspectArguments } from '../../../src/host/background/inspect';

test('V2S_INSPECT_WORKER: a port, or an error that names it', () => {
  assert.deepEqual(inspectArguments({}), []);
  assert.deepEqual(inspectArguments({ V2S_INSPECT_WORKER: '' }), []);
  assert.deepEqual(inspectArguments({ V2S_INSPECT_WORKER: '9230' }), ['--inspect=127.0.0.1:9230']);
  for (const wrong of ['yes', '0', '65536', '92.5', '0.0.0.0:9230'])
    assert.throws(() => inspectArguments({ V2S_INSPECT_WORKER: wrong }), /V2S_INSPECT_WORKER.*65535/);
});

test('the background process answers a debugger at that port', { timeout: 60_000 }, async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const child = fork(join(__dirname, 'worker.js'), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: inspectArguments({ V2S_INSPECT_WORKER: String(port) }),
  });
  const ended = once(child, 'exit');
  try {
    // Node says that it listens before it runs the script.
    await once(child.stderr!, 'data');
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { title: string }[];
    assert.equal(targets.length, 1);
    assert.match(targets[0].title, /worker\.js/);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
});
