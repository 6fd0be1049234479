// Data that have moved are found by their content, whatever they are called now, and nothing else is taken for them.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CanceledError } from '../../../src/engine/errors';
import { locateData } from '../../../src/engine/reprogram/locate-data';

const folder = mkdtempSync(join(tmpdir(), 'v2s-locate-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const TEXT = 'a,1,2,3\nb,3,2,1\n';
const wanted = { sha256: createHash('sha256').update(TEXT).digest('hex'), name: 'Waves_TRAIN.csv' };
const at = (...parts: string[]): string => join(folder, ...parts);

mkdirSync(at('old/deep/er'), { recursive: true });
mkdirSync(at('renamed/node_modules'), { recursive: true });
mkdirSync(at('none'));
writeFileSync(at('old/Waves_TRAIN.csv'), `${TEXT}c,0,0,0\n`);
writeFileSync(at('old/deep/er/Waves_TRAIN.csv'), TEXT);
writeFileSync(at('renamed/other.tsv'), TEXT);
writeFileSync(at('renamed/node_modules/Waves_TRAIN.csv'), TEXT);
writeFileSync(at('none/Waves_TRAIN.csv'), TEXT.replace('3', '4'));
writeFileSync(at('none/notes.bin'), TEXT);
symlinkSync(at('old'), at('none/link'));

test('by its name before all others, by its content whatever its name, not by its name alone', async () => {
  assert.equal(await locateData(at('old'), wanted), at('old/deep/er/Waves_TRAIN.csv'));
  assert.equal(await locateData(at('renamed'), wanted), at('renamed/other.tsv'));
  assert.equal(await locateData(at('none'), wanted), null);
  assert.equal(await locateData(at('renamed/other.tsv'), wanted), at('renamed/other.tsv'));
  assert.equal(await locateData(at('none/Waves_TRAIN.csv'), wanted), null);
});

test('a place that is not there is an error, and a search can be canceled', async () => {
  await assert.rejects(locateData(at('gone.csv'), wanted), { code: 'file.enoent' });
  await assert.rejects(locateData(at('old'), wanted, AbortSignal.abort()), CanceledError);
});
