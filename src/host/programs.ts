import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { FittedProgram, ProgramChoice, ProgramListing } from '../protocol/program-choice';
import { Disposable } from './dispose';
import { shownText } from './shown-text';
import type { WorkerClient } from './background/worker-client';

export const PROGRAM_EXTENSION = '.v2s.safetensors';
const MEMORY_KEY = 'v2s.programs';
const LOCATED_KEY = 'v2s.locatedModels';
/** Folders of located acoustic models that are remembered. */
const MAX_LOCATED = 50;

type Candidate = ProgramChoice['candidates'][number];

/** Which program explains which series file: what a person has chosen, what the background process finds, and the question. */
export class Programs extends Disposable {
  readonly #changed = this.own(new vscode.EventEmitter<void>());
  /** a choice was made */
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly worker: WorkerClient,
    private readonly state: vscode.Memento,
  ) {
    super();
  }

  /** Where programs for a file are looked for: beside it, in .v2s, and in the workspace folders. */
  #folders(file: string): string[] {
    const roots = (vscode.workspace.workspaceFolders ?? [])
      .filter(({ uri }) => uri.scheme === 'file')
      .map(({ uri }) => uri.fsPath);
    return [...new Set([dirname(file), ...roots])].flatMap((folder) => [folder, join(folder, '.v2s')]);
  }

  /** Remembers a program for exactly this file. */
  remember(file: string, program: string): void {
    void this.state.update(MEMORY_KEY, { files: { ...this.#chosen(), [file]: program } });
    this.#changed.fire();
  }

  /** Keeps what was chosen when a program got another path. */
  moved(from: string, to: string): void {
    const files = Object.entries(this.#chosen()).map(([file, program]) => [file, program === from ? to : program]);
    void this.state.update(MEMORY_KEY, { files: Object.fromEntries(files) as Record<string, string> });
    this.#changed.fire();
  }

  /** The program that explains a file, if that is certain, and all programs near the file. */
  async choice(file: string, signal?: AbortSignal): Promise<ProgramChoice> {
    const kept = this.#chosen()[file];
    const chosen = kept !== undefined && (await exists(kept)) ? kept : null;
    const folders = this.#folders(file);
    // Where there is no program, no process is started to find that out.
    if (chosen === null && !(await holdPrograms(folders))) return { program: null, why: null, candidates: [] };
    const remote = await this.worker.remote();
    return await remote.chooseProgram({ file, folders, chosen }, { signal });
  }

  /** A program, and how a file compares with the data it was made with. */
  async fit(file: string, program: string): Promise<FittedProgram> {
    return await (await this.worker.remote()).fitProgram({ file, program });
  }

  /** The program that explains a file: the certain one, else the one the person says; undefined when they do not say. */
  async certainOrAsked(file: string): Promise<string | undefined> {
    const choice = await this.choice(file);
    return choice.program?.path ?? (await this.#ask(file, choice));
  }

  /** Asks for a program, those that could fit first; undefined when the person changed their mind. */
  async choose(file: string): Promise<string | undefined> {
    return await this.#ask(file, await this.choice(file));
  }

  async #ask(file: string, { program, candidates }: ProgramChoice): Promise<string | undefined> {
    const item = ({ program: listing, fit, couldFit }: Candidate): ProgramItem => {
      const where = [
        shownText(basename(listing.path)),
        new Date(listing.modified).toLocaleString(vscode.env.language),
        ...(listing.path === program?.path ? [vscode.l10n.t('in use')] : []),
      ];
      // The reason comes first: a line that is too long is cut at its end.
      const reasons = couldFit ? [] : fit.findings.map(({ message }) => shownText(message, 300));
      return {
        label: shownText(listing.name),
        description: shownText(describe(listing), 300),
        detail: [...reasons, ...where].join(' · '),
        path: listing.path,
      };
    };
    const separator = (label: string): ProgramItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
    const could = candidates.filter(({ couldFit }) => couldFit).map(item);
    const others = candidates.filter(({ couldFit }) => !couldFit).map(item);
    const items: ProgramItem[] = [
      ...(could.length > 0 ? [separator(vscode.l10n.t('Could fit this file')), ...could] : []),
      ...(others.length > 0 ? [separator(vscode.l10n.t('Do not fit this file')), ...others] : []),
      separator(''),
      { label: vscode.l10n.t('Browse…'), iconPath: new vscode.ThemeIcon('folder-opened') },
    ];
    const picked = await vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('Program for {0}', shownText(basename(file))),
      placeHolder:
        candidates.length > 0
          ? vscode.l10n.t('Choose the program that classifies the series of this file')
          : vscode.l10n.t(
              'There is no program near this file yet. Reprogram a data set first, or browse for a program.',
            ),
      matchOnDescription: true,
      matchOnDetail: true,
    });
    if (!picked) return undefined;
    const path = picked.path ?? (await browse(file));
    if (path) this.remember(file, path);
    return path;
  }

  /** Folders of acoustic models that the person has pointed to. */
  get locatedModels(): string[] {
    const kept: unknown = this.state.get(LOCATED_KEY);
    return Array.isArray(kept) ? kept.filter((folder): folder is string => typeof folder === 'string') : [];
  }

  /**
   * Asks where the acoustic model of a program is now, and remembers it.
   * @returns false when the person did not say
   * @throws RemoteError `program.checksum`, `program.card`, `model.*` when the folder does not hold that model
   */
  async locateModel(program: string): Promise<boolean> {
    const picked = await vscode.window.showOpenDialog({
      defaultUri: vscode.Uri.file(dirname(program)),
      canSelectFiles: false,
      canSelectFolders: true,
      title: vscode.l10n.t('Folder of the acoustic model of {0}', shownText(basename(program))),
      openLabel: vscode.l10n.t('Use This Model'),
    });
    const folder = picked?.[0]?.fsPath;
    if (folder === undefined) return false;
    await (await this.worker.remote()).checkModelOf({ program, folder });
    const others = this.locatedModels.filter((known) => known !== folder);
    await this.state.update(LOCATED_KEY, [folder, ...others].slice(0, MAX_LOCATED));
    await this.worker.reconfigure();
    return true;
  }

  /** Programs by the files they were chosen for. */
  #chosen(): Record<string, string> {
    return { ...this.state.get<{ files?: Record<string, string> }>(MEMORY_KEY)?.files };
  }
}

type ProgramItem = vscode.QuickPickItem & { path?: string };

function describe({ classNames, longest, model, testAccuracy, validationAccuracy }: ProgramListing): string {
  const accuracy =
    testAccuracy !== null
      ? vscode.l10n.t('test accuracy {0} %', (100 * testAccuracy).toFixed(1))
      : validationAccuracy !== null
        ? vscode.l10n.t('validation accuracy {0} %', (100 * validationAccuracy).toFixed(1))
        : null;
  const classes = vscode.l10n.t('{0} classes: {1}', classNames.length, classNames.slice(0, 8).join(', '));
  const length = vscode.l10n.t('{0} values', longest);
  return [model, classes, length, accuracy].filter((part) => part !== null).join(' · ');
}

async function browse(file: string): Promise<string | undefined> {
  const picked = await vscode.window.showOpenDialog({
    defaultUri: vscode.Uri.file(dirname(file)),
    filters: { [vscode.l10n.t('V2S programs')]: ['safetensors'] },
    title: vscode.l10n.t('Choose a program'),
  });
  return picked?.[0]?.fsPath;
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

async function holdPrograms(folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    if (names.some((name) => name.endsWith(PROGRAM_EXTENSION))) return true;
  }
  return false;
}
