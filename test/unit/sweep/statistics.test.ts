// Against figures of SciPy and statsmodels (test/fixtures/statistics.json names their versions).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chiSquareTail, friedman, holm, wilcoxon } from '../../../src/engine/sweep/statistics';

interface Fixture {
  friedman: { scores: number[][]; chi2: number; p: number; ranks: number[] }[];
  wilcoxon: { a: number[]; b: number[]; w: number; p: number; how: string }[];
  chi2: { x: number; df: number; p: number }[];
  holm: { p: number[]; adjusted: number[] }[];
}
const fixture = JSON.parse(readFileSync('test/fixtures/statistics.json', 'utf8')) as Fixture;

function near(actual: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(actual - expected) <= 1e-10 * Math.max(1e-3, Math.abs(expected)),
    `${what}: ${actual}, expected ${expected}`,
  );
}

test('Friedman, with and without ties', () => {
  for (const { scores, chi2, p, ranks } of fixture.friedman) {
    const found = friedman(scores);
    near(found.chi2, chi2, 'chi2');
    near(found.p, p, 'p');
    ranks.forEach((rank, c) => near(found.meanRanks[c], rank, `rank ${c}`));
  }
  assert.equal(
    friedman([
      [1, 1],
      [2, 2],
    ]).p,
    1,
    'all tied',
  );
});

test('Wilcoxon: exact, exact with ties, and by the normal distribution', () => {
  assert.deepEqual([...new Set(fixture.wilcoxon.map(({ how }) => how))], ['exact', 'permutation', 'asymptotic']);
  for (const { a, b, w, p, how } of fixture.wilcoxon) {
    const found = wilcoxon(a, b);
    assert.equal(found.w, w, how);
    near(found.p, p, `${how}, n = ${a.length}`);
    assert.deepEqual(wilcoxon(b, a), found, 'two-sided');
  }
  assert.deepEqual(wilcoxon([1, 2], [1, 2]), { w: 0, p: 1 });
});

test('chi-square tail and Holm', () => {
  for (const { x, df, p } of fixture.chi2) near(chiSquareTail(x, df) / p, 1, `chi2(${df}) above ${x}`);
  for (const { p, adjusted } of fixture.holm) holm(p).forEach((value, i) => near(value, adjusted[i], `Holm ${i}`));
});
