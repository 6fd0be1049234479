import type { ComparedModel } from '../../src/protocol/panels/compare';
import type { Table } from '../shared/model/export-text';
import { sortedRows, type SortOrder } from '../shared/model/table';

/** A figure by which models are compared; the bound is the one they are ranked by. */
export interface Quantity {
  id: 'sourceRisk' | 'w1' | 'swd' | 'k' | 'bound' | 'targetRisk' | 'accuracy';
  value(model: ComparedModel): number | null;
  /** one standard deviation to either side of the value; null where there is none */
  spread(model: ComparedModel): number | null;
}

const noSpread = (): null => null;

/** The bound of Theorem 1 (paper, section 4), the terms it is made of, and what was measured. */
export const QUANTITIES: readonly Quantity[] = [
  { id: 'bound', value: ({ bound }) => bound?.bound ?? null, spread: boundSpread },
  { id: 'sourceRisk', value: ({ bound }) => bound?.sourceRisk ?? null, spread: noSpread },
  { id: 'w1', value: ({ bound }) => bound?.w1.mean ?? null, spread: ({ bound }) => bound?.w1.deviation ?? null },
  { id: 'swd', value: ({ bound }) => bound?.swd ?? null, spread: noSpread },
  { id: 'k', value: ({ bound }) => bound?.k ?? null, spread: noSpread },
  { id: 'targetRisk', value: ({ bound }) => bound?.targetRisk ?? null, spread: noSpread },
  { id: 'accuracy', value: ({ validation }) => validation?.accuracy ?? null, spread: noSpread },
];

/** Standard deviation of the bound: that of W1 through 2 sqrt(K) W1; the other terms are not drawn. */
export function boundSpread({ bound }: ComparedModel): number | null {
  return bound ? 2 * Math.sqrt(bound.k) * bound.w1.deviation : null;
}

/** Rank of every model by its bound, from 1, by id; models without a bound have none. Equal bounds share a rank. */
export function ranks(models: readonly ComparedModel[]): Map<string, number> {
  const bounds = models.flatMap(({ id, bound }) => (bound ? [{ id, value: bound.bound }] : []));
  return new Map(bounds.map(({ id, value }) => [id, 1 + bounds.filter((other) => other.value < value).length]));
}

/** Positions of the models in the order to show; without an order, as the host ranks them. */
export function orderedModels(models: readonly ComparedModel[], order: SortOrder | null): number[] {
  const quantity = QUANTITIES.find(({ id }) => id === order?.column);
  return sortedRows(
    models.map((_, i) => i),
    order,
    (row) => (order?.column === 'model' ? models[row].title : (quantity?.value(models[row]) ?? null)),
  );
}

/** The end of the bars of a quantity: the greatest value with its spread; 1 for an accuracy; at least a little above 0. */
export function barEnd(models: readonly ComparedModel[], quantity: Quantity): number {
  if (quantity.id === 'accuracy') return 1;
  const ends = models.map((model) => (quantity.value(model) ?? 0) + (quantity.spread(model) ?? 0));
  return Math.max(Number.MIN_VALUE, ...ends.filter(Number.isFinite));
}

/** A bar and its whisker as shares 0..1 of its place. */
export interface BarLayout {
  bar: number;
  whisker: { from: number; to: number } | null;
}

export function barLayout(value: number, spread: number | null, end: number): BarLayout {
  const share = (at: number): number => Math.max(0, Math.min(1, at / end));
  return {
    bar: share(value),
    whisker: spread !== null && spread > 0 ? { from: share(value - spread), to: share(value + spread) } : null,
  };
}

/** A value and its spread with as many decimals as the spread has two significant digits: `25.0 ± 1.0`. */
export function withSpread(value: number, spread: number): string {
  const decimals = Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(spread))));
  const written = (number: number): string => number.toFixed(decimals).replace('-', '\u2212');
  return `${written(value)}\u202f±\u202f${written(spread)}`;
}

/**
 * Neighbors in the ranking whose order the spread leaves open: their bounds differ by less than the two standard deviations together
 * (added in quadrature, as those of independent draws).
 */
export function openOrders(models: readonly ComparedModel[]): [ComparedModel, ComparedModel][] {
  const ranked = models
    .filter(({ bound }) => bound !== null)
    .sort((a, b) => (a.bound?.bound ?? 0) - (b.bound?.bound ?? 0));
  return ranked.slice(1).flatMap((later, i): [ComparedModel, ComparedModel][] => {
    const earlier = ranked[i];
    const gap = (later.bound?.bound ?? 0) - (earlier.bound?.bound ?? 0);
    const spread = Math.hypot(boundSpread(earlier) ?? 0, boundSpread(later) ?? 0);
    return gap < spread ? [[earlier, later]] : [];
  });
}

/** In how many pairs of models the one with the smaller bound was also the more accurate one; ties of either count as half. */
export function agreement(models: readonly ComparedModel[]): { agreeing: number; pairs: number } {
  const measured = models.flatMap(({ bound, validation }) =>
    bound && validation ? [{ bound: bound.bound, accuracy: validation.accuracy }] : [],
  );
  let agreeing = 0;
  let pairs = 0;
  measured.forEach((a, i) => {
    for (const b of measured.slice(i + 1)) {
      pairs++;
      const sign = Math.sign(b.bound - a.bound) * Math.sign(a.accuracy - b.accuracy);
      agreeing += sign > 0 ? 1 : sign === 0 ? 0.5 : 0;
    }
  });
  return { agreeing, pairs };
}

/** The comparison as rows of a file. */
export function compareTable(models: readonly ComparedModel[]): Table {
  const rank = ranks(models);
  return {
    header: [
      'rank',
      'model',
      'parameters',
      'source_accuracy',
      'status',
      'epochs',
      'source_risk',
      'w1',
      'w1_deviation',
      'swd',
      'k',
      'bound',
      'bound_deviation',
      'target_risk',
      'validation_accuracy',
      'validation_loss',
    ],
    rows: models.map((model) => [
      rank.get(model.id) ?? null,
      model.id,
      model.parameters,
      model.sourceAccuracy,
      model.status,
      model.done,
      model.bound?.sourceRisk ?? null,
      model.bound?.w1.mean ?? null,
      model.bound?.w1.deviation ?? null,
      model.bound?.swd ?? null,
      model.bound?.k ?? null,
      model.bound?.bound ?? null,
      boundSpread(model),
      model.bound?.targetRisk ?? null,
      model.validation?.accuracy ?? null,
      model.validation?.loss ?? null,
    ]),
  };
}
