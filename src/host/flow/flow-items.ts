import { basename } from 'node:path';
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
  'start' | 'train' | 'test' | 'labels' | 'delimiter' | 'header' | 'decimal' | 'model' | 'output' | keyof RunOptions;

export interface FlowItem {
  id: FlowItemId;
  label: string;
  /** name of one of VS Code's icons */
  icon?: string;
  description?: string;
  detail?: string;
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
  const items: FlowItem[] = [start, { id: 'train', label: t('Training file'), description: nameOf(state.train) }];
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
  const option = (id: keyof RunOptions, label: string, detail?: string): void => {
    const value = options[id];
    items.push({ id, label, description: valueText(value, t), detail });
  };
  option('epochs', t('Epochs'));
  option(
    'replicas',
    t('Replicas'),
    t('How often the series repeats on the one-second clip; "auto" compares several numbers'),
  );
  option('learningRate', t('Learning rate'));
  option('batchSize', t('Batch size'));
  option('mapping', t('Label mapping'));
  option('validation', t('Validation part'), t('Fraction of the training file that is used to choose the epoch'));
  option('dropout', t('Dropout'));
  option('weightDecay', t('Weight decay'));
  option('mask', t('Mask'), t('Train theta only where the clip holds no series'));
  option('seed', t('Seed'));
  items.push({ id: 'output', label: t('Program file'), description: nameOf(state.out) });
  return items;
}

function sizes({ count, classes, shortest, longest }: SeriesSummary, t: Translate): string {
  return shortest === longest
    ? t('{0} series, {1} classes, length {2}', count, classes.length, longest)
    : t('{0} series, {1} classes, lengths {2} to {3}', count, classes.length, shortest, longest);
}

function valueText(value: RunOptions[keyof RunOptions], t: Translate): string {
  if (value === undefined) return t('default');
  if (typeof value === 'boolean') return value ? t('yes') : t('no');
  return String(value);
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

/** The answer to a text box for an option. @returns the value, or an explanation of what is expected */
export function parseOption(
  id: keyof RunOptions,
  text: string,
  t: Translate,
): { value: number | string } | { problem: string } {
  const trimmed = text.trim();
  if (id === 'replicas' && trimmed.toLowerCase() === 'auto') return { value: 'auto' };
  const value = Number(trimmed.replace(',', '.'));
  const range = RANGES[id];
  if (!range) return { value: trimmed };
  const { least, most, whole } = range;
  const fits = trimmed !== '' && Number.isFinite(value) && value >= least && value <= most;
  if (fits && (!whole || Number.isInteger(value))) return { value };
  if (id === 'replicas') return { problem: t('Enter a whole number from {0} to {1}, or "auto".', least, most) };
  if (whole) return { problem: t('Enter a whole number from {0} to {1}.', least, most) };
  return { problem: t('Enter a number from {0} to {1}.', least, most) };
}

/** The same as those of the settings in package.json and of the engine, which has the last word. */
export const RANGES: Partial<Record<keyof RunOptions, { least: number; most: number; whole: boolean }>> = {
  epochs: { least: 1, most: 100_000, whole: true },
  batchSize: { least: 1, most: 4096, whole: true },
  learningRate: { least: 1e-6, most: 10, whole: false },
  weightDecay: { least: 0, most: 10, whole: false },
  dropout: { least: 0, most: 0.95, whole: false },
  replicas: { least: 1, most: 16_000, whole: true },
  validation: { least: 0, most: 0.9, whole: false },
  folds: { least: 0, most: 100, whole: true },
  patience: { least: 0, most: 100_000, whole: true },
  seed: { least: 0, most: 2 ** 32 - 1, whole: true },
};
