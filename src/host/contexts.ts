import { extname } from 'node:path';
import * as vscode from 'vscode';
import { beginsLikeSeries } from '../common/series-beginning';
import { Disposable } from './dispose';
import type { Session } from './session';
import { shownText } from './shown-text';

/**
 * What `when` clauses of the menus in package.json refer to, besides what VS Code knows itself: `v2s.seriesFiles`, paths of files that
 * are series by their content though their name could be another thing's; `v2s.hasRuns`, whether there is a run in the workspace.
 * Panels.ts keeps `v2s.hasPanel.ID`.
 */
const SERIES_CONTEXT = 'v2s.seriesFiles';
const RUNS_CONTEXT = 'v2s.hasRuns';
/** Answer to the question whether .ts files of series are shown as plain text. */
const PLAIN_TEXT_KEY = 'v2s.seriesAsPlainText';
const MAX_FILES = 500;
/** Lines of a document that are looked at before anything is asked of the background process. */
const HEAD_LINES = 60;

/** Keeps the context keys, from activation on and without a process until a file looks like a series file. */
export class Contexts extends Disposable {
  readonly #files: Set<string>;
  #isAsking = false;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly session: () => Promise<Session>,
  ) {
    super();
    const kept: unknown = context.workspaceState.get(SERIES_CONTEXT);
    this.#files = new Set(Array.isArray(kept) ? kept.filter((path): path is string => typeof path === 'string') : []);
    if (this.#files.size > 0) this.#tellFiles();
    this.own(vscode.workspace.onDidOpenTextDocument((document) => void this.#look(document)));
    this.own(vscode.workspace.onDidSaveTextDocument((document) => void this.#look(document)));
    for (const document of vscode.workspace.textDocuments) void this.#look(document);
    const runs = this.own(vscode.workspace.createFileSystemWatcher('**/.v2s/runs/*/config.json', false, true, false));
    this.own(runs.onDidCreate(() => void this.#tellRuns()));
    this.own(runs.onDidDelete(() => void this.#tellRuns()));
    void this.#tellRuns();
  }

  async #look(document: vscode.TextDocument): Promise<void> {
    const { uri, lineCount } = document;
    const extension = extname(uri.path).toLowerCase();
    if (uri.scheme !== 'file' || (extension !== '.ts' && extension !== '.txt')) return;
    const head = document.getText(new vscode.Range(0, 0, Math.min(lineCount, HEAD_LINES), 0));
    const isSeries = beginsLikeSeries(head) && (await this.#isSeries(uri.fsPath));
    for (const path of new Set([uri.fsPath, uri.path])) {
      if (isSeries) this.#files.add(path);
      else this.#files.delete(path);
    }
    this.#tellFiles();
    if (isSeries && extension === '.ts' && document.languageId === 'typescript') await this.#showAsText(document);
  }

  async #isSeries(file: string): Promise<boolean> {
    try {
      return (await (await (await this.session()).worker.remote()).looksLikeSeries({ file })).series;
    } catch {
      // Gone, or not readable: whoever opens it is told so by VS Code.
      return false;
    }
  }

  #tellFiles(): void {
    const files = [...this.#files].slice(-MAX_FILES);
    void this.context.workspaceState.update(SERIES_CONTEXT, files);
    void vscode.commands.executeCommand('setContext', SERIES_CONTEXT, files);
  }

  /** TypeScript would underline a series file from the first line to the last. The person is asked once. */
  async #showAsText(document: vscode.TextDocument): Promise<void> {
    const answers = this.context.globalState;
    if (answers.get(PLAIN_TEXT_KEY) === undefined) {
      if (this.#isAsking) return;
      this.#isAsking = true;
      const [yes, no] = [vscode.l10n.t('Show as Plain Text'), vscode.l10n.t('Leave as It Is')];
      const picked = await vscode.window.showInformationMessage(
        vscode.l10n.t(
          '{0} is a time-series file and no TypeScript. Should V2S show such files as plain text from now on?',
          shownText(vscode.workspace.asRelativePath(document.uri), 60),
        ),
        yes,
        no,
      );
      if (picked === undefined) return;
      await answers.update(PLAIN_TEXT_KEY, picked === yes);
      this.#isAsking = false;
    }
    if (answers.get(PLAIN_TEXT_KEY) !== true) return;
    const open = vscode.workspace.textDocuments.filter(
      ({ uri, languageId }) => languageId === 'typescript' && this.#files.has(uri.fsPath),
    );
    for (const each of open) await vscode.languages.setTextDocumentLanguage(each, 'plaintext');
  }

  async #tellRuns(): Promise<void> {
    const found = await vscode.workspace.findFiles('**/.v2s/**/config.json', '**/node_modules/**', 1);
    await vscode.commands.executeCommand('setContext', RUNS_CONTEXT, found.length > 0);
  }
}
