import * as vscode from 'vscode';
import { safeFileName } from './safe-file-name';

/**
 * Asks where to save and writes.
 * @param name proposal, without folder and extension
 * @returns false when the person changed their mind
 */
export async function saveBytes(
  name: string,
  format: 'svg' | 'png' | 'json' | 'csv',
  data: Uint8Array,
  folder: vscode.Uri | undefined,
): Promise<boolean> {
  const target = await askWhere(name, format, folder);
  if (!target) return false;
  await vscode.workspace.fs.writeFile(target, data);
  return true;
}

/** Asks where to save; undefined when the person changed their mind. */
export async function askWhere(
  name: string,
  format: string,
  folder: vscode.Uri | undefined,
): Promise<vscode.Uri | undefined> {
  const base = folder ?? vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = `${safeFileName(name)}.${format}`;
  return await vscode.window.showSaveDialog({
    defaultUri: base ? vscode.Uri.joinPath(base, file) : undefined,
    filters: { [format.toUpperCase()]: [format] },
  });
}
