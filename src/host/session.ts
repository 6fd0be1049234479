import * as vscode from 'vscode';
import { Disposable } from './dispose';
import { LocatedData } from './located-data';
import { Panels } from './panels/panels';
import { Programs } from './programs';
import { Runs } from './runs';
import { settings } from './settings';
import type { PanelHost } from './panels/panel-host';
import { WorkerClient } from './background/worker-client';

/** Everything that lives while the extension is in use, made when it is first needed. */
export class Session extends Disposable implements PanelHost {
  readonly extensionUri: vscode.Uri;
  readonly worker: WorkerClient;
  readonly programs: Programs;
  readonly data: LocatedData;
  readonly runs: Runs;
  readonly panels: Panels;

  constructor(
    readonly context: vscode.ExtensionContext,
    readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.extensionUri = context.extensionUri;
    const script = vscode.Uri.joinPath(context.extensionUri, 'dist', 'worker.js').fsPath;
    this.worker = this.own(
      new WorkerClient(
        script,
        () => ({
          modelRoots: this.modelRoots(),
          located: vscode.workspace.isTrusted ? this.programs.locatedModels : [],
          threads: settings.threads(),
          trusted: vscode.workspace.isTrusted,
        }),
        log,
      ),
    );
    this.programs = this.own(new Programs(this.worker, context.workspaceState));
    this.data = new LocatedData(this.worker, context.workspaceState);
    this.runs = this.own(
      new Runs(this.worker, context.workspaceState, log, (folder) => void this.panels.open('run', { folder })),
    );
    this.panels = this.own(new Panels(this));
    this.own(
      this.runs.onDidFinish(({ train, test, program }) => {
        for (const file of [train, test]) if (file !== null) this.programs.remember(file, program);
      }),
    );
    this.own(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('v2s.modelFolders') || event.affectsConfiguration('v2s.threads'))
          void this.worker.reconfigure();
      }),
    );
    this.own(vscode.workspace.onDidGrantWorkspaceTrust(() => void this.worker.reconfigure()));
    this.own(vscode.workspace.onDidChangeWorkspaceFolders(() => void this.worker.reconfigure()));
  }

  /** Takes ownership of something that was made outside. */
  adopt(item: Disposable): void {
    this.own(item);
  }

  /** Where acoustic models are searched: shipped, imported, named in the settings, and in the folders of a trusted workspace. */
  modelRoots(): string[] {
    const shipped = vscode.Uri.joinPath(this.extensionUri, 'models').fsPath;
    const roots = [shipped, this.importedModels.fsPath];
    if (!vscode.workspace.isTrusted) return roots;
    for (const { uri } of vscode.workspace.workspaceFolders ?? [])
      if (uri.scheme === 'file') roots.push(vscode.Uri.joinPath(uri, '.v2s', 'models').fsPath);
    return [...roots, ...settings.modelFolders()];
  }

  /** Folder of models that this user imported. */
  get importedModels(): vscode.Uri {
    return vscode.Uri.joinPath(this.context.globalStorageUri, 'models');
  }

  async tableCsv(header: string[], rows: (string | number | null)[][]): Promise<string> {
    const { csv } = await (await this.worker.remote()).tableCsv({ header, rows });
    return csv;
  }
}
