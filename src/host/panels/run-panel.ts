import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import type { Identity } from '../../protocol/panels/panel';
import { runPanel, type RunRecord } from '../../protocol/panels/run';
import type { RunChange } from '../runs';
import type { PanelHost } from './panel-host';
import { shownText } from '../shown-text';
import { requireTrust } from '../trust';
import { PanelBase, textIn } from './panel-base';

type RunHost = typeof runPanel.host;

/** A training run, live or read back; also a program whose run folder is gone. */
export class RunPanel extends PanelBase<RunHost> {
  readonly #folder: string;
  #record: RunRecord | null = null;

  constructor(host: PanelHost, panel: vscode.WebviewPanel, identity: Identity) {
    super(host, panel, runPanel, {
      stop: async () => {
        await host.runs.stop(this.#folder);
        return {};
      },
      resume: async () => {
        requireTrust();
        await host.runs.resume(this.#folder);
        return {};
      },
      open: async ({ what }) => {
        await this.#open(what);
        return {};
      },
    });
    this.#folder = textIn(identity, 'folder') ?? '';
    this.own(host.runs.onDidChange(({ folder, change }) => folder === this.#folder && this.#changed(change)));
    this.own(host.programs.onDidChange(() => this.#tell()));
    void this.#load();
  }

  key(): string {
    return this.#folder;
  }

  protected identity(): Identity {
    return { folder: this.#folder };
  }

  protected file(): string | null {
    return this.#record?.program ?? null;
  }

  override seriesFile(): string | null {
    const { train } = this.#record ?? { train: '' };
    return isAbsolute(train) ? train : null;
  }

  async #load(): Promise<void> {
    this.connection.loading(vscode.l10n.t('Reading the run…'));
    await this.compute(async () => {
      this.#record = await this.host.runs.record(this.#folder);
      this.webviewPanel.title = vscode.l10n.t('Run {0}', shownText(this.#record.name, 40));
      this.connection.ready(this.#record);
      this.#tell();
    });
  }

  /** The header shows the program once there is one. */
  #tell(): void {
    const file = this.seriesFile();
    if (file !== null && this.#record?.written) void this.tellCertainProgram(file);
  }

  #changed(change: RunChange): void {
    const record = this.host.runs.tracked(this.#folder);
    if (!record) return;
    // The same object as in the list of runs: a page that is made anew gets all that happened in the meantime.
    const fresh = record !== this.#record;
    this.#record = record;
    if (fresh) return this.connection.ready(record);
    switch (change.type) {
      case 'started':
        return;
      case 'epoch':
        return this.connection.emit('epoch', change.epoch);
      case 'step':
        return this.connection.emit('step', change.step);
      case 'log':
        return this.connection.emit('log', change.lines);
      case 'theta':
        return this.connection.emit('theta', change.theta);
      case 'status': {
        if (record.status === 'finished') return this.connection.ready(record);
        const { status, failure, result, written, theta } = record;
        if (theta) this.connection.emit('theta', theta);
        return this.connection.emit('status', { status, failure, result, written });
      }
    }
  }

  async #open(what: 'saliency' | 'tsne' | 'predictions' | 'train' | 'test'): Promise<void> {
    const record = this.#record;
    if (!record) return;
    const { train, test, program } = record;
    if (what === 'test' && test === null) return;
    const isTest = test !== null && (what === 'test' || what === 'predictions');
    const file = await this.host.data.find(this.#folder, isTest ? 'test' : 'train', isTest ? test : train);
    if (file === undefined) return;
    if (what === 'train' || what === 'test') {
      await vscode.window.showTextDocument(vscode.Uri.file(file));
      return;
    }
    this.host.programs.remember(file, program);
    this.host.panels.open(what, { file, program }, { beside: what === 'saliency' });
  }
}
