import { countCells, forEachCell, isLongRow, RecordJoiner, sampleCells, splitCells } from './cells';
import { detectDialect, type Dialect } from './dialect';
import { labelNumber, listed, normalizeLabel } from './labels';
import type { SeriesReader } from './reader';
import type { SeriesBuilder } from './series-builder';
import { SeriesFileError, shown } from './series-error';
import type { Line } from './sniff';
import type { TableKind } from './table-marks';
import type { ReadFormat, ReadOptions } from './types';
import { ValueParser } from './value-parser';

/** Reader of tables: .csv, .tsv and .txt, one series a row, all separators and label places. */
export class DelimitedReader implements SeriesReader {
  readonly #dialect: Dialect;
  readonly #joiner: RecordJoiner;
  readonly #values: ValueParser;
  readonly #ignored: Set<number>;
  readonly #missing: string[];
  #emptyRows = 0;
  #firstEmptyRow = 0;
  /** the last row, and the fewest cells of the others: to notice a file that was cut off */
  #lastRow = 0;
  #lastWidth = 0;
  #narrowest = Infinity;
  #cutOff = false;

  /**
   * @param head the first lines of the file; they still have to be handed to `line`
   * @param further lines from further down
   */
  constructor(
    readonly file: string,
    readonly kind: TableKind,
    head: readonly Line[],
    further: readonly string[],
    options: ReadOptions,
    readonly builder: SeriesBuilder,
  ) {
    this.#dialect = detectDialect(file, kind, head, further, options);
    this.#joiner = new RecordJoiner(file, this.#dialect.delimiter);
    this.#values = new ValueParser(file, this.#dialect.decimal, options.missing);
    this.#ignored = new Set(this.#dialect.ignored);
    this.#missing = (options.missing ?? []).map((token) => token.trim().toLowerCase());
  }

  format(): Omit<ReadFormat, 'encoding'> {
    const { delimiter, decimal, columnNames, label, ignored, columns, width } = this.#dialect;
    const leading = typeof label === 'number' ? ignored.filter((index) => index < label).length : -1;
    let labels: ReadFormat['labels'];
    if (label === 'none') labels = 'none';
    else if (label === 'end' || (width !== null && label === width - 1)) labels = 'last';
    else labels = leading === label ? 'first' : label + 1;
    return {
      kind: this.kind,
      delimiter,
      decimal,
      header: columnNames !== null,
      columnNames,
      labels,
      labelColumn: typeof label === 'number' ? label + 1 : null,
      ignoredColumns: ignored.map((index) => index + 1),
      valueColumns: columns?.map((index) => index + 1) ?? null,
      missing: this.#missing,
      channel: 1,
      channels: 1,
      channelNames: null,
      timeStamps: false,
    };
  }

  line(text: string, row: number): void {
    const record = this.#joiner.push(text, row);
    if (!record || record.row < this.#dialect.firstRow) return;
    if (record.text.trim() === '') return;
    this.#record(record);
  }

  cells(line: Line): string[] | null {
    if (line.row < this.#dialect.firstRow || line.text.trim() === '') return null;
    const cells = sampleCells(line, this.#dialect.delimiter, this.file);
    if (this.#dialect.trailingDelimiter && cells.at(-1)?.trim() === '') cells.pop();
    return cells.map((cell) => cell.trim());
  }

  finish(terminated: boolean): void {
    this.#joiner.finish();
    this.#cutOff = !terminated && this.#lastWidth < this.#narrowest && this.#narrowest !== Infinity;
  }

  notes(): string[] {
    const notes = [...this.#dialect.notes];
    if (this.#emptyRows > 0)
      notes.push(`Rows without content were skipped (${this.#emptyRows} in all, first row ${this.#firstEmptyRow}).`);
    if (this.#cutOff)
      notes.push(
        `The last row (${this.#lastRow}) has no line end and fewer cells than the others, ${this.#lastWidth} instead of at least ${this.#narrowest}. The file may have been cut off.`,
      );
    return notes;
  }

  #record(record: Line): void {
    const { delimiter, label, columns, width, exactWidth, trailingDelimiter } = this.#dialect;
    const { row } = record;
    if (this.#longRecord(record)) return;
    const cells = splitCells(record, delimiter, this.file);
    if (trailingDelimiter && cells[cells.length - 1].trim() === '') cells.pop();
    if (cells.every((cell) => cell.trim() === '')) {
      if (this.#emptyRows++ === 0) this.#firstEmptyRow = row;
      return;
    }
    if (width !== null) this.#checkWidth(cells, width, exactWidth, row);
    const labelIndex = label === 'none' ? -1 : label === 'end' ? cells.length - 1 : label;
    if (labelIndex >= cells.length)
      throw new SeriesFileError(
        'series.columns',
        { file: this.file, row },
        `expected the label in column ${labelIndex + 1}, found only ${cells.length} columns.`,
      );
    const values = this.#values;
    values.begin();
    if (columns) for (const i of columns) values.push(cells[i] ?? '', row, i + 1);
    else
      for (let i = 0; i < cells.length; i++)
        if (i !== labelIndex && !this.#ignored.has(i)) values.push(cells[i], row, i + 1);
    const name = labelIndex < 0 ? null : this.#label(cells[labelIndex], row, labelIndex + 1);
    this.builder.add(values.values, values.count, name, row, values.columnOf);
    if (this.#lastRow > 0) this.#narrowest = Math.min(this.#narrowest, this.#lastWidth);
    this.#lastWidth = cells.length;
    this.#lastRow = row;
  }

  /** Takes the cells of a long row one by one. @returns whether it was done: rows that need a look at all their cells are left */
  #longRecord({ text, row }: Line): boolean {
    const { delimiter, label, columns, width, trailingDelimiter } = this.#dialect;
    if (columns || trailingDelimiter || !isLongRow(text, delimiter)) return false;
    const count = countCells(text, delimiter);
    const labelIndex = label === 'none' ? -1 : label === 'end' ? count - 1 : label;
    if (labelIndex >= count || (width !== null && width !== count)) return false;
    const values = this.#values;
    let name: string | null = null;
    values.begin();
    forEachCell(text, delimiter, (cell, i) => {
      if (i === labelIndex) name = this.#label(cell, row, i + 1);
      else if (!this.#ignored.has(i)) values.push(cell, row, i + 1);
    });
    this.builder.add(values.values, values.count, name, row, values.columnOf);
    this.#lastWidth = count;
    this.#lastRow = row;
    return true;
  }

  #checkWidth(cells: string[], width: number, exact: boolean, row: number): void {
    if (cells.length > width) {
      // Spreadsheets leave empty cells behind.
      const surplus = cells.findIndex((cell, i) => i >= width && cell.trim() !== '');
      if (surplus >= 0)
        throw new SeriesFileError(
          'series.columns',
          { file: this.file, row, column: width + 1 },
          this.#dialect.columnNames
            ? `expected ${width} columns as in the header, found ${cells.length}.`
            : `expected ${width} columns as in the other rows, found ${cells.length}.`,
        );
      cells.length = width;
    }
    if (exact && cells.length < width)
      throw new SeriesFileError(
        'series.columns',
        { file: this.file, row },
        `expected ${width} columns as in the other rows, found ${cells.length}. Fill up shorter series with "?" before the label.`,
      );
  }

  #label(cell: string, row: number, column: number): string | null {
    if (this.#missing.includes(cell.trim().toLowerCase())) return null;
    const label = normalizeLabel(cell, this.#dialect.decimal);
    if (label === null || !this.#dialect.wholeOrText) return label;
    const value = labelNumber(label);
    if (value !== null && !Number.isInteger(value)) {
      const others = listed([...new Set(this.builder.series.map((one) => one.label ?? '?'))], 4);
      throw new SeriesFileError(
        'series.label',
        { file: this.file, row, column },
        `expected a class label (the first rows have ${others || 'whole numbers or text'} here), found ${shown(cell.trim())}. ` +
          'If the labels are in another column, or this is one of them, set the option "labels".',
      );
    }
    return label;
  }
}
