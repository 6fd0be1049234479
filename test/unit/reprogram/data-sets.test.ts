// Which files of a folder are data sets, and whose the programs are.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { dataSetsOf } from '../../../src/engine/reprogram/data-sets';
import type { ChoosableProgram } from '../../../src/engine/reprogram/program-choice';

const at = (...parts: string[]): string => join('/', 'work', ...parts);

function program(path: string, name: string, train: string, modified = 0): ChoosableProgram {
  const recorded = (file: string) => ({ file, sha256: '0'.repeat(64) });
  const facts = { name, classNames: ['a', 'b'], longest: 8, columnNames: null, train: recorded(train), test: null };
  return { path, modified, facts };
}

test('TRAIN and TEST of a name and folder are one data set; other tables are none unless a program records them', () => {
  const files = [
    at('ECG', 'ECG_TRAIN.tsv'),
    at('ECG', 'ECG_TEST.tsv'),
    at('ecg_test.csv'),
    at('notes.csv'),
    at('lone.csv'),
    at('wafer', 'train.csv'),
    at('wafer', 'test.csv'),
  ];
  const { dataSets, others } = dataSetsOf(files, [program(at('lone.v2s.safetensors'), 'lone', 'lone.csv')]);
  assert.deepEqual(
    dataSets.map(({ name, train, test: tested, programs }) => [name, train, tested, programs.length]),
    [
      ['ECG', at('ECG', 'ECG_TRAIN.tsv'), at('ECG', 'ECG_TEST.tsv'), 0],
      ['ecg', null, at('ecg_test.csv'), 0],
      ['lone', at('lone.csv'), null, 1],
      ['wafer', at('wafer', 'train.csv'), at('wafer', 'test.csv'), 0],
    ],
  );
  assert.deepEqual(others, []);
});

test('a program belongs to the data set beside it, else to the only one; nothing is guessed between two', () => {
  const files = [at('a', 'CBF_TRAIN.tsv'), at('b', 'CBF_TRAIN.tsv'), at('c', 'Coffee_TRAIN.tsv')];
  const beside = program(at('b', 'x.v2s.safetensors'), 'CBF', 'CBF_TRAIN.tsv', 1);
  const newer = program(at('b', '.v2s', 'y.v2s.safetensors'), 'CBF', 'CBF_TRAIN.tsv', 2);
  const unclear = program(at('z', 'z.v2s.safetensors'), 'CBF', 'CBF_TRAIN.tsv');
  const moved = program(at('z', 'c.v2s.safetensors'), 'Coffee', 'Coffee_TRAIN.tsv');
  const { dataSets, others } = dataSetsOf(files, [beside, unclear, moved, newer]);
  const owned = Object.fromEntries(dataSets.map(({ folder, programs }) => [folder, programs]));
  assert.deepEqual(owned, { [at('a')]: [], [at('b')]: [newer, beside], [at('c')]: [moved] });
  assert.deepEqual(others, [unclear]);
});
