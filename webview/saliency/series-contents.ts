/** What the tracks over the series show: its values, and every source of saliency. */
import { scaleLinear } from 'd3';
import { polyline } from '../shared/model/decimate';
import { formatNumber } from '../shared/model/format';
import { extentOf, niceDomain } from '../shared/model/scales';
import { t } from '../shared/strings';
import type { Theme } from '../shared/theme';
import { isEmptyMap } from './empty-map';
import type { SaliencySource } from './heard-series';
import { isTooCoarse } from './resolution';
import { sourceName } from './source-names';
import type { TrackContent } from './track';
import { paintBand, paintSignedArea, pathOf, sourceColors, sourceScale, yAxis } from './track-drawing';

interface HeroContent {
  series: ArrayLike<number>;
  /** the same series after changes; null for none */
  changed: ArrayLike<number> | null;
  source: SaliencySource | null;
  /** class that is explained */
  target: string;
  /** stands in the plot while the map is not there yet */
  waiting: string | null;
}

/** The original series over the area of one source of saliency: up for the class, down against it. */
export function seriesContent({ series, changed, source, target, waiting }: HeroContent, theme: Theme): TrackContent {
  const domain = niceDomain(extentOf(series, changed ?? []));
  const height = 170;
  const usable = source && !isTooCoarse(source) && !isEmptyMap(source.values) ? source : null;
  const scale = usable ? sourceScale(usable.values, theme) : null;
  const name = source ? sourceName(source.source) : '';
  return {
    title: usable ? t('Series, and by {0} what speaks for {1}', name, target) : t('Series'),
    height,
    ...yAxis(domain, height),
    yTitle: t('value'),
    ...(waiting !== null && { message: waiting }),
    ...(scale && { scales: [sourceColors(scale)] }),
    paint: (context, x, plot, window) => {
      if (usable && scale) paintSignedArea(context, x, window, usable.values, scale, plot);
    },
    curves: (x, plot, window, columns) => {
      const y = scaleLinear(domain, [plot, 0]);
      // A value stands in the middle of its place.
      const path = (values: ArrayLike<number>): string =>
        pathOf(polyline(values, window.from, window.to + 1, columns), (i) => x(i + 0.5), y);
      const own = { path: path(series), style: changed ? 'series-line before-change' : 'series-line' };
      return changed ? [own, { path: path(changed), style: 'changed-series' }] : [own];
    },
    readout: (position) => {
      const index = Math.min(series.length - 1, Math.floor(position));
      const value = changed
        ? t('value {0}, changed {1}', formatNumber(series[index], 4), formatNumber(changed[index], 4))
        : t('value {0}', formatNumber(series[index], 4));
      if (!source) return value;
      const saliency = source.values[index];
      return Number.isNaN(saliency)
        ? `${value} · ${t('never heard')}`
        : `${value} · ${t('saliency {0}', formatNumber(saliency, 3))}`;
    },
  };
}

/** One source of saliency on the series' axis, scaled by its own greatest magnitude. */
export function sourceContent(source: SaliencySource, theme: Theme): TrackContent {
  const { values } = source;
  const name = sourceName(source.source);
  const base = { height: 16, yTicks: [], yScale: () => 0 };
  if (isTooCoarse(source) && !isEmptyMap(values)) return coarseContent(source.source);
  const scale = sourceScale(values, theme);
  return {
    ...base,
    title: isEmptyMap(values) ? t('{0}: empty', name) : name,
    scales: [sourceColors(scale)],
    paint: (context, x, plot, window) => paintBand(context, x, window, values, scale, 0, plot),
    readout: (position) => {
      const value = values[Math.min(values.length - 1, Math.floor(position))];
      return Number.isNaN(value) ? t('never heard') : formatNumber(value, 3);
    },
  };
}

/** A map that cannot tell where in the series something is. */
export function coarseContent(source: string): TrackContent {
  return {
    title: sourceName(source),
    height: 18,
    yTicks: [],
    yScale: () => 0,
    hatched: true,
    message: t('too coarse to localize here'),
  };
}
