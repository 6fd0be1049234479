import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { RemoteError } from '../../protocol/rpc';
import { PROGRAM_EXTENSION } from '../programs';
import type { Session } from '../session';
import { shownText } from '../shown-text';
import { LibraryNode } from './library-node';

const t = vscode.l10n.t;

/** Opens the folder of a thing in the explorer of the workspace, or in that of the system where it lies elsewhere. */
export async function revealNode(_session: Session, node?: LibraryNode): Promise<void> {
  if (!(node instanceof LibraryNode) || !node.target) return;
  const inside = vscode.workspace.getWorkspaceFolder(node.target) !== undefined;
  await vscode.commands.executeCommand(inside ? 'revealInExplorer' : 'revealFileInOS', node.target);
}

/** Gives a program another name in its folder; `name` asks nothing. */
export async function renameProgram(
  session: Session,
  node?: LibraryNode,
  name?: string,
): Promise<vscode.Uri | undefined> {
  if (!(node instanceof LibraryNode) || node.thing.kind !== 'program' || !node.target) return undefined;
  const old = basename(node.target.fsPath, PROGRAM_EXTENSION);
  const given =
    name ??
    (await vscode.window.showInputBox({
      title: t('Rename the program {0}', shownText(old)),
      prompt: t('The extension {0} stays.', PROGRAM_EXTENSION),
      value: old,
      validateInput: (text) => nameProblem(text.trim()) ?? undefined,
    }));
  const wanted = given?.trim();
  if (wanted === undefined || wanted === old) return undefined;
  const problem = nameProblem(wanted);
  if (problem !== null) throw new RemoteError('file.name', problem);
  const renamed = vscode.Uri.joinPath(node.target, '..', `${wanted}${PROGRAM_EXTENSION}`);
  // VS Code refuses to write over another file and says so.
  await vscode.workspace.fs.rename(node.target, renamed, { overwrite: false });
  session.programs.moved(node.target.fsPath, renamed.fsPath);
  return renamed;
}

function nameProblem(name: string): string | null {
  if (name === '') return t('Enter a name.');
  return /[\\/:*?"<>|]/.test(name) || name.startsWith('.')
    ? t('A name does not begin with a dot and holds none of the characters \\ / : * ? " < > |.')
    : null;
}

/** Moves a program, a run or an imported model to the trash after a question. */
export async function deleteNode(session: Session, node?: LibraryNode): Promise<boolean> {
  if (!(node instanceof LibraryNode) || !node.target) return false;
  const { target, thing } = node;
  const name = basename(target.fsPath);
  if (thing.kind === 'run') await refuseRunning(session, target.fsPath);
  const question = {
    program: t('Delete the program {0}?', shownText(name)),
    run: t('Delete the run {0} with its checkpoint and log? The program it wrote stays where it is.', shownText(name)),
    model: t(
      'Delete the acoustic model {0}? Programs that were trained through it cannot be used without it.',
      shownText(name),
    ),
    dataSet: null,
    file: null,
    others: null,
  }[thing.kind];
  if (question === null) return false;
  const toTrash = t('Move to Trash');
  if ((await vscode.window.showWarningMessage(question, { modal: true }, toTrash)) !== toTrash) return false;
  // Between the question and the answer the run may have gone on.
  if (thing.kind === 'run') await refuseRunning(session, target.fsPath);
  try {
    await vscode.workspace.fs.delete(target, { recursive: true, useTrash: true });
  } catch (error) {
    // A machine without a trash, such as a server: whoever wants the file gone says so once more.
    session.log.warn(String(error));
    const forGood = t('Delete Permanently');
    const picked = await vscode.window.showWarningMessage(
      t('{0} could not be moved to the trash. Delete it permanently?', shownText(name)),
      { modal: true, detail: shownText(error instanceof Error ? error.message : String(error), 600) },
      forGood,
    );
    if (picked !== forGood) return false;
    await vscode.workspace.fs.delete(target, { recursive: true, useTrash: false });
  }
  await vscode.commands.executeCommand('v2s.refreshLibrary');
  return true;
}

/** @throws RemoteError `run.busy` while any process works on the run */
async function refuseRunning(session: Session, folder: string): Promise<void> {
  const { runs } = await (await session.worker.remote()).listRuns({ roots: [dirname(folder)] });
  if (runs.some((run) => run.folder === folder && run.status === 'running'))
    throw new RemoteError('run.busy', t('This run is under way. Stop it first; then it can be deleted.'));
}

/** The series file that a program classifies when it is chosen in the side bar: the TEST of its data set, else TRAIN. */
export function fileOfProgram(node: LibraryNode): vscode.Uri | undefined {
  if (node.thing.kind !== 'program') return undefined;
  const { dataSet } = node.thing;
  const file = dataSet?.test ?? dataSet?.train ?? null;
  return file === null ? undefined : vscode.Uri.file(file);
}
