import { splitCells } from './cells';
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
  const numbers = filled.filter((cell) => cellParser.parse(cell) !== null).length;
  return Math.min(1, numbers / Math.max(1, filled.length - 1));
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
