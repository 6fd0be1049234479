// A run folder has one owner: however many ask at once, over whatever was left behind.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { V2SError } from '../../../src/engine/errors';
import { isLocked, RunLock } from '../../../src/engine/runs/run-lock';

const TAKERS = 8;
const ROUNDS = 125;
/** rounds that begin with what a dead process left */
const isOverStale = (round: number): boolean => round % 2 === 1;

const isBusy = (error: unknown): boolean => error instanceof V2SError && error.code === 'run.busy';
const lockOf = async (folder: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(folder, 'run.lock'), 'utf8')) as Record<string, unknown>;
/** Long enough ago that no owner is believed any more. */
const age = (path: string): Promise<void> => utimes(path, new Date(0), new Date(0));

/** A process number that was in use and is not any more. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

if (isMainThread) main();
else void takeInRounds();

/** All takers meet before every round, so that they take at the same moment. */
async function takeInRounds(): Promise<void> {
  const { folders, gate } = workerData as { folders: string[]; gate: Int32Array };
  const owned: number[] = [];
  for (const [round, folder] of folders.entries()) {
    if (Atomics.add(gate, round, 1) + 1 === TAKERS) Atomics.notify(gate, round);
    for (let seen; (seen = Atomics.load(gate, round)) < TAKERS;) Atomics.wait(gate, round, seen);
    await RunLock.take(folder).then(
      () => owned.push(round),
      (error) => {
        if (!isBusy(error)) throw error;
      },
    );
  }
  parentPort!.postMessage(owned);
}

function main(): void {
  const scratch = mkdtempSync(join(tmpdir(), 'v2s-lock-'));
  after(() => rm(scratch, { recursive: true, force: true }));
  let made = 0;
  const newFolder = async (): Promise<string> => {
    const folder = join(scratch, String(made++));
    await mkdir(folder);
    return folder;
  };

  test('of 1,000 takes, 8 at a time on one folder, one each wins, over a stale lock too', async () => {
    const folders = await Promise.all(Array.from({ length: ROUNDS }, newFolder));
    const pid = deadPid();
    for (const [round, folder] of folders.entries())
      if (isOverStale(round)) await writeFile(join(folder, 'run.lock'), JSON.stringify({ pid, host: hostname() }));
    const gate = new Int32Array(new SharedArrayBuffer(4 * ROUNDS));
    const owners = new Array<number>(ROUNDS).fill(0);
    await Promise.all(
      Array.from({ length: TAKERS }, async () => {
        const taker = new Worker(__filename, { workerData: { folders, gate } });
        const owned = await new Promise<number[]>((done, failed) => taker.once('message', done).once('error', failed));
        for (const round of owned) owners[round]++;
        await taker.terminate();
      }),
    );
    assert.deepEqual(owners, new Array<number>(ROUNDS).fill(1));
  });

  test('a lock is whole when it appears, is removed by its owner only, and leaves nothing behind', async () => {
    const folder = await newFolder();
    const lock = await RunLock.take(folder);
    const { nonce, pid, host } = await lockOf(folder);
    assert.deepEqual([typeof nonce, pid, host], ['string', process.pid, hostname()]);
    await assert.rejects(RunLock.take(folder), isBusy, 'the same process may not have it twice either');
    assert.equal(await isLocked(folder), false, 'by another process');
    await lock.release();
    assert.deepEqual(await readdir(folder), []);

    const lost = await RunLock.take(folder);
    const other = JSON.stringify({ ...(await lockOf(folder)), nonce: 'of another' });
    await writeFile(join(folder, 'run.lock'), other);
    await lost.release();
    assert.equal(await readFile(join(folder, 'run.lock'), 'utf8'), other);
  });

  test('a lock of another machine is respected until its beat is stale', async () => {
    const folder = await newFolder();
    const path = join(folder, 'run.lock');
    const elsewhere = { nonce: 'n', pid: deadPid(), host: `not-${hostname()}`, boot: null, started: '1' };
    await writeFile(path, JSON.stringify(elsewhere));
    await assert.rejects(RunLock.take(folder), isBusy);
    assert.equal(await isLocked(folder), true);
    for (const beat of [new Date(0), new Date('2100-01-01')]) {
      await utimes(path, beat, beat);
      assert.equal(await isLocked(folder), false, `a beat of ${beat.toISOString()}`);
    }
    const lock = await RunLock.take(folder);
    await assert.rejects(RunLock.take(folder), isBusy);
    await lock.release();
    assert.deepEqual(await readdir(folder), []);
  });

  test('a reused process number is noticed by the start of the process', async (t) => {
    if (process.platform === 'win32') return t.skip('Windows does not tell it');
    const folder = await newFolder();
    const first = await RunLock.take(folder);
    const own = await lockOf(folder);
    await first.release();
    const path = join(folder, 'run.lock');
    await writeFile(path, JSON.stringify({ ...own, started: 'long ago' }));
    assert.equal(await isLocked(folder), false);
    await (await RunLock.take(folder)).release();
    // The same process holds it, however long ago it last beat: it may have been asleep.
    await writeFile(path, JSON.stringify(own));
    await age(path);
    await assert.rejects(RunLock.take(folder), isBusy);
  });

  test('what is no lock counts while it is fresh, and what never became one is swept', async () => {
    const folder = await newFolder();
    const path = join(folder, 'run.lock');
    const leftover = join(folder, '.run.lock.00000000-0000-0000-0000-000000000000.tmp');
    await writeFile(path, '{"pid": 1');
    await writeFile(leftover, '');
    await assert.rejects(RunLock.take(folder), isBusy);
    await Promise.all([age(path), age(leftover)]);
    const ofDead = leftover.replace('000.tmp', '001.tmp');
    await writeFile(ofDead, JSON.stringify({ nonce: 'n', pid: deadPid(), host: hostname() }));
    const lock = await RunLock.take(folder);
    assert.ok(!existsSync(leftover) && !existsSync(ofDead));
    await lock.release();
    assert.deepEqual(await readdir(folder), []);
  });
}
