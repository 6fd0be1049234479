import type { ColumnChoice, ColumnRef } from './types';
import { chosenColumns, columnIndex, type ColumnTable } from './column-refs';
import { allDistinct, lookAt, mostlyDates, mostlyText, repeats, wholeNumbers, type ColumnLook } from './column-look';
import { likelyLabelName, namedLabelColumn, namesRows, oddColumns } from './column-names';
import { columnNotes, EDGE, examined, suspiciousColumns, type ColumnTraits } from './column-roles';
import { FRACTIONAL, fractionalShare, type Row } from './header-row';
import { SeriesFileError, shown } from './series-error';
import type { TableKind } from './table-marks';
import type { CellParser } from './tokens';
import type { LabelPlace } from './types';

/** Column of the labels, from 0; `end`: the last cell of each row, whatever its length. */
type LabelColumn = number | 'end' | 'none';

export interface LabelDecision {
  label: LabelColumn;
  /** columns, from 0, that are neither label nor value */
  ignored: number[];
  /** columns of the values, from 0, in the order that was asked for; null for all the others in the order of the file */
  columns: number[] | null;
  /** whether labels were recognized by being whole numbers or text; a fraction further down is then suspect */
  wholeOrText: boolean;
}

export interface LabelQuestion {
  file: string;
  kind: TableKind;
  /** the sample without its header: the first rows, then rows from further down, whose `row` is 0 */
  rows: readonly Row[];
  columnNames: string[] | null;
  place: LabelPlace;
  /** columns that the user wants left out; null to find them */
  ignored: ColumnRef[] | null;
  /** columns of the values as the user wants them; null for all that are left */
  columns: ColumnChoice | null;
  cellParser: CellParser;
  /** receives sentences about assumptions */
  notes: string[];
}

/** Number of cells most rows have. */
export function commonWidth(rows: readonly Row[]): number {
  const counts = new Map<number, number>();
  for (const { cells } of rows) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

/** With fewer rows than this, labels of whole-number tables need not repeat. */
const FEW_ROWS = 8;

const WHOLE_FIRST =
  'The values are whole numbers, as labels are; the first column was used as labels. If it holds no labels, set the option "labels".';
const WHOLE_LAST =
  'The values are whole numbers, as labels are; the last column was used as labels. If it holds no labels, set the option "labels".';

/** Of the inner columns of a table with more columns than this, so many rows are looked at. */
const WIDE = 64;
const ROWS_OF_WIDE = 60;

/** Share of rows that may deviate from the common width as damaged; more means that rows simply differ in length. */
const DAMAGED_SHARE = 0.1;

/**
 * Finds the label column of a table and the columns that are neither label nor value: as the options say, by their names in the
 * header, or by what their cells look like: labels are texts or whole numbers that repeat, unlike the values.
 * @throws SeriesFileError `series.labels`, `series.column` when the options do not fit the table or columns fit equally
 */
export function decideLabels(question: LabelQuestion): LabelDecision {
  const { file, rows, columnNames, place, cellParser, notes } = question;
  const head = rows.filter(({ row }) => row > 0);
  const width = columnNames?.length ?? commonWidth(head);
  const deviating = rows.filter(({ cells }) => cells.length !== width).length;
  const ragged = !columnNames && deviating > DAMAGED_SHARE * rows.length;
  const end: LabelColumn = ragged ? 'end' : width - 1;
  const table: ColumnTable = { file, row: head[0].row, width, names: columnNames };
  const looks = new Map<number, ColumnLook>();
  // Of the inner columns of a wide table a part of the rows tells enough.
  const every = width > WIDE ? Math.ceil(rows.length / ROWS_OF_WIDE) : 1;
  const part = rows.filter((_, i) => i % every === 0);
  const partHead = part.filter(({ row }) => row > 0).length;
  const look = (index: number): ColumnLook => {
    let known = looks.get(index);
    if (!known) {
      const inner = index >= EDGE && index < width - EDGE;
      const cells = (inner ? part : rows).map((one) => one.cells[index] ?? '');
      known = lookAt(cells, cellParser, inner ? partHead : head.length);
      looks.set(index, known);
    }
    return known;
  };
  const fractional = fractionalShare(rows, cellParser) > FRACTIONAL;
  const traits: ColumnTraits = {
    names: columnNames,
    width: ragged ? Math.min(...head.slice(0, FEW_ROWS).map(({ cells }) => cells.length - 1)) : width,
    look,
    fractional,
    rows: rows.length,
  };
  const lastLook = ragged
    ? lookAt(
        rows.map(({ cells }) => cells.at(-1) ?? ''),
        cellParser,
        head.length,
      )
    : look(width - 1);
  const columns = question.columns === null ? null : chosenColumns(question.columns, table);
  const said = question.ignored?.map((ref) => columnIndex(ref, 'ignoredColumns', table)) ?? null;
  const label = labelColumn();
  return withRoles(label.column, label.wholeOrText ?? false);

  /** The decision with the columns that are left out. */
  function withRoles(chosen: LabelColumn, wholeOrText: boolean): LabelDecision {
    const at = chosen === 'end' ? -1 : chosen === 'none' ? -1 : chosen;
    let ignored = said ?? [];
    if (columns) {
      const values = new Set(columns.filter((index) => index !== at));
      ignored = Array.from({ length: width }, (_, i) => i).filter(
        (i) => i !== at && (!values.has(i) || said?.includes(i)),
      );
      return { label: chosen, ignored, columns: columns.filter((i) => i !== at && !said?.includes(i)), wholeOrText };
    }
    if (said === null) {
      const found = suspiciousColumns(traits, at);
      ignored = found.filter(({ leftOut }) => leftOut).map((one) => one.column);
      notes.push(...columnNotes(found, columnNames));
    }
    return { label: chosen, ignored: ignored.filter((index) => index !== at), columns: null, wholeOrText };
  }

  function labelColumn(): { column: LabelColumn; wholeOrText?: boolean } {
    if (place === 'none') return { column: 'none' };
    if (place === 'last') return { column: end };
    if (place === 'first') return { column: firstValueOrLabel() };
    if (typeof place === 'number') return { column: columnIndex(place, 'labels', table) };
    if (place !== 'auto') return { column: columnIndex(place.name, 'labels', table) };
    const named = columnNames ? namedLabelColumn(columnNames) : -1;
    // "y" also names an axis.
    if (named >= 0 && (columnNames![named].trim().length > 1 || labelLike(look(named)))) return { column: named };
    return byLooks();
  }

  /** The first column that is not left out. */
  function firstValueOrLabel(): number {
    const left =
      said ??
      suspiciousColumns(traits, -1)
        .filter(({ leftOut }) => leftOut)
        .map((one) => one.column);
    let index = 0;
    while (left.includes(index) && index < width - 1) index++;
    return index;
  }

  function labelLike(own: ColumnLook): boolean {
    return (mostlyText(own) && !mostlyDates(own)) || (wholeNumbers(own) && !allDistinct(own));
  }

  function byLooks(): { column: LabelColumn; wholeOrText?: boolean } {
    const free = examined(traits).filter((index) => !said?.includes(index) && !(columns && isValue(index)));
    const odd = columnNames ? oddColumns(columnNames) : null;
    const likely = free.filter((i) => columnNames && likelyLabelName(columnNames[i]) && labelLike(look(i)));
    if (likely.length === 1) return { column: likely[0], wholeOrText: true };

    const texts = free.filter((i) => mostlyText(look(i)) && !mostlyDates(look(i)));
    if (ragged && mostlyText(lastLook)) texts.push(width);
    const textLook = (i: number): ColumnLook => (ragged && i === width ? lastLook : look(i));
    const asColumn = (i: number): LabelColumn => (ragged && i === width ? 'end' : i);
    // A column that names every row differently numbers or names the rows where another column fits better.
    const shared = texts.filter((i) => !allDistinct(textLook(i)) && !(columnNames && namesRows(columnNames[i])));
    if (texts.length > 1 && shared.length !== 1) throw twoTexts(texts, textLook);
    const text = texts.length === 1 ? texts[0] : texts.length > 1 ? shared[0] : -1;
    if (text >= 0) {
      const naming = allDistinct(textLook(text)) || (columnNames !== null && namesRows(columnNames[text]));
      const better =
        naming && rows.length >= 3
          ? numericLabel(
              free.filter((i) => i !== text),
              odd,
              true,
            )
          : null;
      if (better) return better;
      // Texts that all differ teach no class.
      if (allDistinct(textLook(text)) && rows.length >= FEW_ROWS && asColumn(text) !== 'end')
        return decideNumeric(free.filter((i) => i !== text));
      if (!ragged && text > 0 && text < width - 1)
        notes.push(`The labels were found in column ${text + 1}. If they are elsewhere, set the option "labels".`);
      return { column: asColumn(text), wholeOrText: true };
    }
    const free2 = free.filter((i) => !mostlyDates(look(i)));
    return numericLabel(free2, odd) ?? decideNumeric(free2);
  }

  function isValue(index: number): boolean {
    return columns!.includes(index);
  }

  function twoTexts(texts: number[], textLook: (i: number) => ColumnLook): SeriesFileError {
    const [a, b] = [texts[0], texts[texts.length - 1]];
    const cell = (i: number): string => {
      const at = textLook(i).firstText;
      return shown((i === width ? rows[at].cells.at(-1) : rows[at].cells[i])?.trim() ?? '');
    };
    const { row, cells } = rows[textLook(b).firstText];
    const what = a === 0 && b >= width - 1 ? 'both the first and the last' : `columns ${a + 1} and ${b + 1}`;
    return new SeriesFileError(
      'series.labels',
      { file, row: row || undefined, column: b === width ? cells.length : b + 1 },
      `expected labels in one column, found text in ${what}: ${cell(a)} and ` +
        `${cell(b)}. Set the option "labels" to the column of the labels and "ignoredColumns" to the other.`,
    );
  }

  /**
   * A column of repeating whole numbers that is told apart by its name, or stands alone between fractions.
   * @param named whether another column already names the rows
   */
  function numericLabel(
    free: readonly number[],
    odd: ReadonlySet<number> | null,
    named = false,
  ): { column: LabelColumn; wholeOrText: true } | null {
    const fits = (i: number): boolean =>
      wholeNumbers(look(i)) && repeats(look(i)) && !(columnNames && namesRows(columnNames[i]));
    if (odd) {
      const apart = free.filter((i) => odd.has(i) && fits(i));
      if (apart.length === 0) return null;
      if (apart.length === 1) return { column: apart[0], wholeOrText: true };
    }
    if (!fractional || ragged) return null;
    const [first, last] = [free[0], free[free.length - 1]];
    if (free.length === 0) return null;
    if (named && fits(last)) return { column: last, wholeOrText: true };
    if (named && fits(first)) return { column: first, wholeOrText: true };
    // What numbers the rows in front makes way for labels at the end.
    if (
      fits(last) &&
      wholeNumbers(look(first)) &&
      (allDistinct(look(first)) || !fits(first)) &&
      question.kind === 'csv'
    ) {
      if (look(first).distinct > 1) return { column: last, wholeOrText: true };
    }
    if (
      look(first).counting &&
      rows.length >= 3 &&
      (fits(last) || (wholeNumbers(look(last)) && !allDistinct(look(last))))
    )
      return { column: last, wholeOrText: true };
    if (wholeNumbers(look(first)) || wholeNumbers(look(last))) return null;
    const inner = free.filter(fits);
    if (inner.length !== 1) return null;
    notes.push(`The labels were found in column ${inner[0] + 1}. If they are elsewhere, set the option "labels".`);
    return { column: inner[0], wholeOrText: true };
  }

  /** Both ends hold numbers: labels are whole numbers that repeat. */
  function decideNumeric(free: readonly number[]): { column: LabelColumn; wholeOrText?: boolean } {
    const plain = free.filter((i) => !(columnNames && namesRows(columnNames[i]) && oddColumns(columnNames)?.has(i)));
    // Numbers in front that differ in every row number the rows.
    const first = plain[fractional && rows.length >= 3 && plain.length > 1 && look(plain[0]).counting ? 1 : 0] ?? 0;
    const lastAt = ragged ? width : (plain[plain.length - 1] ?? width - 1);
    const ownLast = ragged ? lastLook : look(lastAt);
    const own = look(first);
    const lastColumn: LabelColumn = ragged ? 'end' : lastAt;
    const byConvention = question.kind !== 'csv';
    const repeating = ({ distinct, count }: ColumnLook): boolean => distinct <= Math.max(1, count / 2);
    // A constant column tells least; otherwise the fewer classes the more likely labels.
    const rank = ({ distinct, count }: ColumnLook): number => (distinct <= 1 && count > 1 ? Infinity : distinct);
    const take = (takeLast: boolean, note?: [string, string]): { column: LabelColumn; wholeOrText: boolean } => {
      if (note) notes.push(note[takeLast ? 1 : 0]);
      return { column: takeLast ? lastColumn : first, wholeOrText: true };
    };
    const either = (): { column: LabelColumn; wholeOrText: boolean } =>
      take(rank(ownLast) < rank(own), [
        'The labels may be in the first or the last column; the first was used. If it holds no labels, set the option "labels".',
        'The labels may be in the first or the last column; the last was used. If it holds no labels, set the option "labels".',
      ]);
    const [firstWhole, lastWhole] = [wholeNumbers(own), wholeNumbers(ownLast)];
    if (byConvention && firstWhole) return take(false, fractional ? undefined : [WHOLE_FIRST, WHOLE_LAST]);
    if (fractional) {
      const firstFits = firstWhole && own.distinct > 1 && (!allDistinct(own) || rows.length < FEW_ROWS);
      const lastFits =
        lastWhole && (ownLast.distinct > 1 || rows.length === 1) && (!allDistinct(ownLast) || rows.length < FEW_ROWS);
      if (firstFits && lastFits) return either();
      if (firstFits) return take(false);
      if (lastFits) return take(true);
      const constant = constantLabel(first, lastAt, own, ownLast);
      if (constant) return take(constant === 'last');
    } else {
      const [firstFits, lastFits] = [firstWhole && repeating(own), lastWhole && repeating(ownLast)];
      if (firstFits && lastFits) return either();
      const few = rows.length < FEW_ROWS && (firstWhole || lastWhole);
      if (firstFits || lastFits || few) return take(lastFits || (!firstFits && !firstWhole), [WHOLE_FIRST, WHOLE_LAST]);
    }
    notes.push(
      'No column looks like class labels, so every cell was read as a value. If a column holds labels, set the option "labels".',
    );
    return { column: 'none' };
  }

  /** A file of one class: the same whole number in every row at one end, and not in the column beside it as well (then it fills up the rows). */
  function constantLabel(first: number, last: number, own: ColumnLook, ownLast: ColumnLook): 'first' | 'last' | null {
    const alone = (beside: number, one: ColumnLook): boolean =>
      one.constant && rows.length > 1 && !look(Math.max(0, beside)).constant;
    const [atFirst, atLast] = [alone(first + 1, own), !ragged && alone(last - 1, ownLast)];
    if (!atFirst && !atLast) return null;
    const place = atFirst ? 'first' : 'last';
    notes.push(
      place === 'first'
        ? `Every row has the same whole number in its first column, which was taken for the label of a single class. If it is a value, set the option "labels" to none.`
        : `Every row has the same whole number in its last column, which was taken for the label of a single class. If it is a value, set the option "labels" to none.`,
    );
    return place;
  }
}
