// Damage that makes the HDF5 library loop, or take memory for numbers that are not in the file.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as h5wasm from 'h5wasm';
import { readKerasFile } from '../../../src/engine/acoustic/import/keras-hdf5';
import { CanceledError, V2SError } from '../../../src/engine/errors';

/** The bytes of a small HDF5 file. */
async function hdf5(fill: (file: h5wasm.File) => void): Promise<Buffer> {
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File('/made.h5', 'w');
  file.create_attribute('model_config', '{"class_name":"Sequential","config":{}}');
  fill(file);
  file.close();
  const bytes = Buffer.from(FS.readFile('/made.h5'));
  FS.unlink('/made.h5');
  return bytes;
}

test('a file that makes the HDF5 library loop for ever is given up at the deadline, and at once when canceled', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-hdf5-'));
  try {
    const path = join(folder, 'endless.h5');
    const bytes = await hdf5((file) => file.create_group('model_weights'));
    await writeFile(path, bytes);
    assert.deepEqual((await readKerasFile(path)).modelConfig, { class_name: 'Sequential', config: {} });

    // In the collection of texts of variable length, the free space behind the last one says that it is 0 bytes long.
    const collection = bytes.indexOf('GCOL');
    const first = collection + 16;
    const free = first + 16 + 8 * Math.ceil(Number(bytes.readBigUInt64LE(first + 8)) / 8);
    assert.equal(bytes.readUInt16LE(free), 0, 'object 0 is the free space');
    bytes.writeBigUInt64LE(0n, free + 8);
    await writeFile(path, bytes);
    const late = (error: unknown): boolean =>
      error instanceof V2SError && error.code === 'keras.deadline' && error.message.includes(path);
    await assert.rejects(readKerasFile(path, { deadline: 1500 }), late);
    const controller = new AbortController();
    const reading = readKerasFile(path, { signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await assert.rejects(reading, CanceledError);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('weights that are not in the file, only their number, take no memory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-hdf5-'));
  try {
    const path = join(folder, 'hollow.h5');
    const bytes = await hdf5((file) => {
      const layer = file.create_group('model_weights').create_group('dense');
      layer.create_attribute('weight_names', ['kernel:0']);
      // Chunks that were never written hold zeros and take no room.
      layer.create_dataset({ name: 'kernel:0', data: [], shape: [0], maxshape: [null], chunks: [1024], dtype: '<f4' });
      (layer.get('kernel:0') as h5wasm.Dataset).resize([2 ** 28]);
    });
    assert.ok(bytes.length < 2 ** 16);
    await writeFile(path, bytes);
    const before = process.memoryUsage().rss;
    const hollow = (error: unknown): boolean => error instanceof V2SError && error.code === 'keras.model';
    await assert.rejects(readKerasFile(path), hollow);
    assert.ok(process.memoryUsage().rss - before < 300 * 2 ** 20);
    assert.ok((await readFile(path)).equals(bytes), 'the file is as it was');
  } finally {
    await rm(folder, { recursive: true });
  }
});
