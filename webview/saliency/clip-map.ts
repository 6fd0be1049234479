/**
 * How positions in a series and on the clip belong together: each replica of the series lies at its own place, at the same rate.
 */
export interface ClipMap {
  /** number of values of the series */
  length: number;
  /** seconds where the replicas start */
  starts: readonly number[];
  /** seconds that one replica lasts */
  duration: number;
  /** part of the series in it, on an axis where value j covers j .. j + 1 */
  heard: readonly [from: number, to: number];
}

/** @param clip clip samples per second, where the replicas start, the length of one, and the part of the series in it (default: all) */
export function clipMap(
  length: number,
  clip: {
    sampleRate: number;
    starts: readonly number[];
    replicaLength: number;
    heard?: readonly [from: number, to: number];
  },
): ClipMap {
  return {
    length,
    starts: clip.starts.map((start) => start / clip.sampleRate),
    duration: clip.replicaLength / clip.sampleRate,
    heard: clip.heard ?? [0, length],
  };
}

const heardValues = ({ heard: [from, to] }: ClipMap): number => to - from;

/** Seconds at which a position of the series (0 to length) is heard, one per replica; none outside the part that is heard. */
export function toClip(map: ClipMap, position: number): number[] {
  const [from, to] = map.heard;
  if (position < from || position > to) return [];
  return map.starts.map((start) => start + ((position - from) / heardValues(map)) * map.duration);
}

/** Seconds at which the first replica passes a position, or would if it went on at its rate. */
export function secondsAt({ starts, duration, ...map }: ClipMap, position: number): number {
  return starts[0] + ((position - map.heard[0]) / (map.heard[1] - map.heard[0])) * duration;
}

/** Position in the series that is heard at this time, or null where no replica lies. */
export function toSeries(map: ClipMap, seconds: number): number | null {
  for (const start of map.starts)
    if (seconds >= start && seconds < start + map.duration)
      return map.heard[0] + ((seconds - start) / map.duration) * heardValues(map);
  return null;
}

/** How many values of the series one window of the front end covers. */
export function windowInValues(map: ClipMap, seconds: number): number {
  return (seconds / map.duration) * heardValues(map);
}

/** The series as it lies on the clip, one value per clip sample, NaN where no replica lies. */
export function placedSeries(
  map: ClipMap,
  series: ArrayLike<number>,
  sampleRate: number,
  samples: number,
): Float64Array {
  const placed = new Float64Array(samples).fill(NaN);
  const length = Math.round(map.duration * sampleRate);
  for (const start of map.starts) {
    const first = Math.round(start * sampleRate);
    for (let i = 0; i < length && first + i < samples; i++)
      placed[first + i] =
        series[Math.min(series.length - 1, Math.floor(map.heard[0] + (i * heardValues(map)) / length))];
  }
  return placed;
}

/** The values that matter most: position and saliency, greatest magnitude first; those never heard are left out. */
export function mostSalient(saliency: ArrayLike<number>, count: number): { index: number; saliency: number }[] {
  return Array.from(saliency, (value, index) => ({ index, saliency: value }))
    .filter((entry) => Number.isFinite(entry.saliency))
    .sort((a, b) => Math.abs(b.saliency) - Math.abs(a.saliency) || a.index - b.index)
    .slice(0, count);
}

/** Frame whose middle is nearest to a time. */
export function nearestFrame(frameTimes: ArrayLike<number>, seconds: number): number {
  const last = frameTimes.length - 1;
  if (last < 1) return last;
  const hop = (frameTimes[last] - frameTimes[0]) / last;
  return Math.max(0, Math.min(last, Math.round((seconds - frameTimes[0]) / hop)));
}
