import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../../src/engine/math/random';
import { ClassHead, frequencyMapping, randomMapping } from '../../../src/engine/reprogram/mapping';
import {
  CLIP_SAMPLES,
  isCut,
  mostReplicas,
  overSeries,
  place,
  placedLength,
  planPlacement,
  thetaMask,
} from '../../../src/engine/rendering/placement';
import { EpochSelection, FEWEST_FOR_SELECTION, selectEpoch } from '../../../src/engine/reprogram/selection';
import { stratifiedFolds, stratifiedSplit } from '../../../src/engine/reprogram/split';
import { V2SError } from '../../../src/engine/errors';

const hasCode = (code: string) => (error: unknown) => error instanceof V2SError && error.code === code;
const standardized = (length: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => (i % 2 === 0 ? 1 : -1) * (length === 1 ? 0 : 1));

test('placement: copies do not overlap, lie at one interval, fit on the clip, and the way back is exact', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40_000 }),
      fc.integer({ min: 1, max: 30 }),
      fc.double({ min: 0.01, max: 1.2, noNaN: true }),
      (longest, wanted, share) => {
        const { placement, notes } = planPlacement([standardized(longest)], wanted, true);
        const { slot, replicas, interval, rate } = placement;
        assert.equal(replicas, Math.min(wanted, mostReplicas(longest)));
        assert.equal(interval, Math.floor(CLIP_SAMPLES / replicas));
        assert.ok(slot <= interval && replicas * interval <= CLIP_SAMPLES);
        assert.equal(rate < 1, longest > CLIP_SAMPLES);
        assert.equal(
          notes.some((note) => /fit on the clip/.test(note)),
          replicas < wanted,
        );
        // A series of another length, never zero inside, so that what was placed can be told from the padding.
        const length = Math.max(1, Math.round(share * longest));
        const values = Float64Array.from({ length }, (_, i) => 1 + i);
        const clip = new Float32Array(CLIP_SAMPLES).fill(9);
        const plain = { ...placement, offset: 0, scale: 1 };
        place(values, plain, clip);
        const count = placedLength(length, plain);
        const mask = thetaMask(plain);
        for (let s = 0; s < CLIP_SAMPLES; s++) {
          const copy = Math.floor(s / interval);
          const inside = copy < replicas && s - copy * interval < count;
          assert.equal(clip[s] !== 0, inside, `sample ${s}`);
          if (inside) assert.equal(clip[s], clip[s - copy * interval]);
          assert.equal(mask[s], copy < replicas && s - copy * interval < slot ? 0 : 1);
        }
        const back = overSeries(clip, length, plain);
        assert.equal(back.length, length);
        for (let i = 0; i < length; i++) {
          if (rate === 1 && i < count) assert.ok(Math.abs(back[i] - values[i]) < 1e-3, `value ${i}`);
          else if (!isCut(length, plain)) assert.ok(back[i] > 0, `value ${i}`);
          else if (i >= count) assert.ok(rate < 1 || Number.isNaN(back[i]));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('placement: resampling keeps the mean; unstandardized data are scaled by TRAIN as a whole; constants are fine', () => {
  const long = Float64Array.from({ length: 40_000 }, (_, i) => Math.sin(i / 500));
  const { placement } = planPlacement([long], 10, false);
  const clip = new Float32Array(CLIP_SAMPLES);
  place(long, { ...placement, offset: 0, scale: 1 }, clip);
  const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
  assert.ok(Math.abs(mean(clip) - mean(long)) < 1e-6);
  assert.ok(Math.abs(clip[8_000] - Math.sin(20_000 / 500)) < 0.01);

  const raw = [Float64Array.of(100, 120, 140), Float64Array.of(200, 220)];
  const planned = planPlacement(raw, 2, false);
  assert.equal(planned.placement.offset, 156);
  assert.match(planned.notes.join(), /not standardized/);
  place(raw[0], planned.placement, clip);
  assert.ok(Math.abs(clip[0] + clip[1] + clip[2] - (360 - 3 * 156) / planned.placement.scale) < 1e-5);

  const constant = planPlacement([Float64Array.of(7, 7, 7)], 1, false).placement;
  place(Float64Array.of(7, 7, 7), constant, clip);
  assert.ok(clip.every((value) => value === 0));
  assert.throws(() => planPlacement([Float64Array.of(1e308, -1e308)], 1, false), hasCode('placement.range'));
  assert.throws(() => planPlacement([new Float64Array(0)], 1, false), hasCode('placement.empty'));
});

test('mapping: every class gets floor(K / C) words, none twice; more classes than words is an error', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 50 }), fc.integer({ min: 2, max: 60 }), fc.nat(), (k, c, seed) => {
      const draw = (): ReturnType<typeof randomMapping> => randomMapping(k, c, 'random', new Random(seed));
      if (c > k) return assert.throws(draw, hasCode('mapping.classes'));
      const { words } = draw();
      assert.deepEqual(
        words.map((list) => list.length),
        new Array(c).fill(Math.floor(k / c)),
      );
      assert.equal(new Set(words.flat()).size, words.flat().length);
      assert.ok(words.flat().every((word) => word >= 0 && word < k));
      assert.deepEqual(draw().words, words);
    }),
  );
});

test('a mapping by frequency: the most frequent first guess first, ties by probability, no word twice', () => {
  // First guesses: class 0 hears word 2 twice and word 0 once, class 1 word 2 once and word 4 once.
  const logits = Float32Array.of(
    ...[0, 0, 5, 1, 0],
    ...[0, 0, 5, 1, 0],
    ...[5, 0, 0, 1, 0],
    ...[0, 2, 5, 0, 0],
    ...[0, 2, 0, 0, 5],
  );
  const mapping = frequencyMapping(logits, [0, 0, 0, 1, 1], 5, 2);
  // Word 2 goes to class 0 (two thirds against a half), so class 1 has word 4, and of those never heard the likelier, word 1.
  assert.deepEqual(mapping, {
    kind: 'frequency',
    sourceWords: 5,
    words: [
      [0, 2],
      [1, 4],
    ],
  });
  assert.throws(() => frequencyMapping(logits, [0, 1, 2, 3, 4], 4, 5), { code: 'mapping.classes' });
});

test('loss: equations 3 and 4 by hand, and its gradients against finite differences', () => {
  const k = 7;
  const classes = 3;
  const random = new Random(5);
  const logits = Float64Array.from({ length: 2 * k }, () => 3 * random.gaussian());
  for (const kind of ['random', 'learned'] as const) {
    const mapping = randomMapping(k, classes, kind, new Random(2));
    const weights = kind === 'learned' ? new Float32Array(classes * k) : null;
    const head = new ClassHead(mapping, weights);
    const p = Array.from(logits.slice(k), (z) => Math.exp(z));
    const total = p.reduce((a, b) => a + b, 0);
    const P = mapping.words.map((list) => list.reduce((sum, word) => sum + p[word] / total, 0) / list.length);
    const sumP = P.reduce((a, b) => a + b, 0);
    for (let y = 0; y < classes; y++)
      // A learned mapping starts as the random one, but for the normalization over the classes.
      assert.ok(
        Math.abs(head.loss(logits, k, y) + Math.log(kind === 'random' ? P[y] : P[y] / sumP)) < 1e-9,
        `${kind} loss of class ${y}`,
      );
    const probabilities = head.probabilities(logits, k, new Float64Array(classes));
    probabilities.forEach((value, c) => assert.ok(Math.abs(value - P[c] / sumP) < 1e-9));

    if (weights) for (let i = 0; i < weights.length; i++) weights[i] = 0.1 * random.gaussian();
    for (let y = 0; y < classes; y++) {
      const dLogits = new Float32Array(2 * k);
      const dWeights = weights && new Float32Array(weights.length);
      head.differentiate(logits, k, y, 0.5, dLogits, dWeights);
      const numeric = (array: Float32Array | Float64Array, at: number, step: number): number => {
        const was = array[at];
        array[at] = was + step;
        const [up, high] = [0.5 * head.loss(logits, k, y), array[at]];
        array[at] = was - step;
        const [down, low] = [0.5 * head.loss(logits, k, y), array[at]];
        array[at] = was;
        return (up - down) / (high - low);
      };
      for (let i = 0; i < k; i++) {
        assert.equal(dLogits[i], 0);
        const expected = numeric(logits, k + i, 1e-5);
        assert.ok(Math.abs(dLogits[k + i] - expected) < 1e-6, `${kind} dLogits ${i}: ${dLogits[k + i]} ${expected}`);
      }
      dWeights?.forEach((value, i) => {
        const expected = numeric(weights!, i, 1e-3);
        assert.ok(Math.abs(value - expected) < 1e-4 * (1 + Math.abs(expected)), `dA ${i}: ${value} ${expected}`);
      });
    }
  }
});

test('loss: extreme logits give finite losses and gradients', () => {
  const mapping = randomMapping(4, 2, 'random', new Random(1));
  const head = new ClassHead(mapping, null);
  const logits = Float32Array.of(2000, -2000, 500, -3000);
  for (const y of [0, 1]) {
    const dLogits = new Float32Array(4);
    assert.ok(Number.isFinite(head.differentiate(logits, 0, y, 1, dLogits, null)));
    assert.ok(dLogits.every(Number.isFinite));
  }
});

test('splits: stratified, disjoint, complete, seeded; a class of one series is always trained on', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 120 }),
      fc.double({ min: 0.01, max: 0.9, noNaN: true }),
      fc.integer({ min: 2, max: 12 }),
      fc.nat(),
      (labels, fraction, count, seed) => {
        const size = (c: number): number => labels.filter((label) => label === c).length;
        const { training, validation } = stratifiedSplit(labels, fraction, new Random(seed));
        assert.deepEqual(
          [...training, ...validation].sort((a, b) => a - b),
          labels.map((_, i) => i),
        );
        for (let c = 0; c <= 4; c++) {
          const held = validation.filter((i) => labels[i] === c).length;
          const n = size(c);
          assert.equal(held, n < 2 ? 0 : Math.min(n - 1, Math.max(1, Math.round(fraction * n))));
        }
        assert.deepEqual(stratifiedSplit(labels, fraction, new Random(seed)), { training, validation });

        const folds = stratifiedFolds(labels, count, new Random(seed));
        const tested = folds.flatMap((fold) => fold.validation).sort((a, b) => a - b);
        assert.deepEqual(
          tested,
          labels.map((_, i) => i).filter((i) => size(labels[i]) > 1),
        );
        for (const fold of folds) {
          assert.equal(fold.training.length + fold.validation.length, labels.length);
          assert.ok(new Set(labels).size === new Set(fold.training.map((i) => labels[i])).size, 'no class is missing');
        }
        const sizes = folds.map((fold) => fold.validation.length);
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `fold sizes ${sizes}`);
      },
    ),
  );
});

test('epoch selection: one standard error, later epochs win ties, few series choose the last epoch', () => {
  const n = 40;
  const noise = Float64Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 0.5 : -0.5));
  const row = (level: number, spread: number): Float64Array => noise.map((x) => level + spread * x);
  // Epoch 2 is lowest; epoch 3 is within one standard error of the paired difference, epoch 4 far above it.
  assert.equal(selectEpoch([row(2, 1), row(1, 1), row(1.02, 1.5), row(1.5, 1)]), 3);
  // A constant difference is certain, however small.
  assert.equal(selectEpoch([row(1, 1), row(1.001, 1)]), 1);
  assert.equal(selectEpoch([row(1, 1), row(1, 1)]), 2);
  const few = (level: number): Float64Array => new Float64Array(FEWEST_FOR_SELECTION - 1).fill(level);
  assert.equal(selectEpoch([few(1), few(5)]), 2);
  // Deciding on the way equals deciding at the end.
  const random = new Random(3);
  const history = Array.from({ length: 60 }, (_, e) =>
    Float64Array.from({ length: n }, () => Math.abs(20 - e) / 20 + random.gaussian()),
  );
  const online = new EpochSelection();
  history.forEach((losses, i) => online.offer(i + 1, losses));
  const mean = (losses: Float64Array): number => losses.reduce((a, b) => a + b, 0) / n;
  const best = history.reduce((a, b) => (mean(b) <= mean(a) ? b : a));
  const within = history.map((losses) => {
    const d = losses.map((x, i) => x - best[i]);
    const m = mean(d);
    const deviation = Math.sqrt(d.reduce((sum, x) => sum + (x - m) ** 2, 0) / (n - 1));
    return m <= deviation / Math.sqrt(n);
  });
  assert.equal(online.selected, within.lastIndexOf(true) + 1);
});
