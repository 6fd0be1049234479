import { RUN_OPTION_NAMES, RUN_OPTIONS, type RunOptionName } from '../../common/run-options';
import type { ColumnRole, SetupField, SetupProblem, SetupTable } from '../../protocol/panels/setup';
import type { ReadOptions, RunOptions } from '../../protocol/worker';
import { parseOption, type Translate } from './flow-items';

/** Columns of a text at most; wider tables are read all the same. */
const MAX_LISTED = 10_000;

/** Where a problem with the data belongs, by its code. */
export function fieldOf(code: string): SetupField {
  switch (code) {
    case 'series.channel':
      return 'channel';
    case 'series.not-series':
    case 'series.columns':
      return 'delimiter';
    case 'series.thousands':
      return 'decimal';
    case 'series.empty':
      return 'header';
    case 'series.column':
      return 'ignored';
    case 'series.value':
    case 'series.infinite':
    case 'series.quote':
      return 'table';
  }
  if (code.startsWith('series.label') || code.startsWith('reprogram.')) return 'labels';
  if (code.startsWith('model.')) return 'model';
  if (code.startsWith('output.')) return 'out';
  return 'train';
}

/**
 * How the table is read when a column gets a role. There is one label: the column that held it before is left out, because labels
 * among the values would tell the answer.
 */
export function withRole(read: ReadOptions, table: SetupTable, column: number, role: ColumnRole): ReadOptions {
  const shown = table.columns.find(({ number }) => number === column);
  const before = table.labelColumn;
  const wasLabel = before === column || shown?.role === 'label';
  const ignored = new Set(table.ignored);
  // Columns that were not chosen as values are left out as well.
  for (const { number, role: own } of table.columns) if (own === 'ignored') ignored.add(number);
  if (role === 'ignored') ignored.add(column);
  else ignored.delete(column);
  let labels: ReadOptions['labels'] = before ?? read.labels;
  if (role === 'label') {
    if (before !== null && before !== column) ignored.add(before);
    labels = column;
  } else if (wasLabel) labels = 'none';
  const { columns: _, ...rest } = read;
  return { ...rest, labels, ignoredColumns: [...ignored].sort((a, b) => a - b) };
}

/** Columns as a person lists them: numbers, ranges such as 3-7, and names, separated by commas; nothing for none. */
export function parseColumns(
  text: string,
  { columnCount, columns }: SetupTable,
  t: Translate,
): { columns: (number | string)[] } | { problem: string } {
  const found: (number | string)[] = [];
  const named = columns.some(({ name }) => name !== null);
  for (const part of text.split(',')) {
    const word = part.trim();
    if (word === '') continue;
    const range = /^(\d+)(?:\s*[-–]\s*(\d+))?$/.exec(word);
    if (!range) {
      if (!named) return { problem: t('The columns of this table have no names. Enter numbers, such as 1, 5-7.') };
      found.push(word);
      continue;
    }
    const [from, to] = [Number(range[1]), Number(range[2] ?? range[1])];
    if (from < 1 || to < from || to > columnCount)
      return { problem: t('{0} is not a column of this table, which has the columns 1 to {1}.', word, columnCount) };
    if (found.length + to - from >= MAX_LISTED) return { problem: t('These are too many columns.') };
    for (let number = from; number <= to; number++) found.push(number);
  }
  return { columns: found };
}

/** Numbers as `parseColumns` takes them, neighbors as ranges. */
export function listColumns(columns: readonly (number | string)[]): string {
  const parts: string[] = [];
  for (let i = 0; i < columns.length; i++) {
    const first = columns[i];
    let last = first;
    while (typeof last === 'number' && columns[i + 1] === last + 1) last = columns[++i];
    parts.push(first === last ? String(first) : `${first}-${last}`);
  }
  return parts.join(', ');
}

/** Tokens for a missing value as a person lists them. */
export function parseMissing(text: string): string[] {
  return text
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

/** What is typed into the fields of the options: valid values, and texts that are none yet. */
export class OptionDraft {
  readonly #typed = new Map<RunOptionName, string>();

  constructor(readonly values: RunOptions) {}

  /** Takes a text over if it is valid, else keeps it as typed. */
  type(name: RunOptionName, text: string, t: Translate): void {
    const { type } = RUN_OPTIONS[name];
    if (type === 'flag') return void Object.assign(this.values, { [name]: text === 'true' });
    if (type === 'choice') return void Object.assign(this.values, { [name]: text });
    const parsed = parseOption(name, text, t);
    if ('problem' in parsed) return void this.#typed.set(name, text);
    this.#typed.delete(name);
    Object.assign(this.values, { [name]: parsed.value });
  }

  texts(): Record<string, string> {
    return Object.fromEntries(
      RUN_OPTION_NAMES.map((name) => [
        name,
        this.#typed.get(name) ?? String(this.values[name] ?? RUN_OPTIONS[name].default),
      ]),
    );
  }

  problems(t: Translate): SetupProblem[] {
    return [...this.#typed].map(([field, text]) => {
      const parsed = parseOption(field, text, t);
      return { field, message: 'problem' in parsed ? parsed.problem : '' };
    });
  }
}
