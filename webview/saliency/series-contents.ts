/** What the tracks over the series show: its values, and every source of saliency. */
import { scaleLinear } from 'd3';
import { polyline } from '../shared/model/decimate';
import { formatNumber } from '../shared/model/format';
import { extentOf, niceDomain } from '../shared/model/scales';
import { t } from '../shared/strings';
import type { Theme } from '../shared/theme';
import { isEmptyMap } from './empty-map';
import { sourceName } from './source-names';
import type { TrackContent } from './track';
import { paintBand, pathOf, sourceScale, yAxis } from './track-drawing';

/** The original series, its background tinted by one source of saliency. */
export function seriesContent(
  series: ArrayLike<number>,
  source: { name: string; values: ArrayLike<number> } | null,
  theme: Theme,
): TrackContent {
  const domain = niceDomain(extentOf(series));
  const height = 120;
  const scale = source ? sourceScale(source.values, theme) : null;
  return {
    title: source ? t('Series, tinted by {0}', source.name) : t('Series'),
    height,
    ...yAxis(domain, height),
    yTitle: t('value'),
    paint: (context, x, plot, window) => {
      if (!source || !scale) return;
      // Paler than on its own, so that the curve above stays readable.
      context.globalAlpha = 0.7;
      paintBand(context, x, window, source.values, scale, 0, plot);
      context.globalAlpha = 1;
    },
    curves: (x, plot, window, columns) => {
      const y = scaleLinear(domain, [plot, 0]);
      // A value stands in the middle of its place.
      return [
        { path: pathOf(polyline(series, window.from, window.to + 1, columns), (i) => x(i + 0.5), y), style: 'target' },
      ];
    },
    readout: (position) => {
      const index = Math.min(series.length - 1, Math.floor(position));
      const value = t('value {0}', formatNumber(series[index], 4));
      if (!source) return value;
      const saliency = source.values[index];
      return Number.isNaN(saliency)
        ? `${value} · ${t('never heard')}`
        : `${value} · ${t('saliency {0}', formatNumber(saliency, 3))}`;
    },
  };
}

/** One source of saliency on the series' axis. */
export function sourceContent(source: string, values: ArrayLike<number>, theme: Theme): TrackContent {
  const scale = sourceScale(values, theme);
  return {
    title: isEmptyMap(values) ? t('{0}: empty', sourceName(source)) : sourceName(source),
    height: 16,
    yTicks: [],
    yScale: () => 0,
    paint: (context, x, plot, window) => paintBand(context, x, window, values, scale, 0, plot),
    readout: (position) => {
      const value = values[Math.min(values.length - 1, Math.floor(position))];
      return Number.isNaN(value) ? t('never heard') : formatNumber(value, 3);
    },
  };
}
