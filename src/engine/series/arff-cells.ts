import { SeriesFileError } from './series-error';

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

/**
 * The cells of an ARFF line: separated by commas, in single or double quotes where they contain commas or blanks, with
 * backslash escapes inside quotes. A row without any comma is separated by tabs.
 * @throws SeriesFileError `series.quote`
 */
export function splitArff(text: string, row: number, file: string): string[] {
  if (!/['"]/.test(text))
    return (text.includes(',') ? text.split(',') : text.split(/[\t,]/)).map((cell) => cell.trim());
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    while (text[at] === ' ' || text[at] === '\t') at++;
    const quote = text[at];
    if (quote !== "'" && quote !== '"') {
      const comma = text.indexOf(',', at);
      const end = comma < 0 ? text.length : comma;
      cells.push(text.slice(at, end).trim());
      at = end;
    } else {
      const { value, end } = quoted(text, at, row, cells.length + 1, file);
      cells.push(value);
      at = end;
      while (text[at] === ' ' || text[at] === '\t') at++;
      if (at < text.length && text[at] !== ',')
        throw new SeriesFileError(
          'series.quote',
          { file, row, column: cells.length },
          `expected a comma after the closing quote (${quote}), found ${JSON.stringify(text.slice(at, at + 20))}.`,
        );
    }
    if (at >= text.length) return cells;
    at++;
  }
}

/** Reads the quoted cell that opens at `start`; `end` is just behind its closing quote. */
function quoted(
  text: string,
  start: number,
  row: number,
  column: number,
  file: string,
): { value: string; end: number } {
  const quote = text[start];
  let value = '';
  let from = start + 1;
  // One step at a time: a search for the next backslash would go to the end of the line for each of its cells.
  for (let at = from; at < text.length; at++) {
    if (text[at] === quote) return { value: value + text.slice(from, at), end: at + 1 };
    if (text[at] !== '\\') continue;
    value += text.slice(from, at) + (ESCAPES[text[at + 1]] ?? text[at + 1] ?? '');
    from = at + 2;
    at++;
  }
  throw new SeriesFileError('series.quote', { file, row, column }, `expected a closing quote (${quote}), found none.`);
}
