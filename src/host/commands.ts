import { basename, dirname, extname } from 'node:path';
import * as vscode from 'vscode';
import type { Identity } from '../protocol/panels/panel';
import { errorCode, errorMessage, isCanceled } from '../protocol/rpc';
import type { RunListing, RunOptions } from '../protocol/worker';
import { importModel } from './flow/import-command';
import type { ImportArguments } from './flow/import-flow';
import { withAgreedOutput } from './flow/agreed-output';
import { beginFlow, confirmFlow, runStart, type ReprogramRequest } from './flow/reprogram-flow';
import { activeSeriesFile, chooseSeriesFile, pathOf } from './flow/series-files';
import { SaliencyPanel } from './panels/saliency-panel';
import type { StandalonePanelId } from './panels/panel-host';
import { runsFolder } from './runs';
import type { Session } from './session';
import { toggleInline } from './settings';
import { shownText } from './shown-text';
import { requireTrust } from './trust';
import { LibraryNode } from './views/library-node';
import { LIBRARY_COMMANDS } from './views/library-commands';
import { askWhere } from './webview/save-file';

const t = vscode.l10n.t;

/** Arguments with which `v2s.reprogramDataset` asks nothing; a file alone asks with that file chosen. */
interface ReprogramArguments extends Omit<ReprogramRequest, 'train'> {
  /** asked for when it is left out */
  train?: vscode.Uri;
  options?: RunOptions;
  /** start at once; else the set-up page is opened */
  start?: boolean;
  /** resolve when the run has ended rather than when it has begun */
  wait?: boolean;
  /** open the run panel; default true */
  open?: boolean;
}

type Command = (session: Session, ...args: never[]) => Promise<unknown>;

/** What the commands do. Errors are shown by `runCommand`, and thrown to callers that are programs. */
const COMMANDS: Record<string, Command> = {
  'v2s.reprogramDataset': reprogramDataset,
  'v2s.quickStart': quickStart,
  'v2s.resumeRun': resumeRun,
  'v2s.openRun': openRun,
  'v2s.classifyFile': classifyFile,
  'v2s.exportPredictions': exportPredictions,
  'v2s.showSaliency': showSaliency,
  'v2s.listen': listen,
  'v2s.showTsne': (session, target?: vscode.Uri) =>
    openAbout(session, 'tsne', target, t('Series file to show with t-SNE')),
  'v2s.compareModels': compareModels,
  'v2s.importModel': (session, target?: vscode.Uri | ImportArguments) => importModel(session, showFailure, target),
  'v2s.openSeries': openSeries,
  'v2s.openSamples': openSamples,
  ...LIBRARY_COMMANDS,
  'v2s.toggleInline': async () => {
    const on = await toggleInline();
    vscode.window.setStatusBarMessage(on ? t('V2S: Inline hints are on.') : t('V2S: Inline hints are off.'), 3000);
    return on;
  },
};

/** Runs a command for a person: what goes wrong is shown with the way to the log. */
export async function runCommand(session: Session, id: string, args: unknown[]): Promise<unknown> {
  try {
    return await COMMANDS[id](session, ...(ofNodes(id, args) as never[]));
  } catch (error) {
    if (isCanceled(error)) return undefined;
    if (errorCode(error) === 'internal') session.log.error(error instanceof Error ? error : String(error));
    else session.log.warn(`${id}: ${errorMessage(error)}`);
    void showFailure(session, error);
    throw error;
  }
}

/** Commands about items of the side bar get the item; the others are told what it stands for. */
function ofNodes(id: string, args: unknown[]): unknown[] {
  const [first] = args;
  return id in LIBRARY_COMMANDS || !(first instanceof LibraryNode) ? args : [first.target];
}

async function showFailure(session: Session, error: unknown): Promise<void> {
  const log = t('Show Log');
  const trust = t('Manage Workspace Trust');
  const untrusted = errorCode(error) === 'workspace.untrusted';
  const buttons = untrusted ? [trust] : [log];
  const picked = await vscode.window.showErrorMessage(shownText(errorMessage(error), 1500), ...buttons);
  if (picked === log) session.log.show(true);
  if (picked === trust) await vscode.commands.executeCommand('workbench.trust.manage');
}

/** The file a command is about: clicked, active, or asked for. */
async function targetFile(
  session: Session,
  target: vscode.Uri | undefined,
  title: string,
  prefer?: RegExp,
): Promise<vscode.Uri | undefined> {
  if (target instanceof vscode.Uri) return target;
  return activeSeriesFile() ?? session.panels.activeFile() ?? (await chooseSeriesFile(title, prefer));
}

interface StartedRun {
  folder: string;
  status?: string;
  program?: string;
}

/** Opens the set-up page, or starts at once. */
async function reprogramDataset(
  session: Session,
  target?: vscode.Uri | ReprogramArguments,
): Promise<StartedRun | undefined> {
  requireTrust();
  const given = target instanceof vscode.Uri ? { train: target } : (target ?? {});
  const train = given.train ?? (await chooseTrainingFile());
  if (!train) return undefined;
  if (given.start) return await startRun(session, { ...given, train });
  const { test, read, model, options, out } = given;
  const draft = { test: test && pathOf(test), read, model, options, out };
  session.panels.open('setup', { file: pathOf(train), draft: JSON.parse(JSON.stringify(draft)) });
  return undefined;
}

/** The list of what was understood: Enter starts, an item corrects. */
async function quickStart(session: Session, target?: vscode.Uri): Promise<StartedRun | undefined> {
  requireTrust();
  const train = target instanceof vscode.Uri ? target : await chooseTrainingFile();
  return train && (await startRun(session, { train }));
}

async function chooseTrainingFile(): Promise<vscode.Uri | undefined> {
  return await chooseSeriesFile(t('Training file to reprogram a model for'), /train/i, true);
}

async function startRun(
  session: Session,
  given: ReprogramArguments & { train: vscode.Uri },
): Promise<StartedRun | undefined> {
  const { train } = given;
  const state = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: t('V2S: reading {0}', shownText(basename(train.path))) },
    async () => await beginFlow(session.worker, given),
  );
  const start = given.start ? runStart(state) : await confirmFlow(session.worker, state);
  if (!start) return undefined;
  const { folder, ended } = await session.runs.start(start);
  session.log.info(`Run ${folder}`);
  if (given.open !== false) session.panels.open('run', { folder });
  if (!given.wait) return { folder };
  const { status, program } = await ended;
  return { folder, status, program };
}

/** The run folders of the workspace and of what is open. */
function runRoots(): string[] {
  const near = [
    ...(vscode.workspace.workspaceFolders ?? []).map(({ uri }) => vscode.Uri.joinPath(uri, '.v2s', 'runs')),
    ...[activeSeriesFile()].flatMap((uri) => (uri ? [runsFolder(uri)] : [])),
  ];
  return [...new Set(near.filter(({ scheme }) => scheme === 'file').map(({ fsPath }) => fsPath))];
}

function describeRun(status: RunListing['status'], { done, total }: RunListing['epochs']): string {
  if (status === 'queued') return t('Queued behind another run');
  if (status === 'running') return t('Running: epoch {0} of {1}', done, total);
  if (status === 'finished') return t('Finished: epoch {0} of {1}', done, total);
  return t('Interrupted: epoch {0} of {1}', done, total);
}

async function chooseRun(session: Session, title: string, unfinished: boolean): Promise<string | undefined> {
  const { runs } = await (await session.worker.remote()).listRuns({ roots: runRoots() });
  const items: (vscode.QuickPickItem & { folder?: string })[] = runs
    .filter(({ status }) => !unfinished || status === 'interrupted')
    .map(({ folder, name, created, status, epochs }) => ({
      label: shownText(name),
      description: describeRun(status, epochs),
      detail: `${new Date(created).toLocaleString(vscode.env.language)} · ${shownText(basename(folder))}`,
      folder,
    }));
  if (!unfinished) items.push({ label: t('Open a program file…'), iconPath: new vscode.ThemeIcon('folder-opened') });
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: items.length > 0 ? undefined : t('There is no run here yet. "V2S: Reprogram Dataset" starts one.'),
  });
  if (!picked) return undefined;
  if (picked.folder) return picked.folder;
  const files = await vscode.window.showOpenDialog({ filters: { [t('V2S programs')]: ['safetensors'] } });
  return files?.[0]?.fsPath;
}

async function openRun(session: Session, target?: string | vscode.Uri): Promise<void> {
  const given = target instanceof vscode.Uri ? target.fsPath : target;
  const active = session.runs.active()[0]?.folder;
  const folder = given ?? active ?? (await chooseRun(session, t('Training run to open'), false));
  if (folder !== undefined) session.panels.open('run', { folder });
}

async function resumeRun(session: Session, target?: string | vscode.Uri): Promise<{ folder: string } | undefined> {
  requireTrust();
  const given = target instanceof vscode.Uri ? target.fsPath : target;
  const folder = given ?? (await chooseRun(session, t('Training run to resume'), true));
  if (folder === undefined) return undefined;
  const run = await session.runs.resume(folder);
  session.panels.open('run', { folder: run.folder });
  return { folder: run.folder };
}

/** The program for a file: given, certain, else asked for. */
async function programFor(session: Session, file: string, given?: string): Promise<string | undefined> {
  if (given === undefined) return await session.programs.certainOrAsked(file);
  session.programs.remember(file, given);
  return given;
}

/** The same for a panel that says itself what to do where there is no program. */
async function programIfAny(session: Session, file: string): Promise<string | null> {
  const { program, candidates } = await session.programs.choice(file);
  if (program || candidates.length === 0) return program?.path ?? null;
  const { series } = await (await session.worker.remote()).looksLikeSeries({ file });
  return series ? ((await session.programs.choose(file)) ?? null) : null;
}

async function classifyFile(
  session: Session,
  target?: vscode.Uri,
  options?: { program?: string } | vscode.Uri[],
): Promise<{ file: string; program: string } | undefined> {
  const uri = await targetFile(session, target, t('Series file to classify'), /test/i);
  if (!uri) return undefined;
  const file = pathOf(uri);
  const given = Array.isArray(options) ? undefined : options?.program;
  const program = await programFor(session, file, given);
  if (program === undefined) return undefined;
  session.panels.open('predictions', { file, program });
  return { file, program };
}

async function exportPredictions(session: Session, target?: vscode.Uri, out?: vscode.Uri): Promise<string | undefined> {
  const uri = await targetFile(session, target, t('Series file to export predictions for'));
  if (!uri) return undefined;
  const file = pathOf(uri);
  const program = await programFor(session, file);
  if (program === undefined) return undefined;
  const name = `${basename(file, extname(file))}-predictions`;
  const saved = out instanceof vscode.Uri ? out : await askWhere(name, 'csv', vscode.Uri.file(dirname(file)));
  if (!saved) return undefined;
  const remote = await session.worker.remote();
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: t('V2S: classifying {0}', shownText(basename(file))),
      cancellable: true,
    },
    async (_progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      const question = { file, program, out: pathOf(saved) };
      // The dialog has asked already whether a file may be replaced.
      await withAgreedOutput(
        async ({ replace = saved !== out }) =>
          await remote.exportPredictions({ ...question, replace }, { signal: controller.signal }),
        async () => question.out,
      );
    },
  );
  return saved.fsPath;
}

async function showSaliency(
  session: Session,
  target?: vscode.Uri,
  at?: { index?: number; line?: number; program?: string },
): Promise<void> {
  const uri = await targetFile(session, target, t('Series file to explain'));
  if (!uri) return;
  const file = pathOf(uri);
  const editor = vscode.window.activeTextEditor;
  const identity: Identity = { file, program: at?.program ?? (await programIfAny(session, file)) };
  if (typeof at?.index === 'number') identity.index = at.index;
  else if (typeof at?.line === 'number') identity.line = at.line;
  else if (editor?.document.uri.toString() === uri.toString()) identity.line = editor.selection.active.line + 1;
  else identity.index = 0;
  session.panels.open('saliency', identity, { beside: true, preserveFocus: true });
}

async function listen(session: Session, target?: vscode.Uri): Promise<void> {
  if (session.panels.of('saliency').length === 0) await showSaliency(session, target);
  // The sound is made in the panel, which exists also where the extension runs on another machine than the person sits at.
  for (const panel of session.panels.of('saliency')) if (panel instanceof SaliencyPanel) panel.play();
}

async function openAbout(
  session: Session,
  id: StandalonePanelId,
  target: vscode.Uri | undefined,
  title: string,
): Promise<void> {
  const uri = await targetFile(session, target, title, /train/i);
  if (!uri) return;
  const file = pathOf(uri);
  session.panels.open(id, { file, program: await programIfAny(session, file) });
}

/** Short runs train on the file: of a TEST file the TRAIN file beside it is taken, so that TEST stays unseen. */
async function compareModels(session: Session, target?: vscode.Uri): Promise<void> {
  const uri = await targetFile(session, target, t('Training file to compare acoustic models for'), /train/i);
  if (!uri) return;
  const { train } = await (await session.worker.remote()).trainFileOf({ file: pathOf(uri) });
  session.panels.open('compare', { file: train ?? pathOf(uri) });
}

async function openSeries(session: Session, target?: vscode.Uri): Promise<void> {
  const uri = await targetFile(session, target, t('Series file to open'));
  if (uri) await vscode.commands.executeCommand('vscode.openWith', uri, 'v2s.series');
}

/** Puts the sample data where it can be changed, and opens a training file. */
async function openSamples({ context, extensionUri }: Session): Promise<string> {
  const target = vscode.Uri.joinPath(context.globalStorageUri, 'samples');
  await vscode.workspace.fs.copy(vscode.Uri.joinPath(extensionUri, 'samples'), target, { overwrite: true });
  const train = vscode.Uri.joinPath(target, 'SyntheticControl', 'SyntheticControl_TRAIN.csv');
  await vscode.window.showTextDocument(train);
  return train.fsPath;
}
