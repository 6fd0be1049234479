import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Identity } from '../../protocol/panels/panel';
import { predictionsPanel, type PredictionsView } from '../../protocol/panels/predictions';
import type { PanelHost } from './panel-host';
import { shownText } from '../shown-text';
import { askWhere } from '../webview/save-file';
import { PanelBase, revealLine, textIn } from './panel-base';

type PredictionsHost = typeof predictionsPanel.host;

/** The predicted classes of a whole file. */
export class PredictionsPanel extends PanelBase<PredictionsHost> {
  readonly #file: string;
  #program: string | null;
  #view: PredictionsView | null = null;

  constructor(host: PanelHost, panel: vscode.WebviewPanel, identity: Identity) {
    super(host, panel, predictionsPanel, {
      exportCsv: async () => ({ saved: await this.#exportCsv() }),
      open: async ({ index, what }) => {
        if (what === 'text') await revealLine(this.#file, this.#view?.lines[index] ?? 1);
        else host.panels.open('saliency', { file: this.#file, program: this.#program, index }, { beside: true });
        return {};
      },
      openTsne: () => {
        host.panels.open('tsne', { file: this.#file, program: this.#program });
        return {};
      },
    });
    this.#file = textIn(identity, 'file') ?? '';
    this.#program = textIn(identity, 'program');
    this.webviewPanel.title = vscode.l10n.t('Predictions {0}', shownText(basename(this.#file), 40));
    void this.#load();
  }

  key(): string {
    return this.#file;
  }

  update(identity: Identity): void {
    const program = textIn(identity, 'program');
    if (program !== null) this.#program = program;
    void this.#load();
  }

  protected identity(): Identity {
    return { file: this.#file, program: this.#program };
  }

  protected file(): string {
    return this.#file;
  }

  protected override program(): string | null {
    return this.#program;
  }

  protected override useProgram(program: string): void {
    this.update({ program });
  }

  protected override remedies() {
    return { program: { label: vscode.l10n.t('Choose Another Program'), run: () => this.chooseProgram() } };
  }

  async #load(): Promise<void> {
    this.connection.loading(vscode.l10n.t('Classifying…'));
    await this.compute(
      async (call) => {
        const near = this.#program === null ? await this.host.programs.choice(this.#file, call.signal) : null;
        this.#program ??= near?.program?.path ?? null;
        void this.tellProgram(this.#file, this.#program);
        if (this.#program === null) return near?.candidates.length ? this.askProgram() : this.#empty();
        const remote = await this.host.worker.remote();
        const predictions = await remote.classify({ file: this.#file, program: this.#program }, call);
        this.#view = { ...predictions, file: this.#file, fileName: basename(this.#file), program: this.#program };
        this.connection.ready(this.#view);
      },
      ({ done, total, text }) =>
        this.connection.loading(
          text === 'reading' ? vscode.l10n.t('Reading the file…') : vscode.l10n.t('Classifying…'),
          done,
          total,
        ),
    );
  }

  #empty(): void {
    this.connection.empty(
      vscode.l10n.t('No program yet'),
      vscode.l10n.t(
        'This panel shows the predicted class of each series and its probability, and accuracy and confusion matrix if the file has labels. It needs a trained program. Reprogram a data set, or choose a program.',
      ),
      {
        program: { label: vscode.l10n.t('Choose a Program'), run: () => this.chooseProgram() },
        reprogram: {
          label: vscode.l10n.t('Reprogram a Data Set'),
          run: () => vscode.commands.executeCommand('v2s.reprogramDataset'),
        },
      },
    );
  }

  async #exportCsv(): Promise<boolean> {
    if (this.#program === null) return false;
    const name = `${basename(this.#file).replace(/\.[^.]*$/, '')}-predictions`;
    const target = await askWhere(name, 'csv', this.folder());
    if (!target) return false;
    const remote = await this.host.worker.remote();
    // The dialog has asked whether a file may be replaced.
    const question = { file: this.#file, program: this.#program, out: target.fsPath, replace: true };
    await remote.exportPredictions(question);
    return true;
  }
}
