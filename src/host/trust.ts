import * as vscode from 'vscode';
import { RemoteError } from '../protocol/rpc';

/**
 * Training and loading models of the workspace need its trust; viewing does not.
 * @throws RemoteError `workspace.untrusted` with the explanation
 */
export function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new RemoteError(
    'workspace.untrusted',
    vscode.l10n.t(
      'This workspace is in Restricted Mode. You can view series, programs and panels, but V2S does not train and does not load acoustic models from the workspace. To allow both, trust the workspace ("Workspaces: Manage Workspace Trust").',
    ),
  );
}
