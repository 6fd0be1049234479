/** What a cell holds, as far as sorting and filtering are concerned. */
export type CellValue = string | number | boolean | null;

export interface SortOrder {
  column: string;
  descending: boolean;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Natural order: numbers by size, text with its numbers by size (`class 2` before `class 10`), nothing last. */
function compareCells(a: CellValue, b: CellValue): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === 'number' && typeof b === 'number') {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : -1;
    return a - b;
  }
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(b) - Number(a);
  return collator.compare(String(a), String(b));
}

/**
 * Row indices in the order to show. Stable; missing values stay last in both directions.
 * @param cell value of a row in the sorted column
 */
export function sortedRows(
  rows: readonly number[],
  order: SortOrder | null,
  cell: (row: number, column: string) => CellValue,
): number[] {
  if (!order) return [...rows];
  const keyed = rows.map((row) => ({ row, value: cell(row, order.column) }));
  const missing = (value: CellValue) => value === null || (typeof value === 'number' && Number.isNaN(value));
  keyed.sort((a, b) => {
    if (missing(a.value) || missing(b.value)) return Number(missing(a.value)) - Number(missing(b.value));
    const difference = compareCells(a.value, b.value);
    return order.descending ? -difference : difference;
  });
  return keyed.map(({ row }) => row);
}

/** The order after a click on a column's head: ascending, descending, as in the file. */
export function nextOrder(order: SortOrder | null, column: string): SortOrder | null {
  if (order?.column !== column) return { column, descending: false };
  return order.descending ? null : { column, descending: true };
}

/** The order that was kept over a reload; null when what was kept is none. */
export function readSortOrder(kept: unknown): SortOrder | null {
  const order = kept as Partial<SortOrder> | null | undefined;
  return typeof order?.column === 'string' ? { column: order.column, descending: order.descending === true } : null;
}

/** A test of numbers in a search: `>0.5`, `<=3`, `=7`. */
const COMPARISON = /^(>=|<=|>|<|=)\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))$/;

/**
 * Rows that match every word of the search. A word is part of some cell's text, regardless of case; `>0.9` compares the cells
 * that are numbers. An empty search keeps all.
 * @param text what of the row is searched as text
 * @param numbers what of the row is compared
 */
export function matchesSearch(search: string, text: readonly string[], numbers: readonly number[]): boolean {
  return search
    .trim()
    .split(/\s+/)
    .filter((word) => word.length > 0)
    .every((word) => {
      const comparison = COMPARISON.exec(word);
      if (comparison) {
        const bound = Number(comparison[2]);
        return numbers.some((value) => holds(value, comparison[1], bound));
      }
      const wanted = word.toLowerCase();
      return text.some((cell) => cell.toLowerCase().includes(wanted));
    });
}

function holds(value: number, relation: string, bound: number): boolean {
  switch (relation) {
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    default:
      return value === bound;
  }
}
