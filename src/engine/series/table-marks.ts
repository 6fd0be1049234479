import { splitCells } from './cells';
import type { Row } from './header-row';
import { SeriesFileError, shown } from './series-error';
import type { Line } from './sniff';
import { CellParser } from './tokens';
import type { Decimal, Delimiter, FileKind, ReadOptions } from './types';

export type TableKind = Extract<FileKind, 'csv' | 'tsv' | 'txt'>;

/** Separators by extension, in order of preference; the first that explains the sample best is taken. */
const DELIMITERS: Record<TableKind, Delimiter[]> = {
  csv: [',', ';', '\t', '|', ' '],
  tsv: ['\t', ',', ';', '|', ' '],
  // The tab goes before blanks: between two tabs a value may be missing.
  txt: ['\t', ' ', ',', ';', '|'],
};

const severalNumbers = (cell: string): boolean => /^[-+\d.,;|eE \t]+$/.test(cell) && /[,;|\t]/.test(cell.trim());

/** How much of the sample is looked at. */
const SAMPLE = { records: 25, characters: 8192 };
/** A later candidate must explain this much more of the sample than an earlier one. */
const CLEARLY_BETTER = 0.02;

/** As much of a record as is looked at, without a quote that stays open. */
function beginning(text: string): string {
  if (text.length <= SAMPLE.characters) return text;
  const start = text.slice(0, SAMPLE.characters);
  return start.split('"').length % 2 === 1 ? start : start.slice(0, start.lastIndexOf('"'));
}

/** Share of a record's cells that are numbers, one cell (the label) left free; 0 for a single cell. */
function numericShare(record: Line, delimiter: Delimiter, cellParser: CellParser, file: string): number {
  const cut = record.text.length > SAMPLE.characters;
  let cells: string[];
  try {
    cells = splitCells({ text: beginning(record.text), row: record.row }, delimiter, file);
  } catch {
    // Misplaced quotes for this separator; the reader reports them if the separator is chosen all the same.
    return 0;
  }
  if (cut) cells.pop();
  if (cells.length < 2) return 0;
  const filled = cells.filter((cell) => cell.trim() !== '');
  const others = filled.filter((cell) => cellParser.parse(cell) === null);
  // Several numbers in one cell are no label: another sign separates them.
  const free = others.some(severalNumbers) ? 0 : 1;
  return Math.min(1, (filled.length - others.length) / Math.max(1, filled.length - free));
}

const GROUPED = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+$/;
const WHOLE = /^[+-]?\d{1,3}$/;
/** So many cells written alike that decimals of other lengths would be among them. */
const TELLING_CELLS = 20;

/**
 * Commas that may separate thousands rather than decimals: "1,478" beside "370". A table whose commas are all followed by three digits,
 * and which has whole numbers as well, is not guessed at.
 * @param rows of a table whose decimal mark was found to be a comma
 * @throws SeriesFileError `series.thousands` naming the first such cell
 */
export function refuseThousands(file: string, rows: readonly Row[], notes: string[]): void {
  let grouped: { cell: string; row: number; column: number } | null = null;
  let [count, whole] = [0, 0];
  for (const { cells, row } of rows)
    for (const [i, cell] of cells.entries() as Iterable<[number, string | undefined]>) {
      if (cell === undefined) continue;
      const text = cell.trim();
      if (GROUPED.test(text)) {
        count++;
        grouped ??= { cell: text, row, column: i + 1 };
      } else if (text.includes(',') && /^[-+\d,eE]+$/.test(text)) return;
      else if (WHOLE.test(text) && i > 0 && i < cells.length - 1) whole++;
    }
  if (!grouped) return;
  const { cell, row, column } = grouped;
  if (whole > 0)
    throw new SeriesFileError(
      'series.thousands',
      { file, row: row || undefined, column },
      `found ${shown(cell)} beside whole numbers. The comma may separate thousands or decimals. Write numbers without separators of thousands, ` +
        'or set the option "decimal" to "," if the comma is a decimal mark.',
    );
  if (count < TELLING_CELLS)
    notes.push(
      `The comma in ${shown(cell)} (row ${row}, column ${column}) was read as a decimal mark. If it separates thousands, write the numbers without it.`,
    );
}

/**
 * The separator of cells and the decimal mark: the pair under which most cells are numbers.
 * @param records the first records; the first of several may be a header and does not count
 */
export function detectMarks(
  file: string,
  kind: TableKind,
  records: readonly Line[],
  options: Pick<ReadOptions, 'delimiter' | 'decimal' | 'missing'>,
): { delimiter: Delimiter; decimal: Decimal } {
  const { delimiter = 'auto', decimal = 'auto' } = options;
  const delimiters = delimiter === 'auto' ? DELIMITERS[kind] : [delimiter];
  const decimals: Decimal[] = decimal === 'auto' ? ['.', ','] : [decimal];
  const sample = (records.length > 1 ? records.slice(1) : records).slice(0, SAMPLE.records);
  const quoted = sample.some(({ text }) => text.includes('"'));
  let best: { delimiter: Delimiter; decimal: Decimal } = { delimiter: delimiters[0], decimal: decimals[0] };
  let bestShare = -CLEARLY_BETTER;
  for (const candidate of delimiters) {
    for (const mark of decimals) {
      // A comma can be both only where cells are quoted.
      if (candidate === mark && !quoted && decimals.length > 1) continue;
      const cellParser = new CellParser(mark, options.missing);
      const shares = sample.map((record) => numericShare(record, candidate, cellParser, file));
      const share = shares.reduce((sum, one) => sum + one, 0) / Math.max(1, shares.length);
      if (share > bestShare + CLEARLY_BETTER) {
        best = { delimiter: candidate, decimal: mark };
        bestShare = share;
      }
    }
  }
  return best;
}
