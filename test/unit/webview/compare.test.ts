import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComparedModel } from '../../../src/protocol/panels/compare';
import {
  QUANTITIES,
  agreement,
  barEnd,
  barLayout,
  boundSpread,
  compareTable,
  openOrders,
  orderedModels,
  ranks,
  withSpread,
} from '../../../webview/compare/compare-model';

function model(id: string, bound: number | null, deviation = 0, accuracy: number | null = null): ComparedModel {
  const k = 4;
  return {
    id,
    title: `Model ${id}`,
    folder: `/models/${id}`,
    parameters: 1000,
    sourceAccuracy: 0.9,
    status: bound === null ? 'waiting' : 'done',
    done: bound === null ? 0 : 5,
    total: 5,
    bound:
      bound === null
        ? null
        : {
            sourceRisk: 0.1,
            w1: { mean: (bound - 0.1) / (2 * Math.sqrt(k)), deviation },
            swd: 1,
            k,
            bound,
            targetRisk: null,
          },
    validation: accuracy === null ? null : { accuracy, loss: 0.5 },
    failure: null,
  };
}

const quantity = (id: string) => QUANTITIES.find((candidate) => candidate.id === id)!;

test('ranks by the bound; equal bounds share a rank, models without one have none', () => {
  const rank = ranks([model('a', 5), model('b', 3), model('c', null), model('d', 5), model('e', 9)]);
  assert.deepEqual(
    [...rank],
    [
      ['a', 2],
      ['b', 1],
      ['d', 2],
      ['e', 4],
    ],
  );
});

test('orders by any quantity, models without it last in both directions, and as the host ranks without an order', () => {
  const models = [model('a', 5, 0, 0.8), model('b', null), model('c', 3, 0, 0.9)];
  assert.deepEqual(orderedModels(models, null), [0, 1, 2]);
  assert.deepEqual(orderedModels(models, { column: 'bound', descending: false }), [2, 0, 1]);
  assert.deepEqual(orderedModels(models, { column: 'accuracy', descending: true }), [2, 0, 1]);
  assert.deepEqual(orderedModels(models, { column: 'accuracy', descending: false }), [0, 2, 1]);
  assert.deepEqual(orderedModels(models, { column: 'model', descending: true }), [2, 1, 0]);
});

test('bars end where the greatest whisker ends; the spread of the bound is that of W1 times 2 sqrt(K)', () => {
  const models = [model('a', 8, 0.5), model('b', 4, 0.25)];
  assert.equal(boundSpread(models[0]), 2);
  assert.equal(barEnd(models, quantity('bound')), 10);
  assert.equal(barEnd(models, quantity('accuracy')), 1);
  assert.deepEqual(barLayout(8, 2, 10), { bar: 0.8, whisker: { from: 0.6, to: 1 } });
  assert.deepEqual(barLayout(4, 0, 10), { bar: 0.4, whisker: null });
  const none = barEnd([model('c', null)], quantity('w1'));
  assert.ok(none > 0 && Number.isFinite(barLayout(0, null, none).bar), 'no division by zero');
});

test('neighbors in the ranking are open when their bounds differ by less than their spread', () => {
  const ids = (models: ComparedModel[]) => openOrders(models).map(([a, b]) => `${a.id}${b.id}`);
  // Spreads of 2 and 2: together 2.83.
  assert.deepEqual(ids([model('b', 10.5, 0.5), model('a', 8, 0.5), model('c', 20, 0.5)]), ['ab']);
  assert.deepEqual(ids([model('a', 8, 0.5), model('b', 11, 0.5)]), []);
  assert.deepEqual(ids([model('a', 8), model('b', null)]), []);
});

test('agreement of bound and accuracy counts pairs, ties as half', () => {
  assert.deepEqual(agreement([model('a', 1, 0, 0.9), model('b', 2, 0, 0.8), model('c', 3, 0, 0.85)]), {
    agreeing: 2,
    pairs: 3,
  });
  assert.deepEqual(agreement([model('a', 1, 0, 0.9), model('b', 2, 0, 0.9)]), { agreeing: 0.5, pairs: 1 });
  assert.deepEqual(agreement([model('a', 1), model('b', 2, 0, 0.9)]), { agreeing: 0, pairs: 0 });
});

test('a value is written as exactly as its spread', () => {
  const plain = (text: string): string => text.replace(/\u202f/g, ' ');
  assert.equal(plain(withSpread(25.003, 1.02)), '25.0 ± 1.0');
  assert.equal(plain(withSpread(1.8301, 0.0732)), '1.830 ± 0.073');
  assert.equal(plain(withSpread(812.4, 33)), '812 ± 33');
});

test('the table has all figures, and empty cells for what is not known', () => {
  const { header, rows } = compareTable([model('a', 8.1, 0.5, 0.75), model('b', null)]);
  const row = Object.fromEntries(header.map((name, i) => [name, rows[0][i]]));
  assert.equal(row.rank, 1);
  assert.equal(row.bound, 8.1);
  assert.equal(row.bound_deviation, 2);
  assert.equal(row.validation_accuracy, 0.75);
  assert.equal(rows[1].filter((cell) => cell === null).length, 11);
  assert.ok(rows.every((cells) => cells.length === header.length));
});
