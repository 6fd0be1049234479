import { SEGMENTS, type Segment } from './segments';

/** Whether a map finds the part of a series by which its class was made. */
export interface Localization {
  /** pointing game (Zhang et al. 2018): the greatest value of the map lies in the part, or half a segment beside it */
  hit: boolean;
  /** how often a random place would */
  chance: number;
  /** area under the curve of precision over recall (average precision) of the values as found by the map; chance: the part's share */
  precisionRecall: number;
}

/** @param curve [L]; NaN counts as least, and of equal greatest values the middle one points */
export function localization(curve: ArrayLike<number>, { from, to }: Segment): Localization {
  const { length } = curve;
  const sizes = Array.from(curve, (value) => (Number.isNaN(value) ? -Infinity : value));
  const most = sizes.reduce((greatest, size) => Math.max(greatest, size), -Infinity);
  const greatest = [...sizes.keys()].filter((i) => sizes[i] === most);
  const place = greatest[Math.floor((greatest.length - 1) / 2)];
  const margin = length / SEGMENTS / 2;
  const [first, last] = [Math.max(0, Math.ceil(from - margin)), Math.min(length, Math.floor(to + margin))];
  return {
    hit: place >= first && place < last,
    chance: (last - first) / length,
    precisionRecall: averagePrecision(sizes, (i) => i >= from && i < to),
  };
}

/** Sum over thresholds of the gain in recall times precision; equal values share a threshold. */
function averagePrecision(sizes: readonly number[], relevant: (i: number) => boolean): number {
  const order = [...sizes.keys()].sort((a, b) => (sizes[a] === sizes[b] ? 0 : sizes[b] - sizes[a]));
  const total = order.filter(relevant).length;
  let found = 0;
  let area = 0;
  for (let at = 0; at < order.length;) {
    let end = at;
    let gain = 0;
    for (; end < order.length && sizes[order[end]] === sizes[order[at]]; end++) if (relevant(order[end])) gain++;
    found += gain;
    area += (gain / total) * (found / end);
    at = end;
  }
  return area;
}
