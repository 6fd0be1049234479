import { appendFile, mkdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { V2SError } from '../errors';
import { fileError, writeFileAtomic } from '../files/atomic';
import { parseJson } from '../files/json';
import { encodeSafetensors } from '../files/safetensors';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint';
import { reprogramOptionsSchema } from './options';
import { CLIP_SAMPLES } from '../rendering/placement';
import { encodeProgram, type Program } from './program';

const CONFIG_FILE = 'config.json';
const METRICS_FILE = 'metrics.jsonl';
const CHECKPOINT_FILE = 'checkpoint.safetensors';
const PROGRAM_FILE = 'program.v2s.safetensors';

const dataConfigSchema = z.object({
  /** absolute */
  path: z.string(),
  sha256: z.string(),
});

/** All that is needed to start or resume a run, as kept in its `config.json`. */
export const runConfigSchema = z.object({
  formatVersion: z.literal(1),
  /** name of the data set */
  name: z.string(),
  /** ISO 8601 */
  created: z.string(),
  train: dataConfigSchema,
  test: dataConfigSchema.nullable(),
  /** how the series files are read (delimiter, label column, ..), for both files */
  read: z.record(z.string(), z.unknown()),
  model: z.object({
    /** absolute */
    folder: z.string(),
    id: z.string(),
    weightsSha256: z.string(),
    /** see the program's description */
    named: z.string().nullable(),
  }),
  options: reprogramOptionsSchema,
  /** threads of the acoustic model: another number may change the last bits */
  threads: z.int().min(1).nullable(),
  /** absolute path of the program to write */
  out: z.string(),
});
export type RunConfig = z.infer<typeof runConfigSchema>;

/**
 * The folder of one run: `config.json`, `metrics.jsonl` (one line per epoch), `checkpoint.safetensors` (after every epoch),
 * `theta_epoch_N.safetensors` (theta on the way, for pictures), `program.v2s.safetensors` (at the end).
 */
export class RunFolder {
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
        throw fileError(error, path, 'make the run folder');
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
    const json = parseJson(text, file, 'run.config', 'Start the run anew.');
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
        `${file} is not the configuration of a run:\n${z.prettifyError(parsed.error)}\nStart the run anew.`,
      );
    return new RunFolder(path, parsed.data);
  }

  get programPath(): string {
    return join(this.path, PROGRAM_FILE);
  }

  /** Null before the first one was written. @throws V2SError `checkpoint.*`, `file.*` */
  async readCheckpoint(): Promise<Checkpoint | null> {
    const path = join(this.path, CHECKPOINT_FILE);
    try {
      await stat(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw fileError(error, path, 'read');
    }
    try {
      return decodeCheckpoint(await readFile(path), path);
    } catch (error) {
      throw error instanceof V2SError ? error : fileError(error, path, 'read');
    }
  }

  /** Atomic. @throws V2SError `file.*`; the old checkpoint is then untouched */
  async writeCheckpoint(checkpoint: Checkpoint, size: { classes: number; sourceWords: number }): Promise<void> {
    await writeFileAtomic(join(this.path, CHECKPOINT_FILE), encodeCheckpoint(checkpoint, size));
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
    const path = join(this.path, METRICS_FILE);
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw fileError(error, path, 'read');
    }
    // The last piece is empty, or a line that was cut short.
    const whole = text.split('\n').slice(0, -1);
    const kept = whole.slice(0, lines).map((line) => `${line}\n`);
    if (kept.join('') !== text) await writeFileAtomic(path, kept.join(''));
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
    await writeFileAtomic(
      join(this.path, `theta_epoch_${epoch}.safetensors`),
      encodeSafetensors({ tensors, metadata }),
    );
  }

  /** @throws V2SError `file.*` */
  async writeProgram(program: Program): Promise<void> {
    await writeFileAtomic(this.programPath, encodeProgram(program));
  }
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
