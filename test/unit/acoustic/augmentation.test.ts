import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AUGMENTATION,
  augmentationOf,
  Augmenter,
  mixSeeds,
  NO_AUGMENTATION,
  type Augmentation,
} from '../../../src/engine/acoustic/training/augmentation';

const SAMPLES = 16000;
const RATE = 16000;
const FEATURES = [125, 80] as const;

/** A 400 Hz tone with a click-free envelope, as 16-bit samples. */
const tone = Int16Array.from(
  { length: SAMPLES },
  (_, i) => 12000 * Math.sin((2 * Math.PI * 400 * i) / RATE) * Math.exp(-(((i - 8000) / 2500) ** 2)),
);

function augment(options: Partial<Augmentation>, seed: number, clip = tone, noises: Int16Array[] = []) {
  const out = new Float32Array(SAMPLES);
  const augmenter = new Augmenter({ ...NO_AUGMENTATION, ...options }, SAMPLES, RATE, FEATURES, noises);
  return { out, masks: augmenter.augment(clip, out, seed) };
}

const power = (x: ArrayLike<number>): number => Array.from(x).reduce((sum, value) => sum + value * value, 0) / x.length;

/** Time of the middle of the energy, in samples. */
function middle(x: Float32Array): number {
  let weighted = 0;
  let total = 0;
  x.forEach((value, i) => {
    weighted += i * value * value;
    total += value * value;
  });
  return weighted / total;
}

/** Frequency by zero crossings in the loud part, in hertz. */
function pitch(x: Float32Array): number {
  let crossings = 0;
  for (let i = 7000; i < 9000; i++) if (x[i] < 0 !== x[i + 1] < 0) crossings++;
  return (crossings / 2 / 2000) * RATE;
}

test('without augmentation a clip only becomes a waveform', () => {
  const { out, masks } = augment({}, 5);
  assert.deepEqual(masks, []);
  assert.ok(out.every((value, i) => value === tone[i] / 32768));
});

test('the same seed gives the same clip, another seed another one', () => {
  const noises = [Int16Array.from({ length: 40000 }, (_, i) => (i * 7919) % 2000)];
  const a = augment(AUGMENTATION, 11, tone, noises);
  assert.deepEqual(augment(AUGMENTATION, 11, tone, noises), a);
  assert.notDeepEqual(augment(AUGMENTATION, 12, tone, noises).out, a.out);
  const seeds = new Set<number>();
  for (let epoch = 1; epoch <= 30; epoch++) for (let clip = 0; clip < 300; clip++) seeds.add(mixSeeds(1, epoch, clip));
  assert.ok(seeds.size >= 8999, `${seeds.size} of 9000 seeds differ`);
});

test('shifts and speeds are spread over their range and do what they say', () => {
  const shifts: number[] = [];
  const pitches: number[] = [];
  for (let seed = 0; seed < 60; seed++) {
    shifts.push(middle(augment({ shift: 0.1 }, seed).out) - middle(augment({}, 0).out));
    pitches.push(pitch(augment({ speed: 0.15 }, seed).out) / 400);
  }
  assert.ok(Math.max(...shifts) <= 1601 && Math.max(...shifts) > 1200, String(Math.max(...shifts)));
  assert.ok(Math.min(...shifts) >= -1601 && Math.min(...shifts) < -1200, String(Math.min(...shifts)));
  assert.ok(Math.max(...pitches) <= 1.16 && Math.max(...pitches) > 1.1, String(Math.max(...pitches)));
  assert.ok(Math.min(...pitches) >= 0.84 && Math.min(...pitches) < 0.9, String(Math.min(...pitches)));
});

test('a clip of constant level has no silence after a shift', () => {
  const { out } = augment({ shift: 0.1, speed: 0.15 }, 3, new Int16Array(SAMPLES).fill(1000));
  assert.ok(out.every((value) => Math.abs(value - 1000 / 32768) < 1e-7));
});

test('noise has the drawn ratio, gain the drawn level, coloring turns the spectrum', () => {
  const noise = Int16Array.from({ length: 500 }, (_, i) => (i % 2 ? 3000 : -3000)); // shorter than the clip: repeated
  const clean = augment({}, 1).out;
  for (let seed = 0; seed < 20; seed++) {
    const { out } = augment({ noise: 1, noiseSnr: [12, 12] }, seed, tone, [noise]);
    const ratio = 10 * Math.log10(power(clean) / power(out.map((value, i) => value - clean[i])));
    assert.ok(Math.abs(ratio - 12) < 1e-3, `SNR ${ratio}`);
    const level = 10 * Math.log10(power(augment({ gain: 6 }, seed).out) / power(clean));
    assert.ok(Math.abs(level) <= 6.001);
  }
  const silence = augment({ noise: 1 }, 1, new Int16Array(SAMPLES), [noise]).out;
  assert.ok(silence.every((value) => value === 0));
  const high = Int16Array.from({ length: SAMPLES }, (_, i) => (i % 2 ? 8000 : -8000));
  for (let seed = 0; seed < 20; seed++) {
    const low = power(augment({ tilt: 0.5 }, seed).out) / power(clean);
    const top = power(augment({ tilt: 0.5 }, seed, high).out) / power(augment({}, 0, high).out);
    assert.ok(low > 1 === top < 1, `low ${low}, high ${top}`);
  }
});

test('masks stay within the features and their limits', () => {
  const longest = { frames: 0, bins: 0 };
  for (let seed = 0; seed < 400; seed++) {
    const { masks } = augment(augmentationOf(['masks']), seed);
    for (const mask of masks) {
      assert.ok(mask.firstFrame >= 0 && mask.frames >= 1 && mask.firstFrame + mask.frames <= 125);
      assert.ok(mask.firstBin >= 0 && mask.bins >= 1 && mask.firstBin + mask.bins <= 80);
      if (mask.bins === 80) longest.frames = Math.max(longest.frames, mask.frames);
      else longest.bins = Math.max(longest.bins, mask.bins);
    }
  }
  assert.deepEqual(longest, { frames: 25, bins: 15 });
});
