import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { DataSetListing, ProgramListing } from '../../protocol/program-choice';
import type { ModelListing, RunListing } from '../../protocol/worker';
import { PROGRAM_EXTENSION } from '../programs';
import { shownText } from '../shown-text';

const t = vscode.l10n.t;

/** What a node stands for. */
type LibraryThing =
  | { kind: 'dataSet'; dataSet: DataSetListing }
  | { kind: 'file'; file: string; part: 'train' | 'test' }
  | { kind: 'program'; program: ProgramListing; dataSet: DataSetListing | null }
  | { kind: 'others'; programs: readonly ProgramListing[] }
  | { kind: 'run'; run: RunListing }
  | { kind: 'model'; model: ModelListing; own: boolean };

/** An item of the side bar. Menus find it by `contextValue`; `path` is the file or folder it stands for. */
export class LibraryNode extends vscode.TreeItem {
  constructor(
    readonly thing: LibraryThing,
    /** null where there is none */
    readonly path: string | null,
    label: string,
    state = vscode.TreeItemCollapsibleState.None,
  ) {
    super(shownText(label), state);
    this.contextValue = thing.kind;
    if (path !== null) this.id = `${thing.kind} ${path}`;
  }

  /** What a command that takes a file, a run's folder or a program is told when it is chosen in the menu of this item. */
  get target(): vscode.Uri | undefined {
    return this.path === null ? undefined : vscode.Uri.file(this.path);
  }
}

export function dataSetNode(dataSet: DataSetListing): LibraryNode {
  const { name, folder, train, test, programs } = dataSet;
  const node = new LibraryNode(
    { kind: 'dataSet', dataSet },
    train ?? test,
    name,
    vscode.TreeItemCollapsibleState.Collapsed,
  );
  node.iconPath = new vscode.ThemeIcon('database');
  // Of a data set whose TRAIN is missing nothing can be trained.
  node.contextValue = train === null ? 'dataSetOfTest' : 'dataSet';
  const best = programs.map(({ testAccuracy }) => testAccuracy).filter((accuracy) => accuracy !== null);
  node.description =
    programs.length === 0
      ? t('no program yet')
      : best.length > 0
        ? t('up to {0} %', percent(Math.max(...best)))
        : t('not tested yet');
  node.tooltip = shownText(vscode.workspace.asRelativePath(folder), 400);
  return node;
}

export function fileNode(file: string, part: 'train' | 'test'): LibraryNode {
  const node = new LibraryNode({ kind: 'file', file, part }, file, basename(file));
  node.iconPath = new vscode.ThemeIcon('graph-line');
  node.description = part === 'train' ? t('training series') : t('test series');
  node.command = { command: 'v2s.openSeries', title: t('Open'), arguments: [vscode.Uri.file(file)] };
  return node;
}

export function programNode(program: ProgramListing, dataSet: DataSetListing | null): LibraryNode {
  const { path, model, modified, testAccuracy, validationAccuracy, classNames, longest } = program;
  const node = new LibraryNode({ kind: 'program', program, dataSet }, path, basename(path, PROGRAM_EXTENSION));
  node.iconPath = new vscode.ThemeIcon('file-binary');
  const date = new Date(modified);
  const accuracy =
    testAccuracy !== null
      ? t('{0} % on TEST', percent(testAccuracy))
      : validationAccuracy !== null
        ? t('{0} % in validation', percent(validationAccuracy))
        : t('not tested yet');
  node.description = [accuracy, shownText(model, 60), date.toLocaleDateString(vscode.env.language)].join(' · ');
  node.tooltip = [
    shownText(vscode.workspace.asRelativePath(path), 400),
    t('Data set: {0}', shownText(program.name)),
    t('Accuracy: {0}', accuracy),
    t('Acoustic model: {0}', shownText(model)),
    t('Classes: {0}', shownText(classNames.join(', '), 400)),
    t('Longest training series: {0} values', longest),
    date.toLocaleString(vscode.env.language),
  ].join('\n');
  node.command = { command: 'v2s.openRun', title: t('Open'), arguments: [path] };
  return node;
}

export function othersNode(programs: readonly ProgramListing[]): LibraryNode {
  const node = new LibraryNode(
    { kind: 'others', programs },
    null,
    t('Programs without their data'),
    vscode.TreeItemCollapsibleState.Collapsed,
  );
  node.iconPath = new vscode.ThemeIcon('archive');
  node.tooltip = t('The data of these programs are not in this workspace, or there are several data sets of the name.');
  return node;
}

export function runNode(run: RunListing): LibraryNode {
  const { folder, name, created, status, epochs } = run;
  const node = new LibraryNode({ kind: 'run', run }, folder, name);
  node.contextValue = `run-${status}`;
  const [icon, words] = {
    queued: ['clock', t('waiting for the run before it')],
    running: ['sync~spin', t('running, {0} of {1}', epochs.done, epochs.total)],
    finished: ['pass', t('finished')],
    interrupted: ['debug-pause', t('interrupted, {0} of {1}', epochs.done, epochs.total)],
  }[status];
  node.iconPath = new vscode.ThemeIcon(icon);
  const date = new Date(created).toLocaleString(vscode.env.language);
  node.description = `${words} · ${date}`;
  node.tooltip = shownText(vscode.workspace.asRelativePath(folder), 400);
  node.command = { command: 'v2s.openRun', title: t('Open'), arguments: [folder] };
  return node;
}

/** @param own whether the model was imported, rather than shipped with the extension */
export function modelNode(model: ModelListing, own: boolean): LibraryNode {
  const { id, title, folder, accuracy, sourceWords, sourceData, parameters, architecture } = model;
  const node = new LibraryNode({ kind: 'model', model, own }, folder, id);
  node.contextValue = own ? 'ownModel' : 'model';
  node.iconPath = new vscode.ThemeIcon('unmute');
  node.description = accuracy === null ? t('not evaluated') : t('{0} % on its test words', percent(accuracy));
  node.tooltip = [
    shownText(title),
    t('Architecture: {0}', shownText(architecture)),
    t('Parameters: {0}', parameters.toLocaleString(vscode.env.language)),
    t('Source words: {0}', sourceWords),
    t('Source data: {0}', shownText(sourceData, 400)),
    shownText(folder, 400),
  ].join('\n');
  return node;
}

const percent = (fraction: number): string => (100 * fraction).toFixed(1);
