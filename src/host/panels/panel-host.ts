import type * as vscode from 'vscode';
import type { Identity, PanelId } from '../../protocol/panels/panel';
import type { WorkerClient } from '../background/worker-client';
import type { LocatedData } from '../located-data';
import type { Programs } from '../programs';
import type { Runs } from '../runs';
import type { PanelServices } from '../webview/panel-connection';

/** A panel as the registry knows it. */
export interface OpenPanel {
  /** equal for panels that are about the same thing: such a panel is shown again rather than opened twice */
  key(): string;
  /** series file that the panel is about */
  seriesFile(): string | null;
  /** takes up another subject of the same key, for example another row */
  update?(identity: Identity): void;
  dispose(): void;
}

/** Panels of their own; the series editor is a custom editor and not among them. */
export type StandalonePanelId = Exclude<PanelId, 'series'>;

/** Opens panels and finds those that are open. */
export interface PanelOpener {
  /** Shows the panel about this subject, a new one if there is none. */
  open(id: StandalonePanelId, identity: Identity, options?: { beside?: boolean; preserveFocus?: boolean }): OpenPanel;
  /** The open panels of a kind. */
  of(id: StandalonePanelId): OpenPanel[];
  /** The series file of the panel that the person is looking at. */
  activeFile(): vscode.Uri | undefined;
}

/** What the panels need of the extension in use. */
export interface PanelHost extends PanelServices {
  readonly worker: WorkerClient;
  readonly programs: Programs;
  readonly data: LocatedData;
  readonly runs: Runs;
  readonly panels: PanelOpener;
}
