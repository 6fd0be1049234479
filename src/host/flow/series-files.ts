import { basename } from 'node:path';
import * as vscode from 'vscode';
import { RemoteError } from '../../protocol/rpc';
import { foreignText } from '../../common/foreign-text';
import { shownText } from '../shown-text';
import { isTestName } from './flow-items';

/** Extensions of series files, lower case with the dot. Those of text may be compressed by gzip: .csv.gz. */
const TEXT_EXTENSIONS = ['.csv', '.tsv', '.txt', '.ts', '.arff'];
const ARRAY_EXTENSIONS = ['.npy', '.npz'];
const SERIES_EXTENSIONS = [...TEXT_EXTENSIONS, ...ARRAY_EXTENSIONS, ...TEXT_EXTENSIONS.map((text) => `${text}.gz`)];

export function isSeriesName(path: string): boolean {
  const name = basename(path).toLowerCase();
  return SERIES_EXTENSIONS.some((extension) => name.endsWith(extension));
}

/**
 * The path of a file that this machine can read itself.
 * @throws RemoteError `file.scheme` for a virtual file
 */
export function pathOf(uri: vscode.Uri): string {
  if (uri.scheme === 'file') return uri.fsPath;
  throw new RemoteError(
    'file.scheme',
    vscode.l10n.t(
      '{0} is not on the machine where VS Code runs its extensions ({1}:). Save a copy on that machine and open the copy.',
      foreignText(basename(uri.path), { limit: 200 }),
      uri.scheme,
    ),
  );
}

/** The series file a person is looking at: text editor, custom editor or diff; undefined when there is none. */
export function activeSeriesFile(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const candidates = [
    vscode.window.activeTextEditor?.document.uri,
    input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom ? input.uri : undefined,
  ];
  return candidates.find((uri) => uri?.scheme === 'file' && isSeriesName(uri.path));
}

/**
 * Asks for a series file; the active one and those of the workspace are proposed.
 * @param forTraining files that are called TEST come last and say so
 */
export async function chooseSeriesFile(
  title: string,
  prefer?: RegExp,
  forTraining = false,
): Promise<vscode.Uri | undefined> {
  const isWrong = (uri: vscode.Uri): boolean => forTraining && isTestName(uri.path);
  const shownFile = activeSeriesFile();
  const active = shownFile && !isWrong(shownFile) ? shownFile : undefined;
  const found = await vscode.workspace.findFiles(
    `**/*.{${SERIES_EXTENSIONS.map((extension) => extension.slice(1)).join()}}`,
    '**/{node_modules,.git,.v2s}/**',
    500,
  );
  const likely = (uri: vscode.Uri): number => (isWrong(uri) ? 2 : prefer?.test(basename(uri.path)) ? 0 : 1);
  const files = found
    .filter(({ scheme, path }) => scheme === 'file' && !(path.endsWith('.ts') && /\.(d|test|spec)\.ts$/.test(path)))
    .filter((uri) => uri.toString() !== active?.toString())
    .sort((a, b) => likely(a) - likely(b) || a.path.localeCompare(b.path));
  const item = (uri: vscode.Uri, description?: string): vscode.QuickPickItem & { uri?: vscode.Uri } => ({
    label: shownText(basename(uri.path)),
    description: description ?? shownText(vscode.workspace.asRelativePath(uri)),
    detail: isWrong(uri) ? vscode.l10n.t('Named as a test file') : undefined,
    uri,
  });
  const items = [
    ...(active ? [item(active, vscode.l10n.t('active file'))] : []),
    ...files.slice(0, 200).map((uri) => item(uri)),
    { label: vscode.l10n.t('Browse…'), iconPath: new vscode.ThemeIcon('folder-opened') },
  ] as (vscode.QuickPickItem & { uri?: vscode.Uri })[];
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  if (!picked) return undefined;
  return picked.uri ?? (await browseSeriesFile(title));
}

export async function browseSeriesFile(title: string, near?: vscode.Uri): Promise<vscode.Uri | undefined> {
  const picked = await vscode.window.showOpenDialog({
    title,
    defaultUri: near ? vscode.Uri.joinPath(near, '..') : undefined,
    filters: {
      [vscode.l10n.t('Series files')]: [...TEXT_EXTENSIONS, ...ARRAY_EXTENSIONS, '.gz'].map((extension) =>
        extension.slice(1),
      ),
    },
  });
  return picked?.[0];
}
