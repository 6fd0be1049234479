// The pure models under the panels: scales and ticks, envelopes, colors, selection, tables, lists, layouts, what is saved.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EpochPoint } from '../../../src/protocol/panels/run';
import {
  CLASS_SYMBOLS,
  classColors,
  classSymbol,
  contrast,
  graphicsContrast,
  tableIndex,
  tintTable,
  withContrast,
  type ThemeKind,
} from '../../../webview/shared/model/colors';
import { envelope, polyline } from '../../../webview/shared/model/decimate';
import { columnsTable, fileStem, toJson } from '../../../webview/shared/model/export-text';
import {
  formatDuration,
  formatHertz,
  formatNumber,
  formatPercent,
  formatSeconds,
} from '../../../webview/shared/model/format';
import { INITIAL_ROTATION, project, rotate } from '../../../webview/shared/model/layout3d';
import { morph } from '../../../webview/shared/model/morph';
import {
  extentOf,
  fractionalBin,
  frequencyTicks,
  niceDomain,
  panWindow,
  zoomWindow,
} from '../../../webview/shared/model/scales';
import { nearestPoint, PointSelection } from '../../../webview/shared/model/selection';
import { matchesSearch, nextOrder, sortedRows } from '../../../webview/shared/model/table';
import { moveCursor, scrollTo, visibleRows } from '../../../webview/shared/model/virtual-rows';
import { clipMap, mostSalient, nearestFrame, placedSeries, toClip, toSeries } from '../../../webview/saliency/clip-map';
import { secondsLeft, trainingsOf } from '../../../webview/run/run-model';
import { centered, stagesOf } from '../../../webview/tsne/layouts';

test('webview: numbers are written with units, true minus signs, and n/a for none', () => {
  assert.equal(formatNumber(-0.03), '−0.03');
  assert.equal(formatNumber(1234.5678), '1235');
  assert.equal(formatNumber(0.1 + 0.2), '0.3');
  assert.equal(formatNumber(1.5e-7, 2), '1.5e−7');
  assert.equal(formatNumber(1e21), '1e+21');
  assert.equal(formatNumber(NaN), 'n/a');
  assert.equal(formatNumber(-Infinity), '−∞');
  assert.equal(formatPercent(0.98671), '98.7\u202f%');
  assert.equal(formatHertz(440), '440\u202fHz');
  assert.equal(formatHertz(8000), '8\u202fkHz');
  assert.equal(formatSeconds(0.123456), '0.1235\u202fs');
  assert.equal(formatDuration(78.4), '1\u202fmin 18\u202fs');
  assert.equal(formatDuration(3661), '1\u202fh 01\u202fmin');
});

/** O'Shaughnessy's mel scale, as HTK has it, and its inverse. */
const hertzToMel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
const melToHertz = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);

test('webview: the mel axis shows familiar frequencies where they lie, never too close', () => {
  const centers = Array.from({ length: 80 }, (_, bin) =>
    melToHertz(hertzToMel(40) + ((bin + 1) / 81) * (hertzToMel(8000) - hertzToMel(40))),
  );
  for (const height of [60, 120, 300]) {
    const ticks = frequencyTicks(centers, height, 18);
    assert.ok(
      ticks.some(({ hertz }) => hertz === 1000),
      `1 kHz at ${height} px`,
    );
    for (const { hertz, bin } of ticks) {
      const between =
        centers[Math.floor(bin)] + (bin % 1) * ((centers[Math.ceil(bin)] ?? NaN) - centers[Math.floor(bin)]);
      if (Number.isFinite(between)) assert.ok(Math.abs(between - hertz) < 1e-6 * hertz || bin < 0);
    }
    for (let i = 1; i < ticks.length; i++) assert.ok(((ticks[i].bin - ticks[i - 1].bin) / 79) * height >= 18);
  }
  assert.equal(fractionalBin(centers, 20_000), null);
});

test('webview: domains hold every value, and a constant has room on both sides', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
      const [low, high] = niceDomain(extentOf(values));
      assert.ok(low < high && values.every((value) => value >= low && value <= high));
    }),
    { numRuns: 200, examples: [[[0, 5e-324]], [[5e-324]], [[1, 1 + 2 ** -52]]] },
  );
  assert.equal(extentOf([NaN, null]), null);
  assert.deepEqual(niceDomain(extentOf([2, 3]), 0)[0], 0);
});

test('webview: zooming keeps its center, panning its width, both stay inside the whole', () => {
  const whole = { from: 0, to: 100 };
  const closer = zoomWindow(whole, whole, 25, 4, 1);
  assert.deepEqual(closer, { from: 18.75, to: 43.75 });
  assert.deepEqual(zoomWindow(closer, whole, 30, 1e-9, 1), whole);
  assert.equal(zoomWindow(closer, whole, 30, 1e9, 1).to - zoomWindow(closer, whole, 30, 1e9, 1).from, 1);
  assert.deepEqual(panWindow(closer, whole, -1000), { from: 0, to: 25 });
  assert.deepEqual(panWindow(closer, whole, 1000), { from: 75, to: 100 });
});

test('webview: an envelope loses no peak, and a gap splits the line', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 400 }),
      fc.integer({ min: 1, max: 50 }),
      (values, columns) => {
        const { low, high } = envelope(values, 0, values.length, columns);
        assert.equal(Math.max(...high), Math.max(...values));
        assert.equal(Math.min(...low), Math.min(...values));
      },
    ),
    { numRuns: 200 },
  );
  assert.deepEqual(polyline([1, NaN, 2, 3], 0, 4, 100), [
    [[0, 1]],
    [
      [2, 2],
      [3, 3],
    ],
  ]);
});

test('webview: class colors stand out from every background; color and shape together tell 56 classes apart', () => {
  const backgrounds: [ThemeKind, string][] = [
    ['light', '#ffffff'],
    ['dark', '#1f1f1f'],
    ['high-contrast', '#000000'],
    ['high-contrast-light', '#ffffff'],
    ['light', '#fdf6e3'],
    ['dark', '#002b36'],
  ];
  for (const [kind, background] of backgrounds) {
    const colors = classColors(56, background, kind);
    for (const color of colors)
      assert.ok(contrast(color, background) >= graphicsContrast(kind), `${color} on ${background}`);
    assert.equal(new Set(colors.map((color, i) => color + classSymbol(i))).size, 56);
    assert.equal(new Set(colors.slice(0, 8)).size, 8, `eight different colors on ${background}`);
  }
  assert.equal(CLASS_SYMBOLS.length, 7);
  assert.ok(contrast(withContrast('#0000ff', '#000000', 4.5), '#000000') >= 4.5);
});

test('webview: color tables run from the background to the ink; NaN has no color', () => {
  const table = tintTable('#ffffff', '#ff0000');
  assert.deepEqual([...table.subarray(0, 4)], [255, 255, 255, 255]);
  assert.deepEqual([...table.subarray(255 * 4)], [255, 0, 0, 255]);
  assert.equal(tableIndex(NaN, 0, 1), -1);
  assert.equal(tableIndex(7, 0, 1), 255);
  assert.equal(tableIndex(-7, 0, 1), 0);
  assert.equal(tableIndex(1, 1, 1), 0);
});

test('webview: brushing replaces, adds, removes, and leaves hidden points alone', () => {
  const xs = [0, 1, 2, 3];
  const ys = [0, 0, 0, 0];
  const hidden = [0, 0, 1, 0];
  const all = { x0: 9, y0: 1, x1: -1, y1: -1 };
  const selection = new PointSelection(4);
  selection.begin();
  selection.brush(xs, ys, hidden, all, 'replace');
  assert.deepEqual(selection.indices(), [0, 1, 3]);
  selection.begin();
  selection.brush(xs, ys, hidden, { ...all, x0: 0.5 }, 'remove');
  assert.deepEqual(selection.indices(), [1, 3]);
  // A drag that shrinks again gives back what it took.
  selection.brush(xs, ys, hidden, { x0: 5, x1: 5, y0: 0, y1: 0 }, 'remove');
  assert.deepEqual(selection.indices(), [0, 1, 3]);
  selection.begin();
  selection.brush(xs, ys, null, { x0: 1.5, x1: 2.5, y0: -1, y1: 1 }, 'add');
  assert.equal(selection.total, 4);
  assert.equal(nearestPoint(xs, ys, hidden, 2.1, 0, 5), 3);
  assert.equal(nearestPoint(xs, ys, hidden, 100, 0, 5), -1);
});

test('webview: turning a cloud keeps its distances', () => {
  const points = [1, 2, 3, -4, 0, 2];
  let rotation = INITIAL_ROTATION;
  for (let i = 0; i < 500; i++) rotation = rotate(rotation, 0.1, -0.07);
  const [xs, ys, depths] = [new Float64Array(2), new Float64Array(2), new Float64Array(2)];
  project(points, rotation, xs, ys, depths);
  assert.ok(Math.abs(Math.hypot(xs[0] - xs[1], ys[0] - ys[1], depths[0] - depths[1]) - Math.hypot(5, 2, 1)) < 1e-9);
});

test('webview: tables sort naturally and stably, missing values last; searches compare and match', () => {
  const values = ['class 10', null, 'class 2', 'Class 2'];
  const cell = (row: number) => values[row];
  assert.deepEqual(sortedRows([0, 1, 2, 3], { column: 'a', descending: false }, cell), [2, 3, 0, 1]);
  assert.deepEqual(sortedRows([0, 1, 2, 3], { column: 'a', descending: true }, cell), [0, 2, 3, 1]);
  assert.deepEqual(
    sortedRows([0, 1], { column: 'a', descending: true }, (row) => [NaN, 1][row]),
    [1, 0],
  );
  assert.deepEqual(nextOrder(nextOrder(nextOrder(null, 'a'), 'a'), 'a'), null);
  assert.ok(matchesSearch('', [], []));
  assert.ok(matchesSearch('NORM <0.6', ['normal'], [0.5]));
  assert.ok(!matchesSearch('norm >=0.6', ['normal'], [0.5]));
  assert.ok(!matchesSearch('norm cyclic', ['normal'], []));
});

test('webview: a long list draws what is in the window, and the cursor stays in the list', () => {
  assert.deepEqual(visibleRows(0, 100, 20, 1000, 2), { first: 0, end: 7 });
  assert.deepEqual(visibleRows(19_900, 100, 20, 1000, 2), { first: 993, end: 1000 });
  assert.deepEqual(visibleRows(0, 100, 20, 0), { first: 0, end: 0 });
  assert.equal(scrollTo(10, 0, 100, 20), 120);
  assert.equal(scrollTo(2, 0, 100, 20), 0);
  assert.equal(moveCursor('ArrowDown', 5, 8, 3, 9), 7);
  assert.equal(moveCursor('End', 0, 8, 3, 9), 7);
  assert.equal(moveCursor('ArrowLeft', 3, 8, 1, 9), null);
  assert.equal(moveCursor('Home', 0, 0, 1, 9), null);
});

test('webview: morphing goes from layout to layout, the ends included', () => {
  const into = new Float64Array(2);
  morph(
    [
      [0, 0],
      [2, 4],
      [4, 4],
    ],
    0.5,
    into,
  );
  assert.deepEqual([...into], [1, 2]);
  morph(
    [
      [0, 0],
      [2, 4],
      [4, 4],
    ],
    2,
    into,
  );
  assert.deepEqual([...into], [4, 4]);
  const layout = (stage: 'before' | 'after' | 'fine_tuned', coordinates: number[]) => ({
    stage,
    epoch: null,
    coordinates: Float32Array.from(coordinates),
    silhouette: null,
  });
  const layouts = [layout('before', [0, 0, 2, 2]), layout('after', [4, 4, 6, 6]), layout('fine_tuned', [3, 3, 3, 3])];
  const { coordinates, reach } = centered(layouts, 2);
  assert.deepEqual([...coordinates[0]], [-3, -3, -1, -1]);
  assert.equal(reach, 3);
  assert.equal(stagesOf(layouts).training.length, 2);
  assert.equal(stagesOf(layouts).fineTuned, layouts[2]);
});

test('webview: positions of series and clip belong together in every replica; padding belongs to none', () => {
  const map = clipMap(4, { sampleRate: 100, starts: [0, 20, 40], replicaLength: 8 });
  assert.deepEqual(
    toClip(map, 2).map((seconds) => Number(seconds.toFixed(9))),
    [0.04, 0.24, 0.44],
  );
  for (const seconds of toClip(map, 3)) assert.ok(Math.abs((toSeries(map, seconds + 1e-9) ?? NaN) - 3) < 1e-6);
  assert.equal(toSeries(map, 0.1), null);
  assert.equal(toSeries(map, 0.99), null);
  const placed = placedSeries(map, [1, 2, 3, 4], 100, 100);
  assert.deepEqual([...placed.subarray(20, 29)], [1, 1, 2, 2, 3, 3, 4, 4, NaN]);
  assert.deepEqual(mostSalient([0.1, NaN, -0.9, 0.5], 2), [
    { index: 2, saliency: -0.9 },
    { index: 3, saliency: 0.5 },
  ]);
  assert.equal(nearestFrame([0.1, 0.2, 0.3], 0.26), 2);
  assert.equal(nearestFrame([0.1, 0.2, 0.3], 9), 2);
});

test('webview: epochs are grouped by training, a resumed one replaces what came after it', () => {
  const point = (epoch: number, phase: EpochPoint['phase'], loss: number): EpochPoint => ({
    phase,
    replicas: 3,
    member: null,
    fold: null,
    epoch,
    epochs: 4,
    learningRate: 0.05,
    train: { loss, accuracy: 0 },
    validation: null,
    selected: null,
    msPerStep: 1,
    done: epoch,
    total: 10,
    measures: {},
  });
  const epochs = [point(1, 'replicas', 9), point(1, 'training', 1), point(2, 'training', 2), point(1, 'training', 7)];
  const trainings = trainingsOf(epochs);
  assert.deepEqual(
    trainings.map(({ phase, points }) => [phase, points.map(({ train }) => train.loss)]),
    [
      ['replicas', [9]],
      ['training', [7]],
    ],
  );
  assert.equal(secondsLeft([point(4, 'training', 1)], [0, 1000, 2000]), 6);
  assert.equal(secondsLeft([], []), null);
});

test('webview: what is saved has no path in its name, and no number that JSON or CSV lack', () => {
  assert.equal(fileStem('../../etc/passwd', 'tsne'), 'etc-passwd-tsne');
  assert.equal(fileStem('C:\\evil\n<b>.csv'), 'C-evil-b');
  assert.equal(fileStem('...'), 'v2s');
  assert.deepEqual(JSON.parse(toJson({ a: Float32Array.of(1, NaN), b: 'x' })), { a: [1, null], b: 'x' });
  assert.deepEqual(
    columnsTable([
      { name: 'a', values: Float32Array.of(1, NaN) },
      { name: 'b', values: ['=1'] },
    ]),
    {
      header: ['a', 'b'],
      rows: [
        [1, '=1'],
        [null, null],
      ],
    },
  );
});
