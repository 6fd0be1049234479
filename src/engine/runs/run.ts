import { dirname, resolve } from 'node:path';
import { computationSha256 } from '../acoustic/card';
import { listModels, readModelFolder, type ModelFolder } from '../acoustic/store';
import { CanceledError, throwIfCanceled, V2SError } from '../errors';
import { makeFolder, sweepTemporaryFiles } from '../files/atomic';
import { assertOutput } from '../files/outputs';
import {
  PROGRAM_OUTPUT,
  reprogram,
  writeProgram,
  type Program,
  type ReprogramHooks,
  type ReprogramResult,
} from '../reprogram';
import { readTrainTest, type ReadOptions, type SeriesDataset } from '../series';
import { openEpochTheory } from '../theory';
import { assertWritableFolder } from './output-folder';
import type { RunConfig } from './run-config';
import { RunFolder } from './run-folder';
import { RunLock } from './run-lock';
import { failureOf, RunLog, type LogLine } from './run-log';
import type { NamedRunRequest, RunRequest } from './run-request';
import { assertSameRun, sameBytes } from './same-run';
import { readInputs, withOpenModel, type TrainingInputs } from './training-inputs';

/** What a person agreed to for a run that goes on. */
export interface ResumeAgreement {
  /** the program's path, as the person named it: needed for one outside the run's own tree */
  out?: string;
  /** as in RunRequest */
  replace?: boolean;
}

/** Either a run that is to be executed and released, or one that is done. */
export type NamedRun = { run: Run; finished: null } | { run: null; finished: { folder: RunFolder; program: Program } };

interface RunHooks extends Pick<ReprogramHooks, 'signal' | 'onNote' | 'onEpoch' | 'onStep' | 'onTest'> {
  /** a line that was added to the run's log */
  onLog?(line: LogLine): void;
}

/**
 * A run that is ready to go: its folder, locked against other processes, its data and its acoustic model. Whoever holds one calls
 * `execute` at most once, and `release` at the end in any case.
 */
export class Run {
  readonly #log: RunLog;

  private constructor(
    readonly folder: RunFolder,
    readonly train: SeriesDataset,
    readonly test: SeriesDataset | null,
    readonly model: ModelFolder,
    private readonly lock: RunLock,
  ) {
    this.#log = new RunLog(folder.path);
  }

  /**
   * Checks all that can be checked before a training, and makes the run's folder when nothing is wrong.
   * @throws V2SError `output.*`, `file.*`, `series.*`, `model.*`, `reprogram.empty`, `reprogram.classes`; CanceledError
   */
  static async prepare(request: RunRequest, signal?: AbortSignal): Promise<Run> {
    const { config, train, test, model } = await configured(request, signal);
    const folder = await RunFolder.create(request.runs, config, new Date());
    return new Run(folder, train, test, model, await RunLock.take(folder.path));
  }

  /**
   * The run of a name, for a line that is repeated: started where there is none, ready to go on where it was interrupted, and done
   * where its program is written. Of two processes that start it, one gets it.
   * @throws V2SError `run.name`, `run.other` when it was started with other data, options or model; as `prepare` and `reopen`
   */
  static async named(name: string, request: NamedRunRequest, signal?: AbortSignal): Promise<NamedRun> {
    const path = RunFolder.named(name, request.runs);
    const found = await openIfThere(path);
    if (found) return await Run.#goOn(found, request, signal);
    const { config, train, test, model } = await configured(request, signal);
    await makeFolder(path);
    const lock = await RunLock.take(path);
    try {
      const meanwhile = await openIfThere(path);
      if (!meanwhile) {
        const folder = await RunFolder.createAt(path, config);
        return { run: new Run(folder, train, test, model, lock), finished: null };
      }
      await lock.release();
      return await Run.#goOn(meanwhile, request, signal);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  static async #goOn(folder: RunFolder, request: NamedRunRequest, signal?: AbortSignal): Promise<NamedRun> {
    assertSameRun(folder.config, request);
    const { out, replace } = request;
    const program = await folder.readProgram();
    if (program && (await sameBytes(folder.programPath, out))) return { run: null, finished: { folder, program } };
    return { run: await Run.reopen(folder, signal, { out, replace }), finished: null };
  }

  /**
   * A run that was started before, ready to go on from its checkpoint. A finished run gives the same program again.
   * @throws V2SError `run.out` for a program outside the run's own tree that nobody named, `output.*`, `run.busy`, `run.data` and `run.model` when data or model have changed, `file.*`, `series.*`, `model.*`;
   *   CanceledError
   */
  static async reopen(folder: RunFolder, signal?: AbortSignal, agreed: ResumeAgreement = {}): Promise<Run> {
    const { config, path } = folder;
    await assertOwnOutput(folder, agreed);
    const lock = await RunLock.take(path);
    try {
      await folder.sweep();
      await sweepTemporaryFiles(dirname(config.out), config.out);
      const read = config.read as ReadOptions;
      const { train, test } = await readTrainTest(config.train.path, config.test?.path ?? null, { ...read, signal });
      for (const [dataset, was] of [
        [train, config.train],
        [test, config.test],
      ] as const)
        if (dataset && dataset.sha256 !== was?.sha256)
          throw new V2SError('run.data', `${dataset.file} has changed since the run was started. Start a new run.`);
      const model = await readModelFolder(config.model.folder);
      const { weightsSha256, computationSha256: computation = computationSha256(model.card) } = config.model;
      if (model.card.weightsSha256 !== weightsSha256 || computationSha256(model.card) !== computation)
        throw new V2SError(
          'run.model',
          `The acoustic model in ${config.model.folder} is no longer the one the run was started with. Start a new run.`,
        );
      throwIfCanceled(signal);
      return new Run(folder, train, test, model, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Adds a line to the run's log. */
  say(text: string): LogLine {
    return this.#log.add('info', text);
  }

  /**
   * Trains, or goes on from the checkpoint, and writes the program. The log says how it ended.
   * @throws V2SError as `reprogram`; CanceledError, with the checkpoint of the last whole epoch kept
   */
  async execute(hooks: RunHooks = {}): Promise<ReprogramResult> {
    const log = (line: LogLine): void => hooks.onLog?.(line);
    try {
      const result = await this.#reprogram(hooks, (text) => log(this.say(text)));
      const { out } = this.folder.config;
      await writeProgram(out, result.program);
      const { seconds, train, validation, test } = result;
      const [{ accuracy }, where] = test ? [test, 'TEST'] : validation ? [validation, 'validation'] : [train, 'TRAIN'];
      log(
        this.say(
          `Done in ${seconds.toFixed(0)} s: accuracy ${(100 * accuracy).toFixed(1)} % on ${where}. Program: ${out}`,
        ),
      );
      return result;
    } catch (error) {
      if (error instanceof CanceledError)
        log(this.#log.add('info', 'Stopped. The checkpoint of the last whole epoch is kept.', 'canceled'));
      else {
        const failure = failureOf(error);
        const detail = failure.code === 'internal' && error instanceof Error ? `\n${error.stack}` : '';
        log(this.#log.add('error', `${failure.message}${detail}`, failure));
      }
      throw error;
    } finally {
      await this.#log.flush();
    }
  }

  /** Lets other processes have the run. */
  async release(): Promise<void> {
    await this.#log.flush();
    await this.lock.release();
  }

  async #reprogram(hooks: RunHooks, say: (text: string) => void): Promise<ReprogramResult> {
    const { folder, train, test, model: stored } = this;
    const { name, options, threads, model: chosen } = folder.config;
    throwIfCanceled(hooks.signal);
    const measure = await openEpochTheory(chosen.folder);
    const { batchSize, kernels, backend } = options;
    return await withOpenModel(stored, { threads, batchSize, kernels, backend }, async (model) => {
      say(
        `Reprogramming ${stored.card.title} (frozen) for ${name}: ${train.series.length} series, ` +
          `${train.classNames.length} classes, on ${model.engine}.`,
      );
      const { signal, onEpoch, onStep, onTest } = hooks;
      return await reprogram(options, model, train, test, {
        ...{ signal, onEpoch, onStep, onTest, measure },
        store: folder,
        modelNamed: chosen.named,
        onNote(note) {
          say(note);
          hooks.onNote?.(note);
        },
      });
    });
  }
}

async function openIfThere(path: string): Promise<RunFolder | null> {
  return await RunFolder.open(path).catch((error: unknown) => {
    if (error instanceof V2SError && error.code === 'run.missing') return null;
    throw error;
  });
}

/** What a new run works on, checked, and the configuration that it is started with. */
async function configured(
  request: RunRequest,
  signal: AbortSignal | undefined,
): Promise<TrainingInputs & { config: RunConfig }> {
  const { read, options, threads, replace } = request;
  const out = resolve(request.out);
  await assertOutput(out, PROGRAM_OUTPUT, { inputs: [request.train, request.test], replace });
  await assertWritableFolder(dirname(out));
  const { train, test, model } = await readInputs(request, signal);
  await assertOutput(out, PROGRAM_OUTPUT, { inputs: [model.folder], replace });
  const { id, weightsSha256 } = model.card;
  const config: RunConfig = {
    formatVersion: 2,
    name: train.name,
    created: new Date().toISOString(),
    train: { path: resolve(request.train), sha256: train.sha256 },
    test: test && { path: resolve(request.test!), sha256: test.sha256 },
    read: read as Record<string, unknown>,
    model: {
      folder: resolve(model.folder),
      id,
      weightsSha256,
      computationSha256: computationSha256(model.card),
      named: await nameOf(model, request),
    },
    options,
    threads,
    out,
  };
  return { train, test, model, config };
}

/** The configuration of a run may be a stranger's: what it names is written only where the run itself lies, or where a person agrees. */
async function assertOwnOutput(folder: RunFolder, { out, replace }: ResumeAgreement): Promise<void> {
  const { config, path } = folder;
  const named = out !== undefined && resolve(out) === resolve(config.out);
  if (!named && (await folder.writesElsewhere()))
    throw new V2SError(
      'run.out',
      `The run in ${path} writes its program to ${config.out}, outside the folder that it belongs to. That needs your consent.`,
    );
  const inputs = [config.train.path, config.test?.path, config.model.folder];
  await assertOutput(config.out, PROGRAM_OUTPUT, { inputs, replace });
}

/** Null when the model is found by its id, else as it was named. */
async function nameOf({ folder, card }: ModelFolder, { model, modelRoots }: RunRequest): Promise<string | null> {
  const { models } = await listModels(modelRoots);
  const byId = models.find(({ card: { id } }) => id === card.id);
  return byId && resolve(byId.folder) === resolve(folder) ? null : model;
}
