import type { SeriesDataset } from '../engine/series';
import type { SeriesSummary } from '../protocol/worker';

/** What is told of a series file as a whole. */
export function summarize({ name, series, classNames, notes, format }: SeriesDataset): SeriesSummary {
  const counts = new Map<string, number>();
  let shortest = Infinity;
  let longest = 0;
  for (const { label, values } of series) {
    if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
    shortest = Math.min(shortest, values.length);
    longest = Math.max(longest, values.length);
  }
  return {
    name,
    count: series.length,
    shortest: series.length > 0 ? shortest : 0,
    longest,
    classes: classNames.map((className) => ({ name: className, count: counts.get(className) ?? 0 })),
    notes,
    format,
  };
}
