/**
 * What of a long curve can be seen: least and greatest value per pixel column. A curve drawn through them looks exactly like one
 * drawn through every sample.
 */
interface Envelope {
  /** first sample of each column */
  starts: Float64Array;
  low: Float64Array;
  high: Float64Array;
}

/**
 * @param values samples; NaN is skipped
 * @param from first sample shown
 * @param to one past the last sample shown
 * @param columns pixel columns
 * @returns one entry per column that holds a sample, in order
 */
export function envelope(values: ArrayLike<number>, from: number, to: number, columns: number): Envelope {
  const first = Math.max(0, Math.floor(from));
  const end = Math.min(values.length, Math.ceil(to));
  const count = Math.max(0, Math.min(columns, end - first));
  const starts = new Float64Array(count);
  const low = new Float64Array(count);
  const high = new Float64Array(count);
  for (let column = 0; column < count; column++) {
    const begin = first + Math.floor((column * (end - first)) / count);
    const stop = first + Math.floor(((column + 1) * (end - first)) / count);
    let least = Infinity;
    let greatest = -Infinity;
    for (let i = begin; i < stop; i++) {
      const value = values[i];
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
    starts[column] = begin;
    low[column] = least <= greatest ? least : NaN;
    high[column] = least <= greatest ? greatest : NaN;
  }
  return { starts, low, high };
}

/**
 * The points of the polyline that shows samples from..to on `columns` pixels: every sample where they fit, two per column
 * otherwise. Pieces are separated where values are missing.
 */
export function polyline(values: ArrayLike<number>, from: number, to: number, columns: number): [number, number][][] {
  const pieces: [number, number][][] = [];
  let piece: [number, number][] = [];
  const add = (index: number, value: number) => {
    if (Number.isFinite(value)) piece.push([index, value]);
    else if (piece.length > 0) {
      pieces.push(piece);
      piece = [];
    }
  };
  const first = Math.max(0, Math.floor(from));
  const end = Math.min(values.length, Math.ceil(to));
  if (end - first <= 2 * columns) for (let i = first; i < end; i++) add(i, values[i]);
  else {
    const { starts, low, high } = envelope(values, first, end, columns);
    for (let column = 0; column < starts.length; column++) {
      add(starts[column], low[column]);
      if (Number.isFinite(high[column]) && high[column] !== low[column]) add(starts[column], high[column]);
    }
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces;
}
