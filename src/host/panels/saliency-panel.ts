import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Identity } from '../../protocol/panels/panel';
import { saliencyPanel, type MapChecks, type SaliencyView } from '../../protocol/panels/saliency';
import { RemoteError, type CallContext } from '../../protocol/rpc';
import { saliencyMethodSchema, type Progress, type SaliencyMethod } from '../../protocol/values';
import type { Explained, SeriesAt } from '../../protocol/worker';
import { isSeriesName } from '../flow/series-files';
import { valueRanges } from '../inline/value-ranges';
import type { PanelHost } from './panel-host';
import { settings } from '../settings';
import { shownText } from '../shown-text';
import { numberIn, PanelBase, revealLine, textIn } from './panel-base';

type SaliencyHost = typeof saliencyPanel.host;

/** A cursor that moves on within this time, ms, is followed when it rests; the first move after a rest is followed at once. */
const FOLLOW_DELAY = 35;

/** Saliency of one series: of the row under the cursor, or of one that was chosen. One panel, whatever file is open. */
export class SaliencyPanel extends PanelBase<SaliencyHost> {
  #file: string | null;
  #program: string | null;
  #at: SeriesAt;
  #target: string | null;
  /** null: the class with the next greatest score */
  #contrast: string | null = null;
  /** null: all members, added up */
  #member: number | null = null;
  /** null: the one that suits the program */
  #method: SaliencyMethod | null;
  /** whether the text cursor is to go to the series when it is there */
  #leads = false;
  #layer: string | null;
  #following: boolean;
  #explained: Explained | null = null;
  /** what the header shows, which need not be compared again for every row */
  #told: { file: string; program: string | null } | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** counts what was asked for, so that an answer knows whether it is the last */
  #turn = 0;
  /** the search for the next error that is under way */
  #search: AbortController | null = null;
  /** when the cursor last went to another row, of the clock of `performance` */
  #moved = -Infinity;

  constructor(host: PanelHost, panel: vscode.WebviewPanel, identity: Identity) {
    super(host, panel, saliencyPanel, {
      choose: async ({ layer, ...asked }) => {
        const { target, contrast, member, method } = asked;
        if (layer !== undefined) this.#layer = layer;
        if (target !== undefined) this.#target = target;
        if (contrast !== undefined) this.#contrast = contrast;
        if (member !== undefined) this.#member = member;
        if (method !== undefined) this.#method = method;
        // A class is not compared with itself.
        if (this.#contrast === (this.#target ?? this.#explained?.predicted)) this.#contrast = null;
        // The maps of all layers are there already.
        if (Object.keys(asked).length === 0 && this.#explained) this.#show(this.#explained);
        else await this.#load();
        return {};
      },
      move: async ({ by }) => {
        if (this.#explained) await this.#goTo(this.#explained.index + by);
        return {};
      },
      goTo: async ({ index }) => {
        await this.#goTo(index);
        return {};
      },
      moveToError: async ({ by }, call) => ({ found: await this.#goToError(by, call) }),
      classMean: async ({ label }, { signal }) => {
        if (this.#file === null || this.#program === null || !this.#explained)
          throw new RemoteError('saliency.none', noneShown());
        const { length } = this.#explained.explanation.series;
        const remote = await this.host.worker.remote();
        return await remote.classMean({ file: this.#file, program: this.#program, label, length }, { signal });
      },
      whatIf: async ({ values }, { signal }) => {
        if (this.#program === null) throw new RemoteError('saliency.none', noneShown());
        const remote = await this.host.worker.remote();
        return await remote.classifyValues({ program: this.#program, values }, { signal });
      },
      follow: ({ following }) => {
        this.#following = following;
        if (this.#explained) this.#show(this.#explained);
        return {};
      },
      check: async (_, call) => await this.#check(call),
      reveal: async ({ value }) => {
        await this.#reveal(value);
        return {};
      },
    });
    this.#file = textIn(identity, 'file');
    this.#program = textIn(identity, 'program');
    this.#at = placeIn(identity);
    this.#target = textIn(identity, 'target');
    this.#method =
      saliencyMethodSchema.safeParse(identity.method).data ??
      saliencyMethodSchema.nullable().catch(null).parse(settings.method());
    this.#layer = textIn(identity, 'layer');
    this.#following = identity.following !== false;
    this.own(vscode.window.onDidChangeTextEditorSelection((event) => this.#follow(event.textEditor)));
    this.own(vscode.window.onDidChangeActiveTextEditor((editor) => this.#follow(editor)));
    this.own({ dispose: () => this.#timer && clearTimeout(this.#timer) });
    void this.#load();
  }

  key(): string {
    return '';
  }

  update(identity: Identity): void {
    const file = textIn(identity, 'file');
    if (file !== null && file !== this.#file) this.#forget();
    this.#file = file ?? this.#file;
    this.#program = textIn(identity, 'program') ?? this.#program;
    this.#at = placeIn(identity);
    this.#target = textIn(identity, 'target');
    this.#contrast = null;
    if (textIn(identity, 'program') !== null) this.#member = null;
    void this.#load();
  }

  /** Plays the reprogrammed clip. */
  play(): void {
    this.connection.emitWithData('play', {});
  }

  protected identity(): Identity {
    const place: Identity = 'index' in this.#at ? { index: this.#at.index } : { line: this.#at.line };
    return {
      file: this.#file,
      program: this.#program,
      ...place,
      target: this.#target,
      method: this.#method,
      layer: this.#layer,
      following: this.#following,
    };
  }

  protected file(): string | null {
    return this.#file;
  }

  protected override program(): string | null {
    return this.#program;
  }

  protected override useProgram(program: string): void {
    this.#program = program;
    this.#target = null;
    this.#contrast = null;
    this.#member = null;
    void this.#load();
  }

  protected override remedies() {
    return { program: { label: vscode.l10n.t('Choose Another Program'), run: () => this.chooseProgram() } };
  }

  /** Another file: its classes and program are others. */
  #forget(): void {
    this.#program = null;
    this.#target = null;
    this.#contrast = null;
    this.#member = null;
    this.#explained = null;
  }

  #follow(editor: vscode.TextEditor | undefined): void {
    if (!this.#following || !editor) return;
    const { document, selection } = editor;
    if (document.uri.scheme !== 'file' || !isSeriesName(document.fileName)) return;
    const line = selection.active.line + 1;
    if (document.fileName === this.#file && this.#explained?.line === line) return;
    if (this.#timer) clearTimeout(this.#timer);
    const now = performance.now();
    const rested = now - this.#moved > FOLLOW_DELAY;
    this.#moved = now;
    const go = (): void => {
      if (document.fileName !== this.#file) this.#forget();
      this.#file = document.fileName;
      this.#at = { line };
      void this.#load();
    };
    if (rested) go();
    else this.#timer = setTimeout(go, FOLLOW_DELAY);
  }

  async #goTo(index: number): Promise<void> {
    if (!this.#explained) return;
    const last = this.#explained.count - 1;
    this.#at = { index: Math.max(0, Math.min(last, index)) };
    this.#leads = this.#following;
    await this.#load();
  }

  /** @returns whether there is an error in this direction */
  async #goToError(by: 1 | -1, { signal }: { signal: AbortSignal }): Promise<boolean> {
    if (this.#file === null || this.#program === null || !this.#explained) return false;
    const question = { file: this.#file, program: this.#program, index: this.#explained.index, by };
    // Whoever goes elsewhere meanwhile no longer looks for it, and it need not wait for a map that is being refined.
    this.cancel();
    const turn = ++this.#turn;
    this.#search?.abort();
    const search = (this.#search = new AbortController());
    this.connection.emit('busy', { busy: true });
    try {
      const remote = await this.host.worker.remote();
      const { index } = await remote.nextError(question, { signal: AbortSignal.any([signal, search.signal]) });
      if (turn !== this.#turn) return true;
      if (index !== null) await this.#goTo(index);
      // What was being refined goes on.
      else await this.#load();
      return index !== null;
    } catch (error) {
      if (search.signal.aborted) return true;
      throw error;
    } finally {
      if (turn === this.#turn) this.connection.emit('busy', { busy: false });
    }
  }

  /** Puts the text cursor on the line of the series that is shown, where its file is visible. The panel keeps the focus. */
  #lead(line: number): void {
    const editor = vscode.window.visibleTextEditors.find(({ document }) => document.fileName === this.#file);
    if (!editor || line > editor.document.lineCount || editor.selection.active.line === line - 1) return;
    const start = new vscode.Position(line - 1, 0);
    editor.selection = new vscode.Selection(start, start);
    editor.revealRange(new vscode.Range(start, start), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  async #load(): Promise<void> {
    const turn = ++this.#turn;
    this.#search?.abort();
    // What is shown stays until the new picture is there.
    if (this.connection.showsData) this.connection.emit('busy', { busy: true });
    else this.connection.loading(vscode.l10n.t('Computing the saliency…'));
    await this.compute(async (call) => {
      if (this.#file === null) return this.#emptyFile();
      const file = this.#file;
      const remote = await this.host.worker.remote();
      let undecided = false;
      if (this.#program === null) {
        const { series } = await remote.looksLikeSeries({ file }, { signal: call.signal });
        if (!series) return this.#emptyFile();
        const near = await this.host.programs.choice(file, call.signal);
        this.#program = near.program?.path ?? null;
        undecided = this.#program === null && near.candidates.length > 0;
      }
      if (this.#program === null || file !== this.#told?.file || this.#program !== this.#told.program) {
        this.#told = { file, program: this.#program };
        void this.tellProgram(file, this.#program);
      }
      if (this.#program === null) return undecided ? this.askProgram() : this.#emptyProgram();
      const { signal } = call;
      const explained = await remote.saliency(
        {
          file,
          program: this.#program,
          at: this.#at,
          target: this.#target,
          contrast: this.#contrast,
          method: this.#method,
          member: this.#member,
        },
        {
          signal,
          onProgress: (partial) => {
            if (!signal.aborted) this.#take(partial);
          },
        },
      );
      if (signal.aborted) return;
      if (explained === null) return this.#onNoSeries();
      this.#take(explained);
    });
    if (turn === this.#turn && this.connection.showsData) this.connection.emit('busy', { busy: false });
  }

  #take(explained: Explained): void {
    this.#explained = explained;
    this.#at = { index: explained.index };
    this.#show(explained);
    if (this.#leads) this.#lead(explained.line);
    this.#leads = false;
  }

  #show(explained: Explained): void {
    const file = this.#file!;
    const layer =
      this.#layer !== null && explained.layers.includes(this.#layer) ? this.#layer : (explained.layers[0] ?? null);
    const view: SaliencyView = {
      ...explained,
      file,
      fileName: basename(file),
      program: this.#program!,
      targetIsPredicted: explained.target === explained.predicted,
      contrastIsNext: this.#contrast === null,
      member: this.#member,
      methods: [...saliencyMethodSchema.options],
      layer,
      following: this.#following,
    };
    this.webviewPanel.title = vscode.l10n.t('Saliency {0}:{1}', shownText(basename(file), 40), explained.line);
    this.connection.ready(view);
  }

  /** A line without a series, such as a header: what is shown stays; at the start there is nothing to show. */
  #onNoSeries(): void {
    if (this.connection.showsData) return;
    if ('line' in this.#at) {
      this.#at = { index: 0 };
      void this.#load();
    }
  }

  #emptyFile(): void {
    this.connection.empty(
      vscode.l10n.t('No series chosen'),
      vscode.l10n.t(
        'Open a series file (.csv, .tsv, .txt, .ts, .arff) and place the cursor on a row. This panel then shows what the acoustic model attends to in that series.',
      ),
    );
  }

  #emptyProgram(): void {
    this.connection.empty(
      vscode.l10n.t('No program yet'),
      vscode.l10n.t('Saliency needs a trained program. Reprogram this data set, or choose a program.'),
      {
        program: { label: vscode.l10n.t('Choose a Program'), run: () => this.chooseProgram() },
        reprogram: {
          label: vscode.l10n.t('Reprogram This Data Set'),
          run: () => vscode.commands.executeCommand('v2s.reprogramDataset', this.#file && vscode.Uri.file(this.#file)),
        },
      },
    );
  }

  /** Checks the maps of what is shown; the page asks again when something else is shown. */
  async #check({ signal, progress }: CallContext<Progress>): Promise<MapChecks> {
    if (this.#file === null || this.#program === null || !this.#explained)
      throw new RemoteError('saliency.none', noneShown());
    const { index, target } = this.#explained;
    const remote = await this.host.worker.remote();
    const question = { file: this.#file, program: this.#program, index, target };
    return await remote.checkSaliency(question, { signal, onProgress: progress });
  }

  /** Shows the row, and one of its values, in the text editor. */
  async #reveal(value: number | null): Promise<void> {
    if (this.#file === null || !this.#explained) return;
    const { line } = this.#explained;
    if (value === null) return await revealLine(this.#file, line);
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(this.#file));
    const remote = await this.host.worker.remote();
    const program = this.#program ?? undefined;
    const { format } = await remote.previewSeriesFile({ file: this.#file, program });
    await revealLine(this.#file, line, valueRanges(document.lineAt(line - 1).text, format)[value]);
  }
}

const noneShown = (): string => vscode.l10n.t('No series is shown. Choose one first.');

function placeIn(identity: Identity): SeriesAt {
  const line = numberIn(identity, 'line');
  if (line !== null && line >= 1) return { line };
  return { index: Math.max(0, numberIn(identity, 'index') ?? 0) };
}
