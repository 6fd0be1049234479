import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { Identity, PanelContract } from '../../protocol/panels/panel';
import { errorCode, isCanceled, type CallOptions, type Contract } from '../../protocol/rpc';
import type { Progress } from '../../protocol/values';
import { Disposable } from '../dispose';
import type { PanelHost } from './panel-host';
import { PanelConnection, type OwnHandlers } from '../webview/panel-connection';

/** Codes of errors about a program whose acoustic model is not found, or only another one by its name. */
const MOVED_MODEL = ['model.missing', 'program.checksum', 'program.card'];

/** What the panels have in common: a connection, and one computation at a time of which only the last counts. */
export abstract class PanelBase<H extends Contract> extends Disposable {
  protected readonly connection: PanelConnection<H>;
  #controller: AbortController | null = null;
  /** file and program that the header was asked to show last */
  #told: string | null = null;

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
        {
          handlers,
          identity: () => this.identity(),
          chooseProgram: () => this.chooseProgram(),
          folder: () => this.folder(),
        },
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

  /** The program that the panel works with; null for none, or a panel that works with none. */
  protected program(): string | null {
    return null;
  }

  /** Takes up the program that was chosen for the panel's file. */
  protected useProgram(_program: string): void {}

  /** Asks for a program for the panel's file, and takes it up. */
  protected async chooseProgram(): Promise<void> {
    const file = this.seriesFile();
    if (file === null) return;
    const program = await this.host.programs.choose(file);
    if (program !== undefined) this.useProgram(program);
  }

  /** The state of a panel whose file may be explained by several programs, or by none of those near it. */
  protected askProgram(): void {
    this.connection.empty(
      vscode.l10n.t('Which program?'),
      vscode.l10n.t(
        'There are programs near this file, but none that is known to be for it alone. Choose one; the list says how each compares with the file.',
      ),
      { program: { label: vscode.l10n.t('Choose a Program'), run: () => this.chooseProgram() } },
    );
  }

  /** Shows in the header which program explains a file and how they fit; what cannot be compared is shown by the panel itself. */
  protected async tellProgram(file: string, program: string | null): Promise<void> {
    const asked = `${file}\n${program}`;
    this.#told = asked;
    const fitted = program === null ? null : await this.host.programs.fit(file, program).catch(() => null);
    if (this.#told === asked) this.connection.showProgram(fitted);
  }

  /** The same for a panel that works with no program: the one that explains its file, if that is certain. */
  protected async tellCertainProgram(file: string): Promise<void> {
    const choice = await this.host.programs.choice(file).catch(() => null);
    await this.tellProgram(file, choice?.program?.path ?? null);
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
        ...this.#locating(errorCode(error), () => this.compute(work, onProgress)),
      });
    } finally {
      if (this.#controller === controller) this.#controller = null;
    }
  }

  /** What to do about an acoustic model that is not where it was. */
  #locating(code: string, retry: () => unknown): Record<string, { label: string; run: () => unknown }> {
    const program = this.program();
    if (program === null || !MOVED_MODEL.includes(code)) return {};
    const run = async (): Promise<void> => {
      if (await this.host.programs.locateModel(program)) await retry();
    };
    return { locate: { label: vscode.l10n.t('Locate the Acoustic Model…'), run } };
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
