import type { Series } from '../engine/series';
import type { SeriesThumb } from '../protocol/panels/series';

/**
 * A series as it is drawn small: its values when there are at most `width`, else lowest and highest value of width / 2 equal parts, so
 * that no peak is lost.
 */
export function thumbnail({ values, label, row }: Series, index: number, width: number): SeriesThumb {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  const reduced = values.length > width;
  return {
    index,
    line: row,
    label,
    length: values.length,
    min,
    max,
    mean: sum / values.length,
    values: reduced ? extremes(values, Math.floor(width / 2)) : Float32Array.from(values),
    reduced,
  };
}

function extremes(values: Float64Array, parts: number): Float32Array {
  const result = new Float32Array(2 * parts);
  for (let p = 0; p < parts; p++) {
    const from = Math.floor((p * values.length) / parts);
    const to = Math.max(from + 1, Math.floor(((p + 1) * values.length) / parts));
    let low = values[from];
    let high = values[from];
    for (let i = from + 1; i < to; i++) {
      low = Math.min(low, values[i]);
      high = Math.max(high, values[i]);
    }
    result[2 * p] = low;
    result[2 * p + 1] = high;
  }
  return result;
}
