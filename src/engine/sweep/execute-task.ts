import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { openAcousticModel } from '../acoustic/open-model';
import { findModelFolder, holdsModel, readModelFolder } from '../acoustic/store';
import { holdsFineTuneCheckpoint, parseFineTuneOptions, referenceLines, type ReferenceName } from '../baselines';
import { CanceledError, throwIfCanceled } from '../errors';
import type { ProgramDescription } from '../reprogram/program-description';
import { parseReprogramOptions } from '../reprogram';
import { failureOf, FineTuning, Run } from '../runs';
import { CHECKPOINT_FILE } from '../runs/run-folder';
import { readTrainTest, type ReadOptions } from '../series';
import { isReprogramming, reprogramOptionsOf } from './plan';
import type { Outcome, TaskRecord } from './record';
import type { SweepFolder } from './sweep-folder';
import type { Task } from './tasks';

export interface TaskHooks {
  signal?: AbortSignal;
  /** share of the task that is done, 0..1, as far as the method tells */
  onProgress?(share: number): void;
}

/**
 * Runs a task, goes on with it, or finds it done; its record says how it ended.
 * @param modelRoots folders in which acoustic models are found by their id
 * @throws V2SError `run.busy` when another process works on it, and of the methods; CanceledError, with the checkpoint kept
 */
export async function executeTask(
  folder: SweepFolder,
  task: Task,
  modelRoots: readonly string[],
  hooks: TaskHooks = {},
): Promise<TaskRecord> {
  const lock = await folder.lock(task);
  try {
    const before = await folder.readRecord(task);
    if (before?.state === 'done') return before;
    throwIfCanceled(hooks.signal);
    const clock = performance.now();
    const record = (state: TaskRecord['state'], more: Partial<TaskRecord> = {}): TaskRecord => ({
      ...{ formatVersion: 1, id: task.id, state, host: hostname(), at: new Date().toISOString() },
      attempts: (before?.attempts ?? 0) + 1,
      seconds: (before?.seconds ?? 0) + (performance.now() - clock) / 1000,
      ...{ error: null, outcome: null, ...more },
    });
    await folder.writeRecord(task, record('started'));
    try {
      const done = record('done', { outcome: await work(folder, task, modelRoots, hooks) });
      // The time is that at the end.
      const final = { ...done, seconds: record('done').seconds };
      await folder.writeRecord(task, final);
      return final;
    } catch (error) {
      const { code, message } = failureOf(error);
      const state = error instanceof CanceledError ? 'stopped' : 'failed';
      await folder.writeRecord(task, record(state, { error: { code, message } }));
      throw error;
    }
  } finally {
    await lock.release();
  }
}

async function work(
  folder: SweepFolder,
  task: Task,
  modelRoots: readonly string[],
  hooks: TaskHooks,
): Promise<Outcome> {
  if (isReprogramming(task.method.kind)) return await reprogramTask(folder, task, modelRoots, hooks);
  if (task.method.kind === 'finetune') return await fineTuneTask(folder, task, modelRoots, hooks);
  return await referenceTask(task, task.method.kind, modelRoots, hooks);
}

function inputsOf({ data, model, threads }: Task, modelRoots: readonly string[]) {
  return {
    ...{ train: data.train, test: data.test, read: data.read as ReadOptions },
    ...{ model: model!, modelRoots, threads },
  };
}

async function reprogramTask(
  folder: SweepFolder,
  task: Task,
  modelRoots: readonly string[],
  { signal, onProgress }: TaskHooks,
): Promise<Outcome> {
  const request = {
    ...inputsOf(task, modelRoots),
    ...{ options: reprogramOptionsOf(task.method, task.seed!), out: folder.programOf(task), runs: folder.runs },
    keepThreads: false,
  };
  const { run, finished } = await Run.named(task.id, request, signal);
  if (finished) return outcomeOf(finished.program.description, finished.program.members.length);
  try {
    const { program } = await run.execute({ signal, onEpoch: ({ done, total }) => onProgress?.(done / total) });
    return outcomeOf(program.description, program.members.length);
  } finally {
    await run.release();
  }
}

function outcomeOf({ metrics }: Pick<ProgramDescription, 'metrics'>, members: number): Outcome {
  const { test, train, heldOut } = metrics;
  return {
    ...{ test: test!.accuracy, testLoss: test!.loss, train: train.accuracy },
    ...{ heldOut: heldOut?.accuracy ?? null, members },
  };
}

async function fineTuneTask(
  folder: SweepFolder,
  task: Task,
  modelRoots: readonly string[],
  { signal, onProgress }: TaskHooks,
): Promise<Outcome> {
  const out = folder.modelOf(task);
  const resume = await holdsFineTuneCheckpoint(join(out, CHECKPOINT_FILE));
  // A model without a record was killed between the two; it is made again from its seed.
  if (!resume && (await holdsModel(out))) await rm(out, { recursive: true });
  const options = parseFineTuneOptions({ ...task.method.options, seed: task.seed! });
  const fineTuning = await FineTuning.prepare({ ...inputsOf(task, modelRoots), options, out, resume }, signal);
  try {
    const { test, train, validation } = await fineTuning.execute({
      signal,
      onEpoch: ({ done, total }) => onProgress?.(done / total),
    });
    return {
      ...{ test: test!.accuracy, testLoss: test!.loss, train: train.accuracy },
      ...{ heldOut: validation?.accuracy ?? null, members: null },
    };
  } finally {
    await fineTuning.release();
  }
}

async function referenceTask(
  task: Task,
  name: ReferenceName,
  modelRoots: readonly string[],
  { signal, onProgress }: TaskHooks,
): Promise<Outcome> {
  const { data, model: named, threads, method } = task;
  const { train, test } = await readTrainTest(data.train, data.test, { ...(data.read as ReadOptions), signal });
  const stored = named === null ? null : await readModelFolder(await findModelFolder(named, modelRoots));
  const model = stored && (await openAcousticModel(stored, { threads }));
  try {
    const replicas = Number(method.options.replicas ?? parseReprogramOptions().replicas);
    const [line] = await referenceLines(
      train,
      test,
      model,
      { timeWarping: true, replicas, names: [name] },
      { signal, onProgress: (_, done, total) => onProgress?.(done / total) },
    );
    return { test: line.test!, testLoss: null, train: null, heldOut: line.leaveOneOut, members: null };
  } finally {
    await model?.close();
  }
}
