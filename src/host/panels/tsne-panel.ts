import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Identity } from '../../protocol/panels/panel';
import { tsneOptionsSchema, tsnePanel, type TsneOptions } from '../../protocol/panels/tsne';
import type { PanelHost } from './panel-host';
import { settings } from '../settings';
import { shownText } from '../shown-text';
import { PanelBase, textIn } from './panel-base';

type TsneHost = typeof tsnePanel.host;

/** Layouts of the logits before, during and after reprogramming. */
export class TsnePanel extends PanelBase<TsneHost> {
  readonly #file: string;
  #program: string | null;
  #options: TsneOptions;

  constructor(host: PanelHost, panel: vscode.WebviewPanel, identity: Identity) {
    super(host, panel, tsnePanel, {
      configure: async (changes) => {
        this.#options = { ...this.#options, ...changes };
        await this.#load();
        return {};
      },
      fineTune: async () => {
        await vscode.commands.executeCommand('v2s.fineTune', vscode.Uri.file(this.#file), this.#program);
        await this.#load();
        return {};
      },
      openSaliency: ({ index }) => {
        host.panels.open('saliency', { file: this.#file, program: this.#program, index }, { beside: true });
        return {};
      },
    });
    this.#file = textIn(identity, 'file') ?? '';
    this.#program = textIn(identity, 'program');
    const kept = tsneOptionsSchema.safeParse(identity.options);
    this.#options = kept.success
      ? kept.data
      : { projection: 't-sne', dimensions: 2, perplexity: settings.perplexity(vscode.Uri.file(this.#file)), seed: 1 };
    this.webviewPanel.title = vscode.l10n.t('t-SNE {0}', shownText(basename(this.#file), 40));
    void this.#load();
  }

  key(): string {
    return this.#file;
  }

  update(identity: Identity): void {
    const program = textIn(identity, 'program');
    if (program === null || program === this.#program) return;
    this.#program = program;
    void this.#load();
  }

  protected identity(): Identity {
    return { file: this.#file, program: this.#program, options: this.#options };
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
    const shown = this.connection.showsData;
    const tell = (done: number, total: number): void => {
      if (shown) this.connection.emit('busy', { busy: true, done, total });
      else this.connection.loading(vscode.l10n.t('Computing the layout…'), done, total);
    };
    tell(0, 0);
    await this.compute(
      async (call) => {
        const near = this.#program === null ? await this.host.programs.choice(this.#file, call.signal) : null;
        this.#program ??= near?.program?.path ?? null;
        void this.tellProgram(this.#file, this.#program);
        if (this.#program === null) return near?.candidates.length ? this.askProgram() : this.#empty();
        const remote = await this.host.worker.remote();
        const most = settings.points(vscode.Uri.file(this.#file));
        const question = { file: this.#file, program: this.#program, options: this.#options, most };
        const embedding = await remote.embed(question, call);
        if (call.signal.aborted) return;
        this.connection.ready({
          ...embedding,
          file: this.#file,
          fileName: basename(this.#file),
          program: this.#program,
          options: this.#options,
        });
        this.connection.emit('busy', { busy: false, done: 1, total: 1 });
      },
      ({ done, total }) => tell(done, total),
    );
  }

  #empty(): void {
    this.connection.empty(
      vscode.l10n.t('No program yet'),
      vscode.l10n.t(
        'This panel shows the logits of each series before and after reprogramming. It needs a trained program. Reprogram this data set, or choose a program.',
      ),
      {
        program: { label: vscode.l10n.t('Choose a Program'), run: () => this.chooseProgram() },
        reprogram: {
          label: vscode.l10n.t('Reprogram This Data Set'),
          run: () => vscode.commands.executeCommand('v2s.reprogramDataset', vscode.Uri.file(this.#file)),
        },
      },
    );
  }
}
