import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { Identity, PanelContract } from '../../protocol/panels/panel';
import { isCanceled, type CallOptions, type Contract } from '../../protocol/rpc';
import type { Progress } from '../../protocol/values';
import { Disposable } from '../dispose';
import type { PanelHost } from './panel-host';
import { PanelConnection, type OwnHandlers } from '../webview/panel-connection';

/** What the panels have in common: a connection, and one computation at a time of which only the last counts. */
export abstract class PanelBase<H extends Contract> extends Disposable {
  protected readonly connection: PanelConnection<H>;
  #controller: AbortController | null = null;

  constructor(
    protected readonly host: PanelHost,
    readonly webviewPanel: vscode.WebviewPanel,
    contract: PanelContract & { host: H },
    handlers: OwnHandlers<H>,
  ) {
    super();
    this.connection = this.own(
      new PanelConnection<H>(
        webviewPanel.webview,
        host,
        contract,
        { handlers, identity: () => this.identity(), folder: () => this.folder() },
        webviewPanel.title,
      ),
    );
    this.own({ dispose: () => this.#controller?.abort() });
  }

  /** What brings this panel back after a reload. */
  protected abstract identity(): Identity;

  /** Path of the file the panel is about. */
  protected abstract file(): string | null;

  seriesFile(): string | null {
    return this.file();
  }

  protected folder(): vscode.Uri | undefined {
    const file = this.file();
    return file === null ? undefined : vscode.Uri.file(dirname(file));
  }

  /**
   * Runs the panel's computation; one under way is canceled, and its outcome is dropped. Errors become the panel's error state with
   * the offer to try again.
   */
  protected async compute(
    work: (call: CallOptions<Progress> & { signal: AbortSignal }) => Promise<void>,
    onProgress?: (progress: Progress) => void,
  ): Promise<void> {
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    const { signal } = controller;
    const report = (progress: Progress): void => {
      if (!signal.aborted) onProgress?.(progress);
    };
    try {
      await work({ signal, onProgress: report });
    } catch (error) {
      if (signal.aborted || isCanceled(error)) return;
      this.connection.fail(error, {
        retry: { label: vscode.l10n.t('Try Again'), run: () => this.compute(work, onProgress) },
        ...this.remedies(),
      });
    } finally {
      if (this.#controller === controller) this.#controller = null;
    }
  }

  /** Cancels the computation under way. */
  protected cancel(): void {
    this.#controller?.abort();
  }

  /** What else can be done about an error. */
  protected remedies(): Record<string, { label: string; run: () => unknown }> {
    return {};
  }
}

/** A text in the identity of a restored panel, null when it is missing. */
export function textIn(identity: Identity, name: string): string | null {
  const value = identity[name];
  return typeof value === 'string' ? value : null;
}

export function numberIn(identity: Identity, name: string): number | null {
  const value = identity[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Shows a line of a file in the text editor, with the selection on it. @param line from 1 */
export async function revealLine(file: string, line: number, columns?: { start: number; end: number }): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
  const existing = vscode.window.visibleTextEditors.find((editor) => editor.document === document);
  const range = new vscode.Range(line - 1, columns?.start ?? 0, line - 1, columns?.end ?? 0);
  const editor = await vscode.window.showTextDocument(document, {
    viewColumn: existing?.viewColumn ?? vscode.ViewColumn.One,
    selection: range,
  });
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
