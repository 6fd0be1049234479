import { trimEnds } from '../../../src/common/trim-ends';

/** JSON in which typed arrays are arrays and numbers that JSON lacks are null. */
export function toJson(value: unknown): string {
  const plain = (_: string, item: unknown): unknown =>
    ArrayBuffer.isView(item) ? Array.from(item as Float32Array | Float64Array | Int32Array) : item;
  return `${JSON.stringify(value, plain, 2)}\n`;
}

/** A name for a file, without folder and ending, from parts of unknown origin. */
export function fileStem(...parts: string[]): string {
  const joined = parts
    .map((part) => part.replace(/\.[^./\\\s]{1,12}$/, ''))
    .join('-')
    .normalize('NFC')
    .replace(/[\p{C}\s\\/:*?"<>|]+/gu, '-');
  return trimEnds(joined, /[.-]/).slice(0, 80) || 'v2s';
}

/** A table ready for the host, which writes the CSV: what JSON and CSV have no number for becomes an empty cell. */
export interface Table {
  header: string[];
  rows: (string | number | null)[][];
}

/** Columns of unequal length side by side; missing cells are empty. */
export function columnsTable(columns: { name: string; values: ArrayLike<number | string | null> }[]): Table {
  const length = Math.max(0, ...columns.map(({ values }) => values.length));
  const cell = (value: number | string | null | undefined): string | number | null =>
    value === undefined || value === null || (typeof value === 'number' && !Number.isFinite(value)) ? null : value;
  return {
    header: columns.map(({ name }) => name),
    rows: Array.from({ length }, (_, row) => columns.map(({ values }) => cell(values[row]))),
  };
}
