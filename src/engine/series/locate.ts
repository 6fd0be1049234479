import type { ReadFormat } from './types';

/** A piece of a line: UTF-16 positions from 0, the end not included. */
interface Span {
  start: number;
  end: number;
}

/** Where the cells of one series stand in its line of the file. */
export interface RowSpans {
  label: Span | null;
  /** one span for each value cell in time order; missing values at the end of the series have spans too */
  values: Span[];
}

/**
 * Finds the cells of a series in its line, so that an editor can mark each value.
 * @param text the line on which a series begins, as its `row` says, without line end
 * @param format how the file was read
 */
export function locateRow(text: string, format: ReadFormat): RowSpans {
  if (format.kind === 'ts') return locateCase(text, format);
  if (format.kind === 'arff') return locateInstance(text, format);
  const spans =
    format.delimiter === ' '
      ? blankSeparated(text)
      : separated(text, { start: 0, end: text.length }, format.delimiter, '"');
  return pick(spans, format);
}

/** Sorts the cells of a table's row into label and values. */
function pick(spans: Span[], { labels, labelColumn, ignoredColumns, valueColumns }: ReadFormat): RowSpans {
  const label = labels === 'none' ? -1 : labelColumn === null ? spans.length - 1 : labelColumn - 1;
  if (valueColumns)
    return { label: spans[label] ?? null, values: valueColumns.flatMap((column) => spans[column - 1] ?? []) };
  const ignored = new Set(ignoredColumns);
  const values = spans.filter((_, i) => i !== label && !ignored.has(i + 1));
  return { label: spans[label] ?? null, values };
}

/** A line of a .ts file: channels between ":", the label last. */
function locateCase(text: string, format: ReadFormat): RowSpans {
  const parts = separated(text, { start: 0, end: text.length }, ':', '', true);
  const label = parts.length > format.channels ? (parts[parts.length - 1] ?? null) : null;
  const channel = parts[format.channel - 1];
  if (!channel) return { label, values: [] };
  const values = separated(text, channel, ',', '', true);
  if (format.timeStamps) {
    for (const value of values) {
      // (stamp,value): the value follows the last comma.
      value.start = text.lastIndexOf(',', value.end - 1) + 1;
      if (text[value.end - 1] === ')') value.end--;
    }
  }
  return { label: format.labels === 'none' ? null : label, values };
}

/** A line of an .arff file; in a relational value the channels are separated by the two characters "\n". */
function locateInstance(text: string, format: ReadFormat): RowSpans {
  const separator = text.includes(',') ? ',' : '\t';
  const cells = separated(text, { start: 0, end: text.length }, separator, `'"`);
  if (cells.length > 1 && cells.at(-1)!.start === cells.at(-1)!.end) cells.pop();
  const label = format.labels === 'none' ? null : (cells[(format.labelColumn ?? cells.length) - 1] ?? null);
  // A value has no comma; the list of a relational attribute has one or, of one value only, stands in quotes.
  const values = cells.filter((cell, i) => cell !== label && !format.ignoredColumns.includes(i + 1));
  const listed = ({ start, end }: Span): boolean =>
    text.slice(start, end).includes(',') || text.slice(start, end).includes('\\n');
  const relation = values.find(listed) ?? (format.channels > 1 ? undefined : null);
  if (relation === null) return pick(cells, format);
  if (!relation) return { label, values: [] };
  let { start } = relation;
  for (let channel = 1; channel < format.channel; channel++) start = text.indexOf('\\n', start) + 2;
  const next = text.indexOf('\\n', start);
  const end = next < 0 || next > relation.end ? relation.end : next;
  return { label, values: separated(text, { start, end }, ',', '') };
}

function blankSeparated(text: string): Span[] {
  return [...text.matchAll(/[^ \t]+/g)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

/** Cells between separators that are neither in quotes nor, where it matters, in parentheses; blanks and quotes are left outside. */
function separated(text: string, within: Span, separator: string, quotes: string, parentheses = false): Span[] {
  const spans: Span[] = [];
  let start = within.start;
  let quote = '';
  let depth = 0;
  for (let i = within.start; i <= within.end; i++) {
    const character = i < within.end ? text[i] : '';
    if (quote && character) {
      if (character === '\\' && quotes.length > 1) i++;
      else if (character === quote) quote = '';
    } else if (character && quotes.includes(character)) {
      quote = character;
    } else if (parentheses && character === '(') {
      depth++;
    } else if (parentheses && character === ')') {
      depth--;
    } else if (character === '' || (character === separator && depth <= 0)) {
      spans.push(trimmed(text, { start, end: i }, quotes));
      start = i + 1;
    }
  }
  return spans;
}

function trimmed(text: string, { start, end }: Span, quotes: string): Span {
  while (start < end && text[start].trim() === '') start++;
  while (end > start && text[end - 1].trim() === '') end--;
  if (end - start >= 2 && quotes.includes(text[start]) && text[end - 1] === text[start]) {
    start++;
    end--;
  }
  return { start, end };
}
