import { SeriesFileError, shown } from './series-error';
import { FRACTIONAL, fractionalShare, namedIndexColumn, namedLabelColumn, type Row } from './header-row';
import { listed, normalizeLabel } from './labels';
import type { TableKind } from './table-marks';
import type { CellParser } from './tokens';
import type { LabelPlace } from './types';

/** Column of the labels, from 0; `end`: the last cell of each row, whatever its length. */
type LabelColumn = number | 'end' | 'none';

export interface LabelDecision {
  label: LabelColumn;
  /** columns, from 0, that are neither label nor value */
  ignored: number[];
  /** whether labels were recognized by being whole numbers or text; a fraction further down is then suspect */
  wholeOrText: boolean;
}

export interface LabelQuestion {
  file: string;
  kind: TableKind;
  /** the sample without its header */
  rows: readonly Row[];
  columnNames: string[] | null;
  place: LabelPlace;
  /** columns, from 0, that the user wants left out; null to find them */
  ignored: number[] | null;
  cellParser: CellParser;
  /** receives sentences about assumptions */
  notes: string[];
}

/** What the cells of one column look like. */
interface ColumnLook {
  count: number;
  text: number;
  whole: number;
  fractions: number;
  distinct: number;
  /** numbers 0, 1, 2, … or 1, 2, 3, … down the rows */
  counting: boolean;
  /** the same number without point or exponent in every row */
  plainConstant: boolean;
  firstText: number;
}

function lookAt(cells: readonly string[], cellParser: CellParser): ColumnLook {
  const look = { count: 0, text: 0, whole: 0, fractions: 0, firstText: -1 };
  const distinct = new Set<string>();
  const numbers: number[] = [];
  cells.forEach((cell, i) => {
    const label = normalizeLabel(cell, cellParser.decimal);
    if (label === null) return;
    look.count++;
    distinct.add(label);
    const value = cellParser.parse(cell);
    if (value === null || !Number.isFinite(value)) {
      look.text++;
      if (look.firstText < 0) look.firstText = i;
      return;
    }
    numbers.push(value);
    if (Number.isInteger(value)) look.whole++;
    else look.fractions++;
  });
  const counting =
    numbers.length === cells.length &&
    (numbers[0] === 0 || numbers[0] === 1) &&
    numbers.every((value, i) => value === numbers[0] + i);
  const plainConstant = distinct.size === 1 && cells.every((cell) => /^[+-]?\d+$/.test(cell.trim()));
  return { ...look, distinct: distinct.size, counting, plainConstant };
}

/** Share of fractions up to which a column of whole numbers still counts as labels, of which some are spoiled. */
const SPOILED_SHARE = 0.05;

const mostlyText = (look: ColumnLook): boolean => look.text > look.count / 2;
const wholeNumbers = (look: ColumnLook): boolean =>
  look.count > 0 && look.fractions <= SPOILED_SHARE * look.count && !mostlyText(look);
const allDistinct = (look: ColumnLook): boolean => look.count > 1 && look.distinct === look.count;

/** Number of cells most rows have. */
export function commonWidth(rows: readonly Row[]): number {
  const counts = new Map<number, number>();
  for (const { cells } of rows) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

/** With fewer rows than this, labels of whole-number tables need not repeat. */
const FEW_ROWS = 8;

/** Share of rows that may deviate from the common width as damaged; more means that rows simply differ in length. */
const DAMAGED_SHARE = 0.1;

/**
 * Finds the label column of a table: as the options say, by its name in the header, by being the first or last column and
 * holding text, or by being the first or last column and holding whole numbers unlike the values.
 * @throws SeriesFileError `series.labels` when the options do not fit the table or two columns fit equally
 */
export function decideLabels(question: LabelQuestion): LabelDecision {
  const { file, rows, columnNames, place, cellParser, notes } = question;
  const width = columnNames?.length ?? commonWidth(rows);
  const deviating = rows.filter(({ cells }) => cells.length !== width).length;
  const ragged = !columnNames && deviating > DAMAGED_SHARE * rows.length;
  const end: LabelColumn = ragged ? 'end' : width - 1;
  const column = (index: number): string[] => rows.map(({ cells }) => cells[index] ?? '');
  const lastCells = (): string[] => (ragged ? rows.map(({ cells }) => cells.at(-1) ?? '') : column(width - 1));

  const named = columnNames ? namedLabelColumn(columnNames) : -1;
  let ignored = question.ignored ?? [];
  if (question.ignored === null && columnNames && named !== 0 && namedIndexColumn(columnNames))
    if (allDistinct(lookAt(column(0), cellParser))) ignored = [0];
  const firstIndex = (): number => {
    let index = 0;
    while (ignored.includes(index)) index++;
    return index;
  };
  const decided = (label: LabelColumn, wholeOrText = false): LabelDecision => {
    const kept = ignored.filter((index) => index !== label);
    if (question.ignored === null && kept.length > 0)
      notes.push(
        `Column ${kept[0] + 1} only numbers or names the rows and was left out. To keep it, set the option "ignoredColumns" to [].`,
      );
    return { label, ignored: kept, wholeOrText };
  };

  if (place === 'none') return decided('none');
  if (place === 'last') return decided(end);
  if (place === 'first') return decided(firstIndex());
  if (typeof place === 'number') return decided(columnNumber(place, width, file, rows[0].row));
  if (place !== 'auto') return decided(columnByName(place.name, columnNames, file));
  if (named >= 0) return decided(named);

  let firstLook = lookAt(column(firstIndex()), cellParser);
  const lastLook = lookAt(lastCells(), cellParser);
  const fractional = fractionalShare(rows, cellParser) > FRACTIONAL;
  const lastFits = mostlyText(lastLook) || (wholeNumbers(lastLook) && !allDistinct(lastLook));
  if (question.ignored === null && !columnNames && fractional && rows.length >= 3 && firstLook.counting && lastFits) {
    ignored = [0];
    firstLook = lookAt(column(1), cellParser);
  }
  const first = firstIndex();

  if (mostlyText(firstLook) && mostlyText(lastLook) && width > first + 1) {
    if (allDistinct(firstLook) && !allDistinct(lastLook)) {
      ignored = [...ignored, first];
      return decided(end, true);
    }
    if (allDistinct(lastLook) && !allDistinct(firstLook) && !ragged) {
      ignored = [...ignored, width - 1];
      return decided(first, true);
    }
    throw new SeriesFileError(
      'series.labels',
      { file, row: rows[lastLook.firstText].row, column: rows[lastLook.firstText].cells.length },
      `expected labels in one column, found text in both the first and the last: ${shown(column(first)[firstLook.firstText] ?? '')} and ` +
        `${shown(lastCells()[lastLook.firstText])}. Set the option "labels" to the column of the labels and "ignoredColumns" to the other.`,
    );
  }
  if (mostlyText(firstLook)) return decided(first, true);
  if (mostlyText(lastLook)) return decided(end, true);
  return decideNumeric();

  /** Both ends hold numbers: labels are whole numbers that repeat. */
  function decideNumeric(): LabelDecision {
    const byConvention = question.kind !== 'csv';
    const repeats = (look: ColumnLook): boolean => look.distinct <= Math.max(1, look.count / 2);
    // A constant column tells least; otherwise the fewer classes the more likely labels.
    const rank = (look: ColumnLook): number => (look.distinct <= 1 && look.count > 1 ? Infinity : look.distinct);
    const either = (): LabelDecision => {
      const takeLast = rank(lastLook) < rank(firstLook);
      notes.push(
        takeLast
          ? 'The labels may be in the first or the last column; the last was used. If it holds no labels, set the option "labels".'
          : 'The labels may be in the first or the last column; the first was used. If it holds no labels, set the option "labels".',
      );
      return decided(takeLast ? end : first, true);
    };
    const [firstWhole, lastWhole] = [wholeNumbers(firstLook), wholeNumbers(lastLook)];
    if (byConvention && firstWhole) return decided(first, true);
    if (fractional) {
      const firstFits = firstWhole && (firstLook.distinct > 1 || firstLook.plainConstant);
      const lastFits = lastWhole && (lastLook.distinct > 1 || rows.length === 1);
      if (firstFits && lastFits) return either();
      if (firstFits) return decided(first, true);
      if (lastFits) return decided(end, true);
    } else {
      const [firstFits, lastFits] = [firstWhole && repeats(firstLook), lastWhole && repeats(lastLook)];
      if (firstFits && lastFits) return either();
      const few = rows.length < FEW_ROWS && (firstWhole || lastWhole);
      if (firstFits || lastFits || few) {
        const takeLast = lastFits || (!firstFits && !firstWhole);
        notes.push(
          takeLast
            ? 'The values are whole numbers, as labels are; the last column was used as labels. If it holds no labels, set the option "labels".'
            : 'The values are whole numbers, as labels are; the first column was used as labels. If it holds no labels, set the option "labels".',
        );
        return decided(takeLast ? end : first, true);
      }
    }
    notes.push(
      'No column looks like class labels, so every cell was read as a value. If a column holds labels, set the option "labels".',
    );
    return decided('none');
  }
}

function columnNumber(place: number, width: number, file: string, row: number): number {
  if (Number.isInteger(place) && place >= 1 && place <= width) return place - 1;
  throw new SeriesFileError(
    'series.labels',
    { file, row },
    `the option "labels" asks for column ${place}, but the row has columns 1 to ${width}.`,
  );
}

function columnByName(name: string, columnNames: string[] | null, file: string): number {
  if (!columnNames)
    throw new SeriesFileError(
      'series.labels',
      { file },
      `the option "labels" asks for the column ${shown(name)}, but the file has no header. Give the column's number, or set the option "header" to true.`,
    );
  const exact = columnNames.indexOf(name);
  if (exact >= 0) return exact;
  const like = columnNames.findIndex((other) => other.toLowerCase() === name.trim().toLowerCase());
  if (like >= 0) return like;
  throw new SeriesFileError(
    'series.labels',
    { file },
    `the option "labels" asks for the column ${shown(name)}; the header has ${listed(columnNames, 8)}.`,
  );
}
