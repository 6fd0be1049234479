import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { trimEnds } from '../../common/trim-ends';
import { V2SError } from '../errors';
import { appendToFile, fileError, makeFolder, sweepTemporaryFiles, writeFileAtomic } from '../files/atomic';
import { readBounded, readBoundedText } from '../files/bounded-read';
import { parseJson } from '../files/json';
import { MAX_CHECKPOINT_BYTES, MAX_DOCUMENT_BYTES, MAX_LOG_BYTES, MAX_PROGRAM_BYTES } from '../files/limits';
import { liesIn } from '../files/outputs';
import { decodeSafetensors, encodeSafetensors } from '../files/safetensors';
import { CLIP_SAMPLES } from '../rendering/placement';
import { encodeProgram, PROGRAM_EXTENSION, readProgram, type CheckpointStore, type Program } from '../reprogram';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../reprogram/checkpoint';
import {
  decodeEnsembleCheckpoint,
  encodeEnsembleCheckpoint,
  type EnsembleCheckpoint,
} from '../reprogram/ensemble-checkpoint';
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
    await makeFolder(resolve(root));
    for (let attempt = 1; ; attempt++) {
      const path = resolve(root, attempt === 1 ? stem : `${stem}-${attempt}`);
      try {
        await mkdir(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST' && attempt < 1000) continue;
        throw fileError(error, path, 'create the run folder');
      }
      return await RunFolder.createAt(path, config);
    }
  }

  /**
   * Gives a folder that is there the config of a run.
   * @throws V2SError `file.*`
   */
  static async createAt(path: string, config: RunConfig): Promise<RunFolder> {
    const run = new RunFolder(resolve(path), runConfigSchema.parse(config));
    await run.#write(CONFIG_FILE, `${JSON.stringify(run.config, null, 2)}\n`);
    return run;
  }

  /**
   * The folder that the run of a name has, whether it is there or not.
   * @param name letters, digits, `_`, `-` and inner dots
   * @throws V2SError `run.name`
   */
  static named(name: string, root: string): string {
    if (name !== folderName(name))
      throw new V2SError(
        'run.name',
        `"${name}" cannot be the name of a run. Use at most ${MAX_FOLDER_NAME} letters, digits, "_", "-" and inner dots.`,
      );
    return resolve(root, name);
  }

  /** @throws V2SError `run.missing`, `run.config`, `run.version`, `file.*` */
  static async open(folder: string): Promise<RunFolder> {
    const path = resolve(folder);
    const file = join(path, CONFIG_FILE);
    let text: string;
    try {
      text = await readBoundedText(file, { maxBytes: MAX_DOCUMENT_BYTES });
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code !== 'file.enoent' && code !== 'file.enotdir') throw error;
      throw new V2SError('run.missing', `${path} is not the folder of a run: it has no ${CONFIG_FILE}.`, {
        cause: error,
      });
    }
    const json = parseJson(text, file, 'run.config', 'Start a new run.');
    const version = (json as { formatVersion?: unknown } | null)?.formatVersion;
    if (version !== undefined && version !== 1 && version !== 2)
      throw new V2SError(
        'run.version',
        `${file} has format version ${JSON.stringify(version)}; this V2S reads versions 1 and 2. Update V2S.`,
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

  /**
   * Whether the program is written outside of what the run belongs to: of X/.v2s/runs/RUN or X/runs/RUN this is X, of any other
   * folder itself. Such a run goes on only where a person names the place.
   * @throws V2SError `file.*`
   */
  async writesElsewhere(): Promise<boolean> {
    const runs = dirname(this.path);
    const above = dirname(runs);
    const around = basename(above) === dirname(RUNS_FOLDER) ? dirname(above) : above;
    return !(await liesIn(this.config.out, basename(runs) === basename(RUNS_FOLDER) ? around : this.path));
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
    if (this.config.options.method === 'ensemble') return null;
    const state = (await this.#decoded(decodeCheckpoint))?.current?.state;
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
    const configuration = configurationSha256(this.config);
    return await this.#decoded((bytes, what) => decodeCheckpoint(bytes, what, configuration));
  }

  /** Of an ensemble; null before the first one was written. @throws V2SError `checkpoint.*`, `file.*` */
  async readMembers(): Promise<EnsembleCheckpoint | null> {
    return await this.#decoded(decodeEnsembleCheckpoint);
  }

  async #decoded<T>(decode: (bytes: Uint8Array, what: string) => T): Promise<T | null> {
    const path = join(this.path, CHECKPOINT_FILE);
    const bytes = await unlessMissing(readBounded(path, { maxBytes: MAX_CHECKPOINT_BYTES }));
    return bytes && decode(bytes, path);
  }

  /** Atomic. @throws V2SError `file.*`; the old checkpoint is then untouched */
  async writeCheckpoint(checkpoint: Checkpoint, size: { classes: number; sourceWords: number }): Promise<void> {
    await this.#write(CHECKPOINT_FILE, encodeCheckpoint(checkpoint, size, configurationSha256(this.config)));
  }

  /** As `writeCheckpoint`, of an ensemble. */
  async writeMembers(checkpoint: EnsembleCheckpoint): Promise<void> {
    await this.#write(CHECKPOINT_FILE, encodeEnsembleCheckpoint(checkpoint));
  }

  /** @throws V2SError `file.*` */
  async appendMetrics(line: object): Promise<void> {
    await this.#assertThere();
    await appendToFile(join(this.path, METRICS_FILE), `${JSON.stringify(line)}\n`);
  }

  /** Drops whatever was appended after the checkpoint that a resumed run continues from. @throws V2SError `file.*` */
  async keepMetrics(lines: number): Promise<void> {
    const text = await this.#metricsText();
    // The last piece is empty, or a line that was cut short.
    const whole = text.split('\n').slice(0, -1);
    const kept = whole.slice(0, lines).map((line) => `${line}\n`);
    if (kept.join('') !== text) await this.#write(METRICS_FILE, kept.join(''));
  }

  async #metricsText(): Promise<string> {
    const path = join(this.path, METRICS_FILE);
    return (await unlessMissing(readBoundedText(path, { maxBytes: MAX_LOG_BYTES }))) ?? '';
  }

  /** Theta, the other parameters (and the learned mapping) on the way. @throws V2SError `file.*` */
  async writeSnapshot(
    epoch: number,
    parameters: ReadonlyMap<string, Float32Array>,
    mapping: { weights: Float32Array; shape: number[] } | null,
  ): Promise<void> {
    const tensors = new Map([...parameters].map(([name, data]) => [name, { shape: [CLIP_SAMPLES], data }]));
    if (mapping) tensors.set('mapping', { shape: mapping.shape, data: mapping.weights });
    const metadata = { format: 'v2s-theta', epoch: String(epoch) };
    await this.#write(snapshotFile(epoch), encodeSafetensors({ tensors, metadata }));
  }

  /**
   * The parameters on the way that are stored in a folder, by ascending epoch.
   * @param folder of a run
   * @param names of the parameters; an epoch that lacks one of them is left out
   * @throws V2SError of `decodeSafetensors` for a damaged one
   */
  static async readSnapshots(
    folder: string,
    names: readonly string[],
  ): Promise<{ epoch: number; parameters: Map<string, Float32Array> }[]> {
    const files = await readdir(folder).catch(() => []);
    const epochs = files
      .map((name) => SNAPSHOT_FILE.exec(name))
      .flatMap((match) => (match ? [Number(match[1])] : []))
      .sort((a, b) => a - b);
    const snapshots: { epoch: number; parameters: Map<string, Float32Array> }[] = [];
    for (const epoch of epochs) {
      const path = join(folder, snapshotFile(epoch));
      const { tensors } = decodeSafetensors(await readBounded(path, { maxBytes: MAX_PROGRAM_BYTES }), path);
      const parameters = new Map<string, Float32Array>();
      for (const name of names) {
        const data = tensors.get(name)?.data;
        if (data instanceof Float32Array && data.length === CLIP_SAMPLES) parameters.set(name, data);
      }
      if (parameters.size === names.length) snapshots.push({ epoch, parameters });
    }
    return snapshots;
  }

  /** @throws V2SError `file.*` */
  async writeProgram(program: Program): Promise<void> {
    await this.#write(PROGRAM_FILE, encodeProgram(program));
  }

  /** Removes what writes left behind that were killed; only for the owner of the run's lock. */
  async sweep(): Promise<void> {
    await sweepTemporaryFiles(this.path, null);
  }

  /** The folder may be a stranger's: no link in it leads a write elsewhere. */
  async #write(name: string, data: Uint8Array | string): Promise<void> {
    await this.#assertThere();
    await writeFileAtomic(join(this.path, name), data, { followLinks: false });
  }

  /** A folder that was deleted is not made again, with one file in it. @throws V2SError `run.deleted` */
  async #assertThere(): Promise<void> {
    if (await isFolder(this.path)) return;
    throw new V2SError(
      'run.deleted',
      `The folder of the run, ${this.path}, was deleted while the run was under way. Start a new run.`,
    );
  }
}

/** Null where there is no file. */
async function unlessMissing<T>(reading: Promise<T>): Promise<T | null> {
  return await reading.catch((error: unknown) => {
    if (error instanceof V2SError && error.code === 'file.enoent') return null;
    throw error;
  });
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

const MAX_FOLDER_NAME = 60;

/** A data set's name as a part of a folder name: letters, digits, `_`, `-` and inner dots only. */
function folderName(name: string): string {
  return trimEnds(name.replace(/[^\p{L}\p{N}_.-]+/gu, '_'), /\./).slice(0, MAX_FOLDER_NAME) || 'series';
}
