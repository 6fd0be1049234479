import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { ModelFile, ModelImport } from '../../protocol/model-import';
import { errorMessage, isCanceled } from '../../protocol/rpc';
import type { Session } from '../session';
import { shownText } from '../shown-text';
import { requireTrust } from '../trust';
import {
  askWords,
  beginImport,
  chooseModelFile,
  confirmImport,
  importRequest,
  type ImportArguments,
} from './import-flow';
import type { ImportState } from './import-items';
import { pathOf } from './series-files';

const t = vscode.l10n.t;

/** Imports an acoustic model; `failed` shows what went wrong before the overview is opened again. */
export async function importModel(
  session: Session,
  failed: (session: Session, error: unknown) => Promise<void>,
  target?: vscode.Uri | ImportArguments,
): Promise<{ id: string; folder: string } | undefined> {
  requireTrust();
  const given = target instanceof vscode.Uri || target === undefined ? undefined : target;
  const file = given?.file ?? (target instanceof vscode.Uri ? target : await chooseModelFile());
  if (!file) return undefined;
  const path = pathOf(file);
  const remote = await session.worker.remote();
  const model = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: t('V2S: reading {0}', shownText(basename(path))) },
    async () => await remote.inspectModelFile({ file: path }),
  );
  const request = importRequest({ ...given, file }, model, session.importedModels);
  if (model.kind === 'attention-rnn' && !given) {
    const labels = await askWords(session.worker, request);
    if (labels === undefined) return undefined;
    request.labels = labels;
  }
  const imported =
    model.kind === 'attention-rnn' || given?.frontEnd !== undefined
      ? await runImport(session, request)
      : await askAndImport(session, await beginImport(session.worker, model, request), failed);
  if (imported) void tellImported(imported, model);
  return imported;
}

/** Shows the overview until the import is done; a failed or canceled one leads back to it with all that was chosen. */
async function askAndImport(
  session: Session,
  state: ImportState,
  failed: (session: Session, error: unknown) => Promise<void>,
): Promise<{ id: string; folder: string } | undefined> {
  while (await confirmImport(session.worker, state)) {
    try {
      return await runImport(session, state.request);
    } catch (error) {
      if (isCanceled(error)) continue;
      session.log.warn(`v2s.importModel: ${errorMessage(error)}`);
      void failed(session, error);
    }
  }
  return undefined;
}

async function runImport(session: Session, request: ModelImport): Promise<{ id: string; folder: string }> {
  const remote = await session.worker.remote();
  return await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: t('V2S: importing {0}', shownText(basename(request.file))),
      cancellable: true,
    },
    async (_progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      return await remote.importModel(request, { signal: controller.signal });
    },
  );
}

async function tellImported({ id, folder }: { id: string; folder: string }, { kind }: ModelFile): Promise<void> {
  const reprogram = t('Reprogram with It');
  const picked = await vscode.window.showInformationMessage(
    kind === 'attention-rnn'
      ? t('The acoustic model {0} was imported. Its front end and graph were checked.', shownText(id))
      : t('The acoustic model {0} was imported. It runs on TensorFlow.js.', shownText(id)),
    reprogram,
  );
  // The command tells itself what goes wrong.
  if (picked) await vscode.commands.executeCommand('v2s.reprogramDataset', { model: folder }).then(undefined, () => {});
}
