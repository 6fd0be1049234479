import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { endInTime } from '../../../src/common/end-in-time';

/** What the process does that this file starts of itself. */
const PART = 'V2S_TEST_END_IN_TIME';
const WORKER = join(__dirname, 'worker.js');
const COMMAND = join(process.cwd(), 'dist/v2s.js');
const TRAIN = join(process.cwd(), 'samples/CBF/CBF_TRAIN.tsv');

function part(name: string): ChildProcess {
  return fork(__filename, [], { env: { ...process.env, [PART]: name }, execArgv: [] });
}

async function isGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

const act = process.env[PART];
if (act === 'parent') {
  const child = part('blocked');
  child.on('message', (message) => process.send!(message as object));
  setInterval(() => undefined, 1000);
} else if (act) {
  const end = endInTime({ asks: { SIGTERM: 1, SIGINT: 2 }, withParent: true });
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => {
    if (act === 'orderly') process.exit(3);
  });
  process.on('disconnect', () => undefined);
  if (act === 'told') end();
  if (act === 'blocked')
    setTimeout(() => { for (;;); }, 500); // prettier-ignore
  else setInterval(() => undefined, 1000);
  // When the thread is there.
  setTimeout(() => process.send!({ ready: process.pid }), 400);
} else {
  test('a process that is asked to end does so, in order or by force', async (t) => {
    if (process.platform === 'win32') return t.skip('Windows has no SIGTERM');
    for (const [name, signals, ended] of [
      ['blocked', ['SIGTERM'], [null, 'SIGKILL']],
      ['blocked', ['SIGINT', 'SIGINT'], [null, 'SIGKILL']],
      ['idle', ['SIGTERM'], [null, 'SIGKILL']],
      ['told', [], [null, 'SIGKILL']],
      ['orderly', ['SIGTERM'], [3, null]],
    ] as const) {
      const child = part(name);
      await once(child, 'message');
      // By now it is blocked.
      await new Promise((done) => setTimeout(done, 300));
      for (const signal of signals) {
        child.kill(signal);
        await new Promise((done) => setTimeout(done, 50));
      }
      const [code, signal] =
        (child.exitCode ?? child.signalCode) ? [child.exitCode, child.signalCode] : await once(child, 'exit');
      assert.deepEqual([code, signal], ended, name);
    }
  });

  test('a process that is blocked when its parent dies ends', async (t) => {
    if (process.platform === 'win32') return t.skip('the test ends a process with a signal');
    const parent = part('parent');
    const [{ ready }] = (await once(parent, 'message')) as [{ ready: number }];
    await new Promise((done) => setTimeout(done, 300));
    parent.kill('SIGKILL');
    await isGone(ready);
  });

  test('command and background process end while something keeps them busy for ever, and a training goes on afterward', async (t) => {
    if (process.platform === 'win32') return t.skip('Windows has no SIGTERM');
    const folder = await mkdtemp(join(tmpdir(), 'v2s-end-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const runs = join(folder, 'runs');
    // In the place of a kernel or a reader that does not come back, from when there is a checkpoint.
    const busy = join(folder, 'busy.js');
    await writeFile(
      busy,
      `if (require('node:worker_threads').isMainThread) setInterval(() => {
        const { existsSync, readdirSync } = require('node:fs');
        const runs = ${JSON.stringify(runs)};
        const begun = (existsSync(runs) ? readdirSync(runs) : []).some((run) => existsSync(runs + '/' + run + '/checkpoint.safetensors'));
        if (!begun && process.argv[2] === 'reprogram') return;
        process.send('busy');
        setTimeout(() => { for (;;); }, 50);
      }, process.argv[2] === 'reprogram' ? 1 : 1500);`,
    );
    const out = join(folder, 'p.v2s.safetensors');
    const options = ['--method', 'theta', '--epochs', '12', '--validation', '0', '--replicas', '2'];
    const reprogram = ['reprogram', TRAIN, ...options, '--out', out, '--runs', runs];
    for (const [script, args] of [
      [WORKER, []],
      [COMMAND, reprogram],
    ] as const) {
      const child = fork(script, args, { execArgv: ['--require', busy], serialization: 'advanced', silent: true });
      await once(child, 'message');
      await new Promise((done) => setTimeout(done, 300));
      child.kill('SIGTERM');
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'], script);
    }
    const [run] = await readdir(runs);
    const resumed = fork(COMMAND, ['reprogram', '--resume', join(runs, run)], { execArgv: [], silent: true });
    assert.deepEqual(await once(resumed, 'exit'), [0, null]);
    assert.ok((await stat(out)).size > 0);
  });
}
