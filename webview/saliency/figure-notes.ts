/** What a reader of the figure must know: how long a frame hears, and what is peculiar to the maps of the layers. */
import { formatInteger, formatNumber } from '../shared/model/format';
import { t } from '../shared/strings';
import { windowInValues } from './clip-map';
import { isEmptyMap } from './empty-map';
import type { HeardSeries, LayerMap } from './heard-series';

export function windowNote({ map, windowSeconds }: HeardSeries): string {
  return t(
    'One frame hears {0} ms, which is as long as {1} values of the series (it has {2}). The band at the cursor shows it.',
    formatNumber(1000 * windowSeconds, 3),
    formatInteger(Math.round(windowInValues(map, windowSeconds))),
    formatInteger(map.length),
  );
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
