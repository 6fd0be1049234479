/** What a reader of the figure must know: how long a frame hears, and what is peculiar to the maps of the layers. */
import { formatInteger, formatNumber } from '../shared/model/format';
import { t } from '../shared/strings';
import { windowInValues } from './clip-map';
import { isEmptyMap } from './empty-map';
import type { SaliencyView } from '../../src/protocol/panels/saliency';
import type { HeardSeries, LayerMap } from './heard-series';
import { isTooCoarse } from './resolution';
import { sourceName } from './source-names';

export function windowNote({ map, windowSeconds }: HeardSeries): string {
  return t(
    'One frame hears {0} ms, which is as long as {1} values of the series (it has {2}). The band at the cursor shows it.',
    formatNumber(1000 * windowSeconds, 3),
    formatInteger(Math.round(windowInValues(map, windowSeconds))),
    formatInteger(map.length),
  );
}

/** Which maps say nothing about places, and why; empty where all do. */
export function coarseNote({ tooCoarse, sources, map }: HeardSeries): string {
  const names = [
    ...sources.filter((source) => isTooCoarse(source) && !isEmptyMap(source.values)).map(({ source }) => source),
    ...tooCoarse,
  ];
  if (names.length === 0) return '';
  return t(
    'Too coarse to localize here: {0}. What one cell of such a map goes by is longer than a quarter of the series ({1} values), so it cannot say where in the series something is.',
    names.map(sourceName).join(', '),
    formatInteger(map.length),
  );
}

/** Where the clip has no frames. */
export function framesNote({ frameTimes, duration }: HeardSeries): string {
  const hop = frameTimes.length > 1 ? frameTimes[1] - frameTimes[0] : 0;
  const start = Math.max(0, frameTimes[0] - hop / 2);
  const end = Math.max(0, duration - frameTimes[frameTimes.length - 1] - hop / 2);
  if (start < hop && end < hop) return '';
  return t(
    'The first {0} ms and the last {1} ms of the clip are the middle of no frame; they are hatched.',
    formatInteger(Math.round(1000 * start)),
    formatInteger(Math.round(1000 * end)),
  );
}

/** What the maps of a program of several members are made of. */
export function membersNote({ members, member }: SaliencyView): string {
  if (members.count === 1) return '';
  const shown = t('The clip, the attention and the mel-spectrogram are those of member {0}.', members.shown + 1);
  if (member !== null) return shown;
  const left = members.leftOut.map(({ source, count }) => t('{0}: {1}', sourceName(source), count)).join(', ');
  const sum = t(
    'The maps on the series are sums over the members, each with its part in the decision. {0} The largest part has member {1}.',
    shown,
    members.shown + 1,
  );
  return left === '' ? sum : `${sum} ${t('Left out because they are too coarse: {0}.', left)}`;
}

/** @param target explained class. @returns empty when there is nothing to say */
export function layerNote(layers: readonly LayerMap[], target: string): string {
  const single = layers.filter(({ scaledActivation }) => scaledActivation).map(({ layer }) => layer);
  const empty = layers.filter(({ grid }) => isEmptyMap(grid.values)).map(({ layer }) => layer);
  const notes: string[] = [];
  if (single.length === 1)
    notes.push(
      t(
        '{0} has a single channel, so its Grad-CAM is its activation times one number: it shows where the layer is active, not which of its features speak for the class.',
        single[0],
      ),
    );
  else if (single.length > 1)
    notes.push(
      t(
        'The layers {0} have a single channel each, so the Grad-CAM of each is its activation times one number: it shows where the layer is active, not which of its features speak for the class.',
        single.join(', '),
      ),
    );
  if (empty.length === 1)
    notes.push(
      t(
        'The Grad-CAM of {0} is empty: it keeps only what speaks for a class, and the weighted activation of the layer is nowhere positive for {1}. Choose another class or layer, or a method on the waveform.',
        empty[0],
        target,
      ),
    );
  else if (empty.length > 1)
    notes.push(
      t(
        'The Grad-CAMs of the layers {0} are empty: they keep only what speaks for a class, and the weighted activations of these layers are nowhere positive for {1}. Choose another class or layer, or a method on the waveform.',
        empty.join(', '),
        target,
      ),
    );
  return notes.join(' ');
}
