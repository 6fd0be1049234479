// The picture of a hover: every value in its place, peaks of long series kept, tint only where something was heard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PICTURE_HEIGHT, PICTURE_WIDTH, seriesPicture } from '../../../src/host/hover/series-picture';

const COLORS = { line: '#111111', axis: '#222222', tint: '#333333' };
const numbers = (path: string): number[][] =>
  [...path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
const lineOf = (svg: string): string => /<path d="([^"]*)" stroke="#111111"/.exec(svg)![1];

test('values lie from left to right in the box, gaps interrupt the line, a constant series is drawn', () => {
  const svg = seriesPicture([0, 2, NaN, -2, 1], false, [], COLORS);
  const points = numbers(lineOf(svg));
  assert.equal(points.length, 4);
  assert.equal(lineOf(svg).match(/M/g)!.length, 2);
  assert.ok(points.every(([x, y], i) => i === 0 || (x > points[i - 1][0] && y >= 0 && y <= PICTURE_HEIGHT)));
  assert.equal(Math.min(...points.map(([, y]) => y)), points[1][1]);
  assert.ok(svg.includes('#222222'), 'the zero line lies between the extremes');
  assert.doesNotMatch(seriesPicture([3, 3, 3], false, [], COLORS), /NaN|Infinity|#222222/);
});

test('of pairs both stand at one place; tint follows the most important value and leaves out what was not heard', () => {
  const points = numbers(lineOf(seriesPicture([-1, 1, -2, 2], true, [], COLORS)));
  assert.deepEqual([points[0][0] === points[1][0], points[1][0] < points[2][0]], [true, true]);
  const saliency = Float32Array.from({ length: 1200 }, (_, i) => (i === 605 ? 1 : i < 600 ? NaN : 0));
  const rects = [...seriesPicture([1, 2], false, saliency, COLORS).matchAll(/<rect x="([\d.]+)"/g)];
  assert.equal(rects.length, 1);
  assert.ok(Math.abs(Number(rects[0][1]) - PICTURE_WIDTH / 2) < 5);
  assert.doesNotMatch(seriesPicture([], false, [], COLORS), /NaN/);
});
