// The generators follow their formulas, and the committed sample files are exactly what they give.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { V2SError } from '../../../src/engine/errors';
import { readTrainTest, siblingTestFile } from '../../../src/engine/series';
import { cylinderBellFunnel, syntheticControl } from '../../../src/engine/series/generators';
import { sampleFiles } from '../../../src/engine/series/sample-files';

const samples = join(process.cwd(), 'samples');
const mean = (values: ArrayLike<number>, from = 0, to = values.length): number => {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i];
  return sum / (to - from);
};
/** Magnitude of the correlation with a wave of the given period. */
const waveAt = (values: Float64Array, period: number): number => {
  let re = 0;
  let im = 0;
  values.forEach((value, t) => {
    re += value * Math.cos((2 * Math.PI * t) / period);
    im += value * Math.sin((2 * Math.PI * t) / period);
  });
  return Math.hypot(re, im) / values.length;
};

test('the sample files are what the generators give; TRAIN and TEST read with the right classes', async () => {
  for (const { path, text } of sampleFiles())
    assert.equal(await readFile(join(samples, path), 'utf8'), text, `${path}: run "npm run samples"`);
  const expected = [
    ['SyntheticControl/SyntheticControl_TRAIN.csv', 50, 50, 60, ['cyclic', 'decreasing', 'downward shift', 'increasing', 'normal', 'upward shift']],
    ['CBF/CBF_TRAIN.tsv', 10, 100, 128, ['bell', 'cylinder', 'funnel']],
  ] as const; // prettier-ignore
  for (const [file, perTrain, perTest, length, classes] of expected) {
    const path = join(samples, file);
    const { train, test } = await readTrainTest(path, await siblingTestFile(path));
    for (const [data, count] of [[train, perTrain], [test!, perTest]] as const) {
      assert.deepEqual(data.classNames, classes);
      assert.deepEqual(data.notes, []);
      for (const name of classes) assert.equal(data.series.filter(({ label }) => label === name).length, count);
      assert.ok(data.series.every(({ values }) => values.length === length));
    } // prettier-ignore
  }
});

test('generated series are z-normalized, seeded and shaped by their formulas', () => {
  const control = syntheticControl({ perClass: 200, seed: 5 });
  const cbf = cylinderBellFunnel({ perClass: 200, seed: 5 });
  assert.deepEqual(syntheticControl({ perClass: 200, seed: 5 }), control);
  assert.notDeepEqual(syntheticControl({ perClass: 200, seed: 6 })[0], control[0]);
  for (const { values } of [...control, ...cbf]) {
    const m = mean(values);
    const variance = mean(values.map((value) => (value - m) ** 2)) * (values.length / (values.length - 1));
    assert.ok(Math.abs(m) < 1e-12 && Math.abs(variance - 1) < 1e-12);
  }
  const share = (label: string, holds: (values: Float64Array) => boolean): number => {
    const members = [...control, ...cbf].filter((one) => one.label === label);
    assert.equal(members.length, 200);
    return members.filter(({ values }) => holds(values)).length / members.length;
  };
  // A shift or trend separates the first from the last third; a shift is flat within them, a trend is not.
  const rise = (values: Float64Array): number => mean(values, 40) - mean(values, 0, 20);
  const within = (values: Float64Array): number => mean(values, 10, 20) - mean(values, 0, 10);
  for (const [label, sign] of [['increasing', 1], ['decreasing', -1], ['upward shift', 1], ['downward shift', -1]] as const)
    assert.ok(share(label, (values) => sign * rise(values) > 0.8) > 0.97, label); // prettier-ignore
  const slope = (label: string): number =>
    mean(control.filter((one) => one.label === label).map(({ values }) => Math.abs(mean([within(values)]))));
  assert.ok(slope('increasing') > 1.3 * slope('upward shift'));
  // The wave of a cyclic chart has a period of 10 to 15 samples.
  const periods = Array.from({ length: 60 }, (_, i) => 4 + 0.5 * i);
  const strongest = (values: Float64Array): number =>
    periods.reduce((best, period) => (waveAt(values, period) > waveAt(values, best) ? period : best));
  assert.ok(share('cyclic', (values) => strongest(values) >= 9 && strongest(values) <= 16) > 0.97);
  assert.ok(
    share('normal', (values) => Math.abs(rise(values)) < 0.8 && waveAt(values, strongest(values)) < 0.45) > 0.9,
  );
  // CBF: quiet before 16, the event after 32; a bell rises to its end, a funnel falls from its begin.
  for (const label of ['cylinder', 'bell', 'funnel'])
    assert.ok(
      share(label, (values) => mean(values, 0, 15) < mean(values, 33, 48)) > (label === 'bell' ? 0.5 : 0.99),
      label,
    );
  const peak = (values: Float64Array): number => values.indexOf(Math.max(...values));
  const meanPeak = (label: string): number =>
    mean(cbf.filter((one) => one.label === label).map(({ values }) => peak(values)));
  assert.ok(meanPeak('bell') > meanPeak('cylinder') + 10);
  assert.ok(meanPeak('cylinder') > meanPeak('funnel') + 10);
  for (const perClass of [0, 1.5]) assert.throws(() => cylinderBellFunnel({ perClass, seed: 1 }), V2SError);
});
