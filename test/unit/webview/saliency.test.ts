import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHANGES, replaced } from '../../../webview/saliency/changed-values';
import { clipMap, secondsAt, toClip } from '../../../webview/saliency/clip-map';
import { isTooCoarse } from '../../../webview/saliency/resolution';

test('a change touches its span only, and what is done is undone by its opposite', () => {
  const series = [0, 1, 4, 3, -2, 8];
  const span = { from: 1, to: 4 };
  for (const change of Object.values(CHANGES)) {
    const changed = change(series, span, series);
    assert.deepEqual([changed[0], changed[4], changed[5]], [0, -2, 8]);
    assert.notDeepEqual([...changed], series);
  }
  // Flattening and scaling keep the mean of the span.
  for (const kind of ['flatten', 'grow', 'shrink'] as const) {
    const [, a, b, c] = CHANGES[kind](series, span, series);
    assert.ok(Math.abs(a + b + c - 8) < 1e-12);
  }
  for (const [there, back] of [
    ['grow', 'shrink'],
    ['raise', 'lower'],
  ] as const)
    CHANGES[back](CHANGES[there](series, span, series), span, series).forEach((value, i) =>
      assert.ok(Math.abs(value - series[i]) < 1e-12),
    );
  assert.deepEqual([...replaced(series, span, [9, 8, 7, 6, 5, 4])], [0, 8, 7, 6, -2, 8]);
  // A series without a range is shifted all the same.
  assert.ok(CHANGES.raise([5, 5], { from: 0, to: 1 }, [5, 5])[0] > 5);
});

test('positions and seconds share one axis, also outside of the part that is heard', () => {
  const map = clipMap(80, { sampleRate: 16_000, starts: [0], replicaLength: 16_000, heard: [20, 60] });
  assert.deepEqual(
    [20, 40, 60].map((position) => secondsAt(map, position)),
    [0, 0.5, 1],
  );
  assert.equal(secondsAt(map, 10), -0.25);
  assert.deepEqual(toClip(map, 10), []);
  assert.deepEqual(toClip(map, 40), [secondsAt(map, 40)]);
});

test('a map is too coarse when it cannot tell apart a quarter of the series', () => {
  const values = new Float32Array(100);
  assert.equal(isTooCoarse({ values, resolution: 25 }), false);
  assert.equal(isTooCoarse({ values, resolution: 26 }), true);
});
