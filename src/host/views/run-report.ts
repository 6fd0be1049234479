import { basename } from 'node:path';
import * as vscode from 'vscode';
import { withAgreedOutput } from '../flow/agreed-output';
import { pathOf } from '../flow/series-files';
import { PROGRAM_EXTENSION } from '../programs';
import type { Session } from '../session';
import { shownText } from '../shown-text';
import { askWhere } from '../webview/save-file';

/**
 * Writes the report of a run, or of a program, as one HTML page, and offers to show it.
 * @param out asked for when it is left out
 */
export async function saveReport(session: Session, run: vscode.Uri, out?: vscode.Uri): Promise<string | undefined> {
  const name = `${basename(run.fsPath, PROGRAM_EXTENSION)}-report`;
  const saved = out ?? (await askWhere(name, 'html', vscode.workspace.getWorkspaceFolder(run)?.uri));
  if (!saved) return undefined;
  const path = pathOf(saved);
  const remote = await session.worker.remote();
  await withAgreedOutput(
    // The dialog has asked already whether a file may be replaced.
    async ({ replace = saved !== out }) => await remote.writeReport({ run: run.fsPath, out: path, replace }),
    async () => path,
  );
  void offer(saved);
  return path;
}

async function offer(saved: vscode.Uri): Promise<void> {
  const [open, reveal] = [vscode.l10n.t('Open'), vscode.l10n.t('Reveal')];
  const text = vscode.l10n.t('The report was saved as {0}.', shownText(basename(saved.path)));
  const picked = await vscode.window.showInformationMessage(text, open, reveal);
  if (picked === open) await vscode.env.openExternal(saved);
  if (picked !== reveal) return;
  const inside = vscode.workspace.getWorkspaceFolder(saved) !== undefined;
  await vscode.commands.executeCommand(inside ? 'revealInExplorer' : 'revealFileInOS', saved);
}
