import type { EpochPoint } from '../../src/protocol/panels/run';
import { VirtualTable, type TableColumn } from '../shared/charts/virtual-table';
import { element } from '../shared/dom';
import type { Table } from '../shared/model/export-text';
import { formatNumber, formatPercent } from '../shared/model/format';
import { t } from '../shared/strings';
import { measureName } from './epoch-words';

/** The epochs of one training as a table that folds away. */
export class EpochTable {
  readonly #table = new VirtualTable({ label: t('Epochs') });
  readonly #details = element(
    'details',
    { class: 'epoch-table' },
    element('summary', {}, t('Epochs as a table')),
    this.#table.element,
  );

  constructor(open: boolean, onToggle: () => void) {
    this.#details.open = open;
    this.#details.addEventListener('toggle', () => {
      onToggle();
      this.#table.refresh();
    });
  }

  get element(): HTMLElement {
    return this.#details;
  }
  get open(): boolean {
    return this.#details.open;
  }

  set(points: readonly EpochPoint[]): void {
    this.#table.set(
      epochColumns(points),
      points.map((_, i) => i),
    );
  }
}

function measureNames(points: readonly EpochPoint[]): string[] {
  return [...new Set(points.flatMap(({ measures }) => Object.keys(measures)))];
}

function epochColumns(points: readonly EpochPoint[]): TableColumn[] {
  const numeric = (
    id: string,
    title: string,
    value: (point: EpochPoint) => number | null,
    format: (value: number | null) => string,
  ): TableColumn => ({
    id,
    title,
    width: 'minmax(64px, 1fr)',
    numeric: true,
    value: (row) => value(points[row]),
    show: (row) => format(value(points[row])),
  });
  const decimal = (value: number | null): string => formatNumber(value, 4);
  return [
    numeric('epoch', points[0]?.phase === 'members' ? t('members') : t('epoch'), (point) => point.epoch, decimal),
    numeric('train-accuracy', t('train acc.'), (point) => point.train.accuracy, formatPercent),
    numeric('train-loss', t('train loss'), (point) => point.train.loss, decimal),
    numeric('validation-accuracy', t('val. acc.'), (point) => point.validation?.accuracy ?? null, formatPercent),
    numeric('validation-loss', t('val. loss'), (point) => point.validation?.loss ?? null, decimal),
    ...measureNames(points).map((name) =>
      numeric(name, measureName(name), (point) => point.measures[name] ?? null, decimal),
    ),
    numeric('rate', t('rate'), (point) => point.learningRate, decimal),
  ];
}

/** Every epoch of the run, of whichever training, as rows of a file. */
export function epochRows(points: readonly EpochPoint[]): Table {
  const measures = measureNames(points);
  return {
    header: [
      'phase',
      'replicas',
      'member',
      'fold',
      'epoch',
      'learning_rate',
      'train_loss',
      'train_accuracy',
      'validation_loss',
      'validation_accuracy',
      ...measures,
    ],
    rows: points.map((point) => [
      point.phase,
      point.replicas,
      point.member,
      point.fold,
      point.epoch,
      point.learningRate,
      point.train.loss,
      point.train.accuracy,
      point.validation?.loss ?? null,
      point.validation?.accuracy ?? null,
      ...measures.map((name) => point.measures[name] ?? null),
    ]),
  };
}
