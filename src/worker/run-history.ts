import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { V2SError } from '../engine/errors';
import { isLocked, readProgram, RunFolder, type Program, type RunConfig } from '../engine/reprogram';
import { epochPointSchema, type EpochPoint, type RunRecord } from '../protocol/panels/run';
import type { RunListing } from '../protocol/worker';
import { RunLog } from './run-log';

/**
 * A run as its folder tells it.
 * @param running whether this process works on it
 * @throws V2SError `run.*`, `checkpoint.*`, `program.*`, `file.*`
 */
export async function readRun(path: string, running: boolean): Promise<RunRecord> {
  const folder = await RunFolder.open(path);
  const { config } = folder;
  const epochs = await readMetrics(folder.path);
  const log = await new RunLog(folder.path).read();
  const finished = await exists(folder.programPath);
  const record: RunRecord = {
    ...emptyRecord(folder.path, config),
    status: finished ? 'finished' : statusOf(running || (await isLocked(folder.path)), log),
    failure: finished ? null : log.failure,
    written: finished && (await exists(config.out)),
    epochs,
    log: log.lines,
  };
  if (finished) return { ...record, ...describe(await readProgram(folder.programPath)) };
  const checkpoint = await folder.readCheckpoint();
  const state = checkpoint?.current?.state;
  return state ? { ...record, theta: { epoch: state.epoch, values: state.theta } } : record;
}

/** A program without its run folder: its metadata hold the history of the training that made it. */
export async function readProgramAsRun(path: string): Promise<RunRecord> {
  const program = await readProgram(path);
  const { description } = program;
  const { training, history, data, model } = description;
  const total = history.length;
  return {
    folder: path,
    name: description.name,
    status: 'finished',
    failure: null,
    created: (await stat(path)).mtime.toISOString(),
    train: data.train.file,
    test: data.test?.file ?? null,
    model: { id: model.id, folder: model.folder ?? '' },
    options: training.options,
    program: path,
    written: true,
    epochs: history.map((epoch) => ({
      phase: 'training',
      replicas: description.placement.replicas,
      fold: null,
      epoch: epoch.epoch,
      epochs: Math.max(total, training.options.epochs),
      learningRate: epoch.learningRate,
      train: epoch.train,
      validation: epoch.validation,
      selected: null,
      msPerStep: 0,
      done: epoch.epoch,
      total,
      measures: epoch.measures,
    })),
    log: [],
    ...describe(program),
  };
}

/** What only the finished program knows. */
function describe({ description, theta, thetaInitial }: Program) {
  const { mapping, model, metrics, classNames, placement, bestEpoch, notes } = description;
  return {
    theta: { epoch: bestEpoch, values: theta },
    thetaInitial,
    placement,
    mapping: mapping.words.map((words, c) => ({
      className: classNames[c],
      words: words.map((word) => model.sourceLabels[word]),
    })),
    classNames,
    notes,
    result: {
      train: metrics.train,
      validation: metrics.validation,
      test: metrics.test,
      bestEpoch,
      msPerStep: null,
      seconds: null,
      weights: { sha256Before: model.weightsSha256, sha256After: model.weightsSha256 },
    },
  };
}

function emptyRecord(folder: string, config: RunConfig): RunRecord {
  return {
    folder,
    name: config.name,
    status: 'interrupted',
    failure: null,
    created: config.created,
    train: config.train.path,
    test: config.test?.path ?? null,
    model: { id: config.model.id, folder: config.model.folder },
    options: config.options,
    program: config.out,
    written: false,
    epochs: [],
    log: [],
    theta: null,
    thetaInitial: null,
    placement: null,
    mapping: [],
    classNames: [],
    notes: [],
    result: null,
  };
}

function statusOf(running: boolean, { cancelled, failure }: { cancelled: boolean; failure: unknown }) {
  if (running) return 'running';
  if (cancelled) return 'cancelled';
  return failure ? 'failed' : 'interrupted';
}

/** The runs in these folders, the most recent first; folders that are no runs are left out. */
export async function listRuns(
  roots: readonly string[],
  isRunning: (folder: string) => boolean,
): Promise<RunListing[]> {
  const runs: RunListing[] = [];
  for (const root of roots)
    for (const name of await readdir(root).catch(() => [])) {
      const folder = await RunFolder.open(join(root, name)).catch((error) => {
        if (error instanceof V2SError) return null;
        throw error;
      });
      if (!folder) continue;
      const { config, path, programPath } = folder;
      const last = (await readMetrics(path)).at(-1);
      const running = isRunning(path) || (await isLocked(path));
      runs.push({
        folder: path,
        name: config.name,
        created: config.created,
        status: (await exists(programPath)) ? 'finished' : running ? 'running' : 'interrupted',
        epochs: { done: last?.done ?? 0, total: last?.total ?? config.options.epochs },
      });
    }
  return runs.sort((a, b) => b.created.localeCompare(a.created));
}

/** The epochs of metrics.jsonl; a last line that was cut short is left out. */
async function readMetrics(folder: string): Promise<EpochPoint[]> {
  const text = await readFile(join(folder, 'metrics.jsonl'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    try {
      return epochPointSchema.parse(JSON.parse(line));
    } catch {
      return [];
    }
  });
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
