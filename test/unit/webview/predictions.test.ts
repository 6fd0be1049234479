import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  classScores,
  confidenceOf,
  isRight,
  nextCell,
  predictedCounts,
  rankedClasses,
  scoreOf,
  shownPredictions,
  type PredictionFilter,
} from '../../../webview/predictions/predictions-model';

const NO_FILTER: PredictionFilter = { search: '', errorsOnly: false, truth: null, predicted: null };

const predictions = {
  classNames: ['up', 'down', 'flat'],
  predicted: Int32Array.of(0, 1, 0, 2, 1),
  truth: Int32Array.of(0, 1, 1, 2, -1),
  probabilities: Float32Array.of(0.9, 0.05, 0.05, 0.2, 0.7, 0.1, 0.5, 0.25, 0.25, 0, 0, 1, 0.25, 0.5, 0.25),
  lines: Int32Array.of(2, 3, 4, 5, 6),
  accuracy: 0.75,
  confusion: [
    [1, 0, 0],
    [1, 1, 0],
    [0, 0, 1],
  ],
  notes: [],
};

test('filters by error, class, name, number and probability', () => {
  const shown = (filter: Partial<PredictionFilter>): number[] =>
    shownPredictions(predictions, { ...NO_FILTER, ...filter });
  assert.deepEqual(shown({}), [0, 1, 2, 3, 4]);
  assert.deepEqual(shown({ errorsOnly: true }), [2], 'a series without label is no error');
  assert.deepEqual(shown({ truth: 1 }), [1, 2]);
  assert.deepEqual(shown({ truth: 1, predicted: 0 }), [2]);
  assert.deepEqual(shown({ search: 'DOWN' }), [1, 2, 4], 'true or predicted');
  assert.deepEqual(shown({ search: '#4' }), [3]);
  assert.deepEqual(shown({ search: '<0.6' }), [2, 4]);
  assert.deepEqual(shown({ search: 'down >0.6' }), [1]);
});

test('right, wrong and unknown; classes by probability, equal ones in their order', () => {
  assert.deepEqual(
    [0, 2, 4].map((row) => isRight(predictions, row)),
    [true, false, null],
  );
  assert.equal(confidenceOf(predictions, 3), 1);
  assert.deepEqual(rankedClasses(predictions, 2), [0, 1, 2]);
  assert.deepEqual(rankedClasses(predictions, 3), [2, 0, 1]);
  assert.deepEqual(scoreOf(predictions), { labeled: 4, right: 3 });
  assert.deepEqual(predictedCounts(predictions), [2, 2, 1]);
});

test('precision, recall and F1 of each class; undefined where nothing was claimed or nothing is there', () => {
  assert.deepEqual(classScores(predictions.confusion), [
    { precision: 0.5, recall: 1, f1: 2 / 3 },
    { precision: 1, recall: 0.5, f1: 2 / 3 },
    { precision: 1, recall: 1, f1: 1 },
  ]);
  assert.deepEqual(
    classScores([
      [0, 0],
      [3, 0],
    ]),
    [
      { precision: 0, recall: null, f1: 0 },
      { precision: null, recall: 0, f1: 0 },
    ],
  );
  assert.deepEqual(classScores([[0]]), [{ precision: null, recall: null, f1: null }]);
});

test('arrow keys go from cell to cell that can be pressed', () => {
  const counts = [
    [4, 0, 1],
    [0, 5, 0],
    [2, 0, 6],
  ];
  assert.deepEqual(nextCell(counts, { truth: 0, predicted: 0 }, 'ArrowRight'), { truth: 0, predicted: 2 });
  assert.deepEqual(nextCell(counts, { truth: 0, predicted: 0 }, 'ArrowDown'), { truth: 2, predicted: 0 });
  assert.equal(nextCell(counts, { truth: 1, predicted: 1 }, 'ArrowLeft'), null);
  assert.equal(nextCell(counts, { truth: 0, predicted: 2 }, 'ArrowUp'), null);
  assert.equal(nextCell(counts, { truth: 0, predicted: 0 }, 'Enter'), null);
});
