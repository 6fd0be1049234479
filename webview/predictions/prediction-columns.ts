/** The columns of the predictions: which there are, how wide they must be, what their cells show. */
import type { PredictionsView } from '../../src/protocol/panels/predictions';
import type { TableColumn } from '../shared/charts/virtual-table';
import { element } from '../shared/dom';
import { formatPercent } from '../shared/model/format';
import { t } from '../shared/strings';
import { className, type ClassLook } from './class-name';
import { confidenceOf, hasLabels, isRight, probabilityOf, rankedClasses } from './predictions-model';
import { probabilityBar } from './probability-bar';

/** With more classes, or without room for a column for each of them, the second choice has a column instead. */
const MAX_CLASS_COLUMNS = 12;
/** Pixels of a vertical scroll bar, at most. */
const SCROLL_BAR = 18;

type SizedColumn = TableColumn & {
  /** pixels below which it is not readable */
  least: number;
};

interface PredictionColumns {
  columns: readonly TableColumn[];
  /** pixels below which the table is not readable */
  leastWidth: number;
}

/** Whether a column for every class fits into so many pixels. */
export function fitsClasses(data: PredictionsView, look: ClassLook, width: number): boolean {
  const { length } = data.classNames;
  if (length < 2 || length > MAX_CLASS_COLUMNS) return false;
  return leastWidth([...mainColumns(data, look), ...classColumns(data, look)]) <= width;
}

/** @param withClasses a column for every class; else one for the second choice */
export function predictionColumns(data: PredictionsView, look: ClassLook, withClasses: boolean): PredictionColumns {
  const rest = withClasses ? classColumns(data, look) : secondColumn(data, look);
  const columns = [...mainColumns(data, look), ...rest];
  return { columns, leastWidth: leastWidth(columns) };
}

function leastWidth(columns: readonly SizedColumn[]): number {
  return columns.reduce((sum, { least }) => sum + least, SCROLL_BAR);
}

function mainColumns(data: PredictionsView, look: ClassLook): SizedColumn[] {
  const { predicted, truth, lines, classNames } = data;
  const mark = (kind: number): Node | string => (kind < 0 ? t('no label') : className(kind, look));
  const columns: SizedColumn[] = [
    { id: 'series', title: '#', least: 54, width: '54px', numeric: true, value: (row) => row + 1 },
    { id: 'line', title: t('line'), least: 54, width: '54px', numeric: true, value: (row) => lines[row] },
  ];
  if (hasLabels(data))
    columns.push(
      {
        id: 'truth',
        title: t('true'),
        least: 104,
        width: 'minmax(104px, 1.2fr)',
        value: (row) => classNames[truth[row]] ?? null,
        show: (row) => mark(truth[row]),
      },
      {
        id: 'right',
        title: t('correct'),
        least: 64,
        width: '64px',
        value: (row) => isRight(data, row),
        show: (row) => verdictMark(isRight(data, row)),
      },
    );
  columns.push(
    {
      id: 'predicted',
      title: t('predicted'),
      least: 104,
      width: 'minmax(104px, 1.2fr)',
      value: (row) => classNames[predicted[row]],
      show: (row) => mark(predicted[row]),
    },
    {
      id: 'probability',
      title: t('probability'),
      least: 120,
      width: 'minmax(120px, 1.3fr)',
      value: (row) => confidenceOf(data, row),
      show: (row) => probabilityBar(confidenceOf(data, row), look.colors[predicted[row]]),
    },
  );
  return columns;
}

/** A column per class: the number over a thin bar. */
function classColumns(data: PredictionsView, look: ClassLook): SizedColumn[] {
  return data.classNames.map((name, kind) => ({
    id: `class-${kind}`,
    title: name,
    least: 66,
    width: 'minmax(66px, 1fr)',
    value: (row) => probabilityOf(data, row, kind),
    show: (row) => {
      const bar = probabilityBar(probabilityOf(data, row, kind), look.colors[kind]);
      bar.classList.add('thin');
      return bar;
    },
  }));
}

function secondColumn(data: PredictionsView, look: ClassLook): SizedColumn[] {
  if (data.classNames.length < 3) return [];
  return [
    {
      id: 'second',
      title: t('second choice'),
      least: 150,
      width: 'minmax(150px, 1.2fr)',
      value: (row) => data.classNames[rankedClasses(data, row)[1]],
      show: (row) => {
        const second = rankedClasses(data, row)[1];
        return element(
          'span',
          { class: 'second' },
          className(second, look),
          element('span', { class: 'muted' }, formatPercent(probabilityOf(data, row, second))),
        );
      },
    },
  ];
}

function verdictMark(right: boolean | null): Node | string {
  if (right === null) return '';
  return right
    ? element('span', { title: t('correct'), 'aria-label': t('correct'), role: 'img' }, '✓')
    : element('span', { class: 'problem', title: t('incorrect'), 'aria-label': t('incorrect'), role: 'img' }, '✗');
}
