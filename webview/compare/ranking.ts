import type { ComparedModel } from '../../src/protocol/panels/compare';
import type { Table } from '../shared/model/export-text';

/** The parts of the bound of Theorem 1, ready to be drawn one after the other. */
export interface BoundParts {
  sourceRisk: number;
  /** 2 sqrt(K) W1 */
  distance: number;
  /** its standard deviation over the draws */
  deviation: number;
  total: number;
}

export function boundParts(model: ComparedModel): BoundParts | null {
  const { bound } = model;
  if (!bound) return null;
  const factor = 2 * Math.sqrt(bound.k);
  return {
    sourceRisk: bound.sourceRisk,
    distance: factor * bound.w1.mean,
    deviation: factor * bound.w1.deviation,
    total: bound.bound,
  };
}

/** Place of each model by its bound, from 1; null where there is none yet. */
export function ranks(models: readonly ComparedModel[]): (number | null)[] {
  const order = models
    .flatMap((model, i) => (model.bound ? [{ i, bound: model.bound.bound }] : []))
    .sort((a, b) => a.bound - b.bound);
  const places = new Array<number | null>(models.length).fill(null);
  order.forEach(({ i }, place) => (places[i] = place + 1));
  return places;
}

export function rankingTable(models: readonly ComparedModel[]): Table {
  const places = ranks(models);
  return {
    header: [
      'rank',
      'model',
      'title',
      'parameters',
      'source_accuracy',
      'source_risk',
      'k',
      'w1',
      'w1_deviation',
      'swd',
      'bound',
      'target_risk',
      'validation_accuracy',
      'validation_loss',
      'status',
    ],
    rows: models.map(({ id, title, parameters, sourceAccuracy, bound, validation, status }, i) => [
      places[i],
      id,
      title,
      parameters,
      sourceAccuracy,
      bound?.sourceRisk ?? null,
      bound?.k ?? null,
      bound?.w1.mean ?? null,
      bound?.w1.deviation ?? null,
      bound?.swd ?? null,
      bound?.bound ?? null,
      bound?.targetRisk ?? null,
      validation?.accuracy ?? null,
      validation?.loss ?? null,
      status,
    ]),
  };
}
