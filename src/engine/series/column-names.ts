/** Header names of the label column, in order of preference, in lower case. */
const LABEL_NAMES = [
  'label',
  'labels',
  'class',
  'target',
  'class_label',
  'classlabel',
  'class label',
  'class_name',
  'classes',
  'category',
  'y',
];

/** Names of label columns that also name quantities: they count where the cells look like labels. */
const LIKELY_LABEL_NAMES = [
  'activity',
  'species',
  'diagnosis',
  'outcome',
  'condition',
  'state',
  'status',
  'group',
  'type',
  'kind',
  'result',
  'event',
  'fault',
  'gesture',
  'variety',
];

/** Names of columns that number, name or date the rows. */
const ROW_NAMES = new Set([
  '',
  'unnamed: 0',
  'index',
  'idx',
  'id',
  'row',
  'sample',
  'series',
  'case',
  'no',
  'nr',
  '#',
  'rec',
  'record',
  'recording',
  'subject',
  'patient',
  'person',
  'participant',
  'user',
  'trial',
  'session',
  'window',
  'segment',
  'filename',
  'file',
  'date',
  'datetime',
  'time',
  'timestamp',
  'time_stamp',
  'uuid',
]);
const ROW_NAME_PART = /(?:^|[_\s.-])(?:id|idx|index|no|nr|number|num|name|date|time|timestamp)$|[a-z]I[Dd]$/;

const lowered = (cell: string): string => cell.trim().toLowerCase();

/** Index, from 0, of the column that a header calls a label; -1 if none. */
export function namedLabelColumn(names: readonly string[]): number {
  const keys = names.map(lowered);
  for (const name of LABEL_NAMES) {
    const at = keys.indexOf(name);
    if (at >= 0) return at;
  }
  return -1;
}

/** Whether a name is one that label columns often have. */
export const likelyLabelName = (name: string): boolean => LIKELY_LABEL_NAMES.includes(lowered(name));

/** Whether a header says that a column numbers, names or dates the rows. */
export const namesRows = (name: string): boolean =>
  ROW_NAMES.has(lowered(name)) || ROW_NAME_PART.test(name.trim()) || ROW_NAME_PART.test(lowered(name));

/** A group of names of at most so many columns is unlike the names of the values. */
const MAX_ODD_GROUP = 3;
/** Share of the columns that must be named alike before other names count as odd. */
const SERIES_OF_NAMES = 0.5;

/** A name without its number: "t0" and "t12" are alike, as are "400" and "402.5". */
const stemOf = (name: string): string => lowered(name).replace(/[-+]?\d+(?:[.,]\d+)?(?:e[-+]?\d+)?/g, '#');

/**
 * Columns, from 0, whose names are not in the row of the other names, as "rec" is beside t0, t1, t2, ….
 * @returns null where the names form no such row
 */
export function oddColumns(names: readonly string[]): Set<number> | null {
  const groups = new Map<string, number[]>();
  names.forEach((name, i) => {
    const stem = stemOf(name);
    const group = groups.get(stem);
    if (group) group.push(i);
    else groups.set(stem, [i]);
  });
  const [stem, members] = [...groups].reduce((best, one) => (one[1].length > best[1].length ? one : best));
  if (!stem.includes('#') || members.length < 3 || members.length < SERIES_OF_NAMES * names.length) return null;
  const odd = [...groups].filter(([other, group]) => other !== stem && group.length <= MAX_ODD_GROUP);
  return new Set(odd.flatMap(([, group]) => group));
}
