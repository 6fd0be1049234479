import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { DataSetListing } from '../../protocol/program-choice';
import { Disposable } from '../dispose';
import { PROGRAM_EXTENSION } from '../programs';
import type { Session } from '../session';
import { dataSetNode, fileNode, modelNode, othersNode, programNode, runNode, type LibraryNode } from './library-node';

export type LibraryViewId = 'v2s.dataSets' | 'v2s.runs' | 'v2s.models';

/** How long files must rest before a view is drawn again, ms. */
const REST = 400;
/** Files of one kind that are looked at. */
const MAX_FILES = 2000;
const MAX_RUNS = 500;
const SERIES = '**/*.{csv,tsv,txt,ts,arff,CSV,TSV,TXT,TS,ARFF}';
const NOT_DATA = '**/{node_modules,.git,.v2s}/**';
const NOT_PROGRAMS = '**/{node_modules,.git,runs}/**';
const RUNS = '**/.v2s/runs/*/config.json';

/** What the three views of the side bar show: data sets with their programs, runs, acoustic models. */
export class LibraryView extends Disposable {
  readonly #changed = this.own(new vscode.EventEmitter<LibraryViewId>());
  readonly onDidChange = this.#changed.event;
  readonly #timers = new Map<LibraryViewId, NodeJS.Timeout>();

  constructor(private readonly session: Session) {
    super();
    this.#watch(SERIES, ['v2s.dataSets'], { changes: false });
    this.#watch(`**/*${PROGRAM_EXTENSION}`, ['v2s.dataSets', 'v2s.runs']);
    this.#watch(RUNS, ['v2s.runs'], { changes: false });
    this.#watch('**/.v2s/runs/*/{metrics.jsonl,log.jsonl}', ['v2s.runs']);
    this.#watch('**/.v2s/models/*/card.json', ['v2s.models']);
    this.own(session.runs.onDidChange(({ change }) => change.type === 'status' && this.refresh('v2s.runs')));
    this.own(
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.refresh('v2s.dataSets');
        this.refresh('v2s.runs');
      }),
    );
    this.own(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('v2s.modelFolders')) this.refresh('v2s.models');
      }),
    );
    this.own(vscode.workspace.onDidGrantWorkspaceTrust(() => this.refresh('v2s.models')));
    this.own({ dispose: () => this.#timers.forEach((timer) => clearTimeout(timer)) });
  }

  /** Draws a view again, soon. */
  refresh(view: LibraryViewId): void {
    clearTimeout(this.#timers.get(view));
    this.#timers.set(
      view,
      setTimeout(() => this.#changed.fire(view), REST),
    );
  }

  async children(view: LibraryViewId, node?: LibraryNode): Promise<LibraryNode[]> {
    if (node) return childrenOf(node);
    if (view === 'v2s.dataSets') return await this.#dataSets();
    return view === 'v2s.runs' ? await this.#runs() : await this.#models();
  }

  async #dataSets(): Promise<LibraryNode[]> {
    const [files, programs] = [
      await paths(SERIES, NOT_DATA, MAX_FILES),
      await paths(`**/*${PROGRAM_EXTENSION}`, NOT_PROGRAMS, MAX_FILES),
    ];
    // An empty folder starts no process.
    if (files.length + programs.length === 0) return [];
    const { dataSets, others } = await (await this.session.worker.remote()).listDataSets({ files, programs });
    const nodes = dataSets.map(dataSetNode);
    return others.length > 0 ? [...nodes, othersNode(others)] : nodes;
  }

  async #runs(): Promise<LibraryNode[]> {
    const found = await paths(RUNS, '**/node_modules/**', MAX_RUNS);
    const roots = [...new Set(found.map((config) => dirname(dirname(config))))];
    if (roots.length === 0) return [];
    const { runs } = await (await this.session.worker.remote()).listRuns({ roots });
    return runs.map(runNode);
  }

  async #models(): Promise<LibraryNode[]> {
    const { models, problems } = await (await this.session.worker.remote()).listModels({});
    for (const problem of problems) this.session.log.warn(problem);
    const shipped = vscode.Uri.joinPath(this.session.extensionUri, 'models').fsPath;
    return models.map((model) => modelNode(model, dirname(model.folder) !== shipped));
  }

  #watch(pattern: string, views: LibraryViewId[], { changes = true } = {}): void {
    const watcher = this.own(vscode.workspace.createFileSystemWatcher(pattern, false, !changes, false));
    const refresh = (): void => views.forEach((view) => this.refresh(view));
    for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete]) this.own(event(refresh));
  }
}

function childrenOf({ thing }: LibraryNode): LibraryNode[] {
  if (thing.kind === 'others') return thing.programs.map((program) => programNode(program, null));
  if (thing.kind !== 'dataSet') return [];
  const { dataSet } = thing;
  return [...filesOf(dataSet), ...dataSet.programs.map((program) => programNode(program, dataSet))];
}

function filesOf({ train, test }: DataSetListing): LibraryNode[] {
  return [...(train === null ? [] : [fileNode(train, 'train')]), ...(test === null ? [] : [fileNode(test, 'test')])];
}

/** Paths of files on this machine, in a fixed order. */
async function paths(pattern: string, exclude: string, most: number): Promise<string[]> {
  const found = await vscode.workspace.findFiles(pattern, exclude, most);
  return found
    .filter(({ scheme }) => scheme === 'file')
    .map(({ fsPath }) => fsPath)
    .sort();
}
