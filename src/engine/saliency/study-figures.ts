import { wilsonInterval } from '../../common/wilson-interval';
import type { MapOutcome, MapSanity, SeriesOutcome } from './study';

/** A share of series with its 95 % interval (Wilson 1927). */
export interface Share {
  share: number;
  interval: [low: number, high: number];
}

/** One kind of map over many series. */
export interface MapFigures {
  series: number;
  /** series for which all values of the map were equal, or that have no such map */
  constant: number;
  deletion: Share;
  insertion: Share;
  /** means */
  deletionArea: number;
  insertionArea: number;
  /** of random orders of the same series */
  randomDeletionArea: number;
  randomInsertionArea: number;
  infidelity: number | null;
  sensitivity: number | null;
  /** means over the series for which it was measured; null for none */
  sanity: (MapSanity & { series: number; labels: number | null }) | null;
  localization: { hits: Share; chance: number; precisionRecall: number } | null;
}

/** Figures of every map, over at least one series. A map that some series do not have counts as constant there. */
export function studyFigures(outcomes: readonly SeriesOutcome[]): Record<string, MapFigures> {
  const names = new Set(outcomes.flatMap(({ maps }) => Object.keys(maps)));
  return Object.fromEntries([...names].map((name) => [name, figuresOf(name, outcomes)]));
}

function figuresOf(name: string, outcomes: readonly SeriesOutcome[]): MapFigures {
  const there = outcomes.filter(({ maps }) => name in maps);
  const maps = there.map((outcome) => outcome.maps[name]);
  const n = outcomes.length;
  const share = (of: (map: MapOutcome) => boolean): Share => shareOf(maps.filter(of).length, n);
  const places = maps.map(({ localization }) => localization).filter((each) => each !== null);
  return {
    series: n,
    constant: n - maps.filter(({ constant }) => !constant).length,
    deletion: share(({ deletionBeats }) => deletionBeats),
    insertion: share(({ insertionBeats }) => insertionBeats),
    deletionArea: mean(maps.map(({ deletionArea }) => deletionArea)),
    insertionArea: mean(maps.map(({ insertionArea }) => insertionArea)),
    randomDeletionArea: mean(there.map(({ random }) => random.deletionArea)),
    randomInsertionArea: mean(there.map(({ random }) => random.insertionArea)),
    infidelity: meanOfSome(maps.map(({ infidelity }) => infidelity)),
    sensitivity: meanOfSome(maps.map(({ sensitivity }) => sensitivity)),
    sanity: sanityOf(maps),
    localization:
      places.length === 0
        ? null
        : {
            hits: shareOf(places.filter(({ hit }) => hit).length, places.length),
            chance: mean(places.map(({ chance }) => chance)),
            precisionRecall: mean(places.map(({ precisionRecall }) => precisionRecall)),
          },
  };
}

function sanityOf(maps: readonly MapOutcome[]): MapFigures['sanity'] {
  const checked = maps.map(({ sanity }) => sanity).filter((each) => each !== null);
  const labels = meanOfSome(maps.map((map) => map.labels));
  if (checked.length === 0 && labels === null) return null;
  const layers = new Set(checked.flatMap((each) => Object.keys(each.layers)));
  return {
    series: checked.length,
    layers: Object.fromEntries(
      [...layers].map((layer) => [layer, meanOfSome(checked.map((each) => each.layers[layer] ?? null))]),
    ),
    weights: meanOfSome(checked.map(({ weights }) => weights)),
    random: meanOfSome(checked.map(({ random }) => random)),
    labels,
  };
}

export function shareOf(count: number, of: number): Share {
  const share = count / of;
  return { share, interval: wilsonInterval(share, of) };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function meanOfSome(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? mean(known) : null;
}
