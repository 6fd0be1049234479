import { access, constants, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { openAcousticModel } from '../engine/acoustic/open-model';
import { readModelFolder } from '../engine/acoustic/store';
import { CancelledError, throwIfCancelled, V2SError } from '../engine/errors';
import { fileError } from '../engine/files/atomic';
import {
  parseReprogramOptions,
  reprogram,
  RunFolder,
  RunLock,
  writeProgram,
  type EpochEvent,
  type ReprogramResult,
  type RunConfig,
} from '../engine/reprogram';
import { checkLabels, readTrainTest, type ReadOptions, type SeriesDataset } from '../engine/series';
import { openEpochTheory } from '../engine/theory';
import type { LogLine, RunRecord } from '../protocol/panels/run';
import { errorCode, errorMessage, type Handlers } from '../protocol/rpc';
import type { RunEvent, RunStart, WorkerContract } from '../protocol/worker';
import type { Library } from './library';
import { listRuns, readProgramAsRun, readRun } from './run-history';
import type { RunIndex } from './run-index';
import { RunLog } from './run-log';
import { PROGRAM_ENDING } from './model-requests';

/** Least time between two pictures of theta or of progress within an epoch, ms. */
const THETA_EVERY = 1000;
const STEP_EVERY = 100;

interface Prepared {
  folder: RunFolder;
  train: SeriesDataset;
  test: SeriesDataset | null;
}

interface ActiveRun {
  controller: AbortController;
  done: Promise<void>;
}

type RunRequests = Pick<
  Handlers<WorkerContract>,
  'startReprogram' | 'resumeRun' | 'cancelRun' | 'listRuns' | 'runHistory'
>;

/** The runs of this process: one trains at a time, the others wait for it. */
export class Runs {
  readonly #active = new Map<string, ActiveRun>();
  #queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly library: Library,
    private readonly index: RunIndex,
    private readonly emit: (event: RunEvent) => void,
  ) {}

  readonly requests: RunRequests = {
    startReprogram: async (start, { signal }) => {
      const prepared = await this.#prepare(start, signal);
      return await this.#launch(prepared);
    },
    resumeRun: async ({ folder }, { signal }) => {
      const path = resolve(folder);
      if (this.#active.has(path)) return { folder: path };
      return await this.#launch(await this.#reopen(path, signal));
    },
    cancelRun: ({ folder }) => {
      this.#active.get(resolve(folder))?.controller.abort();
      return {};
    },
    listRuns: async ({ roots }) => {
      for (const root of roots) this.index.addRoot(root);
      return { runs: await listRuns(roots, (folder) => this.#active.has(folder)) };
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
    if (!path.endsWith(PROGRAM_ENDING)) return await readRun(resolve(path), this.#active.has(resolve(path)));
    const folder = await this.index.folderOf(path);
    if (folder === null) return await readProgramAsRun(path);
    return { ...(await readRun(folder, this.#active.has(folder))), program: path, written: true };
  }

  async #prepare(start: RunStart, signal: AbortSignal): Promise<Prepared> {
    const options = parseReprogramOptions(start.options);
    const out = resolve(start.out);
    await assertWritableFolder(dirname(out));
    const { train, test } = await readTrainTest(start.train, start.test, { ...start.read, signal });
    const { card } = await readModelFolder(start.model);
    const config: RunConfig = {
      formatVersion: 1,
      name: train.name,
      created: new Date().toISOString(),
      train: { path: resolve(start.train), sha256: train.sha256 },
      test: test && { path: resolve(start.test!), sha256: test.sha256 },
      read: start.read,
      model: {
        folder: resolve(start.model),
        id: card.id,
        weightsSha256: card.weightsSha256,
        named: await this.#nameOf(card.id, start.model),
      },
      options,
      threads: start.threads,
      out,
    };
    throwIfCancelled(signal);
    return { folder: await RunFolder.create(start.runs, config, new Date()), train, test };
  }

  /** Null when the model is found by its id, else the folder that was named. */
  async #nameOf(id: string, folder: string): Promise<string | null> {
    const byId = await this.library.modelFolder(id).catch(() => null);
    return byId !== null && resolve(byId) === resolve(folder) ? null : folder;
  }

  async #reopen(path: string, signal: AbortSignal): Promise<Prepared> {
    const folder = await RunFolder.open(path);
    const { config } = folder;
    const read = config.read as ReadOptions;
    const { train, test } = await readTrainTest(config.train.path, config.test?.path ?? null, { ...read, signal });
    for (const [dataset, { path: file, sha256 }] of [
      [train, config.train],
      ...(test && config.test ? ([[test, config.test]] as const) : []),
    ] as const)
      if (dataset.sha256 !== sha256)
        throw new V2SError('run.data', `${file} has changed since the run was started. Start the run anew.`);
    return { folder, train, test };
  }

  async #launch(prepared: Prepared): Promise<{ folder: string }> {
    const { path } = prepared.folder;
    const lock = await RunLock.take(path);
    this.index.addRoot(dirname(path));
    const controller = new AbortController();
    const waits = this.#active.size > 0;
    const log = new RunLog(path);
    const say = (level: LogLine['level'], text: string): void => {
      this.emit({ folder: path, event: { type: 'log', lines: [log.add(level, text)] } });
    };
    if (waits) say('info', 'Waiting until the run before it has ended.');
    const before = this.#queue;
    // After the reply to this request, so that whoever asked knows the run before its events come.
    const done = before
      .then(() => new Promise((resolveTurn) => setImmediate(resolveTurn)))
      .then(() => this.#train(prepared, controller.signal, say, log))
      .finally(async () => {
        await log.flush();
        await lock.release();
        this.#active.delete(path);
      });
    this.#active.set(path, { controller, done });
    this.#queue = done.catch(() => undefined);
    return { folder: path };
  }

  /** Trains and tells; never throws. */
  async #train(
    prepared: Prepared,
    signal: AbortSignal,
    say: (level: LogLine['level'], text: string) => void,
    log: RunLog,
  ): Promise<void> {
    const { folder } = prepared;
    const end = (event: RunEvent['event'], line: LogLine): void => {
      this.emit({ folder: folder.path, event: { type: 'log', lines: [line] } });
      this.emit({ folder: folder.path, event });
    };
    try {
      const result = await this.#reprogram(prepared, signal, say);
      await writeProgram(folder.config.out, result.program);
      const { test, validation } = result;
      const reached = test ?? validation ?? result.train;
      const where = test ? 'TEST' : validation ? 'validation' : 'TRAIN';
      const line = log.add(
        'info',
        `Done in ${result.seconds.toFixed(0)} s: accuracy ${(100 * reached.accuracy).toFixed(1)} % on ${where}. ` +
          `Program: ${folder.config.out}`,
      );
      end(
        {
          type: 'finished',
          program: folder.config.out,
          result: {
            train: result.train,
            validation: result.validation,
            test,
            bestEpoch: result.bestEpoch,
            msPerStep: result.msPerStep,
            seconds: result.seconds,
            weights: { sha256Before: result.model.sha256Before, sha256After: result.model.sha256After },
          },
        },
        line,
      );
    } catch (error) {
      if (error instanceof CancelledError || signal.aborted) {
        const line = log.add('info', 'Stopped; the checkpoint of the last whole epoch is kept.', 'cancelled');
        end({ type: 'cancelled' }, line);
      } else {
        const failure = { code: errorCode(error), message: errorMessage(error) };
        const detail = failure.code === 'internal' && error instanceof Error ? `\n${error.stack}` : '';
        end({ type: 'failed', failure }, log.add('error', `${failure.message}${detail}`, failure));
      }
    }
  }

  async #reprogram(
    { folder, train, test }: Prepared,
    signal: AbortSignal,
    say: (level: LogLine['level'], text: string) => void,
  ): Promise<ReprogramResult> {
    throwIfCancelled(signal);
    const { config } = folder;
    if (test) checkLabels(train, test);
    const stored = await readModelFolder(config.model.folder);
    if (stored.card.weightsSha256 !== config.model.weightsSha256)
      throw new V2SError(
        'run.model',
        `The acoustic model in ${config.model.folder} is no longer the one the run was started with. Start the run anew.`,
      );
    const model = await openAcousticModel(stored, {
      threads: config.threads ?? undefined,
      batchLimit: config.options.batchSize,
    });
    say(
      'info',
      `Reprogramming ${stored.card.title} (frozen) for ${config.name}: ${train.series.length} series, ` +
        `${train.classNames.length} classes, on ${model.engine}.`,
    );
    const watch = new RunWatch(folder, this.emit);
    try {
      return await reprogram(config.options, model, train, test, {
        signal,
        run: folder,
        modelNamed: config.model.named,
        measure: await openEpochTheory(config.model.folder),
        onNote: (note) => say('info', note),
        onEpoch: (epoch) => watch.epoch(epoch),
        onStep: (step) => watch.step(step),
      });
    } finally {
      await watch.idle();
      await model.close();
    }
  }
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
      const state = (await this.folder.readCheckpoint())?.current?.state;
      if (!state) return;
      const theta = { epoch: state.epoch, values: state.theta };
      this.emit({ folder: this.folder.path, event: { type: 'theta', theta } });
    } catch {
      // A picture less; the training itself reports what is wrong with its folder.
    }
  }
}

/** Long before the end of a long training: can the program be written where it shall be? */
async function assertWritableFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw fileError(error, folder, 'write to the folder');
  }
}
