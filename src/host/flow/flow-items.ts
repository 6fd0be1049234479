import { basename } from 'node:path';
import { optionSchema } from '../../common/option-schema';
import { RUN_OPTION_NAMES, RUN_OPTIONS, type OptionDeclaration, type RunOptionName } from '../../common/run-options';
import type { ModelListing, ReadOptions, RunOptions, SeriesSummary } from '../../protocol/worker';

/** Everything that is chosen before a run starts. Every part has a default, so that Enter is enough. */
export interface FlowState {
  train: string;
  test: string | null;
  read: ReadOptions;
  /** what was understood of TRAIN, null when it cannot be read as it is */
  summary: SeriesSummary | null;
  /** why it cannot be read */
  problem: string | null;
  models: ModelListing[];
  /** folder of the chosen acoustic model */
  model: string;
  options: RunOptions;
  out: string;
}

export type FlowItemId =
  'start' | 'train' | 'test' | 'labels' | 'delimiter' | 'header' | 'decimal' | 'model' | 'output' | RunOptionName;

export interface FlowItem {
  id: FlowItemId;
  label: string;
  /** name of one of VS Code's icons */
  icon?: string;
  description?: string;
  detail?: string;
}

/** Whether a file is called TEST, standing alone in its name. */
export function isTestName(path: string): boolean {
  const words = basename(path).match(/(?<![a-z])(train|test)(?![a-z])/gi) ?? [];
  return words.at(-1)?.toLowerCase() === 'test';
}

/** Translates `{0}` .. texts, as vscode.l10n.t does. */
export type Translate = (text: string, ...values: (string | number)[]) => string;

const DELIMITER_NAMES: Record<string, string> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
  ' ': 'space',
};

/**
 * The items of the overview before a run, the start first. What was understood stands beside each item; choosing one corrects it.
 * @param nameOf how a path is shown
 */
export function flowItems(state: FlowState, t: Translate, nameOf: (path: string) => string): FlowItem[] {
  const { summary, problem, options, read } = state;
  const model = state.models.find(({ folder }) => folder === state.model);
  const start: FlowItem =
    problem === null && summary
      ? {
          id: 'start',
          label: t('Start'),
          icon: 'play',
          description: sizes(summary, t),
          detail: summary.classes
            .slice(0, 12)
            .map(({ name, count }) => `${name}: ${count}`)
            .join(', '),
        }
      : {
          id: 'start',
          label: t('Cannot start yet'),
          icon: 'error',
          // A list cuts long lines at their end: the place comes first, the folder has a line of its own.
          description: problem?.replaceAll(state.train, basename(state.train)) ?? t('The file cannot be read.'),
          detail: state.train,
        };
  const items: FlowItem[] = [start];
  items.push({
    id: 'train',
    label: t('Training file'),
    description: nameOf(state.train),
    detail: isTestName(state.train)
      ? t('This file is named as a test file. A program that is trained on it cannot be tested with it.')
      : undefined,
  });
  items.push({
    id: 'test',
    label: t('Test file'),
    description: state.test === null ? t('none') : nameOf(state.test),
    detail: t('Evaluated only once, at the end of the run'),
  });
  const format = summary?.format;
  const table = !format || (format.kind !== 'ts' && format.kind !== 'arff');
  if (format) items.push({ id: 'labels', label: t('Label column'), description: labelText(format, read, t) });
  if (table) {
    const delimiter = read.delimiter ?? format?.delimiter;
    items.push({
      id: 'delimiter',
      label: t('Delimiter'),
      description: delimiter ? t(DELIMITER_NAMES[delimiter]) : t('unknown'),
    });
    const header = read.header ?? format?.header;
    items.push({ id: 'header', label: t('Header row'), description: header ? t('yes') : t('no') });
    items.push({ id: 'decimal', label: t('Decimal mark'), description: read.decimal ?? format?.decimal ?? '.' });
  }
  items.push({
    id: 'model',
    label: t('Acoustic model'),
    description: model ? model.title : t('none'),
    detail: model
      ? t('{0} source words, {1} parameters, {2}', model.sourceWords, model.parameters, model.sourceData)
      : undefined,
  });
  for (const id of RUN_OPTION_NAMES) {
    const { title, meaning } = RUN_OPTIONS[id];
    const value = options[id];
    items.push({
      id,
      label: t(title),
      description: value === undefined ? t('default') : shownValue(id, value, t),
      detail: t(meaning),
    });
  }
  items.push({ id: 'output', label: t('Program file'), description: nameOf(state.out) });
  return items;
}

function sizes({ count, classes, shortest, longest }: SeriesSummary, t: Translate): string {
  return shortest === longest
    ? t('{0} series, {1} classes, length {2}', count, classes.length, longest)
    : t('{0} series, {1} classes, lengths {2} to {3}', count, classes.length, shortest, longest);
}

function labelText(
  { labels, labelColumn, columnNames }: SeriesSummary['format'],
  read: ReadOptions,
  t: Translate,
): string {
  const chosen = read.labels;
  if (typeof chosen === 'object') return chosen.name;
  if (labels === 'none') return t('none');
  const name = labelColumn !== null ? columnNames?.[labelColumn - 1] : undefined;
  const place = labels === 'first' ? t('first column') : labels === 'last' ? t('last column') : t('column {0}', labels);
  return name ? `${place} (${name})` : place;
}

/** A chosen value in words. */
function shownValue(id: RunOptionName, value: number | boolean | string, t: Translate): string {
  const option: OptionDeclaration = RUN_OPTIONS[id];
  if (option.type === 'flag') return value ? t('yes') : t('no');
  if (option.type === 'choice') return t(option.choices[String(value)]);
  return String(value);
}

/** The values among which a flag or a choice is picked, in words; null for an option that is typed. */
export function choicesOf(id: RunOptionName, t: Translate): { values: (boolean | string)[]; labels: string[] } | null {
  const option: OptionDeclaration = RUN_OPTIONS[id];
  if (option.type === 'flag') return { values: [false, true], labels: [t('no'), t('yes')] };
  if (option.type !== 'choice') return null;
  return { values: Object.keys(option.choices), labels: Object.values(option.choices).map((words) => t(words)) };
}

/** The answer to a text box for an option. @returns the value, or a sentence that says what is expected */
export function parseOption(
  id: RunOptionName,
  text: string,
  t: Translate,
): { value: number | string } | { problem: string } {
  const option: OptionDeclaration = RUN_OPTIONS[id];
  const trimmed = text.trim();
  const value = trimmed.toLowerCase() === 'auto' ? 'auto' : trimmed === '' ? NaN : Number(trimmed.replace(',', '.'));
  if (optionSchema(option).safeParse(value).success) return { value };
  switch (option.type) {
    case 'integer':
      if (option.except?.value === value) return { problem: t(option.except.why) };
      return { problem: t('Enter a whole number from {0} to {1}.', option.min, option.max) };
    case 'number':
      return option.aboveMin
        ? { problem: t('Enter a number above {0} and up to {1}.', option.min, option.max) }
        : { problem: t('Enter a number from {0} to {1}.', option.min, option.max) };
    case 'integer-or-auto':
      return { problem: t('Enter a whole number from {0} to {1}, or "auto".', option.min, option.max) };
    default:
      throw new TypeError(`${id} is picked from a list, not typed`);
  }
}
