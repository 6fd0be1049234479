/** What the checks of a map mean, in sentences and in a table. */
import type { SaliencyMethod } from '../../src/protocol/values';
import type { MapChecks } from '../../src/protocol/panels/saliency';
import type { Table } from '../shared/model/export-text';
import { formatNumber } from '../shared/model/format';
import { t } from '../shared/strings';
import { sourceName } from './source-names';

export type CheckedMap = MapChecks['maps'][number];

/** A rank correlation below this, in magnitude, counts as another map. */
const ALIKE_FROM = 0.3;

export const formatArea = (area: number): string => area.toFixed(3);
export const formatCorrelation = (correlation: number | null): string =>
  correlation === null ? t('undefined') : formatNumber(Number(correlation.toFixed(2)), 2);

/** Whether this one map of this one series can be believed. */
export function verdict(map: CheckedMap, { random, target }: MapChecks): string {
  const name = sourceName(map.source);
  if (map.constant)
    return t(
      '{0} has the same value everywhere here, so it ranks no value above another and cannot beat random order.',
      name,
    );
  const areas = [formatArea(map.deletionArea), formatArea(random.deletionArea)];
  const faithful = map.deletionBeatsRandom
    ? t(
        'Faithful: deleting by {0} lowers the probability of {1} sooner than random order does (area {2} versus {3}).',
        name,
        target,
        ...areas,
      )
    : t(
        'Not faithful: deleting by {0} does not lower the probability of {1} sooner than random order does (area {2} versus {3}).',
        name,
        target,
        ...areas,
      );
  return `${faithful} ${sanity(map.correlation)}`;
}

function sanity(correlation: number | null): string {
  if (correlation === null)
    return t('With shuffled weights the map has the same value everywhere, so there is no rank correlation with it.');
  const shown = formatCorrelation(correlation);
  if (Math.abs(correlation) < ALIKE_FROM)
    return t(
      'With shuffled weights the map is a different one (rank correlation {0}): it shows what the model has learned.',
      shown,
    );
  return correlation > 0
    ? t(
        'With shuffled weights the map stays alike (rank correlation {0}): it shows the series rather than what the model has learned.',
        shown,
      )
    : t(
        'With shuffled weights the map is inverted but keeps its shape (rank correlation {0}): it shows the series rather than what the model has learned.',
        shown,
      );
}

/** Why the panel begins with its method, and what to expect of another one. */
export function methodNote(method: SaliencyMethod, suited: SaliencyMethod): string {
  if (method !== suited)
    return t(
      'On the data sets tested, {0} was less often faithful than {1}. The checks below show how it does here.',
      sourceName(method),
      sourceName(suited),
    );
  return method === 'gradient-x-input'
    ? t(
        'The panel begins with {0}. On the data sets tested it was the most faithful method (deleting its values hurts more than deleting at random), and it depends on what the model has learned.',
        sourceName(method),
      )
    : t(
        'The panel begins with {0}: what the score loses without a part of the series, and what it gains by that part alone. On the data sets tested it was the most faithful method for such programs.',
        sourceName(method),
      );
}

/** The curves, a row for each share of the series, two columns for each order. */
export function checksTable({ shares, random, maps }: MapChecks): Table {
  const orders = [...maps.map((map) => ({ name: map.source, ...map })), { name: 'random', ...random }];
  return {
    header: ['share', ...orders.flatMap(({ name }) => [`${name} deletion`, `${name} insertion`])],
    rows: Array.from(shares, (share, i) => [
      share,
      ...orders.flatMap(({ deletion, insertion }) => [deletion[i], insertion[i]]),
    ]),
  };
}
