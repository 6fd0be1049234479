import { RecordJoiner, sampleCells, splitCells } from './cells';
import { looksLikeHeader, type Row } from './header-row';
import { commonWidth, decideLabels, type LabelDecision } from './label-column';
import { SeriesFileError, shown } from './series-error';
import type { Line } from './sniff';
import { detectMarks, refuseThousands, type TableKind } from './table-marks';
import { CellParser } from './tokens';
import type { Decimal, Delimiter, ReadOptions } from './types';

/** How the table of a .csv, .tsv or .txt file is laid out. */
export interface Dialect extends LabelDecision {
  delimiter: Delimiter;
  decimal: Decimal;
  /** names of the columns from the header, or null */
  columnNames: string[] | null;
  /** row of the first record that is neither header nor comment */
  firstRow: number;
  /** most cells a row may have; null where there is no such limit */
  width: number | null;
  /** every row must have `width` cells, since its label is found by counting them */
  exactWidth: boolean;
  /** every row ends with a delimiter after which nothing follows */
  trailingDelimiter: boolean;
  /** assumptions the user should know of */
  notes: string[];
}

/** Records from the top of the file that the layout is found from (the first may be a header), and at most so many from further down. */
const SAMPLE_RECORDS = 201;
const FURTHER_RECORDS = 200;

/** With a smaller share of numbers than this, a file is text about something rather than a table of series. */
const SERIES_SHARE = 0.3;

/** So many comments that could be rows are compared with what follows them; the ones after these are comments as well. */
const COMPARED_COMMENTS = 16;

const isComment = ({ text }: Line): boolean => /^\s*[#%]/.test(text);

/** The records that the lines of a table make up; an open quoted cell at the end is left away. */
function recordsOf(file: string, lines: readonly Line[], delimiter: Delimiter | null): Line[] {
  const joiner = new RecordJoiner(file, delimiter);
  const records = lines.flatMap(({ text, row }) => joiner.push(text, row) ?? []);
  if (records.length === 0) joiner.finish();
  return records.filter(({ text }) => text.trim() !== '');
}

/**
 * Finds the layout of a table from its first lines; whatever the options say is taken as said.
 * @param lines the first lines of the file
 * @param further lines from further down the file, each of them whole
 * @throws SeriesFileError when the sample is no table of series, or when an option does not fit it
 */
export function detectDialect(
  file: string,
  kind: TableKind,
  lines: readonly Line[],
  further: readonly string[],
  options: ReadOptions,
): Dialect {
  const notes: string[] = [];
  let said = options.delimiter ?? 'auto';
  // A first line "sep=;" is Excel's own way to name the separator.
  const hint = /^sep=([,;|\t])$/i.exec(lines[0]?.text.trimStart() ?? '');
  if (hint && said === 'auto') said = hint[1] as Delimiter;
  const records = recordsOf(file, hint ? lines.slice(1) : lines, said === 'auto' ? null : said);
  if (records.length === 0)
    throw new SeriesFileError('series.empty', { file }, 'expected one series per row, found no rows.');

  const plain = records.slice(
    Math.max(
      0,
      records.findIndex((record) => !isComment(record)),
    ),
  );
  const { delimiter, decimal } = detectMarks(file, kind, plain, { ...options, delimiter: said });
  const cellParser = new CellParser(decimal, options.missing);
  const isNumber = (cell: string): boolean => cell.trim() !== '' && cellParser.parse(cell) !== null;
  const split = (record: Line): Row => ({ cells: sampleCells(record, delimiter, file), row: record.row });

  const taken = new Map<Line, Row>();
  const splitOnce = (record: Line): Row => {
    const row = taken.get(record) ?? split(record);
    taken.set(record, row);
    return row;
  };

  // Lines above the table that begin with "#" or "%" are comments, unless they can only be rows of the table themselves.
  let compared = 0;
  const start = records.findIndex((record, i) => {
    if (!isComment(record)) return true;
    if (compared >= COMPARED_COMMENTS) return false;
    const cells = record.text.split(delimiter);
    const numbers = cells.slice(1).filter(isNumber).length;
    if (numbers < 2 || numbers <= cells.length / 2) return false;
    compared++;
    const uncommented = [
      record.text.replace(/^[\s#%]+/, '').split(delimiter),
      ...records.slice(i + 1, i + SAMPLE_RECORDS).map((r) => splitOnce(r).cells),
    ];
    return !looksLikeHeader(
      uncommented.map((cells) => ({ cells, row: record.row })),
      cellParser,
      [],
    );
  });
  const first = Math.max(0, start);
  const rows = records.slice(first, first + SAMPLE_RECORDS).map(split);
  const trailingDelimiter =
    delimiter !== ' ' && rows.every(({ cells }) => cells.length > 2 && cells[cells.length - 1].trim() === '');
  if (trailingDelimiter) for (const { cells } of rows) cells.pop();

  const { header: wanted = 'auto' } = options;
  const header = wanted === 'auto' ? looksLikeHeader(rows, cellParser, notes) : wanted;
  const columnNames = header ? splitCells(records[first], delimiter, file).map((cell) => cell.trim()) : null;
  if (columnNames && trailingDelimiter) columnNames.pop();
  const body = header ? rows.slice(1) : rows;
  requireSeries(file, rows, body, isNumber, delimiter);
  if (decimal === ',' && (options.decimal ?? 'auto') === 'auto') refuseThousands(file, body, notes);

  const decision = decideLabels({
    file,
    kind,
    rows: [...body, ...furtherRows()],
    columnNames,
    place: options.labels ?? 'auto',
    ignored: options.ignoredColumns ?? null,
    columns: options.columns ?? null,
    cellParser,
    notes,
  });
  const { label, ignored } = decision;
  // Rows may differ in length only at an end that holds values and nothing else.
  const fixedEnd =
    ignored.some((index) => index > 0 && index !== label) ||
    (typeof label === 'number' && ignored.filter((index) => index < label).length !== label);
  const exactWidth = columnNames === null && (fixedEnd || decision.columns !== null);
  const width = columnNames?.length ?? (exactWidth ? commonWidth(body) : null);
  const firstRow = body[0].row;
  return { ...decision, delimiter, decimal, columnNames, firstRow, width, exactWidth, trailingDelimiter, notes };

  /** Rows from further down: files are often sorted by class, and their first rows then have one label only. */
  function furtherRows(): Row[] {
    const beyond = records.slice(first + SAMPLE_RECORDS).map(({ text }) => text);
    const every = Math.max(1, Math.ceil(beyond.length / FURTHER_RECORDS));
    const texts = [...beyond.filter((_, i) => i % every === 0), ...further];
    return texts.flatMap((text) => {
      // A record of several lines may begin or end elsewhere.
      if (text.trim() === '' || (text.includes('"') && text.split('"').length % 2 === 0)) return [];
      const { cells } = split({ text, row: 0 });
      if (trailingDelimiter && cells.at(-1)?.trim() === '') cells.pop();
      return cells.every((cell) => cell.trim() === '') ? [] : [{ cells, row: 0 }];
    });
  }
}

/** @throws SeriesFileError unless the sample has rows, numbers and more than one column */
function requireSeries(
  file: string,
  rows: readonly Row[],
  body: readonly Row[],
  isNumber: (cell: string) => boolean,
  delimiter: Delimiter,
): void {
  if (body.length === 0)
    throw new SeriesFileError(
      'series.empty',
      { file, row: rows[0].row },
      'expected rows of numbers after the header, found none. If this row is a series, set the option "header" to false.',
    );
  const filled = body.flatMap(({ cells }) => cells.filter((cell) => cell.trim() !== ''));
  if (filled.filter(isNumber).length < SERIES_SHARE * filled.length)
    throw new SeriesFileError(
      'series.not-series',
      { file, row: body[0].row },
      `expected one series of numbers per row, found text: ${shown(body[0].cells.join(delimiter))}.`,
    );
  if (body.every(({ cells }) => cells.length < 2))
    throw new SeriesFileError(
      'series.columns',
      { file, row: body[0].row },
      'expected one series per row, found a single column. If another sign separates the cells, set the option "delimiter".',
    );
}
