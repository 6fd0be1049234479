import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { ProgramListing } from '../protocol/worker';
import { Disposable } from './dispose';
import { shownText } from './shown-text';
import type { WorkerClient } from './background/worker-client';

export const PROGRAM_EXTENSION = '.v2s.safetensors';
const MEMORY_KEY = 'v2s.programs';

/** Programs chosen for files and folders, by path. */
interface Memory {
  files: Record<string, string>;
  folders: Record<string, string>;
}

/** Which program goes with which series file: remembered for the file and its folder, else the most recent one nearby. */
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
  folders(file: string): string[] {
    const roots = (vscode.workspace.workspaceFolders ?? [])
      .filter(({ uri }) => uri.scheme === 'file')
      .map(({ uri }) => uri.fsPath);
    return [...new Set([dirname(file), ...roots])].flatMap((folder) => [folder, join(folder, '.v2s')]);
  }

  async candidates(file: string): Promise<ProgramListing[]> {
    const remote = await this.worker.remote();
    const { programs } = await remote.listPrograms({ folders: this.folders(file) });
    return programs;
  }

  remember(file: string, program: string): void {
    const memory = this.#memory();
    memory.files[file] = program;
    memory.folders[dirname(file)] = program;
    void this.state.update(MEMORY_KEY, memory);
    this.#changed.fire();
  }

  /** The program remembered for a file or its folder, if it still exists. */
  async remembered(file: string): Promise<string | null> {
    const { files, folders } = this.#memory();
    for (const path of [files[file], folders[dirname(file)]]) if (path && (await exists(path))) return path;
    return null;
  }

  /** The program chosen for exactly this file, or the only sensible one: of the same name, beside it. */
  async certain(file: string): Promise<string | null> {
    const chosen = this.#memory().files[file];
    if (chosen && (await exists(chosen))) return chosen;
    const stem = basename(file).toLowerCase();
    for (const folder of this.folders(file)) {
      const entries = await readFolder(folder);
      const match = entries.find((name) => {
        if (!name.endsWith(PROGRAM_EXTENSION)) return false;
        const program = name.slice(0, -PROGRAM_EXTENSION.length).toLowerCase();
        return program !== '' && stem.startsWith(program);
      });
      if (match) return join(folder, match);
    }
    return null;
  }

  /** The program to use without asking: remembered, or the most recent one; null when there is none. */
  async proposed(file: string): Promise<string | null> {
    return (
      (await this.remembered(file)) ?? (await this.certain(file)) ?? (await this.candidates(file))[0]?.path ?? null
    );
  }

  /** Asks for a program, the most recent first; undefined when the person changed their mind. */
  async choose(file: string): Promise<string | undefined> {
    const candidates = await this.candidates(file);
    const now = await this.remembered(file);
    candidates.sort((a, b) => Number(b.path === now) - Number(a.path === now));
    const items: (vscode.QuickPickItem & { path?: string })[] = candidates.map((program) => ({
      label: shownText(basename(program.path)),
      description: program.path === now ? vscode.l10n.t('last used here') : shownText(program.model),
      detail: shownText(describe(program), 300),
      path: program.path,
    }));
    items.push({ label: vscode.l10n.t('Browse…'), iconPath: new vscode.ThemeIcon('folder-opened') });
    const picked = await vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('Program for {0}', shownText(basename(file))),
      placeHolder:
        candidates.length > 0
          ? vscode.l10n.t('Choose the program that classifies the series of this file')
          : vscode.l10n.t(
              'There is no program near this file yet. Reprogram a data set first, or browse for a program.',
            ),
      matchOnDetail: true,
    });
    if (!picked) return undefined;
    const path = picked.path ?? (await browse(file));
    if (path) this.remember(file, path);
    return path;
  }

  #memory(): Memory {
    const kept = this.state.get<Memory>(MEMORY_KEY);
    return { files: { ...kept?.files }, folders: { ...kept?.folders } };
  }
}

function describe({ classNames, testAccuracy, validationAccuracy, modified }: ProgramListing): string {
  const accuracy =
    testAccuracy !== null
      ? vscode.l10n.t('test accuracy {0} %', (100 * testAccuracy).toFixed(1))
      : validationAccuracy !== null
        ? vscode.l10n.t('validation accuracy {0} %', (100 * validationAccuracy).toFixed(1))
        : null;
  const date = new Date(modified).toLocaleString(vscode.env.language);
  const classes = vscode.l10n.t('{0} classes: {1}', classNames.length, classNames.slice(0, 8).join(', '));
  return [classes, accuracy, date].filter((part) => part !== null).join(' · ');
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

async function readFolder(path: string): Promise<string[]> {
  return await readdir(path).catch(() => []);
}
