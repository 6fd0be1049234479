import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { RUN_OPTIONS, type RunOptionName } from '../../common/run-options';
import { errorMessage, isCanceled, RemoteError } from '../../protocol/rpc';
import type { ModelListing, ReadOptions, RunOptions, RunStart } from '../../protocol/worker';
import { PROGRAM_EXTENSION } from '../programs';
import { runsFolder } from '../runs';
import { runOptions, settings } from '../settings';
import { shownText } from '../shown-text';
import { safeFileName } from '../webview/safe-file-name';
import type { WorkerClient } from '../background/worker-client';
import { choicesOf, flowItems, parseOption, type FlowItemId, type FlowState } from './flow-items';
import { browseSeriesFile, pathOf } from './series-files';

const t = vscode.l10n.t;

/** What may be given in advance; whatever is left out has its default. */
export interface ReprogramRequest {
  train: vscode.Uri;
  /** null: no TEST file; undefined: the sibling, if there is one */
  test?: vscode.Uri | null;
  read?: ReadOptions;
  /** id or folder */
  model?: string;
  options?: RunOptions;
  out?: string;
}

/**
 * Reads TRAIN and fills in every default.
 * @throws RemoteError when there is no acoustic model; a file that cannot be read is a `problem` of the state
 */
export async function beginFlow(
  worker: WorkerClient,
  request: ReprogramRequest,
  signal?: AbortSignal,
): Promise<FlowState> {
  const train = pathOf(request.train);
  const remote = await worker.remote();
  const { models, problems } = await remote.listModels({});
  const wanted = request.model ?? settings.model(request.train);
  const model = models.find(({ id, folder }) => id === wanted || folder === wanted) ?? models[0];
  if (!model) {
    const why = problems.length > 0 ? `\n${problems.join('\n')}` : '';
    throw new RemoteError('model.missing', t('No acoustic model was found.') + why);
  }
  if (request.model !== undefined && model.id !== wanted && model.folder !== wanted)
    throw new RemoteError(
      'model.missing',
      t(
        'There is no acoustic model named {0}. Choose one of these: {1}.',
        wanted,
        models.map(({ id }) => id).join(', '),
      ),
    );
  const state: FlowState = {
    train,
    test: request.test ? pathOf(request.test) : null,
    read: request.read ?? {},
    summary: null,
    problem: null,
    models,
    model: model.folder,
    options: { ...runOptions(request.train), ...request.options },
    out: request.out ?? '',
  };
  await readTrain(worker, state, request.test === undefined, signal);
  if (state.out === '') state.out = await proposeOutput(request.train, state.summary?.name ?? basename(train));
  return state;
}

/** Reads TRAIN as the state says. */
async function readTrain(
  worker: WorkerClient,
  state: FlowState,
  findTest: boolean,
  signal?: AbortSignal,
): Promise<void> {
  const remote = await worker.remote();
  try {
    const { testFile, ...summary } = await remote.previewSeriesFile(
      { file: state.train, read: state.read },
      { signal },
    );
    state.summary = summary;
    state.problem = problemOf(summary.classes.length);
    if (findTest) state.test = testFile;
  } catch (error) {
    if (isCanceled(error)) throw error;
    state.problem = errorMessage(error);
  }
}

/** Why a file with so many classes cannot train a program; null when it can. */
export function problemOf(classes: number): string | null {
  if (classes === 0) return t('The file has no labels. Choose the column that holds them.');
  if (classes === 1) return t('The file has only one class. Choose the column that holds the labels.');
  return null;
}

/** The request that starts the run. @throws RemoteError while something is wrong with the file */
export function runStart(state: FlowState): RunStart {
  if (state.problem !== null) throw new RemoteError('series.unreadable', state.problem);
  return {
    train: state.train,
    test: state.test,
    read: state.read,
    model: state.model,
    options: state.options,
    threads: settings.threads(),
    out: state.out,
    runs: runsFolder(vscode.Uri.file(state.train)).fsPath,
  };
}

/** Where a program goes unless the person says. @param dataset name of the data set */
export async function proposeOutput(train: vscode.Uri, dataset: string): Promise<string> {
  const name = safeFileName(dataset) + PROGRAM_EXTENSION;
  const beside = dirname(train.fsPath);
  if (settings.output(train) === 'beside' && (await isWritable(vscode.Uri.file(beside)))) return join(beside, name);
  return join(dirname(runsFolder(train).fsPath), name);
}

async function isWritable(folder: vscode.Uri): Promise<boolean> {
  const entry = await vscode.workspace.fs.stat(folder).then(
    (stat) => stat,
    () => null,
  );
  return entry !== null && !(((entry.permissions ?? 0) & vscode.FilePermission.Readonly) !== 0);
}

/**
 * Shows what was understood and chosen; Enter starts, every item can be corrected.
 * @returns the request, undefined when the person changed their mind
 */
export async function confirmFlow(worker: WorkerClient, state: FlowState): Promise<RunStart | undefined> {
  for (;;) {
    const items = flowItems(state, t, (path) => vscode.workspace.asRelativePath(path)).map((item) => ({
      ...item,
      label: shownText(item.label),
      iconPath: item.icon ? new vscode.ThemeIcon(item.icon) : undefined,
      description: item.description === undefined ? undefined : shownText(item.description, 400),
      detail: item.detail === undefined ? undefined : shownText(item.detail, 400),
    }));
    const picked = await vscode.window.showQuickPick(items, {
      title: t('Reprogram {0}', shownText(basename(state.train))),
      placeHolder: t('Enter starts; choose an item to change it'),
      ignoreFocusOut: true,
    });
    if (!picked) return undefined;
    if (picked.id === 'start') {
      if (state.problem === null) return runStart(state);
      void vscode.window.showErrorMessage(shownText(state.problem, 1500));
      continue;
    }
    await change(worker, state, picked.id);
  }
}

async function change(worker: WorkerClient, state: FlowState, id: Exclude<FlowItemId, 'start'>): Promise<void> {
  const here = vscode.Uri.file(state.train);
  switch (id) {
    case 'train': {
      const uri = await browseSeriesFile(t('Training file'), here);
      if (!uri) return;
      Object.assign(state, await beginFlow(worker, { train: uri, options: state.options, model: state.model }));
      return;
    }
    case 'test': {
      const none = { label: t('None'), none: true, iconPath: undefined };
      const browse = { label: t('Browse…'), none: false, iconPath: new vscode.ThemeIcon('folder-opened') };
      const picked = await vscode.window.showQuickPick([browse, none], { title: t('Test file') });
      if (!picked) return;
      if (picked.none) state.test = null;
      else state.test = (await browseSeriesFile(t('Test file'), here))?.fsPath ?? state.test;
      return;
    }
    case 'labels':
      return await changeRead(worker, state, await askLabels(state));
    case 'delimiter': {
      const choices = [',', ';', '\t', '|', ' '] as const;
      const names = [t('comma'), t('semicolon'), t('tab'), t('bar'), t('space')];
      const delimiter = await choose(t('Delimiter'), choices, names);
      return await changeRead(worker, state, delimiter && { delimiter });
    }
    case 'header': {
      const header = await choose(t('Does the first row name the columns?'), [true, false], [t('yes'), t('no')]);
      return await changeRead(worker, state, header === undefined ? undefined : { header });
    }
    case 'decimal': {
      const decimal = await choose(t('Decimal mark'), ['.', ','] as const, ['.', ',']);
      return await changeRead(worker, state, decimal && { decimal });
    }
    case 'model':
      state.model = (await chooseModel(state.models, state.model)) ?? state.model;
      return;
    case 'output':
      state.out = (await askOutput(state.out)) ?? state.out;
      return;
    default:
      return await askOption(state, id);
  }
}

/** Asks where the program is written; undefined when the person changed their mind. */
export async function askOutput(present: string): Promise<string | undefined> {
  const uri = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.file(present),
    filters: { [t('V2S programs')]: ['v2s.safetensors', 'safetensors'] },
  });
  return uri && (uri.fsPath.endsWith(PROGRAM_EXTENSION) ? uri.fsPath : withExtension(uri.fsPath));
}

const withExtension = (path: string): string => path.replace(/(\.v2s)?(\.safetensors)?$/, PROGRAM_EXTENSION);

async function changeRead(worker: WorkerClient, state: FlowState, read: ReadOptions | undefined): Promise<void> {
  if (!read) return;
  state.read = { ...state.read, ...read };
  await readTrain(worker, state, false);
}

async function askLabels(state: FlowState): Promise<ReadOptions | undefined> {
  const names = state.summary?.format.columnNames ?? [];
  const shown = names.length <= 50 ? names : [...names.slice(0, 5), ...names.slice(-5)];
  type Place = NonNullable<ReadOptions['labels']>;
  const values: (Place | 'number')[] = ['first', 'last', 'none', ...shown.map((name) => ({ name })), 'number'];
  const labels = [t('first column'), t('last column'), t('no labels'), ...shown.map((name) => shownText(name, 60))];
  labels.push(t('column by number…'));
  const picked = await choose(t('Column that holds the labels'), values, labels);
  if (picked === undefined) return undefined;
  if (picked !== 'number') return { labels: picked };
  const text = await vscode.window.showInputBox({
    title: t('Number of the label column (the first is 1)'),
    validateInput: (value) => (/^[1-9]\d*$/.test(value.trim()) ? undefined : t('Enter a whole number of at least 1.')),
  });
  return text === undefined ? undefined : { labels: Number(text) };
}

async function askOption(state: FlowState, id: RunOptionName): Promise<void> {
  const { title, meaning } = RUN_OPTIONS[id];
  const choices = choicesOf(id, t);
  if (choices) {
    const value = await choose(t(title), choices.values, choices.labels);
    if (value !== undefined) Object.assign(state.options, { [id]: value });
    return;
  }
  const text = await vscode.window.showInputBox({
    title: t(title),
    prompt: t(meaning),
    value: state.options[id] === undefined ? '' : String(state.options[id]),
    validateInput: (value) => {
      const parsed = parseOption(id, value, t);
      return 'problem' in parsed ? parsed.problem : undefined;
    },
  });
  if (text === undefined) return;
  const parsed = parseOption(id, text, t);
  if ('value' in parsed) Object.assign(state.options, { [id]: parsed.value });
}

async function choose<T>(title: string, values: readonly T[], labels: readonly string[]): Promise<T | undefined> {
  const items = values.map((value, i) => ({ label: labels[i], value }));
  return (await vscode.window.showQuickPick(items, { title }))?.value;
}

/** Asks for an acoustic model. @returns its folder */
async function chooseModel(models: readonly ModelListing[], present: string): Promise<string | undefined> {
  const items = models.map((model) => ({
    label: shownText(model.title),
    description: model.folder === present ? t('chosen') : shownText(model.id),
    detail: shownText(
      [
        t('{0} source words, {1} parameters, {2}', model.sourceWords, model.parameters, model.sourceData),
        model.accuracy === null ? null : t('source accuracy {0} %', (100 * model.accuracy).toFixed(1)),
        model.implementation === 'tfjs' ? t('{0} on TensorFlow.js, many times slower', model.architecture) : null,
      ]
        .filter((part) => part !== null)
        .join(' · '),
      400,
    ),
    folder: model.folder,
  }));
  return (await vscode.window.showQuickPick(items, { title: t('Acoustic model') }))?.folder;
}
