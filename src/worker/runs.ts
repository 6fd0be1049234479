import { dirname, resolve } from 'node:path';
import { CanceledError } from '../engine/errors';
import { parseReprogramOptions, PROGRAM_EXTENSION, type EpochEvent, type ReprogramResult } from '../engine/reprogram';
import {
  failureOf,
  listRuns,
  readProgramAsRun,
  readRun,
  Run,
  RunFolder,
  type ResumeAgreement,
  type LogLine,
  type RunIndex,
} from '../engine/runs';
import type { RunRecord } from '../protocol/panels/run';
import type { Handlers } from '../protocol/rpc';
import type { RunEvent, RunStart, WorkerContract } from '../protocol/worker';
import type { Library } from './library';

/** Least time between two pictures of theta or of progress within an epoch, ms. */
const THETA_EVERY = 1000;
const STEP_EVERY = 100;

interface ActiveRun {
  controller: AbortController;
  /** it has not begun: others are before it */
  isQueued: boolean;
  done: Promise<void>;
}

type RunRequests = Pick<
  Handlers<WorkerContract>,
  'startReprogram' | 'resumeRun' | 'cancelRun' | 'listRuns' | 'runHistory'
>;

/** The runs of this process: one trains at a time, the others wait for it. */
export class Runs {
  readonly #active = new Map<string, ActiveRun>();
  /** runs that are being resumed, so that two requests for one do not start it twice */
  readonly #opening = new Map<string, Promise<{ folder: string }>>();
  #queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly library: Library,
    private readonly index: RunIndex,
    private readonly emit: (event: RunEvent) => void,
  ) {}

  readonly requests: RunRequests = {
    startReprogram: async (start, { signal }) => this.#launch(await this.#prepare(start, signal)),
    resumeRun: async ({ folder, ...agreed }, { signal }) => await this.#resume(resolve(folder), agreed, signal),
    cancelRun: ({ folder }) => {
      this.#active.get(resolve(folder))?.controller.abort();
      return {};
    },
    listRuns: async ({ roots }) => {
      for (const root of roots) this.index.addRoot(root);
      const runs = await listRuns(roots, (folder) => this.#active.has(folder));
      return { runs: runs.map((run) => ({ ...run, status: this.#stateOf(run) })) };
    },
    runHistory: async ({ folder }) => await this.#history(folder),
  };

  /** Stops every run at its next step; resolves when their checkpoints are safe. */
  async stopAll(): Promise<void> {
    const runs = [...this.#active.values()];
    for (const { controller } of runs) controller.abort();
    await Promise.all(runs.map(({ done }) => done));
  }

  async #history(path: string): Promise<RunRecord> {
    if (!path.endsWith(PROGRAM_EXTENSION)) return await this.#read(resolve(path));
    const folder = await this.index.folderOf(path);
    if (folder === null) return await readProgramAsRun(path);
    return { ...(await this.#read(folder)), program: path, written: true };
  }

  async #read(folder: string): Promise<RunRecord> {
    // Both are of the same moment: a run may end while its folder is read.
    const active = this.#active.get(folder);
    const record = await readRun(folder, active !== undefined);
    return { ...record, status: this.#stateOf(record, active) };
  }

  /** A folder that is locked by a run of this process may still wait for its turn. */
  #stateOf<S extends string>(
    { folder, status }: { folder: string; status: S },
    active = this.#active.get(folder),
  ): S | 'queued' {
    return status === 'running' && active?.isQueued ? 'queued' : status;
  }

  async #prepare({ options, ...start }: RunStart, signal: AbortSignal): Promise<Run> {
    const { modelRoots } = this.library;
    return await Run.prepare({ ...start, modelRoots, options: parseReprogramOptions(options) }, signal);
  }

  async #resume(path: string, agreed: ResumeAgreement, signal: AbortSignal): Promise<{ folder: string }> {
    if (this.#active.has(path)) return { folder: path };
    const opening =
      this.#opening.get(path) ??
      (async () => this.#launch(await Run.reopen(await RunFolder.open(path), signal, agreed)))().finally(() =>
        this.#opening.delete(path),
      );
    this.#opening.set(path, opening);
    return await opening;
  }

  #launch(run: Run): { folder: string } {
    const { path } = run.folder;
    this.index.addRoot(dirname(path));
    const controller = new AbortController();
    const isQueued = this.#active.size > 0;
    if (isQueued) this.#log(path, run.say('Waiting for the previous run to end.'));
    // A run that is canceled before its turn ends at once; those after it still wait for those before it.
    const canceled = new Promise<void>((resolveCanceled) =>
      controller.signal.addEventListener('abort', () => resolveCanceled(), { once: true }),
    );
    const before = this.#queue;
    // After the reply to this request, so that whoever asked knows the run before its events come.
    const done = Promise.race([before, canceled])
      .then(() => new Promise((resolveTurn) => setImmediate(resolveTurn)))
      .then(() => this.#begin(path))
      .then(() => this.#train(run, controller.signal))
      .finally(async () => {
        await run.release();
        this.#active.delete(path);
      });
    this.#active.set(path, { controller, isQueued, done });
    this.#queue = Promise.all([before, done.catch(() => undefined)]).then(() => undefined);
    return { folder: path };
  }

  #begin(path: string): void {
    const active = this.#active.get(path)!;
    if (!active.isQueued || active.controller.signal.aborted) return;
    active.isQueued = false;
    this.emit({ folder: path, event: { type: 'started' } });
  }

  #log(folder: string, line: LogLine): void {
    this.emit({ folder, event: { type: 'log', lines: [line] } });
  }

  /** Trains and tells; never throws. */
  async #train(run: Run, signal: AbortSignal): Promise<void> {
    const { path, config } = run.folder;
    const watch = new RunWatch(run.folder, this.emit);
    const outcome = await run
      .execute({
        signal,
        onLog: (line) => this.#log(path, line),
        onEpoch: (epoch) => watch.epoch(epoch),
        onStep: (step) => watch.step(step),
      })
      .then((result) => finished(result, config.out), ended);
    await watch.idle();
    this.emit({ folder: path, event: outcome });
  }
}

function finished(result: ReprogramResult, program: string): RunEvent['event'] {
  const { train, validation, test, bestEpoch, msPerStep, seconds, model, program: made } = result;
  const { heldOut } = made.description.metrics;
  const members = made.members.length;
  const weights = { sha256Before: model.sha256Before, sha256After: model.sha256After };
  return {
    type: 'finished',
    program,
    result: { train, validation, test, bestEpoch, heldOut, members, msPerStep, seconds, weights },
  };
}

function ended(error: unknown): RunEvent['event'] {
  return error instanceof CanceledError ? { type: 'canceled' } : { type: 'failed', failure: failureOf(error) };
}

/** Turns the hooks of a training into events, not more of them than can be seen. */
class RunWatch {
  #lastStep = 0;
  #lastTheta = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly folder: RunFolder,
    private readonly emit: (event: RunEvent) => void,
  ) {}

  epoch(epoch: EpochEvent): void {
    this.emit({ folder: this.folder.path, event: { type: 'epoch', epoch } });
    const now = performance.now();
    if (epoch.phase !== 'training' || (now - this.#lastTheta < THETA_EVERY && epoch.done < epoch.total)) return;
    this.#lastTheta = now;
    this.#reading = this.#reading.then(() => this.#theta());
  }

  step(step: { step: number; steps: number; done: number; total: number }): void {
    const now = performance.now();
    if (now - this.#lastStep < STEP_EVERY) return;
    this.#lastStep = now;
    this.emit({ folder: this.folder.path, event: { type: 'step', step } });
  }

  /** Resolves when nothing reads the run folder any more. */
  async idle(): Promise<void> {
    await this.#reading;
  }

  /** The theta of the checkpoint, which is written before an epoch is told. */
  async #theta(): Promise<void> {
    try {
      const theta = await this.folder.readTheta();
      if (theta) this.emit({ folder: this.folder.path, event: { type: 'theta', theta } });
    } catch {
      // A picture less; the training itself reports what is wrong with its folder.
    }
  }
}
