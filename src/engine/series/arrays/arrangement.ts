import { SeriesFileError } from '../series-error';

/** How an array holds series. */
export interface Arrangement {
  series: number;
  channels: number;
  length: number;
  /** distance of a channel's first values, and of its neighbors, in the elements of one series */
  channelStride: number;
  valueStride: number;
  note: string | null;
}

/**
 * Series along the first axis: [series, values], [series, channels, values] or [series, values, channels]. Of two axes, the shorter one
 * counts the channels.
 * @throws SeriesFileError `series.array` for other shapes
 */
export function arrangementOf(file: string, shape: readonly number[]): Arrangement {
  const [series, a, b] = shape;
  if (shape.some((n) => n === 0)) throw new SeriesFileError('series.empty', { file }, 'the array has no elements.');
  if (shape.length === 2) return { series, channels: 1, length: a, channelStride: a, valueStride: 1, note: null };
  if (shape.length !== 3)
    throw new SeriesFileError(
      'series.array',
      { file },
      `expected an array of the shape [series, values] or [series, channels, values], found [${shape.join(', ')}].`,
    );
  if (b >= a) return { series, channels: a, length: b, channelStride: b, valueStride: 1, note: null };
  const note = b === 1 ? null : `The array has the shape [${shape.join(', ')}]. Its last axis, the shorter one, was taken for the channels.`; // prettier-ignore
  return { series, channels: b, length: a, channelStride: 1, valueStride: b, note };
}
