import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { V2SError } from '../errors';
import { readProgram, type Metrics, type Placement, type Program, type ReprogramOptions } from '../reprogram';
import type { HeldOut } from '../reprogram/program-description';
import type { RunConfig } from './run-config';
import { RunFolder } from './run-folder';
import { isLocked } from './run-lock';
import { RunLog, type Failure, type LogLine } from './run-log';
import type { EpochLine } from './run-metrics';

/**
 * `interrupted`: neither finished nor under way, for example after a crash; it can be resumed. `canceled`: stopped on request, the
 * checkpoint is kept, it can be resumed.
 */
type RunStatus = 'running' | 'finished' | 'failed' | 'canceled' | 'interrupted';

/** All that the folder of a run tells of it. */
interface RunRecord {
  /** absolute path of the run's folder, or of the program where there is no folder */
  folder: string;
  /** of the data set */
  name: string;
  status: RunStatus;
  failure: Failure | null;
  /** ISO 8601 */
  created: string;
  train: string;
  test: string | null;
  model: { id: string; folder: string };
  options: ReprogramOptions;
  /** the program that the run writes; `written` says whether it is there */
  program: string;
  written: boolean;
  epochs: EpochLine[];
  log: LogLine[];
  /** [16000] after `epoch` epochs */
  theta: { epoch: number; values: Float32Array } | null;
  thetaInitial: Float32Array | null;
  placement: Placement | null;
  /** which source words stand for which class; empty until it is known */
  mapping: { className: string; words: string[] }[];
  classNames: string[];
  notes: string[];
  result: {
    train: Metrics;
    validation: Metrics | null;
    test: (Metrics & { confusion: number[][] }) | null;
    /** null for an ensemble */
    bestEpoch: number | null;
    /** see the program's description */
    heldOut: HeldOut | null;
    members: number;
    /** a folder does not tell them */
    msPerStep: null;
    seconds: null;
    weights: { sha256Before: string; sha256After: string };
  } | null;
}

/** A run in a list. */
interface RunListing {
  folder: string;
  name: string;
  /** ISO 8601 */
  created: string;
  status: 'running' | 'finished' | 'interrupted';
  epochs: { done: number; total: number };
}

/**
 * A run as its folder tells it.
 * @param running whether this process works on it
 * @throws V2SError `run.*`, `checkpoint.*`, `program.*`, `file.*`
 */
export async function readRun(path: string, running: boolean): Promise<RunRecord> {
  const folder = await RunFolder.open(path);
  const { config } = folder;
  const epochs = await folder.readMetrics();
  const log = await new RunLog(folder.path).read();
  const program = await folder.readProgram();
  const record: RunRecord = {
    ...emptyRecord(folder.path, config),
    status: program ? 'finished' : statusOf(running || (await isLocked(folder.path)), log),
    failure: program ? null : log.failure,
    written: program !== null && (await exists(config.out)),
    epochs,
    log: log.lines,
  };
  return program ? { ...record, ...describe(program) } : { ...record, theta: await folder.readTheta() };
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
      replicas: placementOf(program)?.replicas ?? null,
      member: null,
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

/** Where the replicas of the series lie; null for another rendering. */
function placementOf({ description }: Program): Placement | null {
  const [{ rendering }] = description.members;
  return rendering.kind === 'replicas' && rendering.theta === null ? rendering.placement : null;
}

/** What only the finished program knows: theta, placement and words are those of the first member that was trained. */
function describe(program: Program) {
  const { description, members, thetaInitial } = program;
  const { model, metrics, classNames, bestEpoch, notes } = description;
  const theta = members[0].parameters.get('theta');
  return {
    theta: theta && bestEpoch !== null ? { epoch: bestEpoch, values: theta } : null,
    thetaInitial,
    placement: placementOf(program),
    mapping: (description.members[0].mapping?.words ?? []).map((words, c) => ({
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
      heldOut: metrics.heldOut,
      members: members.length,
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

function statusOf(running: boolean, { canceled, failure }: { canceled: boolean; failure: Failure | null }): RunStatus {
  if (running) return 'running';
  if (canceled) return 'canceled';
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
      const { config, path } = folder;
      const last = (await folder.readMetrics()).at(-1);
      const running = isRunning(path) || (await isLocked(path));
      runs.push({
        folder: path,
        name: config.name,
        created: config.created,
        status: (await folder.isFinished()) ? 'finished' : running ? 'running' : 'interrupted',
        epochs: { done: last?.done ?? 0, total: last?.total ?? expectedTotal(config.options) },
      });
    }
  return runs.sort((a, b) => b.created.localeCompare(a.created));
}

/** Epochs, or members of an ensemble, before the run has said so. */
function expectedTotal({ method, members, epochs }: ReprogramOptions): number {
  return method === 'ensemble' && members !== 'auto' ? members : epochs;
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
