import type { SeriesThumb, SeriesView } from '../../src/protocol/panels/series';
import type { Table } from '../shared/model/export-text';

/** In which order the series are shown. */
export type SeriesOrder = 'file' | 'class';

interface SeriesFilter {
  search: string;
  /** class indices that are switched off; the number of classes stands for series without a label */
  hidden: ReadonlySet<number>;
  order: SeriesOrder;
}

type Listed = Pick<SeriesView, 'count' | 'classes' | 'labels'>;

/** What a search asks for. */
interface SeriesSearch {
  /** series numbers from 1, both ends included; a series that is in one of them matches */
  ranges: { from: number; to: number; text: string }[];
  /** every one of them is part of the class's name, regardless of case */
  words: string[];
}

const RANGE = /^#?(\d+)(?:[-–](\d+))?$/;

/** Reads a search: `12`, `#12` and `10-20` are series numbers, everything else is part of a class's name. */
export function parseSearch(search: string): SeriesSearch {
  const parsed: SeriesSearch = { ranges: [], words: [] };
  for (const word of search.trim().split(/\s+/)) {
    if (word === '') continue;
    const range = RANGE.exec(word);
    if (range) {
      const ends = [Number(range[1]), Number(range[2] ?? range[1])].sort((a, b) => a - b);
      parsed.ranges.push({ from: ends[0], to: ends[1], text: word });
    } else parsed.words.push(word.toLowerCase());
  }
  return parsed;
}

/** Class of a series as an index, where the number of classes stands for `no label`. */
export function classOf(view: Listed, index: number): number {
  const label = view.labels[index];
  return label >= 0 && label < view.classes.length ? label : view.classes.length;
}

/**
 * The series to show, by position in the file from 0. A number in the search also matches a class of exactly this name, because
 * classes are often numbers.
 */
export function shownSeries(view: Listed, filter: SeriesFilter): number[] {
  const { ranges, words } = parseSearch(filter.search);
  // Which classes match is decided once per class, not once per series.
  const names = [...view.classes.map(({ name }) => name), ''];
  const hasWords = names.map((name) => words.every((word) => name.toLowerCase().includes(word)));
  const isNumbered = names.map((name) => ranges.some(({ text }) => text === name));
  const shown: number[] = [];
  for (let index = 0; index < view.count; index++) {
    const kind = classOf(view, index);
    if (filter.hidden.has(kind) || !hasWords[kind]) continue;
    const number = index + 1;
    const inRange =
      ranges.length === 0 || isNumbered[kind] || ranges.some(({ from, to }) => number >= from && number <= to);
    if (inRange) shown.push(index);
  }
  if (filter.order === 'class') shown.sort((a, b) => classOf(view, a) - classOf(view, b) || a - b);
  return shown;
}

/**
 * How many values to ask for a picture of this many pixels: a power of two, so that a small change of the panel's width asks for
 * nothing new, and enough that each pixel column has a lowest and a highest value.
 */
export function valuesWanted(pixels: number): number {
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(16, 2 * pixels)));
  return Math.min(4000, wanted);
}

/** Position on the time axis, 0..length - 1, of a drawn value. */
export function timeOf({ values, length, reduced }: Pick<SeriesThumb, 'values' | 'length' | 'reduced'>, i: number) {
  if (!reduced) return i;
  const parts = values.length / 2;
  return Math.min(length - 1, ((Math.floor(i / 2) + 0.5) * length) / parts - 0.5);
}

/** The drawn values that stand for one time step: from the first to the last sample, and the least and greatest value of them. */
export function readValue(
  thumb: Pick<SeriesThumb, 'values' | 'length' | 'reduced'>,
  time: number,
): { from: number; to: number; low: number; high: number } {
  const { values, length, reduced } = thumb;
  if (!reduced) return { from: time, to: time, low: values[time], high: values[time] };
  const parts = values.length / 2;
  const part = Math.max(0, Math.min(parts - 1, Math.floor(((time + 1) * parts - 1) / length)));
  const from = Math.floor((part * length) / parts);
  const to = Math.max(from, Math.floor(((part + 1) * length) / parts) - 1);
  return { from, to, low: values[2 * part], high: values[2 * part + 1] };
}

/** An SVG path through the drawn values; where values are missing the line is broken, and a value alone becomes a dot. */
export function curvePath(
  thumb: Pick<SeriesThumb, 'values' | 'length' | 'reduced'>,
  x: (time: number) => number,
  y: (value: number) => number,
): string {
  let path = '';
  let pen = false;
  for (let i = 0; i < thumb.values.length; i++) {
    const value = thumb.values[i];
    if (!Number.isFinite(value)) {
      pen = false;
      continue;
    }
    const at = `${x(timeOf(thumb, i)).toFixed(1)},${y(value).toFixed(1)}`;
    const alone = !pen && !Number.isFinite(thumb.values[i + 1]);
    path += `${pen ? 'L' : 'M'}${at}${alone ? 'h0.01' : ''}`;
    pen = true;
  }
  return path;
}

/** The series as rows of a file: number and line, what is known of the values. */
export function seriesTable(thumbs: readonly SeriesThumb[]): Table {
  const number = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    header: ['series', 'line', 'class', 'length', 'min', 'max', 'mean'],
    rows: thumbs.map(({ index, line, label, length, min, max, mean }) => [
      index + 1,
      line,
      label,
      length,
      number(min),
      number(max),
      number(mean),
    ]),
  };
}

/** Consecutive pieces of at most `size`. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** The file as it is saved. @param shown positions in the file of the series to list, from 0 */
export function seriesJson(view: SeriesView, shown: readonly number[]): unknown {
  const { labels, ...rest } = view;
  const name = (index: number): string | null => view.classes[labels[index]]?.name ?? null;
  return { ...rest, series: shown.map((index) => ({ series: index + 1, class: name(index) })) };
}
