// Where a series lies on the clip before any training, and what a frame hears of it, against the placement itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KAPRE_DB, LOG_MEL } from '../../../src/engine/audio/front-end';
import { CLIP_SAMPLES, parseReprogramOptions } from '../../../src/engine/reprogram';
import { sketchClip } from '../../../src/engine/saliency/clip-sketch';

const wave = (length: number, phase: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => Math.sin(0.37 * i + phase) + 0.2 * Math.cos(1.3 * i));
const trainOf = (length: number): Float64Array[] => Array.from({ length: 6 }, (_, i) => wave(length, i));

test('replicas: every frame hears the values whose samples lie within it, in both front ends', () => {
  for (const frontEnd of [LOG_MEL, KAPRE_DB])
    for (const [length, replicas] of [
      [128, 10],
      [700, 3],
      [9000, 1],
    ]) {
      const train = trainOf(length);
      const options = parseReprogramOptions({ method: 'theta', replicas });
      const {
        clip,
        frames,
        hop,
        first,
        length: heard,
        valuesPerFrame,
        ...sketch
      } = sketchClip({
        ...{ train, values: train[0], options, frontEnd, member: 0 },
      });
      assert.equal(sketch.replicas, replicas);
      assert.equal(valuesPerFrame, heard);
      const interval = Math.floor(CLIP_SAMPLES / replicas);
      // A single copy leaves the silent edge of an uncentered front end free.
      const begin = replicas === 1 && frontEnd === LOG_MEL ? 1024 : 0;
      assert.equal(frames.from.length, 125);
      for (let t = 0; t < 125; t++) {
        const inside = [];
        for (let i = Math.max(0, first + t * hop); i < Math.min(CLIP_SAMPLES, first + t * hop + heard); i++) {
          const position = (i - begin) % interval;
          if (i >= begin && position < length && Math.floor((i - begin) / interval) < replicas) inside.push(position);
        }
        assert.equal(frames.from[t], inside.length > 0 ? Math.min(...inside) : NaN, `frame ${t}`);
        assert.equal(frames.to[t], inside.length > 0 ? Math.max(...inside) : NaN, `frame ${t}`);
      }
      const quiet = clip.subarray(begin + (replicas - 1) * interval + length);
      assert.ok(quiet.every((sample) => sample === 0));
      assert.ok(clip.some((sample) => Math.abs(sample) > 0.5));
    }
});

test('a stretched rendering fills the clip, and its frames go through the series from its beginning to its end', () => {
  const train = trainOf(150);
  for (const rendering of ['carrier', 'pitch', 'formant'] as const) {
    const options = parseReprogramOptions({ method: 'theta', rendering });
    const { frames, valuesPerFrame, replicas } = sketchClip({
      ...{ train, values: train[0], options, frontEnd: LOG_MEL, member: 0 },
    });
    assert.equal(replicas, null);
    assert.ok(Math.abs(valuesPerFrame - (1024 * 150) / CLIP_SAMPLES) < 0.2, `${rendering}: ${valuesPerFrame}`);
    assert.ok(frames.from[0] < 1 && frames.to[124] > 148);
    for (let t = 1; t < 125; t++) assert.ok(frames.from[t] >= frames.from[t - 1] && frames.to[t] >= frames.to[t - 1]);
  }
});

test('an ensemble is drawn from its seed: the same member again, other members other sounds', () => {
  const train = trainOf(90);
  const options = parseReprogramOptions({ method: 'ensemble', seed: 3 });
  const of = (member: number) => sketchClip({ train, values: train[1], options, frontEnd: LOG_MEL, member });
  assert.deepEqual(of(2), of(2));
  assert.equal(new Set([0, 1, 2].map((member) => of(member).kind)).size, 3);
  assert.notDeepEqual(of(0).clip, of(3).clip);
});
