import { appendFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { V2SError } from '../errors';
import { fileError, writeFileAtomic } from '../files/atomic';
import { parseJson } from '../files/json';
import { decodeSafetensors, encodeSafetensors } from '../files/safetensors';
import { CLIP_SAMPLES } from '../rendering/placement';
import { encodeProgram, PROGRAM_EXTENSION, readProgram, type CheckpointStore, type Program } from '../reprogram';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../reprogram/checkpoint';
import { configurationSha256, runConfigSchema, type RunConfig } from './run-config';
import { parseMetrics, type EpochLine } from './run-metrics';

const CONFIG_FILE = 'config.json';
const METRICS_FILE = 'metrics.jsonl';
/** Also where an unfinished fine-tuning keeps its own. */
export const CHECKPOINT_FILE = 'checkpoint.safetensors';
const PROGRAM_FILE = `program${PROGRAM_EXTENSION}`;

const SNAPSHOT_FILE = /^theta_epoch_(\d+)\.safetensors$/;
const snapshotFile = (epoch: number): string => `theta_epoch_${epoch}.safetensors`;

/** Where run folders are made, in the working folder. */
export const RUNS_FOLDER = join('.v2s', 'runs');

/**
 * The folder of one run: `config.json`, `metrics.jsonl` (one line per epoch), `checkpoint.safetensors` (after every epoch),
 * `theta_epoch_N.safetensors` (theta on the way, for pictures), `program.v2s.safetensors` (at the end). RunLog and RunLock keep
 * `log.jsonl` and `run.lock` beside them.
 */
export class RunFolder implements CheckpointStore {
  private constructor(
    /** absolute */
    readonly path: string,
    readonly config: RunConfig,
  ) {}

  /**
   * Makes `ROOT/STAMP-NAME` with its config.
   * @param root usually `.v2s/runs`
   * @param now gives STAMP, in local time
   * @throws V2SError `file.*`
   */
  static async create(root: string, config: RunConfig, now: Date): Promise<RunFolder> {
    const stem = `${stamp(now)}-${folderName(config.name)}`;
    for (let attempt = 1; ; attempt++) {
      const path = resolve(root, attempt === 1 ? stem : `${stem}-${attempt}`);
      try {
        await mkdir(resolve(root), { recursive: true });
        await mkdir(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST' && attempt < 1000) continue;
        throw fileError(error, path, 'create the run folder');
      }
      const run = new RunFolder(path, runConfigSchema.parse(config));
      await writeFileAtomic(join(path, CONFIG_FILE), `${JSON.stringify(run.config, null, 2)}\n`);
      return run;
    }
  }

  /** @throws V2SError `run.missing`, `run.config`, `run.version`, `file.*` */
  static async open(folder: string): Promise<RunFolder> {
    const path = resolve(folder);
    const file = join(path, CONFIG_FILE);
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw fileError(error, file, 'read');
      throw new V2SError('run.missing', `${path} is not the folder of a run: it has no ${CONFIG_FILE}.`, {
        cause: error,
      });
    }
    const json = parseJson(text, file, 'run.config', 'Start a new run.');
    const version = (json as { formatVersion?: unknown } | null)?.formatVersion;
    if (version !== undefined && version !== 1)
      throw new V2SError(
        'run.version',
        `${file} has format version ${JSON.stringify(version)}; this V2S reads version 1. Update V2S.`,
      );
    const parsed = runConfigSchema.safeParse(json);
    if (!parsed.success)
      throw new V2SError(
        'run.config',
        `${file} is not the configuration of a run:\n${z.prettifyError(parsed.error)}\nStart a new run.`,
      );
    return new RunFolder(path, parsed.data);
  }

  /**
   * Opens the run that a person names.
   * @param named its folder, or the folder's name in `root`
   * @throws V2SError as `open`
   */
  static async find(named: string, root: string): Promise<RunFolder> {
    const inRoot = join(root, named);
    return await RunFolder.open(!(await isFolder(named)) && (await isFolder(inRoot)) ? inRoot : named);
  }

  /** Where the run's own copy of its program lies. @param folder of the run */
  static programIn(folder: string): string {
    return join(folder, PROGRAM_FILE);
  }

  /** The run whose own copy of its program this file would be; null when it is not called like one. */
  static holding(program: string): string | null {
    return basename(program) === PROGRAM_FILE ? dirname(program) : null;
  }

  get programPath(): string {
    return RunFolder.programIn(this.path);
  }

  /** Null before the run has finished. @throws V2SError `program.*`, `file.*` */
  async readProgram(): Promise<Program | null> {
    return (await exists(this.programPath)) ? await readProgram(this.programPath) : null;
  }

  /** Whether the run has finished. */
  async isFinished(): Promise<boolean> {
    return await exists(this.programPath);
  }

  /** Theta of the training under way after its last whole epoch; null between trainings. @throws V2SError `checkpoint.*`, `file.*` */
  async readTheta(): Promise<{ epoch: number; values: Float32Array } | null> {
    const state = (await this.#checkpoint())?.current?.state;
    return state ? { epoch: state.epoch, values: state.theta } : null;
  }

  /** The epochs so far; lines that were cut short by a crash are left out. @throws V2SError `file.*` */
  async readMetrics(): Promise<EpochLine[]> {
    return parseMetrics(await this.#metricsText());
  }

  /**
   * Null before the first one was written.
   * @throws V2SError `checkpoint.*`, of them `checkpoint.configuration` when the run's configuration was changed; `file.*`
   */
  async readCheckpoint(): Promise<Checkpoint | null> {
    return await this.#checkpoint(configurationSha256(this.config));
  }

  async #checkpoint(configuration?: string): Promise<Checkpoint | null> {
    const path = join(this.path, CHECKPOINT_FILE);
    try {
      await stat(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw fileError(error, path, 'read');
    }
    try {
      return decodeCheckpoint(await readFile(path), path, configuration);
    } catch (error) {
      throw error instanceof V2SError ? error : fileError(error, path, 'read');
    }
  }

  /** Atomic. @throws V2SError `file.*`; the old checkpoint is then untouched */
  async writeCheckpoint(checkpoint: Checkpoint, size: { classes: number; sourceWords: number }): Promise<void> {
    await writeFileAtomic(
      join(this.path, CHECKPOINT_FILE),
      encodeCheckpoint(checkpoint, size, configurationSha256(this.config)),
    );
  }

  /** @throws V2SError `file.*` */
  async appendMetrics(line: object): Promise<void> {
    const path = join(this.path, METRICS_FILE);
    try {
      await appendFile(path, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw fileError(error, path, 'write');
    }
  }

  /** Drops whatever was appended after the checkpoint that a resumed run continues from. @throws V2SError `file.*` */
  async keepMetrics(lines: number): Promise<void> {
    const text = await this.#metricsText();
    // The last piece is empty, or a line that was cut short.
    const whole = text.split('\n').slice(0, -1);
    const kept = whole.slice(0, lines).map((line) => `${line}\n`);
    if (kept.join('') !== text) await writeFileAtomic(join(this.path, METRICS_FILE), kept.join(''));
  }

  async #metricsText(): Promise<string> {
    const path = join(this.path, METRICS_FILE);
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw fileError(error, path, 'read');
    }
  }

  /** Theta (and the learned mapping) on the way. @throws V2SError `file.*` */
  async writeSnapshot(
    epoch: number,
    theta: Float32Array,
    mapping: { weights: Float32Array; shape: number[] } | null,
  ): Promise<void> {
    const tensors = new Map([['theta', { shape: [CLIP_SAMPLES], data: theta }]]);
    if (mapping) tensors.set('mapping', { shape: mapping.shape, data: mapping.weights });
    const metadata = { format: 'v2s-theta', epoch: String(epoch) };
    await writeFileAtomic(join(this.path, snapshotFile(epoch)), encodeSafetensors({ tensors, metadata }));
  }

  /**
   * The thetas on the way that are stored in a folder, by ascending epoch.
   * @param folder of a run
   * @throws V2SError of `decodeSafetensors` for a damaged one
   */
  static async readSnapshots(folder: string): Promise<{ epoch: number; theta: Float32Array }[]> {
    const names = await readdir(folder).catch(() => []);
    const epochs = names
      .map((name) => SNAPSHOT_FILE.exec(name))
      .flatMap((match) => (match ? [Number(match[1])] : []))
      .sort((a, b) => a - b);
    const snapshots: { epoch: number; theta: Float32Array }[] = [];
    for (const epoch of epochs) {
      const path = join(folder, snapshotFile(epoch));
      const theta = decodeSafetensors(await readFile(path), path).tensors.get('theta')?.data;
      if (theta instanceof Float32Array && theta.length === CLIP_SAMPLES) snapshots.push({ epoch, theta });
    }
    return snapshots;
  }

  /** @throws V2SError `file.*` */
  async writeProgram(program: Program): Promise<void> {
    await writeFileAtomic(this.programPath, encodeProgram(program));
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** `20260131-235959` */
function stamp(now: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return (
    `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}` +
    `-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`
  );
}

/** A data set's name as a part of a folder name: letters, digits, `_`, `-` and inner dots only. */
function folderName(name: string): string {
  const safe = name
    .replace(/[^\p{L}\p{N}_.-]+/gu, '_')
    .replace(/^\.+|\.+$/g, '')
    .slice(0, 60);
  return safe || 'series';
}
