import * as vscode from 'vscode';
import type { Identity } from '../../protocol/panels/panel';
import { Disposable } from '../dispose';
import type { OpenPanel, PanelHost, PanelOpener, StandalonePanelId } from './panel-host';
import { ComparePanel } from './compare-panel';
import { PredictionsPanel } from './predictions-panel';
import { RunPanel } from './run-panel';
import { SaliencyPanel } from './saliency-panel';
import { SetupPanel } from './setup-panel';
import { TsnePanel } from './tsne-panel';

type PanelMaker = (host: PanelHost, panel: vscode.WebviewPanel, identity: Identity) => OpenPanel;

const MAKERS: Record<
  StandalonePanelId,
  { make: PanelMaker; key: (identity: Identity) => string; title: () => string }
> = {
  run: {
    make: (...parts) => new RunPanel(...parts),
    key: ({ folder }) => String(folder),
    title: () => vscode.l10n.t('V2S Run'),
  },
  tsne: {
    make: (...parts) => new TsnePanel(...parts),
    key: ({ file }) => String(file),
    title: () => vscode.l10n.t('V2S t-SNE'),
  },
  saliency: {
    make: (...parts) => new SaliencyPanel(...parts),
    key: () => '',
    title: () => vscode.l10n.t('V2S Saliency'),
  },
  predictions: {
    make: (...parts) => new PredictionsPanel(...parts),
    key: ({ file }) => String(file),
    title: () => vscode.l10n.t('V2S Predictions'),
  },
  compare: {
    make: (...parts) => new ComparePanel(...parts),
    key: ({ file }) => String(file),
    title: () => vscode.l10n.t('V2S Acoustic Models'),
  },
  setup: {
    make: (...parts) => new SetupPanel(...parts),
    key: ({ file }) => String(file),
    title: () => vscode.l10n.t('V2S Set-up'),
  },
};

interface Shown {
  id: StandalonePanelId;
  webviewPanel: vscode.WebviewPanel;
  panel: OpenPanel;
}

/** The open panels. */
export class Panels extends Disposable implements PanelOpener {
  readonly #shown = new Set<Shown>();

  constructor(private readonly host: PanelHost) {
    super();
  }

  /** Shows the panel about this subject, a new one if there is none. */
  open(
    id: StandalonePanelId,
    identity: Identity,
    options: { beside?: boolean; preserveFocus?: boolean } = {},
  ): OpenPanel {
    const { key, title } = MAKERS[id];
    const existing = [...this.#shown].find((shown) => shown.id === id && shown.panel.key() === key(identity));
    if (existing) {
      existing.webviewPanel.reveal(undefined, options.preserveFocus);
      existing.panel.update?.(identity);
      return existing.panel;
    }
    const viewColumn = options.beside ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
    const webviewPanel = vscode.window.createWebviewPanel(`v2s.${id}`, title(), {
      viewColumn,
      preserveFocus: options.preserveFocus,
    });
    return this.adopt(id, webviewPanel, identity);
  }

  /** Gives a panel that VS Code has made, for example after a reload, its content. */
  adopt(id: StandalonePanelId, webviewPanel: vscode.WebviewPanel, identity: Identity): OpenPanel {
    webviewPanel.iconPath = vscode.Uri.joinPath(this.host.extensionUri, 'media', 'icon.svg');
    const panel = MAKERS[id].make(this.host, webviewPanel, identity);
    const shown: Shown = { id, webviewPanel, panel };
    this.#shown.add(shown);
    this.#tell(id);
    webviewPanel.onDidDispose(() => {
      this.#shown.delete(shown);
      this.#tell(id);
      panel.dispose();
    });
    return panel;
  }

  /** For the `when` clauses of commands that are about a panel. */
  #tell(id: StandalonePanelId): void {
    void vscode.commands.executeCommand('setContext', `v2s.hasPanel.${id}`, this.of(id).length > 0);
  }

  /** The series file of the panel that the person is looking at. */
  activeFile(): vscode.Uri | undefined {
    const active = [...this.#shown].find(({ webviewPanel }) => webviewPanel.active);
    const file = active?.panel.seriesFile() ?? null;
    return file === null ? undefined : vscode.Uri.file(file);
  }

  /** The open panels of a kind. */
  of(id: StandalonePanelId): OpenPanel[] {
    return [...this.#shown].filter((shown) => shown.id === id).map(({ panel }) => panel);
  }

  override dispose(): void {
    for (const { panel } of this.#shown) panel.dispose();
    this.#shown.clear();
    super.dispose();
  }
}
