import * as vscode from 'vscode';
import { isCanceled } from '../../protocol/rpc';
import type { InlineRow, ReadFormat } from '../../protocol/worker';
import { Disposable } from '../dispose';
import { isSeriesName } from '../flow/series-files';
import type { Session } from '../session';
import { settings } from '../settings';
import { predictionWords } from './prediction-words';
import { TINT_LEVELS, tintRanges } from './tint-ranges';
import { valueRanges } from './value-ranges';

/** How long the view must rest before anything is computed, ms. */
const REST = 120;
/** Rows whose saliency is asked for at once: few, so that what was scrolled away is not computed. */
const CHUNK = 4;
/** VS Code renders no more of a line (editor.stopRenderingLineAfter), so no more is tinted. */
const MAX_CHARACTERS = 10_000;
/** Rows above and below the visible ones that are kept. */
const MAX_KEPT_ROWS = 2000;

/** What is known of a document. */
interface Known {
  program: string;
  source: string | null;
  format: ReadFormat | null;
  /** by line, from 1; a row without saliency has an empty one */
  rows: Map<number, InlineRow>;
  /** lines that were asked for, with or without a series */
  looked: Set<number>;
}

/** Tints the values of the visible rows by their saliency, and shows the predicted class above them. */
export class InlineView extends Disposable implements vscode.CodeLensProvider {
  readonly #lensesChanged = this.own(new vscode.EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.#lensesChanged.event;
  readonly #tints: vscode.TextEditorDecorationType[];
  readonly #known = new Map<string, Known>();
  readonly #decorated = new Map<vscode.TextEditor, number>();
  #timer: NodeJS.Timeout | null = null;
  #controller = new AbortController();

  constructor(private readonly session: Session) {
    super();
    this.#tints = Array.from({ length: TINT_LEVELS }, (_, level) =>
      this.own(
        vscode.window.createTextEditorDecorationType({
          backgroundColor: new vscode.ThemeColor(`v2s.saliency${level + 1}`),
          rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
        }),
      ),
    );
    const later = (): void => this.#later();
    this.own(vscode.window.onDidChangeTextEditorVisibleRanges(later));
    this.own(vscode.window.onDidChangeVisibleTextEditors(later));
    this.own(vscode.workspace.onDidChangeTextDocument(({ document }) => this.#forget(document)));
    this.own(vscode.workspace.onDidSaveTextDocument((document) => this.#forget(document)));
    this.own(vscode.workspace.onDidCloseTextDocument((document) => this.#known.delete(document.uri.toString())));
    this.own(session.programs.onDidChange(() => this.#forgetAll()));
    this.own(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('v2s.inline')) this.#forgetAll();
      }),
    );
    this.own({ dispose: () => this.#controller.abort() });
    this.own({ dispose: () => this.#timer && clearTimeout(this.#timer) });
    this.#later();
  }

  /** Number of decorations in an editor; for tests. */
  decorationsIn(editor: vscode.TextEditor): number {
    return this.#decorated.get(editor) ?? 0;
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const known = this.#known.get(document.uri.toString());
    if (!known || !settings.inlinePrediction(document.uri)) return [];
    const visible = visibleLines(document);
    return [...known.rows.values()]
      .filter(({ line }) => visible.some(({ first, last }) => line >= first && line <= last))
      .map((row) => lens(document, row));
  }

  #forget(document: vscode.TextDocument): void {
    if (!this.#known.delete(document.uri.toString())) {
      if (isSeriesName(document.fileName)) this.#later();
      return;
    }
    for (const editor of vscode.window.visibleTextEditors) if (editor.document === document) this.#clear(editor);
    this.#lensesChanged.fire();
    this.#later();
  }

  #forgetAll(): void {
    this.#known.clear();
    for (const editor of vscode.window.visibleTextEditors) this.#clear(editor);
    this.#lensesChanged.fire();
    this.#later();
  }

  #clear(editor: vscode.TextEditor): void {
    if (!this.#decorated.delete(editor)) return;
    for (const tint of this.#tints) editor.setDecorations(tint, []);
  }

  #later(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#refresh(), REST);
  }

  async #refresh(): Promise<void> {
    this.#controller.abort();
    const controller = new AbortController();
    this.#controller = controller;
    for (const editor of this.#decorated.keys())
      if (!vscode.window.visibleTextEditors.includes(editor)) this.#decorated.delete(editor);
    for (const editor of vscode.window.visibleTextEditors) {
      try {
        await this.#view(editor, controller.signal);
      } catch (error) {
        if (controller.signal.aborted) return;
        // Inline hints keep quiet about files that are no series; panels and commands explain what is wrong.
        if (!isCanceled(error)) this.session.log.debug(String(error));
        this.#clear(editor);
      }
    }
  }

  async #view(editor: vscode.TextEditor, signal: AbortSignal): Promise<void> {
    const { document } = editor;
    const tinted = settings.inlineSaliency(document.uri);
    const classified = settings.inlinePrediction(document.uri);
    if (document.uri.scheme !== 'file' || !isSeriesName(document.fileName) || (!tinted && !classified)) return;
    // What stands in the editor and what is in the file are not the same while there are unsaved changes.
    if (document.isDirty) return this.#clear(editor);
    const file = document.fileName;
    const program = (await this.session.programs.choice(file, signal)).program?.path ?? null;
    if (program === null || signal.aborted) return this.#clear(editor);
    const remote = await this.session.worker.remote();
    if (file.toLowerCase().endsWith('.ts') && !(await remote.looksLikeSeries({ file }, { signal })).series) return;

    const source = settings.inlineSource(document.uri);
    const known = this.#knownOf(document, program, source);
    const ranges = editor.visibleRanges.map(({ start, end }) => ({
      firstLine: start.line + 1,
      lastLine: end.line + 1,
    }));
    const ask = { file, program, source };
    for (const range of ranges) {
      if (missing(known, range, false).length > 0) {
        const { format, rows } = await remote.inlineRows({ ...ask, ...range, saliency: false }, { signal });
        known.format = format;
        for (const row of rows) if (!known.rows.has(row.line)) known.rows.set(row.line, row);
        for (let line = range.firstLine; line <= range.lastLine; line++) known.looked.add(line);
        this.#lensesChanged.fire();
      }
      if (!tinted) continue;
      this.#tint(editor, known);
      for (let left = missing(known, range, true); left.length > 0; left = missing(known, range, true)) {
        const part = { firstLine: left[0], lastLine: left[Math.min(CHUNK, left.length) - 1] };
        const { rows } = await remote.inlineRows({ ...ask, ...part, saliency: true }, { signal });
        for (const row of rows) known.rows.set(row.line, row);
        if (signal.aborted) return;
        this.#tint(editor, known);
        if (rows.length === 0) break;
      }
    }
  }

  #knownOf(document: vscode.TextDocument, program: string, source: string | null): Known {
    const key = document.uri.toString();
    let known = this.#known.get(key);
    if (!known || known.program !== program || known.source !== source || known.rows.size > MAX_KEPT_ROWS) {
      known = { program, source, format: null, rows: new Map(), looked: new Set() };
      this.#known.set(key, known);
    }
    return known;
  }

  #tint(editor: vscode.TextEditor, { rows, format }: Known): void {
    if (!format) return;
    const { document } = editor;
    const levels: vscode.Range[][] = this.#tints.map(() => []);
    for (const { first, last } of visibleLinesOf(editor))
      for (let line = first; line <= Math.min(last, document.lineCount); line++) {
        const row = rows.get(line);
        if (!row || row.saliency.length === 0) continue;
        const ranges = valueRanges(document.lineAt(line - 1).text, format, MAX_CHARACTERS);
        tintRanges(ranges, row.saliency).forEach((ofLevel, level) => {
          for (const { start, end } of ofLevel) levels[level].push(new vscode.Range(line - 1, start, line - 1, end));
        });
      }
    levels.forEach((ranges, level) => editor.setDecorations(this.#tints[level], ranges));
    this.#decorated.set(
      editor,
      levels.reduce((sum, ranges) => sum + ranges.length, 0),
    );
  }
}

/** Lines of a range that nothing is known of yet. */
function missing(
  known: Known,
  { firstLine, lastLine }: { firstLine: number; lastLine: number },
  saliency: boolean,
): number[] {
  const lines: number[] = [];
  for (let line = firstLine; line <= lastLine; line++) {
    const row = known.rows.get(line);
    if (saliency ? row && row.saliency.length === 0 : !row && !known.looked.has(line)) lines.push(line);
  }
  return lines;
}

/** Visible lines, from 1, both included. */
function visibleLinesOf(editor: vscode.TextEditor): { first: number; last: number }[] {
  return editor.visibleRanges.map(({ start, end }) => ({ first: start.line + 1, last: end.line + 1 }));
}

function visibleLines(document: vscode.TextDocument): { first: number; last: number }[] {
  return vscode.window.visibleTextEditors.filter((editor) => editor.document === document).flatMap(visibleLinesOf);
}

function lens(document: vscode.TextDocument, row: InlineRow): vscode.CodeLens {
  const { line, index } = row;
  return new vscode.CodeLens(new vscode.Range(line - 1, 0, line - 1, 0), {
    title: predictionWords(row),
    tooltip: vscode.l10n.t('Predicted class. Select it to show the saliency of this series.'),
    command: 'v2s.showSaliency',
    arguments: [document.uri, { index }],
  });
}
