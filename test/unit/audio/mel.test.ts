import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { KAPRE_DB, LOG_MEL } from '../../../src/engine/audio/front-end';
import { hannWindow, melMatrix } from '../../../src/engine/audio/mel';
import { decodeSafetensors } from '../../../src/engine/files/safetensors';

const { tensors } = decodeSafetensors(
  readFileSync('test/fixtures/parity/expected.safetensors'),
  'expected.safetensors',
);

for (const frontEnd of [LOG_MEL, KAPRE_DB])
  test(`the mel matrix of ${frontEnd.kind} is that of an independent program`, () => {
    const places = tensors.get(`${frontEnd.kind}.mel_places`)!.data;
    const values = tensors.get(`${frontEnd.kind}.mel_values`)!.data;
    const expected = new Float32Array((frontEnd.fftSize / 2 + 1) * frontEnd.melBins);
    places.forEach((place, i) => (expected[place] = values[i]));
    const matrix = melMatrix(frontEnd);
    assert.equal(matrix.length, expected.length);
    const worst = matrix.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
    assert.ok(worst <= 1e-6, `largest deviation ${worst}`);
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
