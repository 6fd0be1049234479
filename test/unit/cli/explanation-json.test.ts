import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explanationJson } from '../../../src/cli/explanation-json';
import type { Explanation } from '../../../src/engine/saliency';

test('an explanation as JSON: lists of lists by frame, null for values never heard and for a gap without a size', () => {
  const grid = { shape: [3, 2], data: Float32Array.from([1, 2, 3, 4, 5, 6]) };
  const explanation: Explanation = {
    series: Float64Array.from([0.5, -1]),
    reprogrammed: Float32Array.from([0.25]),
    attention: null,
    mel: grid,
    camVariant: 'layer-cam',
    cam: { conv1: grid },
    scaledActivations: [],
    onSeries: { conv1: { values: Float64Array.from([2, NaN]), resolution: 1536 } },
    completeness: { difference: 0, sum: 1, gap: Infinity, points: 864, complete: false },
    target: { label: 'a', index: 0, score: -0.5 },
    contrast: { label: 'b', index: 1 },
    prediction: { label: 'a', index: 0, probabilities: Float64Array.from([0.75, 0.25]) },
    classes: ['a', 'b'],
    method: 'integrated-gradients',
    members: { count: 2, heard: [0, 1], shown: 1, shares: Float64Array.from([0.25, -0.5]), leftOut: { conv1: [0] } },
    axes: {
      sampleRate: 16_000,
      hopSeconds: 0.008,
      windowSeconds: 0.064,
      firstFrameSeconds: 0,
      melHertz: Float64Array.from([100, 200]),
      replicas: { starts: [0], length: 2, heard: [0, 2] },
    },
  };
  const rows = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  const json: unknown = JSON.parse(JSON.stringify(explanationJson(explanation)));
  assert.deepEqual(json, {
    series: [0.5, -1],
    reprogrammed: [0.25],
    attention: [],
    mel: rows,
    cam_variant: 'layer-cam',
    cam: { conv1: rows },
    scaledActivations: [],
    on_series: { conv1: [2, null] },
    resolution: { conv1: 1536 },
    completeness: { difference: 0, sum: 1, gap: null, points: 864, complete: false },
    target: { label: 'a', index: 0, score: -0.5 },
    contrast: { label: 'b', index: 1 },
    prediction: { label: 'a', index: 0, probabilities: [0.75, 0.25] },
    classes: ['a', 'b'],
    method: 'integrated-gradients',
    members: { count: 2, shown: 1, shares: [0.25, -0.5], left_out: { conv1: [0] } },
    axes: {
      sampleRate: 16_000,
      hopSeconds: 0.008,
      windowSeconds: 0.064,
      firstFrameSeconds: 0,
      melHertz: [100, 200],
      replicas: { starts: [0], length: 2, heard: [0, 2] },
    },
  });
});
