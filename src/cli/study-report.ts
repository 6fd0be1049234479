import type { MapFigures } from '../engine/saliency';
import { percent, table } from './words';

type Figures = Readonly<Record<string, MapFigures>>;

/** The maps of the result event of `v2s study`. */
export function studyJson(figures: Figures): Record<string, object> {
  return Object.fromEntries(Object.entries(figures).map(([name, map]) => [name, mapJson(map)]));
}

function mapJson(map: MapFigures): object {
  const { deletion, insertion, sanity, localization } = map;
  return {
    deletion_beats: deletion.share,
    deletion_interval: deletion.interval,
    insertion_beats: insertion.share,
    insertion_interval: insertion.interval,
    deletion_area: map.deletionArea,
    insertion_area: map.insertionArea,
    /** of deletion in random order */
    random_area: map.randomDeletionArea,
    random_insertion_area: map.randomInsertionArea,
    constant: map.constant,
    infidelity: map.infidelity,
    sensitivity: map.sensitivity,
    localization: localization && {
      pointing: localization.hits.share,
      pointing_interval: localization.hits.interval,
      chance: localization.chance,
      precision_recall: localization.precisionRecall,
    },
    sanity,
  };
}

/** What a person reads of a study. */
export function studyTables(figures: Figures): string {
  const maps = Object.entries(figures);
  const [{ series }] = Object.values(figures);
  const number = (value: number | null | undefined): string => (typeof value === 'number' ? value.toFixed(2) : '-');
  const share = ({ share, interval: [low, high] }: MapFigures['deletion']): string =>
    `${percent(share)} (${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)})`;
  const lines = [
    `${series} series; shares with their 95 % intervals. Deletion and insertion by segments, compared with random order:`,
    table([
      ['map', 'deletion beats', 'insertion beats', 'deletion area', 'random', 'insertion area', 'random', 'infidelity'],
      ...maps.map(([name, map]) => [
        name,
        share(map.deletion),
        share(map.insertion),
        number(map.deletionArea),
        number(map.randomDeletionArea),
        number(map.insertionArea),
        number(map.randomInsertionArea),
        number(map.infidelity),
      ]),
    ]),
    'distance-from-mean knows no model: a map is worth something where it does better.',
  ];
  const checked = maps.filter(([, { sanity }]) => sanity !== null);
  if (checked.length > 0)
    lines.push(
      '',
      'Magnitude of the rank correlation with the map of randomized weights, of permuted labels, and between two models of random',
      'weights (what chance gives); and the largest relative change of the map by small changes of the series:',
      table([
        ['map', 'randomized weights', 'permuted labels', 'two random models', 'sensitivity'],
        ...checked.map(([name, { sanity, sensitivity }]) => [
          name,
          number(sanity!.weights),
          number(sanity!.labels),
          number(sanity!.random),
          number(sensitivity),
        ]),
      ]),
    );
  const placed = maps.filter(([, { localization }]) => localization !== null);
  if (placed.length > 0)
    lines.push(
      '',
      'Does the map find the part in which the class was planted?',
      table([
        ['map', 'points at it', 'by chance', 'area under precision and recall'],
        ...placed.map(([name, { localization }]) => [
          name,
          share(localization!.hits),
          percent(localization!.chance),
          number(localization!.precisionRecall),
        ]),
      ]),
    );
  return lines.join('\n');
}
