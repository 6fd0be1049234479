import { basename } from 'node:path';
import * as vscode from 'vscode';
import { fineTune } from '../flow/fine-tune';
import { chooseSeriesFile, pathOf } from '../flow/series-files';
import type { Session } from '../session';
import { shownText } from '../shown-text';
import { requireTrust } from '../trust';
import { LibraryNode } from './library-node';
import { saveReport } from './run-report';
import { deleteNode, fileOfProgram, renameProgram, revealNode } from './view-commands';

const t = vscode.l10n.t;

/** Commands about an item of the side bar. */
export const LIBRARY_COMMANDS: Record<string, (session: Session, ...args: never[]) => Promise<unknown>> = {
  'v2s.classifyWith': classifyWith,
  'v2s.reprogramWith': async (_session, node?: LibraryNode) => {
    if (node instanceof LibraryNode && node.path !== null)
      await vscode.commands.executeCommand('v2s.reprogramDataset', { model: node.path });
  },
  'v2s.fineTune': fineTuneFor,
  'v2s.saveReport': async (session, target?: LibraryNode | vscode.Uri, out?: vscode.Uri) => {
    const run = target instanceof LibraryNode ? target.target : target;
    return run && (await saveReport(session, run, out));
  },
  'v2s.copyPython': copyPython,
  'v2s.revealItem': revealNode,
  'v2s.renameProgram': renameProgram,
  'v2s.deleteItem': deleteNode,
};

/** Classifies with the program of an item: the file of its data set, else one that is asked for. */
async function classifyWith(_session: Session, node?: LibraryNode): Promise<void> {
  if (!(node instanceof LibraryNode) || node.path === null) return;
  const file = fileOfProgram(node) ?? (await chooseSeriesFile(t('Series file to classify'), /test/i));
  if (file) await vscode.commands.executeCommand('v2s.classifyFile', file, { program: node.path });
}

async function fineTuneFor(session: Session, target?: LibraryNode | vscode.Uri, program?: string): Promise<void> {
  requireTrust();
  const given = target instanceof LibraryNode ? target.target : target;
  const uri = given ?? (await chooseSeriesFile(t('Series file of the data set to fine-tune a model for'), /train/i));
  if (!uri) return;
  const file = pathOf(uri);
  const chosen = program ?? (await session.programs.certainOrAsked(file));
  if (chosen !== undefined) await fineTune(session, file, chosen);
}

/** Copies Python that reads the program of an item; the files that it reads besides lie in .v2s/exports. */
async function copyPython(session: Session, node?: LibraryNode): Promise<string | undefined> {
  if (!(node instanceof LibraryNode) || node.path === null) return undefined;
  const uri = fileOfProgram(node) ?? (await chooseSeriesFile(t('Series file to classify'), /test/i));
  if (!uri) return undefined;
  const root = vscode.workspace.getWorkspaceFolder(uri)?.uri ?? vscode.Uri.joinPath(uri, '..');
  const folder = vscode.Uri.joinPath(root, '.v2s', 'exports').fsPath;
  const remote = await session.worker.remote();
  const { snippet } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: t('V2S: classifying {0}', shownText(basename(uri.path))) },
    async () => await remote.pythonSnippet({ file: pathOf(uri), program: node.path!, folder }),
  );
  await vscode.env.clipboard.writeText(snippet);
  void vscode.window.showInformationMessage(
    t(
      'The Python code was copied. It needs numpy and safetensors. The files it reads are in {0}.',
      shownText(folder, 400),
    ),
  );
  return snippet;
}
