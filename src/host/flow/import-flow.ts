import { basename, dirname, extname } from 'node:path';
import * as vscode from 'vscode';
import type { FrontEndChoice, ModelFile, ModelImport } from '../../protocol/model-import';
import type { WorkerClient } from '../background/worker-client';
import { shownText } from '../shown-text';
import { safeFileName } from '../webview/safe-file-name';
import { importItems, type ImportItemId, type ImportState } from './import-items';
import { pathOf } from './series-files';

const t = vscode.l10n.t;

/** What may be said in advance of a model that is imported; with a front end, or for a model that needs none, nothing is asked. */
export interface ImportArguments {
  file: vscode.Uri;
  /** file with the words; null or left out: they are numbered */
  labels?: vscode.Uri | null;
  id?: string;
  frontEnd?: 'log-mel' | 'kapre-db' | vscode.Uri;
  /** layers that are shown; default: every convolution */
  taps?: string[];
  attention?: string | null;
  title?: string;
  license?: string;
  source?: string;
  sourceLicense?: string;
}

/** Asks for a file with an acoustic model. */
export async function chooseModelFile(): Promise<vscode.Uri | undefined> {
  const picked = await vscode.window.showOpenDialog({
    title: t('Acoustic model to import'),
    filters: { [t('Keras models and model.json of TensorFlow.js')]: ['h5', 'hdf5', 'json'] },
  });
  return picked?.[0];
}

/** The import with what is given, and defaults for the rest. */
export function importRequest(given: ImportArguments, model: ModelFile, out: vscode.Uri): ModelImport {
  const { file, labels, frontEnd } = given;
  return {
    file: pathOf(file),
    out: out.fsPath,
    id: given.id ?? (model.kind === 'layers' ? proposedId(file) : null),
    labels: labels ? pathOf(labels) : null,
    layers:
      model.kind === 'layers'
        ? {
            frontEnd: frontEnd instanceof vscode.Uri ? { file: pathOf(frontEnd) } : (frontEnd ?? null),
            taps:
              given.taps ?? model.layers.filter((layer) => layer.convolution && layer.shown).map(({ name }) => name),
            attention: given.attention ?? null,
          }
        : null,
    title: given.title ?? null,
    license: given.license ?? null,
    source: given.source ?? null,
    sourceLicense: given.sourceLicense ?? null,
  };
}

/** Every model of TensorFlow.js is called model.json: the name of its folder tells more. */
function proposedId({ path }: vscode.Uri): string {
  const name = basename(path, extname(path));
  return safeFileName(name.toLowerCase() === 'model' ? basename(dirname(path)) : name);
}

/** Asks for the words of a model that computes its features itself. @returns null for none, undefined when the person changed their mind */
export async function askWords(worker: WorkerClient, request: ModelImport): Promise<string | null | undefined> {
  for (;;) {
    const labels = await askLabelsFile();
    if (labels === undefined) return undefined;
    const { problems } = await (await worker.remote()).checkModelImport({ ...request, labels });
    const wrong = problems.find(({ part }) => part === 'labels');
    if (!wrong) return labels;
    void vscode.window.showErrorMessage(shownText(wrong.message, 1500));
  }
}

/** The state of the overview; after it, `request` is what the person chose. */
export async function beginImport(
  worker: WorkerClient,
  model: ImportState['model'],
  request: ModelImport,
): Promise<ImportState> {
  const chosen = { ...request, layers: request.layers! };
  return { model, request: chosen, check: await (await worker.remote()).checkModelImport(chosen) };
}

/**
 * Shows what is in the file and what was chosen; Enter imports, every item can be corrected. While something is missing or wrong, Enter
 * asks for that.
 * @param state is changed, so that it can be shown again
 * @returns false when the person changed their mind
 */
export async function confirmImport(worker: WorkerClient, state: ImportState): Promise<boolean> {
  for (;;) {
    const items = importItems(state, t, (path) => vscode.workspace.asRelativePath(path)).map((item) => ({
      ...item,
      label: shownText(item.label),
      iconPath: item.icon ? new vscode.ThemeIcon(item.icon) : undefined,
      description: shownText(item.description, 400),
      detail: item.detail === undefined ? undefined : shownText(item.detail, 400),
    }));
    const picked = await vscode.window.showQuickPick(items, {
      title: t('Import {0}', shownText(basename(state.request.file))),
      placeHolder:
        state.check.problems.length === 0
          ? t('Enter imports; choose an item to change it')
          : t('Enter asks for what is missing; choose an item to change it'),
      ignoreFocusOut: true,
    });
    if (!picked) return false;
    if (picked.id === 'import') {
      // A file that was wrong may have been mended in the meantime, and the other way round.
      await check(worker, state);
      const [problem] = state.check.problems;
      if (!problem) return true;
      // The list cuts what is long.
      if (state.request.layers.frontEnd !== null) void vscode.window.showErrorMessage(shownText(problem.message, 1500));
      await change(worker, state, problem.part);
    } else await change(worker, state, picked.id);
  }
}

async function check(worker: WorkerClient, state: ImportState): Promise<void> {
  state.check = await (await worker.remote()).checkModelImport(state.request);
}

/** Asks for one part; what was chosen stays when the person changes their mind. */
async function change(worker: WorkerClient, state: ImportState, id: Exclude<ImportItemId, 'import'>): Promise<void> {
  const { request, model } = state;
  const { layers } = request;
  switch (id) {
    case 'frontEnd':
      layers.frontEnd = (await askFrontEnd(state)) ?? layers.frontEnd;
      break;
    case 'labels': {
      const labels = await askLabelsFile();
      if (labels !== undefined) request.labels = labels;
      break;
    }
    case 'taps': {
      const items = model.layers.filter(({ shown }) => shown).map((layer) => layerItem(layer, layers.taps));
      const title = t('Layers to show');
      const picked = await vscode.window.showQuickPick(items, { title, canPickMany: true, ignoreFocusOut: true });
      if (picked) layers.taps = picked.map(({ name }) => name);
      break;
    }
    case 'attention': {
      const most = state.check.features?.frames ?? Infinity;
      const fitting = model.layers.filter(({ weighs }) => weighs !== null && weighs <= most);
      const items = [{ label: t('None'), name: null }, ...fitting.map((layer) => layerItem(layer, []))];
      const picked = await vscode.window.showQuickPick(items, {
        title: t('Attention layer'),
        placeHolder: t('Layers with one weight per frame'),
      });
      if (picked) layers.attention = picked.name;
      break;
    }
    case 'id': {
      const text = await vscode.window.showInputBox({
        title: t('Id of the model'),
        value: request.id ?? '',
        ignoreFocusOut: true,
        validateInput: async (value) => {
          const asked = { ...request, id: value.trim() };
          const { problems } = await (await worker.remote()).checkModelImport(asked);
          const problem = problems.find(({ part }) => part === 'id');
          return problem && shownText(problem.message, 1500);
        },
      });
      if (text !== undefined) request.id = text.trim();
      break;
    }
    default: {
      const { label } = importItems(state, t, basename).find((item) => item.id === id)!;
      const text = await vscode.window.showInputBox({ title: label, value: request[id] ?? '', ignoreFocusOut: true });
      if (text !== undefined) request[id] = text.trim() === '' ? null : text.trim();
    }
  }
  await check(worker, state);
}

type LayerOfFile = ImportState['model']['layers'][number];

function layerItem({ name, className, shape }: LayerOfFile, picked: readonly string[]) {
  return {
    label: shownText(name),
    description: shownText(`${className} ${shape ?? ''}`),
    picked: picked.includes(name),
    name,
  };
}

/** @returns undefined when the person changed their mind */
async function askFrontEnd({ model }: ImportState): Promise<FrontEndChoice | undefined> {
  const named = (choice: 'log-mel' | 'kapre-db', detail: string) => ({ label: choice, detail, choice });
  const picked = await vscode.window.showQuickPick(
    [
      named('log-mel', t('125 frames of 80 mel bins: natural logarithm, standardized')),
      named('kapre-db', t('125 frames of 80 mel bins: decibels below the loudest, standardized')),
      {
        label: t('Choose a JSON file that adjusts one of them…'),
        detail: t('For example {0}', '{"kind": "log-mel", "hop": 160, "melBins": 40}'),
        choice: null,
      },
    ],
    {
      title: t('Front end that computes the features of the model'),
      placeHolder: t(
        'The input of the model is {0}. Its file does not say how it is computed.',
        shownText(model.input),
      ),
      ignoreFocusOut: true,
    },
  );
  if (!picked || picked.choice !== null) return picked?.choice ?? undefined;
  const files = await vscode.window.showOpenDialog({ title: t('Front end'), filters: { JSON: ['json'] } });
  return files && { file: pathOf(files[0]) };
}

/** The file with the words; null for none, undefined when the person changed their mind. */
async function askLabelsFile(): Promise<string | null | undefined> {
  const browse = { label: t('Choose a file with the source words, one per line or as JSON…'), browse: true };
  const none = { label: t('Number the source words'), browse: false };
  const picked = await vscode.window.showQuickPick([browse, none], { title: t('Source words') });
  if (!picked) return undefined;
  if (!picked.browse) return null;
  const files = await vscode.window.showOpenDialog({ filters: { [t('Text')]: ['txt', 'json'] } });
  return files && pathOf(files[0]);
}
