import type { ReadFormat } from '../../protocol/worker';

/** Characters of a line, from 0; `end` is behind the last one. */
export interface ValueRange {
  start: number;
  end: number;
}

/**
 * Where the values of a series stand on its line: range i is that of value i of the series, as the series reader counts them (label and
 * ignored columns left out). Trailing missing values have ranges too, beyond the values of the series.
 * @param line the whole line, without its line end
 * @param format how the file was understood
 * @param most characters of the line to look at; a value beyond has no range
 * @returns nothing where the line holds no series, or one that spans several lines
 */
export function valueRanges(line: string, format: ReadFormat, most = Infinity): ValueRange[] {
  const text = line.length > most ? line.slice(0, most) : line;
  // The last cell of a shortened line is half a value, or the label that would have been recognized by being last.
  const cut = text.length < line.length;
  if (line.trim() === '') return [];
  switch (format.kind) {
    case 'ts':
      return tsRanges(text, format, cut);
    case 'arff':
      return /^\s*[%@]/.test(line) || /['"]/.test(text) ? [] : fromCells(splitAt(text, ','), format, cut);
    default: {
      const cells = format.delimiter === ' ' ? splitBlanks(text) : splitQuoted(text, format.delimiter);
      return cells === null ? [] : fromCells(cells, format, cut);
    }
  }
}

/** The ranges of the values among those of all cells. */
function fromCells(cells: ValueRange[], format: ReadFormat, cut: boolean): ValueRange[] {
  const { labels, labelColumn, ignoredColumns, valueColumns } = format;
  if (cut) cells.pop();
  // A row may end with a delimiter after which nothing follows.
  else if (labels === 'last' && labelColumn === null && isEmpty(cells.at(-1))) cells.pop();
  if (valueColumns) return valueColumns.flatMap((column) => cells[column - 1] ?? []);
  const label =
    labels === 'none' ? -1 : labelColumn !== null ? labelColumn - 1 : labels === 'last' && !cut ? cells.length - 1 : -1;
  const ignored = new Set(ignoredColumns.map((column) => column - 1));
  return cells.filter((_, i) => i !== label && !ignored.has(i));
}

const isEmpty = (cell: ValueRange | undefined): boolean => cell !== undefined && cell.start === cell.end;

/** Without the blanks around it. */
function trimmed(text: string, start: number, end: number): ValueRange {
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return { start, end };
}

const isBlank = (code: number): boolean => code === 32 || code === 9 || code === 13;

function splitAt(text: string, delimiter: string, from = 0, to = text.length): ValueRange[] {
  const cells: ValueRange[] = [];
  let start = from;
  for (;;) {
    const at = text.indexOf(delimiter, start);
    const end = at < 0 || at >= to ? to : at;
    cells.push(trimmed(text, start, end));
    if (end === to) return cells;
    start = end + 1;
  }
}

function splitBlanks(text: string): ValueRange[] {
  return [...text.matchAll(/[^ \t\r]+/g)].map(({ 0: cell, index }) => ({ start: index, end: index + cell.length }));
}

/** Cells of which some may be quoted; null when a quote stays open, because the cell goes on in the next line. */
function splitQuoted(text: string, delimiter: string): ValueRange[] | null {
  if (!text.includes('"')) return splitAt(text, delimiter);
  const cells: ValueRange[] = [];
  let at = 0;
  for (;;) {
    let start = at;
    while (start < text.length && text[start] !== delimiter && isBlank(text.charCodeAt(start))) start++;
    if (text[start] === '"') {
      let close = text.indexOf('"', start + 1);
      while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
      if (close < 0) return null;
      cells.push({ start: start + 1, end: close });
      const next = text.indexOf(delimiter, close);
      if (next < 0) return cells;
      at = next + 1;
    } else {
      const next = text.indexOf(delimiter, at);
      cells.push(trimmed(text, at, next < 0 ? text.length : next));
      if (next < 0) return cells;
      at = next + 1;
    }
  }
}

/** A case of the .ts format: channels separated by ":" outside of parentheses, the label last. */
function tsRanges(text: string, format: ReadFormat, cut: boolean): ValueRange[] {
  if (/^\s*[#%@]/.test(text)) return [];
  const parts: ValueRange[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const character = text[i];
    if (character === '(') depth++;
    else if (character === ')') depth = Math.max(0, depth - 1);
    else if (i === text.length || (character === ':' && depth === 0)) {
      parts.push({ start, end: i });
      start = i + 1;
    }
  }
  const channel = parts[format.channel - 1];
  if (!channel) return [];
  if (format.timeStamps)
    return [...text.slice(channel.start, channel.end).matchAll(/,([^,()]*)\)/g)].map(({ 1: value, index }) =>
      trimmed(text, channel.start + index + 1, channel.start + index + 1 + value.length),
    );
  const cells = splitAt(text, ',', channel.start, channel.end);
  if (cut && channel.end === text.length) cells.pop();
  return cells;
}
