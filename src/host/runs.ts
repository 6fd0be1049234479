import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import type { RunRecord, RunStatus } from '../protocol/panels/run';
import { errorCode, errorMessage, isCanceled } from '../protocol/rpc';
import type { RunEvent, RunStart } from '../protocol/worker';
import { Disposable } from './dispose';
import { withAgreedOutput, type OutputAgreement } from './flow/agreed-output';
import { foreignText } from '../common/foreign-text';
import { shownText } from './shown-text';
import type { Crash, WorkerClient } from './background/worker-client';

const ACTIVE_KEY = 'v2s.activeRuns';
/** A run that was under way this long ago or less was ended by a reload of the window: it goes on by itself, ms. */
const RELOAD_LIMIT = 2 * 60_000;
/** How long a run may still be held by the process of the window before this one, ms. */
const BUSY_LIMIT = 15_000;
/** How often it is noted that runs are under way, ms. */
const HEARTBEAT = 10_000;

/** Events that may wait for the record of their run. */
const MAX_EARLY = 1000;

interface ActiveNote {
  folder: string;
  /** when it was last known to run, ms since 1970 */
  seen: number;
  /** the program that the person let it write */
  out?: string;
}

export type RunChange = RunEvent['event'] | { type: 'status' };

interface Tracked {
  record: RunRecord;
  /** resolves at the end of the run, however it ends */
  ended: Promise<RunRecord>;
  end(): void;
}

const ENDED: readonly RunStatus[] = ['finished', 'failed', 'canceled', 'interrupted'];

/** The runs that this window started or resumed, kept whatever panels are open. */
export class Runs extends Disposable {
  readonly #tracked = new Map<string, Tracked>();
  readonly #changed = this.own(new vscode.EventEmitter<{ folder: string; change: RunChange }>());
  readonly onDidChange = this.#changed.event;
  readonly #finished = this.own(new vscode.EventEmitter<RunRecord>());
  readonly onDidFinish = this.#finished.event;
  readonly #statusBar: vscode.StatusBarItem;
  readonly #early: RunEvent[] = [];
  #noted = 0;

  constructor(
    private readonly worker: WorkerClient,
    private readonly state: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
    /** shows a run to the person */
    private readonly open: (folder: string) => void,
  ) {
    super();
    this.#statusBar = this.own(vscode.window.createStatusBarItem('v2s.run', vscode.StatusBarAlignment.Left, 50));
    this.#statusBar.name = vscode.l10n.t('V2S training run');
    this.own(worker.onRunEvent((event) => this.#receive(event)));
    this.own(worker.onDidCrash((crash) => this.#crashed(crash)));
  }

  /** The present record of a run of this window. */
  tracked(folder: string): RunRecord | undefined {
    return this.#tracked.get(folder)?.record;
  }

  /** The record of any run, or of a program file. @throws RemoteError */
  async record(folder: string): Promise<RunRecord> {
    const tracked = this.tracked(folder);
    if (tracked) return tracked;
    return await (await this.worker.remote()).runHistory({ folder });
  }

  active(): RunRecord[] {
    return [...this.#tracked.values()].map(({ record }) => record).filter(({ status }) => !ENDED.includes(status));
  }

  /** Starts a run and tells the person how it goes. @throws RemoteError when it cannot be started */
  async start(start: RunStart, signal?: AbortSignal): Promise<{ folder: string; ended: Promise<RunRecord> }> {
    const remote = await this.worker.remote();
    const { folder } = await withAgreedOutput(
      async ({ replace }) => await remote.startReprogram({ ...start, replace }, { signal }),
      async () => start.out,
    );
    return await this.#follow(folder);
  }

  /** @throws RemoteError when it cannot go on */
  async resume(folder: string, given: OutputAgreement = {}): Promise<{ folder: string; ended: Promise<RunRecord> }> {
    const remote = await this.worker.remote();
    const deadline = Date.now() + BUSY_LIMIT;
    for (;;) {
      try {
        await withAgreedOutput(
          async (agreed) => await remote.resumeRun({ folder, ...given, ...agreed }),
          async () => (await remote.runHistory({ folder })).program,
        );
        break;
      } catch (error) {
        // The process of the window before this one may still be writing its checkpoint.
        if (errorCode(error) !== 'run.busy' || Date.now() > deadline) throw error;
        await new Promise((done) => setTimeout(done, 500));
      }
    }
    return await this.#follow(folder);
  }

  async stop(folder: string): Promise<void> {
    const tracked = this.#tracked.get(folder);
    if (!tracked || ENDED.includes(tracked.record.status)) return;
    this.#setStatus(tracked.record, 'stopping');
    await (await this.worker.remote()).cancelRun({ folder });
  }

  /** Goes on with the runs that a reload of the window ended, and offers to resume the others that were under way. */
  async restore(trusted: boolean): Promise<void> {
    const notes = this.state.get<ActiveNote[]>(ACTIVE_KEY, []);
    if (notes.length === 0) return;
    await this.state.update(ACTIVE_KEY, []);
    for (const { folder, seen, out } of notes) {
      if (!trusted) continue;
      if (Date.now() - seen < RELOAD_LIMIT) await this.#tryResume(folder, out);
      else void this.#offerResume(folder, vscode.l10n.t('The run {0} was interrupted.', shownText(basename(folder))));
    }
  }

  /** Notes what is under way for the window after this one. */
  async remember(): Promise<void> {
    const notes = this.active().map(({ folder, program }): ActiveNote => ({ folder, seen: Date.now(), out: program }));
    await this.state.update(ACTIVE_KEY, notes);
  }

  override dispose(): void {
    for (const { end } of this.#tracked.values()) end();
    super.dispose();
  }

  async #tryResume(folder: string, out?: string): Promise<void> {
    try {
      await this.resume(folder, { out });
    } catch (error) {
      // The run may have ended while the window was away.
      if (errorCode(error) === 'run.missing' || isCanceled(error)) return;
      this.log.error(error instanceof Error ? error : String(error));
      void vscode.window.showErrorMessage(
        vscode.l10n.t(
          'The run {0} could not be resumed: {1}',
          shownText(basename(folder)),
          shownText(errorMessage(error), 600),
        ),
      );
    }
  }

  async #follow(folder: string): Promise<{ folder: string; ended: Promise<RunRecord> }> {
    const remote = await this.worker.remote();
    const record = await remote.runHistory({ folder });
    if (record.status === 'interrupted') record.status = 'running';
    record.failure = null;
    let end = (): void => undefined;
    const ended = new Promise<RunRecord>((resolve) => (end = () => resolve(this.tracked(folder) ?? record)));
    this.#tracked.set(folder, { record, ended, end });
    for (const event of this.#early.splice(0)) this.#receive(event);
    this.#changed.fire({ folder, change: { type: 'status' } });
    void this.#note(true);
    this.#showStatusBar();
    if (ENDED.includes(record.status)) end();
    else void this.#showProgress(folder, ended);
    return { folder, ended };
  }

  #receive(received: RunEvent): void {
    const { folder, event } = received;
    const tracked = this.#tracked.get(folder);
    if (!tracked || tracked.record.status === 'finished') {
      // The run may begin before its record has arrived.
      if (!tracked && this.#early.length < MAX_EARLY) this.#early.push(received);
      return;
    }
    const { record } = tracked;
    switch (event.type) {
      case 'started':
        if (record.status === 'queued') this.#setStatus(record, 'running');
        break;
      case 'epoch':
        if (event.epoch.done <= (record.epochs.at(-1)?.done ?? 0)) return;
        record.epochs.push(event.epoch);
        void this.#note(false);
        break;
      case 'log': {
        // The record may have been read after a line was written and before the line was told.
        const lines = event.lines.filter((line) => !isKnown(record.log, line));
        record.log.push(...lines);
        for (const { level, text } of lines)
          this.log[level === 'warning' ? 'warn' : level](foreignText(text, { limit: 2000 }));
        this.#changed.fire({ folder, change: { type: 'log', lines } });
        return;
      }
      case 'theta':
        record.theta = event.theta;
        break;
      case 'finished':
        record.result = event.result;
        record.written = true;
        break;
      case 'failed':
        record.failure = event.failure;
        break;
    }
    this.#changed.fire({ folder, change: event });
    if (event.type === 'finished' || event.type === 'failed' || event.type === 'canceled')
      void this.#ended(tracked, event.type);
    else this.#showStatusBar();
  }

  async #ended(tracked: Tracked, status: 'finished' | 'failed' | 'canceled'): Promise<void> {
    const { record } = tracked;
    // The folder knows more than the events told: mapping, placement, the kept theta; of a run that stopped early, the checkpoint's theta.
    await (
      await this.worker.remote()
    )
      .runHistory({ folder: record.folder })
      .then((whole) =>
        status === 'finished'
          ? Object.assign(record, whole, { result: record.result, written: true })
          : Object.assign(record, { theta: whole.theta ?? record.theta }),
      )
      .catch((error) => this.log.error(error));
    this.#setStatus(record, status);
    tracked.end();
    void this.#note(true);
    this.#showStatusBar();
    if (status === 'finished') {
      this.#finished.fire(record);
      void this.#tellFinished(record);
    } else if (status === 'failed') {
      const { message } = record.failure!;
      void this.#offerResume(
        record.folder,
        vscode.l10n.t('The run {0} failed: {1}', shownText(record.name), shownText(message, 600)),
      );
    }
  }

  #setStatus(record: RunRecord, status: RunStatus): void {
    record.status = status;
    this.#changed.fire({ folder: record.folder, change: { type: 'status' } });
  }

  #crashed({ reason, output }: Crash): void {
    for (const tracked of this.#tracked.values()) {
      const { record } = tracked;
      if (ENDED.includes(record.status)) continue;
      const text = vscode.l10n.t('The background process stopped ({0}).', shownText(reason));
      record.log.push({ time: Date.now(), level: 'error', text: `${text}\n${output}`.trim() });
      record.failure = { code: 'worker.crash', message: text };
      this.#setStatus(record, 'interrupted');
      tracked.end();
      void this.#offerResume(
        record.folder,
        vscode.l10n.t(
          'The background process stopped ({0}) during the run {1}. You can resume the run from the checkpoint of its last epoch.',
          shownText(reason),
          shownText(record.name),
        ),
      );
    }
    void this.#note(true);
    this.#showStatusBar();
  }

  async #offerResume(folder: string, text: string): Promise<void> {
    const resume = vscode.l10n.t('Resume');
    const log = vscode.l10n.t('Show Log');
    const run = vscode.l10n.t('Show Run');
    const picked = await vscode.window.showErrorMessage(text, resume, run, log);
    if (picked === resume) await this.#tryResume(folder);
    else if (picked === run) this.open(folder);
    else if (picked === log) this.log.show(true);
  }

  async #tellFinished({ folder, name, result, program }: RunRecord): Promise<void> {
    const show = vscode.l10n.t('Show Run');
    const text = describeResult(result, shownText(name), shownText(basename(program)));
    const picked = await vscode.window.showInformationMessage(text, show);
    if (picked === show) this.open(folder);
  }

  async #showProgress(folder: string, ended: Promise<RunRecord>): Promise<void> {
    const { name } = this.#tracked.get(folder)!.record;
    await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('V2S: reprogramming for {0}', shownText(name)),
        cancellable: true,
      },
      async (progress, token) => {
        let shown = 0;
        const report = ({ folder: changed, change }: { folder: string; change: RunChange }): void => {
          if (changed !== folder) return;
          const fraction =
            change.type === 'epoch'
              ? change.epoch.done / change.epoch.total
              : change.type === 'step'
                ? (change.step.done + change.step.step / change.step.steps) / change.step.total
                : 0;
          const increment = Math.max(0, 100 * fraction - shown);
          shown += increment;
          const last = this.tracked(folder)?.epochs.at(-1);
          if (change.type === 'epoch' || change.type === 'step')
            progress.report({ increment, message: last ? describeEpoch(last) : vscode.l10n.t('First epoch') });
        };
        const listening = this.onDidChange(report);
        const canceling = token.onCancellationRequested(() => void this.stop(folder));
        try {
          await ended;
        } finally {
          listening.dispose();
          canceling.dispose();
        }
      },
    );
  }

  #showStatusBar(): void {
    const active = this.active();
    const run = active.find(({ status }) => status !== 'queued') ?? active[0];
    if (!run) return this.#statusBar.hide();
    const last = run.epochs.at(-1);
    const accuracy = last ? (last.validation ?? last.train).accuracy : null;
    this.#statusBar.text =
      `$(pulse) V2S ${shownText(run.name, 30)}` +
      (last ? ` ${last.epoch}/${last.epochs}` : '') +
      (accuracy !== null ? ` ${(100 * accuracy).toFixed(1)} %` : '');
    this.#statusBar.tooltip = vscode.l10n.t('Show the training run');
    this.#statusBar.command = { command: 'v2s.openRun', title: '', arguments: [run.folder] };
    this.#statusBar.show();
  }

  async #note(atOnce: boolean): Promise<void> {
    const now = Date.now();
    if (!atOnce && now - this.#noted < HEARTBEAT) return;
    this.#noted = now;
    await this.remember();
  }
}

function isKnown(log: RunRecord['log'], { time, text }: RunRecord['log'][number]): boolean {
  return log.some((line) => line.time === time && line.text === text);
}

function describeEpoch({
  phase,
  epoch,
  epochs,
  train,
  validation,
  replicas,
  fold,
}: RunRecord['epochs'][number]): string {
  const { t } = vscode.l10n;
  const percent = (100 * (validation ?? train).accuracy).toFixed(1);
  if (phase === 'replicas')
    return t('Comparing replicas ({0}): epoch {1} of {2}, accuracy {3} %', replicas ?? 0, epoch, epochs, percent);
  if (phase === 'folds') return t('Fold {0}: epoch {1} of {2}, accuracy {3} %', fold ?? 0, epoch, epochs, percent);
  if (phase === 'members') return t('{0} of {1} members, leave-one-out accuracy {2} %', epoch, epochs, percent);
  return t('Training: epoch {0} of {1}, accuracy {2} %', epoch, epochs, percent);
}

function describeResult(result: RunRecord['result'], name: string, program: string): string {
  const { t } = vscode.l10n;
  const percent = (accuracy: number): string => (100 * accuracy).toFixed(1);
  if (result?.test)
    return t('Run {0}: test accuracy {1} %. The program is {2}.', name, percent(result.test.accuracy), program);
  if (result?.validation)
    return t(
      'Run {0}: validation accuracy {1} %. The program is {2}.',
      name,
      percent(result.validation.accuracy),
      program,
    );
  if (result)
    return t('Run {0}: training accuracy {1} %. The program is {2}.', name, percent(result.train.accuracy), program);
  return t('Run {0} is finished. The program is {1}.', name, program);
}

/** Folder in which the run folders of a data file are made: `.v2s/runs` of its workspace folder, else beside it. */
export function runsFolder(file: vscode.Uri): vscode.Uri {
  const root = vscode.workspace.getWorkspaceFolder(file)?.uri ?? vscode.Uri.file(dirname(file.fsPath));
  return vscode.Uri.joinPath(root, '.v2s', 'runs');
}
