import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { KAPRE_DB, LOG_MEL } from '../../../src/engine/audio/front-end';
import { hannWindow, melMatrix } from '../../../src/engine/audio/mel';
import { readNpyFloats } from '../support/npy';

const reference = resolve(process.cwd(), '../shared/data/reference/attrnn-gsc');

for (const [frontEnd, file] of [
  [LOG_MEL, 'mel_matrix.npy'],
  [KAPRE_DB, 'expected/kapre-frontend/mel_matrix_slaney.npy'],
] as const)
  test(`the mel matrix of ${frontEnd.kind} is the reference matrix`, (t) => {
    const path = resolve(reference, file);
    if (!existsSync(path)) return t.skip(`${path} not present`);
    const expected = readNpyFloats(path);
    assert.deepEqual(expected.shape, [frontEnd.fftSize / 2 + 1, frontEnd.melBins]);
    const matrix = melMatrix(frontEnd);
    assert.equal(matrix.length, expected.data.length);
    const worst = matrix.reduce((most, value, i) => Math.max(most, Math.abs(value - expected.data[i])), 0);
    // log-mel: the stored matrix was made in 32-bit arithmetic; kapre-db: in 64-bit arithmetic, with values below 0.03.
    const tolerance = frontEnd.kind === 'log-mel' ? 1.2e-5 : 1e-8;
    assert.ok(worst <= tolerance, `largest deviation ${worst}`);
  });

test('a mel matrix has at most two bands in a bin and no empty band', () => {
  for (const frontEnd of [LOG_MEL, KAPRE_DB]) {
    const matrix = melMatrix(frontEnd);
    const { melBins } = frontEnd;
    const bandSum = new Float64Array(melBins);
    for (let bin = 0; bin <= frontEnd.fftSize / 2; bin++) {
      const row = matrix.subarray(bin * melBins, (bin + 1) * melBins);
      assert.ok(row.filter((value) => value !== 0).length <= 2);
      row.forEach((value, band) => (bandSum[band] += value));
    }
    assert.ok(bandSum.every((sum) => sum > 0));
  }
});

test('the Hann window is periodic: shifted copies at a quarter of its length add up to 2', () => {
  const n = 1024;
  const window = hannWindow(n);
  assert.equal(window[0], 0);
  assert.equal(window[n / 2], 1);
  for (let i = 0; i < n / 4; i++) {
    const sum = window[i] + window[i + n / 4] + window[i + n / 2] + window[i + (3 * n) / 4];
    assert.ok(Math.abs(sum - 2) < 1e-6);
  }
});
