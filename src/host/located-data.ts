import { existsSync } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import { RemoteError } from '../protocol/rpc';
import type { WorkerClient } from './background/worker-client';
import { shownText } from './shown-text';

const { t } = vscode.l10n;
const LOCATED_KEY = 'v2s.locatedData';
/** Files that are remembered. */
const MAX_LOCATED = 200;

/** Where the data of runs and programs are now, when they are not where they were. */
export class LocatedData {
  constructor(
    private readonly worker: WorkerClient,
    private readonly state: vscode.Memento,
  ) {}

  /**
   * A data file of a run or a program: where it was, where it was found before, else where the person says.
   * @param of run folder or program
   * @param recorded path or, of a program without its run, name
   * @returns undefined when the person does not say
   * @throws RemoteError `data.other` when what they point to is not this file
   */
  async find(of: string, part: 'train' | 'test', recorded: string): Promise<string | undefined> {
    if (isAbsolute(recorded) && existsSync(recorded)) return recorded;
    const key = `${part} ${of}`;
    const kept = this.#located().find(([known]) => known === key)?.[1];
    if (kept !== undefined && existsSync(kept)) return kept;
    const name = basename(recorded);
    const place = await askPlace(name);
    if (place === undefined) return undefined;
    const file = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: t('V2S: looking for {0}', shownText(name, 120)),
        cancellable: true,
      },
      async (_progress, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        const remote = await this.worker.remote();
        return (await remote.locateData({ of, part, place }, { signal: controller.signal })).file;
      },
    );
    if (file === null)
      throw new RemoteError(
        'data.other',
        t('{0} is not there: no file has the content that this program was made from.', shownText(name, 120)),
      );
    const others = this.#located().filter(([known]) => known !== key);
    await this.state.update(LOCATED_KEY, [[key, file], ...others].slice(0, MAX_LOCATED));
    return file;
  }

  #located(): [string, string][] {
    const kept: unknown = this.state.get(LOCATED_KEY);
    const isPair = (one: unknown): one is [string, string] =>
      Array.isArray(one) && one.length === 2 && one.every((part) => typeof part === 'string');
    return Array.isArray(kept) ? kept.filter(isPair) : [];
  }
}

/** Asks for the file or for a folder that it is in; undefined when the person changed their mind. */
async function askPlace(name: string): Promise<string | undefined> {
  const [file, folder] = [t('Locate the File…'), t('Search a Folder…')];
  const answer = await vscode.window.showWarningMessage(
    t('{0} is not where it was. V2S knows it by its content wherever it is now.', shownText(name, 120)),
    file,
    folder,
  );
  if (answer === undefined) return undefined;
  const picked = await vscode.window.showOpenDialog({
    title:
      answer === file
        ? t('Where is {0} now?', shownText(name, 120))
        : t('Folder in which {0} is', shownText(name, 120)),
    canSelectFiles: answer === file,
    canSelectFolders: answer === folder,
    openLabel: answer === file ? t('Use This File') : t('Search This Folder'),
  });
  return picked?.[0]?.fsPath;
}
