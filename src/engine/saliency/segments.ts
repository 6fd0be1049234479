/** Contiguous parts of a series that maps and their checks change at once. */
export const SEGMENTS = 16;

export interface Segment {
  /** first value */
  from: number;
  /** behind the last one */
  to: number;
}

/** Parts of nearly equal size: `SEGMENTS`, or one a value for shorter series. */
export function segmentsOf(length: number): Segment[] {
  const count = Math.min(SEGMENTS, length);
  const start = (part: number): number => Math.round((part / count) * length);
  return Array.from({ length: count }, (_, part) => ({ from: start(part), to: start(part + 1) }));
}
