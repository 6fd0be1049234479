import { basename } from 'node:path';
import * as vscode from 'vscode';
import { comparePanel, type ComparedModel, type CompareView } from '../../protocol/panels/compare';
import type { Identity } from '../../protocol/panels/panel';
import { errorCode, errorMessage } from '../../protocol/rpc';
import type { PanelHost } from './panel-host';
import { runOptions } from '../settings';
import { shownText } from '../shown-text';
import { requireTrust } from '../trust';
import { PanelBase, textIn } from './panel-base';

type CompareHost = typeof comparePanel.host;

/** Epochs of the short run after which a bound is estimated. */
const EPOCHS = 10;

/** Ranks the acoustic models for a data set by the paper's bound after a short run with each. */
export class ComparePanel extends PanelBase<CompareHost> {
  readonly #file: string;
  #models: ComparedModel[] = [];
  #epochs = EPOCHS;
  #running: { done: number; total: number } | null = null;

  constructor(host: PanelHost, panel: vscode.WebviewPanel, identity: Identity) {
    super(host, panel, comparePanel, {
      start: ({ models, epochs }) => {
        requireTrust();
        this.#epochs = epochs;
        void this.#compare(models);
        return {};
      },
      stop: () => {
        this.cancel();
        return {};
      },
      reprogramWith: async ({ model }) => {
        await vscode.commands.executeCommand('v2s.reprogramDataset', { train: vscode.Uri.file(this.#file), model });
        return {};
      },
    });
    this.#file = textIn(identity, 'file') ?? '';
    this.webviewPanel.title = vscode.l10n.t('Acoustic models for {0}', shownText(basename(this.#file), 40));
    this.own(host.programs.onDidChange(() => void this.tellCertainProgram(this.#file)));
    void this.tellCertainProgram(this.#file);
    void this.#load();
  }

  key(): string {
    return this.#file;
  }

  protected identity(): Identity {
    return { file: this.#file };
  }

  protected file(): string {
    return this.#file;
  }

  async #load(): Promise<void> {
    this.connection.loading(vscode.l10n.t('Looking for acoustic models…'));
    await this.compute(async () => {
      const { models } = await (await this.host.worker.remote()).listModels({});
      this.#models = models.map(({ id, title, folder, parameters, accuracy }) => ({
        id,
        title,
        folder,
        parameters,
        sourceAccuracy: accuracy,
        status: 'waiting',
        done: 0,
        total: this.#epochs,
        bound: null,
        validation: null,
        failure: null,
      }));
      this.#show();
    });
  }

  #show(): void {
    const rank = ({ bound }: ComparedModel): number => bound?.bound ?? Infinity;
    const view: CompareView = {
      file: this.#file,
      fileName: basename(this.#file),
      running: this.#running,
      epochs: this.#epochs,
      models: [...this.#models].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b))),
      notes: [],
    };
    this.connection.ready(view);
  }

  async #compare(ids: readonly string[]): Promise<void> {
    const chosen = this.#models.filter(({ id }) => ids.includes(id));
    const change = (model: ComparedModel, changes: Partial<ComparedModel>): void => {
      Object.assign(model, changes);
      this.#show();
    };
    for (const model of chosen)
      Object.assign(model, {
        status: 'waiting',
        done: 0,
        total: this.#epochs,
        bound: null,
        validation: null,
        failure: null,
      });
    this.#running = { done: 0, total: chosen.length };
    await this.compute(async ({ signal }) => {
      const remote = await this.host.worker.remote();
      const options = { ...runOptions(vscode.Uri.file(this.#file)), epochs: this.#epochs, patience: 0, folds: 0 };
      for (const model of chosen) {
        change(model, { status: 'running' });
        try {
          const outcome = await remote.compareModel(
            { file: this.#file, model: model.folder, options },
            { signal, onProgress: ({ done, total }) => change(model, { done, total }) },
          );
          change(model, { status: 'done', ...outcome });
        } catch (error) {
          if (signal.aborted) break;
          change(model, { status: 'failed', failure: { code: errorCode(error), message: errorMessage(error) } });
        }
        this.#running = { done: this.#running!.done + 1, total: chosen.length };
      }
    });
    this.#running = null;
    for (const model of this.#models) if (model.status === 'running') model.status = 'waiting';
    this.#show();
  }
}
