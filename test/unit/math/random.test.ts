import test from 'node:test';
import assert from 'node:assert/strict';
import { Random } from '../../../src/engine/math/random';
import { V2SError } from '../../../src/engine/errors';

const draw = (random: Random, count: number) =>
  Array.from({ length: count }, (_, i) => [random.uniform(), random.below(3 + i), random.gaussian()]);

test('a restored state continues exactly, through JSON and after any draw', () => {
  const random = new Random(7);
  for (let i = 0; i < 50; i++) {
    const copy = Random.fromState(JSON.parse(JSON.stringify(random.state())));
    assert.deepEqual(draw(copy, 5), draw(random, 5));
    random.gaussian();
  }
});

test('the same seed gives the same numbers for ever; neighboring seeds do not resemble each other', () => {
  assert.deepEqual(new Random(1).state(), [1791095845, -12091157, -1201197172, -289663928]);
  const first = Array.from({ length: 2000 }, (_, seed) => new Random(seed).uniform());
  const mean = first.reduce((a, b) => a + b) / first.length;
  let lag = 0;
  for (let i = 1; i < first.length; i++) lag += (first[i] - 0.5) * (first[i - 1] - 0.5) * 12;
  assert.ok(Math.abs(mean - 0.5) < 0.03, `mean of the first numbers over seeds ${mean}`);
  assert.ok(Math.abs(lag / first.length) < 0.08, `correlation of the first numbers over seeds ${lag / first.length}`);
});

test('distributions have the moments they should', () => {
  const random = new Random(3);
  const n = 200_000;
  let sum = 0;
  let squares = 0;
  let fourth = 0;
  for (let i = 0; i < n; i++) {
    const g = random.gaussian();
    sum += g;
    squares += g * g;
    fourth += g ** 4;
  }
  assert.ok(Math.abs(sum / n) < 0.01);
  assert.ok(Math.abs(squares / n - 1) < 0.015);
  assert.ok(Math.abs(fourth / n - 3) < 0.12);
  const counts = new Array(7).fill(0);
  for (let i = 0; i < 70_000; i++) counts[random.below(7)]++;
  assert.ok(counts.every((count) => Math.abs(count - 10_000) < 500));
  const places = [0, 0, 0, 0];
  for (let i = 0; i < 8000; i++) places[random.shuffle([0, 1, 2, 3]).indexOf(0)]++;
  assert.ok(places.every((count) => Math.abs(count - 2000) < 200));
});

test('impossible seeds, states and ranges are refused', () => {
  for (const seed of [-1, 1.5, Number.NaN, 2 ** 32]) assert.throws(() => new Random(seed), V2SError);
  for (const state of [[], [1, 2, 3], [0, 0, 0, 0], [1, 2, 3, 2 ** 40]])
    assert.throws(() => Random.fromState(state), V2SError);
  for (const n of [0, -3, 2.5, Number.NaN]) assert.throws(() => new Random(1).below(n), V2SError);
});
