import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readFrontEndFile } from '../../../src/engine/acoustic/import/front-end-file';
import { readKerasFile } from '../../../src/engine/acoustic/import/keras-hdf5';
import { readLabels } from '../../../src/engine/acoustic/import/labels-file';
import { inspectModelFile } from '../../../src/engine/acoustic/import/model-file';
import { readModelCard } from '../../../src/engine/acoustic/store';
import { readCheckpoint } from '../../../src/engine/acoustic/training/checkpoint';
import { readWav } from '../../../src/engine/audio/wav';
import { CanceledError, V2SError } from '../../../src/engine/errors';
import { readBounded } from '../../../src/engine/files/bounded-read';
import { readProgram } from '../../../src/engine/reprogram';
import { RunFolder } from '../../../src/engine/runs/run-folder';
import { readSeriesFile } from '../../../src/engine/series';

const withCode = (code: string) => (error: unknown) => error instanceof V2SError && error.code === code;

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-bounded-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What opens and reads each kind of foreign file; `path` has the name that such a file has. */
const READERS: [string, (path: string) => Promise<unknown>][] = [
  ['x.v2s.safetensors', readProgram],
  ['x.csv', (path) => readSeriesFile(path)],
  ['x.wav', (path) => readWav(path)],
  ['x.h5', (path) => readKerasFile(path)],
  ['model.json', inspectModelFile],
  ['labels.txt', readLabels],
  ['front-end.json', readFrontEndFile],
  ['card.json', (path) => readModelCard(join(path, '..'))],
  ['config.json', (path) => RunFolder.open(join(path, '..'))],
  ['checkpoint.safetensors', (path) => readCheckpoint(path, {})],
];

test('every reader refuses pipes, endless devices and folders, also behind a link', async (t) => {
  if (process.platform === 'win32') return t.skip('there are no such files on Windows');
  await inFolder(async (folder) => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const [name, read] of READERS)
      for (const [target, code] of [
        [pipe, 'file.not-regular'],
        ['/dev/zero', 'file.not-regular'],
        [folder, 'file.eisdir'],
      ]) {
        const path = join(folder, name);
        await symlink(target, path);
        await assert.rejects(read(path), withCode(code), `${name} -> ${target}`);
        await rm(path);
      }
  });
});

test('a regular file is read whole up to the limit, whatever size it says it has', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'file');
    const bytes = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => i));
    await writeFile(path, bytes);
    assert.ok(bytes.equals(await readBounded(path, { maxBytes: bytes.length })));
    await assert.rejects(readBounded(path, { maxBytes: bytes.length - 1 }), withCode('file.too-large'));
    await writeFile(path, '');
    assert.equal((await readBounded(path, { maxBytes: 0 })).length, 0);
    await mkdir(join(folder, 'sub'));
    await symlink(path, join(folder, 'sub', 'link'));
    assert.equal((await readBounded(join(folder, 'sub', 'link'), { maxBytes: 10 })).length, 0);
    await assert.rejects(readBounded(join(folder, 'none'), { maxBytes: 10 }), withCode('file.enoent'));
  });
});

test('a file whose size is said to be 0 is read, and no further than the limit', async (t) => {
  if (process.platform !== 'linux') return t.skip('only Linux has regular files without a true size');
  const status = await readBounded('/proc/self/status', { maxBytes: 2 ** 16 });
  assert.match(status.toString(), /^Name:/);
  await assert.rejects(readBounded('/proc/self/status', { maxBytes: 100 }), withCode('file.too-large'));
});

test('reading is canceled between two pieces', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'large');
    await writeFile(path, Buffer.alloc(2 ** 24));
    const controller = new AbortController();
    const reading = readBounded(path, { maxBytes: 2 ** 24, signal: controller.signal });
    controller.abort();
    await assert.rejects(reading, CanceledError);
  });
});
