import type { TsneView } from '../../src/protocol/panels/tsne';
import { classMark } from '../shared/charts/class-marks';
import { VirtualTable, type VirtualTableOptions } from '../shared/charts/virtual-table';
import { element } from '../shared/dom';
import { t } from '../shared/strings';

/** The selected points, or all of them, as a table that folds away. */
export class PointsTable {
  readonly element: HTMLElement;
  readonly #title = element('summary', {});
  readonly #table: VirtualTable;

  constructor(options: Pick<VirtualTableOptions, 'onActivate' | 'onCursor'>) {
    this.#table = new VirtualTable({ label: t('Selected series'), ...options });
    this.element = element('details', { class: 'points' }, this.#title, this.#table.element);
  }

  /** @param colors by class */
  set(data: TsneView, points: readonly number[], isSelection: boolean, colors: readonly string[]): void {
    const { lines, labels, predicted, classNames } = data;
    this.#title.textContent = isSelection ? t('Selected series as a table') : t('All series as a table');
    const name = (kind: number): string => (kind < 0 ? '' : classNames[kind]);
    const marked = (kind: number): Node | string =>
      kind < 0 ? '' : element('span', { class: 'chip' }, classMark(kind, colors[kind], 11), classNames[kind]);
    const isRight = (i: number): boolean | null => (labels[i] < 0 ? null : labels[i] === predicted[i]);
    this.#table.set(
      [
        { id: 'line', title: t('line'), width: '80px', numeric: true, value: (i) => lines[i] },
        {
          id: 'label',
          title: t('label'),
          width: 'minmax(100px, 1fr)',
          value: (i) => name(labels[i]),
          show: (i) => marked(labels[i]),
        },
        {
          id: 'predicted',
          title: t('predicted'),
          width: 'minmax(100px, 1fr)',
          value: (i) => name(predicted[i]),
          show: (i) => marked(predicted[i]),
        },
        { id: 'right', title: t('correct'), width: '80px', value: isRight, show: (i) => verdictMark(isRight(i)) },
      ],
      points,
    );
  }
}

function verdictMark(right: boolean | null): string {
  if (right === null) return '';
  return right ? '✓' : '✗';
}
