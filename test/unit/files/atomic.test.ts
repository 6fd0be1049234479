// What a write does to what lies at its place: a file, a link, a pipe, a folder.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { V2SError } from '../../../src/engine/errors';
import { appendToFile, makeFolder, sweepTemporaryFiles, writeFileAtomic } from '../../../src/engine/files/atomic';

const scratch = mkdtempSync(join(tmpdir(), 'v2s-atomic-'));
const at = (...parts: string[]): string => join(scratch, ...parts);
after(() => rm(scratch, { recursive: true, force: true }));
const hasCode = (code: string) => (error: unknown) => error instanceof V2SError && error.code === code;
const posix = process.platform === 'win32' ? { skip: 'not on Windows' } : {};

/** Nothing but these lies in the folder. */
const holds = async (...names: string[]): Promise<void> =>
  assert.deepEqual((await readdir(scratch)).sort(), names.sort());

before(() => writeFile(at('old'), 'old'));

test('a file is replaced and keeps its mode', posix, async () => {
  for (const mode of [0o600, 0o640, 0o755]) {
    await chmod(at('old'), mode);
    await writeFileAtomic(at('old'), `new ${mode}`);
    assert.equal((await stat(at('old'))).mode & 0o777, mode);
    assert.equal(await readFile(at('old'), 'utf8'), `new ${mode}`);
  }
  await holds('old');
});

test(
  'a link is followed to its target, also where there is none yet; for files nobody named it is replaced',
  posix,
  async () => {
    await mkdir(at('sub'));
    await symlink('../old', at('sub', 'link'));
    await symlink('link', at('sub', 'chain'));
    await symlink('absent', at('sub', 'dangling'));
    await writeFileAtomic(at('sub', 'chain'), 'through the chain');
    assert.equal(await readFile(at('old'), 'utf8'), 'through the chain');
    await writeFileAtomic(at('sub', 'dangling'), 'made');
    assert.equal(await readFile(at('sub', 'absent'), 'utf8'), 'made');
    for (const name of ['link', 'chain', 'dangling']) assert.ok((await lstat(at('sub', name))).isSymbolicLink(), name);
    await writeFileAtomic(at('sub', 'link'), 'own', { followLinks: false });
    assert.ok((await lstat(at('sub', 'link'))).isFile());
    assert.equal(await readFile(at('old'), 'utf8'), 'through the chain');
    await symlink('round', at('sub', 'round'));
    await assert.rejects(writeFileAtomic(at('sub', 'round'), 'x'), hasCode('file.eloop'));
    await rm(at('sub'), { recursive: true });
  },
);

test('a pipe gets the data and stays a pipe; one that nobody reads is refused at once', posix, async () => {
  spawnSync('mkfifo', [at('pipe')]);
  await assert.rejects(writeFileAtomic(at('pipe'), 'x'), hasCode('file.special'));
  await assert.rejects(appendToFile(at('pipe'), 'x'), hasCode('file.special'));
  const reader = spawn('cat', [at('pipe')]);
  let heard = '';
  reader.stdout.setEncoding('utf8').on('data', (text: string) => (heard += text));
  const ended = new Promise((done) => reader.once('close', done));
  const long = 'line\n'.repeat(50_000);
  for (;;) {
    const failure = await writeFileAtomic(at('pipe'), long).catch((error: V2SError) => error.code);
    if (failure === undefined) break;
    // The reader has not opened it yet.
    assert.equal(failure, 'file.special');
    await new Promise((done) => setTimeout(done, 10));
  }
  await ended;
  assert.equal(heard, long);
  assert.ok((await lstat(at('pipe'))).isFIFO());
  await rm(at('pipe'));
  await holds('old');
});

test('a folder is refused, and a file where a folder should be is named', async () => {
  await mkdir(at('folder'));
  await assert.rejects(writeFileAtomic(at('folder'), 'x'), hasCode('file.eisdir'));
  for (const write of [
    () => writeFileAtomic(at('old', 'a', 'b'), 'x'),
    () => makeFolder(at('old')),
    () => makeFolder(at('old', 'a')),
  ])
    await assert.rejects(write, { message: `${at('old')} is a file; choose a folder.` });
  await rm(at('folder'), { recursive: true });
});

test('appends neither follow links nor go anywhere but into a file', posix, async () => {
  await symlink('victim', at('log'));
  await writeFile(at('victim'), 'mine');
  await assert.rejects(appendToFile(at('log'), 'x'), hasCode('file.eloop'));
  await rm(at('victim'));
  await assert.rejects(appendToFile(at('log'), 'x'), hasCode('file.eloop'));
  assert.ok(!existsSync(at('victim')));
  await rm(at('log'));
  await mkdir(at('log'));
  await assert.rejects(appendToFile(at('log'), 'x'), hasCode('file.eisdir'));
  await rm(at('log'), { recursive: true });
  await appendToFile(at('log'), 'a');
  await appendToFile(at('log'), 'b');
  assert.equal(await readFile(at('log'), 'utf8'), 'ab');
  await rm(at('log'));
});

test('what a killed write left is swept; nothing else is', async () => {
  await mkdir(at('run'));
  const names = [
    '.checkpoint.safetensors.0123456789abcdef.v2s-tmp',
    '.other.0123456789abcdef.v2s-tmp',
    '.checkpoint.safetensors.7.0.tmp',
    'checkpoint.safetensors',
  ];
  for (const name of names) await writeFile(at('run', name), '');
  await sweepTemporaryFiles(at('run'), join('elsewhere', 'checkpoint.safetensors'));
  assert.equal((await readdir(at('run'))).length, 4, 'a fresh one may belong to another process');
  await sweepTemporaryFiles(at('run'), null);
  assert.deepEqual((await readdir(at('run'))).sort(), names.slice(2).sort());
  await rm(at('run'), { recursive: true });
});
