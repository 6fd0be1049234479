/** What the tracks over the clip show: the waveform, the attention, the mel-spectrogram and where the layers look in it. */
import { scaleLinear, type ScaleLinear } from 'd3';
import type { Grid } from '../../src/protocol/values';
import { energyTable, isDark, overlayTable, tintTable, type ColorTable } from '../shared/model/colors';
import { formatHertz, formatNumber, formatSeconds } from '../shared/model/format';
import { extentOf, frequencyTicks, niceDomain } from '../shared/model/scales';
import { t } from '../shared/strings';
import type { Theme } from '../shared/theme';
import { nearestFrame, placedSeries } from './clip-map';
import { isEmptyMap } from './empty-map';
import type { HeardSeries } from './heard-series';
import type { TrackContent } from './track';
import { paintHatch } from './hatch';
import { gridImage, tableColors, wavePath, yAxis } from './track-drawing';

/** (a) the waveform the model hears, and the replicas of the target series in it. */
export function waveformContent({ series, reprogrammed, sampleRate, map }: HeardSeries): TrackContent {
  const target = placedSeries(map, series, sampleRate, reprogrammed.length);
  const domain = niceDomain(extentOf(reprogrammed, target), 0);
  const height = 110;
  const sampleOf = (seconds: number) => seconds * sampleRate;
  return {
    title: t('(a) Waveform'),
    legend: [
      { text: t('— target'), style: 'target-key' },
      { text: t('— reprogrammed'), style: 'reprogrammed-key' },
    ],
    height,
    ...yAxis(domain, height),
    yTitle: t('amplitude'),
    paint: (context, x) => paintReplicas(context, x, map),
    curves: (x, plot, window, columns) => {
      const y = scaleLinear(domain, [plot, 0]);
      const at = (sample: number) => x(sample / sampleRate);
      const range: [number, number] = [sampleOf(window.from), sampleOf(window.to) + 1];
      return [
        { path: wavePath(reprogrammed, ...range, columns, at, y), style: 'reprogrammed' },
        { path: wavePath(target, ...range, columns, at, y), style: 'target' },
      ];
    },
    readout: (seconds) => {
      const sample = Math.min(reprogrammed.length - 1, Math.floor(sampleOf(seconds)));
      const own = target[sample];
      const parts = [formatSeconds(seconds), t('reprogrammed {0}', formatNumber(reprogrammed[sample], 3))];
      if (!Number.isNaN(own)) parts.push(t('target {0}', formatNumber(own, 3)));
      return parts.join(' · ');
    },
  };
}

/** (b) attention over the frames. */
export function attentionContent({ attention, frameTimes, duration }: HeardSeries): TrackContent | null {
  if (!attention) return null;
  const hop = hopOf(frameTimes);
  const domain = niceDomain(extentOf(attention), 0);
  const height = 70;
  return {
    title: t('(b) Attention weights'),
    height,
    ...yAxis(domain, height),
    yTitle: t('weight'),
    paint: (context, x, plot) => paintWithoutFrames(context, x, plot, { frameTimes, duration }),
    curves: (x, plot) => {
      const y = scaleLinear(domain, [plot, 0]);
      let outline = '';
      let area = `M${x(frameTimes[0] - hop / 2).toFixed(1)},${plot}`;
      for (let frame = 0; frame < attention.length; frame++) {
        const [left, right] = [x(frameTimes[frame] - hop / 2), x(frameTimes[frame] + hop / 2)];
        const top = y(attention[frame]).toFixed(1);
        const step = `L${left.toFixed(1)},${top}L${right.toFixed(1)},${top}`;
        outline += frame === 0 ? `M${step.slice(1)}` : step;
        area += step;
      }
      area += `L${x(frameTimes[attention.length - 1] + hop / 2).toFixed(1)},${plot}Z`;
      return [
        { path: area, style: 'attention-area' },
        { path: outline, style: 'attention-line' },
      ];
    },
    readout: (seconds) => {
      const frame = nearestFrame(frameTimes, seconds);
      return t('frame {0} · weight {1}', frame, formatNumber(attention[frame], 3));
    },
  };
}

/** What the model hears, and over it where a layer looks. @param opacity of the map, 0 to 1 */
export function melContent(
  { mel, frameTimes, binFrequencies, duration }: HeardSeries,
  theme: Theme,
  cam: { title: string; grid: Grid; opacity: number } | null,
): TrackContent {
  const height = 120;
  const hop = hopOf(frameTimes);
  const [low, high] = extentOf(mel.values) ?? [0, 1];
  const table = cam ? greyTable(theme) : energyTable();
  const under = gridImage(mel, table, [low, high]);
  const over = cam
    ? gridImage(cam.grid, overlayTable(), [0, Math.max(1e-9, extentOf(cam.grid.values)?.[1] ?? 1)])
    : null;
  const loudness = tableColors(table, t('quiet {0}', formatNumber(low, 2)), t('{0} loud', formatNumber(high, 2)));
  return {
    title: cam ? cam.title : t('(c) Mel-spectrogram'),
    ...(cam && isEmptyMap(cam.grid.values) && { message: t('Empty: nowhere positive for this class') }),
    height,
    scales: cam ? [tableColors(overlayTable(), t('map 0'), '1'), loudness] : [loudness],
    yTicks: frequencyTicks(binFrequencies, height).map(({ hertz, bin }) => ({ at: bin, text: formatHertz(hertz) })),
    yScale: (bin) => (bin + 0.5) / mel.bins,
    paint: (context, x, plot) => {
      const left = x(frameTimes[0] - hop / 2);
      const right = x(frameTimes[mel.frames - 1] + hop / 2);
      context.imageSmoothingEnabled = false;
      context.drawImage(under, left, 0, right - left, plot);
      if (over) {
        context.globalAlpha = cam!.opacity;
        context.drawImage(over, left, 0, right - left, plot);
        context.globalAlpha = 1;
      }
      paintWithoutFrames(context, x, plot, { frameTimes, duration });
    },
    readout: (seconds) => {
      const frame = nearestFrame(frameTimes, seconds);
      const grid = cam ? cam.grid : mel;
      let peak = 0;
      for (let bin = 1; bin < grid.bins; bin++)
        if (grid.values[frame * grid.bins + bin] > grid.values[frame * grid.bins + peak]) peak = bin;
      const value = formatNumber(grid.values[frame * grid.bins + peak], 3);
      const at = formatHertz(binFrequencies[Math.min(peak, binFrequencies.length - 1)]);
      return cam
        ? t('strongest at {0}: {1}', at, value)
        : t('{0} · loudest at {1}: {2}', formatSeconds(seconds), at, value);
    },
  };
}

/** Hatches the edges of the clip in which no frame has its middle. */
function paintWithoutFrames(
  context: CanvasRenderingContext2D,
  x: ScaleLinear<number, number>,
  plot: number,
  { frameTimes, duration }: Pick<HeardSeries, 'frameTimes' | 'duration'>,
): void {
  const half = hopOf(frameTimes) / 2;
  paintHatch(context, x(0), x(frameTimes[0] - half), plot);
  paintHatch(context, x(frameTimes[frameTimes.length - 1] + half), x(duration), plot);
}

/** A numbered bracket over each replica of the series. */
function paintReplicas(
  context: CanvasRenderingContext2D,
  x: ScaleLinear<number, number>,
  { starts, duration }: HeardSeries['map'],
): void {
  if (starts.length < 2) return;
  const style = getComputedStyle(context.canvas);
  context.strokeStyle = context.fillStyle = style.color;
  context.font = `10px ${style.fontFamily}`;
  context.globalAlpha = 0.75;
  let free = -Infinity;
  starts.forEach((start, i) => {
    const [left, right] = [x(start), x(start + duration)];
    context.beginPath();
    context.moveTo(left + 0.5, 7);
    context.lineTo(left + 0.5, 2.5);
    context.lineTo(right - 0.5, 2.5);
    context.lineTo(right - 0.5, 7);
    context.stroke();
    const text = i === 0 ? t('replica {0}', i + 1) : String(i + 1);
    if (left < free) return;
    context.fillText(text, left + 3, 14);
    free = left + 3 + context.measureText(text).width + 4;
  });
  context.globalAlpha = 1;
}

function hopOf(frameTimes: ArrayLike<number>): number {
  return frameTimes.length > 1 ? (frameTimes[frameTimes.length - 1] - frameTimes[0]) / (frameTimes.length - 1) : 0.008;
}

/** Gray from the theme's background: quiet enough that the colors above stand out. */
function greyTable(theme: Theme): ColorTable {
  return tintTable(theme.background, isDark(theme.kind) ? '#9a9a9a' : '#707070');
}
