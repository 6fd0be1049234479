import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { AcousticModel } from '../engine/acoustic/model';
import { openAcousticModel } from '../engine/acoustic/open-model';
import { isFolderOf, readModelFolder } from '../engine/acoustic/store';
import { CanceledError, V2SError } from '../engine/errors';
import { fileError } from '../engine/files/atomic';
import { assertModelOf, findProgramModel, readForProgram, readProgram, type Program } from '../engine/reprogram';
import { readSeriesFile, type SeriesDataset } from '../engine/series';
import type { ReadOptions } from '../protocol/worker';
import { LruCache } from './cache';

/** Bytes of series values that are kept in memory between requests. */
const DATASET_BYTES = 256 * 2 ** 20;
const PROGRAMS = 16;
const MODELS = 2;

export interface Watch {
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** An acoustic model with a queue: its calls come in pairs (forward, backward) that must not mix. */
export class SharedModel {
  #last: Promise<unknown> = Promise.resolve();
  #users = 0;
  #dropped = false;

  constructor(
    readonly folder: string,
    readonly model: AcousticModel,
  ) {}

  /** Runs `work` when those before it are done. */
  async use<R>(signal: AbortSignal | undefined, work: (model: AcousticModel) => Promise<R>): Promise<R> {
    this.#users++;
    const turn = this.#last.then(async () => {
      if (signal?.aborted) throw new CanceledError();
      return await work(this.model);
    });
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#users--;
      this.#closeIfUnused();
    }
  }

  /**
   * The model for work that takes long: others get their turns between its calls. It cannot go back after `forward`, which must not be
   * parted from its `backward`.
   */
  inTurns(signal: AbortSignal | undefined): AcousticModel {
    const { card, implementation, engine, batchLimit, taps } = this.model;
    const refused = (): Promise<never> =>
      Promise.reject(new Error('A model that is used in turns only gives logits and taps.'));
    return {
      ...{ card, implementation, engine, batchLimit, taps },
      logits: (...call) => this.use(signal, (model) => model.logits(...call)),
      readouts: (...call) => this.use(signal, (model) => model.readouts(...call)),
      tap: (...call) => this.use(signal, (model) => model.tap(...call)),
      forward: refused,
      backward: refused,
      weights: () => this.model.weights(),
      checksum: () => this.model.checksum(),
      close: refused,
    };
  }

  /** Closes the model when nobody uses it any more. */
  drop(): void {
    this.#dropped = true;
    this.#closeIfUnused();
  }

  #closeIfUnused(): void {
    if (this.#dropped && this.#users === 0) void this.model.close();
  }
}

/** Files, programs and acoustic models as they are on the disk now, kept while they are in use. */
export class Library {
  #modelRoots: string[] = [];
  #threads: number | null = null;
  #trusted = false;
  #located: readonly string[] = [];
  readonly #datasets = new LruCache<SeriesDataset>({
    capacity: DATASET_BYTES,
    cost: ({ series }) => series.reduce((sum, { values }) => sum + values.byteLength + 64, 0),
  });
  readonly #programs = new LruCache<Program>({ capacity: PROGRAMS, cost: () => 1 });
  readonly #models = new LruCache<SharedModel>({ capacity: MODELS, cost: () => 1, dispose: (model) => model.drop() });

  get modelRoots(): readonly string[] {
    return this.#modelRoots;
  }

  /** whether models may be loaded from other folders than the roots */
  get trusted(): boolean {
    return this.#trusted;
  }

  get threads(): number | null {
    return this.#threads;
  }

  /**
   * @param threads of acoustic models; null: as many as there are processors
   * @param trusted whether a program may name a folder outside of the roots to load its model from
   * @param located folders of single models that a person has pointed to
   */
  configure(modelRoots: string[], threads: number | null, trusted: boolean, located: readonly string[]): void {
    this.#located = located;
    this.#trusted = trusted;
    if (threads !== this.#threads) this.#models.clear();
    this.#modelRoots = modelRoots;
    this.#threads = threads;
  }

  /** @throws V2SError `series.*`, `file.*` */
  async dataset(file: string, read: ReadOptions = {}, { signal, onProgress }: Watch = {}): Promise<SeriesDataset> {
    return await this.#datasets.get(
      JSON.stringify([file, read]),
      await fileStamp(file),
      (load) => readSeriesFile(file, { ...read, signal: load.signal, onProgress: load.progress }),
      { signal, onProgress },
    );
  }

  /** A file as TRAIN of a program was read. @throws V2SError `series.*`, `file.*` */
  async datasetFor(
    program: Program,
    file: string,
    read: ReadOptions = {},
    { signal, onProgress }: Watch = {},
  ): Promise<SeriesDataset> {
    return await this.#datasets.get(
      JSON.stringify([file, read, shortHash(JSON.stringify(program.description.read))]),
      await fileStamp(file),
      (load) => readForProgram(file, program, { ...read, signal: load.signal, onProgress: load.progress }),
      { signal, onProgress },
    );
  }

  /** @throws V2SError `program.*`, `file.*` */
  async program(path: string): Promise<Program> {
    return await this.#programs.get(path, await fileStamp(path), () => readProgram(path));
  }

  /** The opened model of a program. @throws V2SError `program.checksum`, `model.*`; `model.untrusted` where trust would find it */
  async modelOf(program: Program, path: string): Promise<SharedModel> {
    const place = this.#trusted ? { programPath: path, workingFolder: resolve('.') } : null;
    const found = findProgramModel(program, this.#modelRoots, place, this.#located);
    const folder = await found.catch((error: unknown) => {
      if (this.#trusted || !(error instanceof V2SError) || error.code !== 'model.missing') throw error;
      throw new V2SError(
        'model.untrusted',
        `The acoustic model ${program.description.model.id}, through which the program was trained, is neither shipped with V2S nor ` +
          'imported. If it is in this workspace, trust the workspace to load it.',
        { cause: error },
      );
    });
    const shared = await this.model(folder);
    assertModelOf(program, shared.model.card);
    return shared;
  }

  /** @throws V2SError `model.*`; `model.untrusted` for a folder that is neither in the roots nor pointed to, without trust */
  async model(folder: string): Promise<SharedModel> {
    const located = this.#located.some((pointed) => resolve(pointed) === resolve(folder));
    if (!this.#trusted && !located && !(await isFolderOf(folder, this.#modelRoots)))
      throw new V2SError(
        'model.untrusted',
        `The acoustic model in ${folder} is neither shipped with V2S nor imported. Trust the workspace to load it.`,
      );
    const stamp = `${await fileStamp(join(folder, 'card.json'))} ${this.#threads}`;
    return await this.#models.get(folder, stamp, async () => {
      const stored = await readModelFolder(folder);
      return new SharedModel(folder, await openAcousticModel(stored, { threads: this.#threads ?? undefined }));
    });
  }
}

/** Changes when the file does. @throws V2SError `file.*` */
export async function fileStamp(path: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (error) {
    throw fileError(error, path, 'read');
  }
}

/** A short key of a text. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
