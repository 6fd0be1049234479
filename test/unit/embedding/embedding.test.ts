import assert from 'node:assert/strict';
import test from 'node:test';
import { alignTo, clampPerplexity, embedStages, pca, silhouette, tSne, umap } from '../../../src/engine/embedding';
import type { Points } from '../../../src/engine/embedding';
import { CanceledError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';

const close = (found: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(found - expected) <= tolerance, `${found}, expected ${expected}`);

/** n Gaussian points around `classes` centers in d dimensions; point i belongs to class i % classes. */
function blobs(
  n: number,
  d: number,
  classes: number,
  distance: number,
  seed: number,
): { points: Points; labels: number[] } {
  const random = new Random(seed);
  const centers = Array.from({ length: classes * d }, () => distance * random.gaussian());
  const values = Float64Array.from(
    { length: n * d },
    (_, at) => centers[(Math.floor(at / d) % classes) * d + (at % d)] + random.gaussian(),
  );
  return { points: { values, n, d }, labels: Array.from({ length: n }, (_, i) => i % classes) };
}

const distance = ({ values, d }: Points, i: number, j: number) =>
  Math.hypot(...Array.from({ length: d }, (_, axis) => values[i * d + axis] - values[j * d + axis]));

test('t-SNE lowers the divergence and separates known classes, in 2D and 3D', async () => {
  const { points, labels } = blobs(120, 20, 4, 2, 1);
  for (const dimensions of [2, 3] as const) {
    const { layout, history, divergence } = await tSne(points, { dimensions, perplexity: 20, seed: 1 });
    assert.equal(layout.values.length, 120 * dimensions);
    assert.ok(layout.values.every(Number.isFinite));
    const settled = history.filter(({ iteration }) => iteration >= 150);
    for (let i = 1; i < settled.length; i++) assert.ok(settled[i].divergence < settled[i - 1].divergence + 1e-3);
    assert.ok(settled.at(-1)!.divergence < 0.6 * history[0].divergence);
    assert.equal(divergence, history.at(-1)!.divergence);
    assert.ok(silhouette(layout, labels)!.mean > 0.8);
  }
});

test('the divergence reported is that of the definition, for a perplexity that holds for every point', async () => {
  const { points } = blobs(40, 6, 2, 1, 2);
  const { n } = points;
  const { layout, divergence, perplexity } = await tSne(points, { dimensions: 2, perplexity: 8, seed: 3 });
  // p and q from scratch: the width of each Gaussian by a fine search for the perplexity
  const conditional = Array.from({ length: n }, (_, i) => {
    let [low, high] = [1e-6, 1e6];
    for (;;) {
      const precision = Math.sqrt(low * high);
      const row = Array.from({ length: n }, (_, j) =>
        j === i ? 0 : Math.exp(-precision * distance(points, i, j) ** 2),
      );
      const sum = row.reduce((a, b) => a + b);
      const p = row.map((value) => value / sum);
      const entropy = -p.reduce((h, value) => h + (value > 0 ? value * Math.log2(value) : 0), 0);
      if (high / low < 1 + 1e-12) return p;
      if (sum === 0 || 2 ** entropy < perplexity) high = precision;
      else low = precision;
    }
  });
  const w = (i: number, j: number) => 1 / (1 + distance(layout, i, j) ** 2);
  let total = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i !== j) total += w(i, j);
  let expected = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const p = (conditional[i][j] + conditional[j][i]) / (2 * n);
      if (i !== j && p > 0) expected += p * Math.log(p / (w(i, j) / total));
    }
  close(divergence, expected, 1e-5);
});

test('t-SNE: same seed, same layout; perplexity clamped; duplicates, few points and canceling', async () => {
  const { points } = blobs(30, 5, 3, 2, 4);
  const first = await tSne(points, { dimensions: 2, seed: 7, iterations: 200 });
  assert.deepEqual(await tSne(points, { dimensions: 2, seed: 7, iterations: 200 }), first);
  assert.notDeepEqual((await tSne(points, { dimensions: 2, seed: 8, iterations: 200 })).layout, first.layout);
  close(first.perplexity, 29 / 3);
  assert.equal(clampPerplexity(30, 600), 30);
  assert.equal(clampPerplexity(30, 3), 1);

  const same = { values: new Float64Array(6 * 4).fill(2), n: 6, d: 4 };
  assert.ok((await tSne(same, { dimensions: 3, seed: 1 })).layout.values.every(Number.isFinite));
  await assert.rejects(
    tSne({ values: new Float64Array(6), n: 3, d: 2 }, { dimensions: 2, seed: 1 }),
    /at least 4 points/,
  );
  const bad = { values: points.values.map((value, at) => (at === 7 ? NaN : value)), n: 30, d: 5 };
  await assert.rejects(tSne(bad, { dimensions: 2, seed: 1 }), /Point 2 has NaN in coordinate 3/);

  const canceling = new AbortController();
  const large = blobs(400, 5, 3, 2, 4).points;
  const options = { dimensions: 2, seed: 1, iterations: 100_000, signal: canceling.signal } as const;
  await assert.rejects(tSne(large, { ...options, onProgress: () => canceling.abort() }), CanceledError);
});

test('PCA finds the directions of a stretched cloud; UMAP separates classes and follows its seed', async () => {
  // along (3, 4) / 5 with standard deviation sqrt(2), nothing across
  const line = { values: Float64Array.of(-3, -4, 0, 0, 3, 4), n: 3, d: 2 };
  const { layout, explained } = pca(line, 3);
  [-5, 0, 0, 0, 0, 0, 5, 0, 0].forEach((value, at) => close(layout.values[at], value, 1e-12));
  [1, 0, 0].forEach((value, at) => close(explained[at], value, 1e-12));

  const { points, labels } = blobs(60, 8, 3, 3, 5);
  const found = await umap(points, { dimensions: 2, seed: 1 });
  assert.ok(silhouette(found.layout, labels)!.mean > 0.5);
  assert.deepEqual(await umap(points, { dimensions: 2, seed: 1 }), found);
  const few = await umap(blobs(5, 3, 2, 3, 5).points, { dimensions: 3, seed: 1 });
  assert.equal(few.neighbors, 4);
});

test('alignment undoes turning, mirroring and shifting, and keeps distances', () => {
  const random = new Random(6);
  for (const d of [2, 3] as const) {
    const n = 25;
    const reference = { values: Float64Array.from({ length: n * d }, () => random.gaussian()), n, d };
    const moved = { values: new Float64Array(n * d), n, d };
    for (let i = 0; i < n; i++) {
      const p = reference.values.subarray(i * d, (i + 1) * d);
      const [cos, sin] = [Math.cos(2.1), Math.sin(2.1)];
      // turned in the first two axes, the second mirrored, shifted by 9
      moved.values.set([cos * p[0] - sin * p[1] + 9, -(sin * p[0] + cos * p[1]) + 9, ...p.slice(2)], i * d);
    }
    const aligned = alignTo(moved, reference);
    aligned.values.forEach((value, at) => close(value, reference.values[at], 1e-9));
    const other = { values: Float64Array.from({ length: n * d }, () => random.gaussian()), n, d };
    close(distance(alignTo(other, reference), 3, 17), distance(other, 3, 17));
  }
});

test('silhouette by hand', () => {
  // classes {0, 1} and {4, 6}: a = 1, b = 5 for the first point
  const line = { values: Float64Array.of(0, 1, 4, 6), n: 4, d: 1 };
  const found = silhouette(line, [0, 0, 2, 2])!;
  [1 - 1 / 5, 1 - 1 / 4, 1 - 2 / 3.5, 1 - 2 / 5.5].forEach((value, i) => close(found.values[i], value));
  close(found.mean, found.values.reduce((a, b) => a + b) / 4);
  // wrong labels: nearer to the other class
  assert.ok(silhouette(line, [0, 1, 0, 1])!.mean < 0);
  assert.equal(silhouette(line, [0, 0, 0, 1])!.values[3], 0);
  assert.equal(silhouette(line, [1, 1, 1, 1]), null);
  assert.equal(silhouette(line, [0, 1, 2, 3]), null);
  // a point without a label changes nothing for the others
  const wider = { values: Float64Array.of(0, 1, 900, 4, 6), n: 5, d: 1 };
  close(silhouette(wider, [0, 0, -1, 2, 2])!.mean, found.mean);
  assert.ok(Number.isNaN(silhouette(wider, [0, 0, -1, 2, 2])!.values[2]));
  assert.throws(() => silhouette(line, [0, 1, 2]), /3 labels for 4 points/);
});

test('stages are embedded alike, aligned, and may differ in width', async () => {
  const { points, labels } = blobs(40, 6, 2, 3, 8);
  const after = Float32Array.from(points.values);
  const random = new Random(9);
  const before = after.map(() => random.gaussian());
  const mirrored = after.map((value) => -value);
  for (const method of ['t-sne', 'pca', 'umap'] as const) {
    const stages = [
      { name: 'before', logits: before, k: 6 },
      { name: 'fine-tuned', logits: Float32Array.from(labels.flatMap((label) => [3 * label, -label])), k: 2 },
      { name: 'mirrored', logits: mirrored, k: 6 },
      { name: 'after', logits: after, k: 6 },
    ];
    const shares: number[] = [];
    const found = await embedStages(stages, labels, { method, seed: 1, onProgress: (share) => shares.push(share) });
    assert.deepEqual(
      found.map(({ name }) => name),
      stages.map(({ name }) => name),
    );
    assert.ok(found[3].silhouette! > found[0].silhouette!);
    close(found[3].logitSilhouette!, found[2].logitSilhouette!);
    // the same points up to a mirror are laid out at the same places
    if (method === 'pca') found[2].layout.values.forEach((value, at) => close(value, found[3].layout.values[at], 1e-6));
    assert.ok(shares.every((share, i) => share > 0 && share <= 1 && (i === 0 || share >= shares[i - 1])));
  }
  await assert.rejects(embedStages([{ name: 'before', logits: before, k: 5 }], labels, { seed: 1 }), /"before"/);
});
