import * as vscode from 'vscode';
import { Contexts } from './contexts';
import type { InlineView } from './inline/inline-view';
import type * as Parts from './parts';
import type { Session } from './session';
import type { LibraryNode } from './views/library-node';
import type { LibraryView, LibraryViewId } from './views/library-view';

/**
 * Activation only registers names: nothing is computed, no process is started, and what does the work is not even evaluated before it is
 * needed.
 */

/** Everything but activation: a bundle of its own, read when it is first needed. */
const parts = (): Promise<typeof Parts> => import('./parts');

/** Ids of the commands; what they do is in commands.ts, which is loaded with the first of them. */
const COMMAND_IDS = [
  'v2s.reprogramDataset',
  'v2s.quickStart',
  'v2s.resumeRun',
  'v2s.openRun',
  'v2s.classifyFile',
  'v2s.exportPredictions',
  'v2s.showSaliency',
  'v2s.listen',
  'v2s.showTsne',
  'v2s.compareModels',
  'v2s.fineTune',
  'v2s.importModel',
  'v2s.openSeries',
  'v2s.openSamples',
  'v2s.toggleInline',
  'v2s.saveReport',
  'v2s.copyPython',
  'v2s.classifyWith',
  'v2s.reprogramWith',
  'v2s.revealItem',
  'v2s.renameProgram',
  'v2s.deleteItem',
];
const LIBRARY_VIEWS: LibraryViewId[] = ['v2s.dataSets', 'v2s.runs', 'v2s.models'];
const PANEL_TYPES = ['run', 'tsne', 'saliency', 'predictions', 'compare', 'setup'] as const;
const SERIES_FILES: vscode.DocumentSelector = ['csv', 'tsv', 'txt', 'ts', 'arff'].map((extension) => ({
  scheme: 'file',
  pattern: `**/*.{${extension},${extension.toUpperCase()}}`,
}));

/** What the integration tests see of the extension. */
export interface ExtensionApi {
  /** time that activation took, ms */
  activationMs: number;
  session(): Promise<Session>;
  /** number of tinted ranges in an editor */
  tintsIn(editor: vscode.TextEditor): Promise<number>;
}

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  const started = performance.now();
  const { subscriptions } = context;
  let session: Promise<Session> | null = null;
  const open = (): Promise<Session> => (session ??= startSession(context));

  for (const id of COMMAND_IDS)
    subscriptions.push(
      vscode.commands.registerCommand(id, async (...args: unknown[]) => {
        const { runCommand } = await parts();
        return await runCommand(await open(), id, args);
      }),
    );
  for (const id of PANEL_TYPES)
    subscriptions.push(
      vscode.window.registerWebviewPanelSerializer(`v2s.${id}`, {
        deserializeWebviewPanel: async (panel, state) => {
          const { keptStateSchema } = await parts();
          const kept = keptStateSchema.safeParse(state);
          (await open()).panels.adopt(id, panel, kept.success ? kept.data.identity : {});
        },
      }),
    );
  subscriptions.push(
    vscode.window.registerCustomEditorProvider('v2s.series', {
      openCustomDocument: (uri: vscode.Uri) => ({ uri, dispose: () => undefined }),
      resolveCustomEditor: async (document: vscode.CustomDocument, panel: vscode.WebviewPanel) => {
        const { SeriesEditor } = await parts();
        const editor = new SeriesEditor(await open(), panel, document.uri);
        panel.onDidDispose(() => editor.dispose());
      },
    }),
  );

  subscriptions.push(new Contexts(context, open));

  const library = lazyLibrary(open);
  for (const id of LIBRARY_VIEWS) {
    const changed = new vscode.EventEmitter<void>();
    subscriptions.push(
      changed,
      library.changed.event((view) => (view === id || view === null) && changed.fire()),
      vscode.window.registerTreeDataProvider<LibraryNode>(id, {
        onDidChangeTreeData: changed.event,
        getTreeItem: (node) => node,
        getChildren: async (node) => await (await library.view()).children(id, node),
      }),
    );
  }
  subscriptions.push(
    library.changed,
    vscode.commands.registerCommand('v2s.refreshLibrary', () => library.changed.fire(null)),
  );

  // Inline hints begin with the first series file that is shown.
  const inline = lazyInline(open);
  subscriptions.push(
    vscode.languages.registerCodeLensProvider(SERIES_FILES, {
      onDidChangeCodeLenses: inline.lensesChanged.event,
      provideCodeLenses: async (document) => (await inline.view())?.provideCodeLenses(document) ?? [],
    }),
    inline.lensesChanged,
    vscode.languages.registerHoverProvider(SERIES_FILES, {
      provideHover: async (document, position, token) => {
        const { SeriesHover } = await parts();
        return await new SeriesHover(await open()).provideHover(document, position, token);
      },
    }),
  );
  subscriptions.push({
    dispose: () => {
      void session?.then((running) => running.dispose());
    },
  });
  // Runs that a reload of the window ended go on; without any note of such a run nothing is loaded.
  const notes = context.workspaceState.get<unknown[]>('v2s.activeRuns', []);
  if (notes.length > 0) void open().then((running) => running.runs.restore(vscode.workspace.isTrusted));

  const activationMs = performance.now() - started;
  return {
    activationMs,
    session: open,
    tintsIn: async (editor) => (await inline.view())?.decorationsIn(editor) ?? 0,
  };
}

async function startSession(context: vscode.ExtensionContext): Promise<Session> {
  const log = vscode.window.createOutputChannel('V2S', { log: true });
  context.subscriptions.push(log);
  const { Session: Opened } = await parts();
  return new Opened(context, log);
}

/** The inline view, made when a series file is looked at for the first time. */
function lazyInline(open: () => Promise<Session>) {
  const lensesChanged = new vscode.EventEmitter<void>();
  let made: Promise<InlineView> | null = null;
  return {
    lensesChanged,
    view: () =>
      (made ??= (async () => {
        const session = await open();
        const { InlineView: View } = await parts();
        const view = new View(session);
        session.adopt(view);
        view.onDidChangeCodeLenses(() => lensesChanged.fire());
        return view;
      })()),
  };
}

/** The side bar, made when it is looked at for the first time; null means all of its views. */
function lazyLibrary(open: () => Promise<Session>) {
  const changed = new vscode.EventEmitter<LibraryViewId | null>();
  let made: Promise<LibraryView> | null = null;
  return {
    changed,
    view: () =>
      (made ??= (async () => {
        const session = await open();
        const { LibraryView: View } = await parts();
        const view = new View(session);
        session.adopt(view);
        view.onDidChange((id) => changed.fire(id));
        return view;
      })()),
  };
}
