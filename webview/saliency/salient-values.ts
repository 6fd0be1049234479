/** The values that matter most, in a sentence and in a table; and all values with their saliency for a file. */
import type { SaliencyView } from '../../src/protocol/panels/saliency';
import { element } from '../shared/dom';
import { columnsTable, type Table } from '../shared/model/export-text';
import { formatNumber } from '../shared/model/format';
import { t } from '../shared/strings';
import { mostSalient } from './clip-map';
import type { HeardSeries } from './heard-series';
import { sourceName } from './source-names';

const MAX_ROWS = 20;

/** What the figure shows, for screen readers. */
export function summaryText({ index, predicted }: SaliencyView, { tint }: HeardSeries): string {
  if (!tint) return t('Series {0}: predicted {1}.', index + 1, predicted);
  const positions = mostSalient(tint.values, 3).map((value) => value.index);
  return t(
    'Series {0}: predicted {1}. The most salient positions by {2} are {3}.',
    index + 1,
    predicted,
    sourceName(tint.source),
    positions.join(', '),
  );
}

/** One value of the series and its saliency in words. */
export function describeValue(index: number, { series, tint }: HeardSeries): string {
  const value = formatNumber(series[index], 4);
  const saliency = tint ? tint.values[index] : NaN;
  return Number.isNaN(saliency)
    ? t('Value {0}: {1}', index, value)
    : t('Value {0}: {1}, saliency {2}', index, value, formatNumber(saliency, 3));
}

export function salientTable({ series, tint }: HeardSeries): HTMLElement {
  const heads = [t('position'), t('value'), tint ? sourceName(tint.source) : t('saliency')];
  const rows = (tint ? mostSalient(tint.values, MAX_ROWS) : []).map(({ index, saliency }) => [
    String(index),
    formatNumber(series[index], 4),
    formatNumber(saliency, 3),
  ]);
  return element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...heads.map((title) => element('th', { scope: 'col' }, title)))),
    element(
      'tbody',
      {},
      ...rows.map((cells) => element('tr', {}, ...cells.map((cell) => element('td', { class: 'number-cell' }, cell)))),
    ),
  );
}

/** The series with every source of saliency beside its values. */
export function saliencyTable({ series, sources }: HeardSeries): Table {
  return columnsTable([
    { name: 'position', values: Array.from(series, (_, i) => i) },
    { name: 'value', values: series },
    ...sources.map(({ source, values }) => ({ name: source, values })),
  ]);
}
