import type { TapDescription } from '../acoustic/model';

/**
 * A map of a layer on the grid of the features: layers that pool or stride have fewer frames or bins, one-dimensional ones a
 * single bin. Linear interpolation between the centers of the cells, the outermost values continued to the edges.
 * @param map [tap.frames][tap.bins]
 * @returns [frames][bins]
 */
export function onFeatureGrid(map: Float32Array, tap: TapDescription, frames: number, bins: number): Float32Array {
  if (tap.frames === frames && tap.bins === bins) return map;
  const rows = cellWeights(tap.frames, frames);
  const columns = cellWeights(tap.bins, bins);
  const grid = new Float32Array(frames * bins);
  rows.forEach(([top, bottom, down], t) =>
    columns.forEach(([left, right, across], m) => {
      const at = (frame: number, bin: number): number => map[frame * tap.bins + bin];
      const above = (1 - across) * at(top, left) + across * at(top, right);
      const below = (1 - across) * at(bottom, left) + across * at(bottom, right);
      grid[t * bins + m] = (1 - down) * above + down * below;
    }),
  );
  return grid;
}

/** For each of `fine` cells over the same length: the two of `coarse` cells around its center, and the share of the second. */
function cellWeights(coarse: number, fine: number): [number, number, number][] {
  return Array.from({ length: fine }, (_, i) => {
    const center = Math.min(coarse - 1, Math.max(0, ((i + 0.5) * coarse) / fine - 0.5));
    const first = Math.floor(center);
    return [first, Math.min(coarse - 1, first + 1), center - first];
  });
}

/** Mean of a map [frame][bin] over its bins: one value a frame. */
export function overFrames(map: Float32Array, frames: number): Float64Array {
  const bins = map.length / frames;
  const curve = new Float64Array(frames);
  for (let t = 0; t < frames; t++) {
    for (let m = 0; m < bins; m++) curve[t] += map[t * bins + m];
    curve[t] /= bins;
  }
  return curve;
}
