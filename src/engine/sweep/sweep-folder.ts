import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { V2SError } from '../errors';
import { makeFolder, writeFileAtomic } from '../files/atomic';
import { readBoundedText } from '../files/bounded-read';
import { jsonSha256, parseJson } from '../files/json';
import { MAX_DOCUMENT_BYTES, MAX_LOG_BYTES } from '../files/limits';
import { PROGRAM_EXTENSION } from '../reprogram';
import { isLocked, RunLock } from '../runs/run-lock';
import { planName } from './plan';
import { recordSchema, type TaskRecord } from './record';
import { taskSchema, type Task } from './tasks';

const TASKS_FILE = 'tasks.json';
const RECORD_FILE = 'record.json';
/** So many records are read at once. */
const READERS = 32;

const tasksSchema = z.object({ formatVersion: z.literal(1), name: z.string(), tasks: z.array(taskSchema) });

/** `waiting` has never begun; `interrupted` was killed. Both, and `stopped`, go on where they are taken up. */
export type TaskState = 'waiting' | 'running' | 'interrupted' | 'stopped' | 'failed' | 'done';

/** A task and how far it has come. */
export interface TaskProgress {
  task: Task;
  state: TaskState;
  record: TaskRecord | null;
}

/**
 * The folder of a sweep, all that processes on several machines share: `tasks.json`, and of each task `tasks/ID/record.json` with a
 * lock beside it, its run `runs/ID`, and its program `programs/ID.v2s.safetensors` or fine-tuned model `models/ID`.
 */
export class SweepFolder {
  private constructor(
    /** absolute */
    readonly path: string,
    readonly name: string,
    readonly tasks: readonly Task[],
  ) {}

  /** Where the sweep of a plan is kept when nothing else is asked: beside it. */
  static beside(plan: string): string {
    return resolve(dirname(plan), `${planName(plan)}.sweep`);
  }

  /**
   * Writes the task list. A sweep that is there already gets the tasks that are new; the others keep what they have reached.
   * @throws V2SError `sweep.changed` for a task of the same name that is another now, `file.*`
   */
  static async create(path: string, name: string, tasks: readonly Task[]): Promise<SweepFolder> {
    const old = await SweepFolder.open(path).catch((error: unknown) => {
      if (error instanceof V2SError && error.code === 'sweep.missing') return null;
      throw error;
    });
    const before = new Map(old?.tasks.map((task) => [task.id, jsonSha256(task)]));
    for (const task of tasks) {
      const was = before.get(task.id);
      if (was !== undefined && was !== jsonSha256(task))
        throw new V2SError(
          'sweep.changed',
          `The plan now says otherwise how ${task.id} is run than when the sweep in ${path} was started. Use another folder, or another name for the method.`,
        );
    }
    const folder = new SweepFolder(resolve(path), name, tasks);
    await makeFolder(folder.path);
    const list = { formatVersion: 1, name, tasks };
    await writeFileAtomic(join(folder.path, TASKS_FILE), `${JSON.stringify(list, null, 1)}\n`);
    return folder;
  }

  /** @throws V2SError `sweep.missing`, `sweep.folder`, `file.*` */
  static async open(path: string): Promise<SweepFolder> {
    const file = join(path, TASKS_FILE);
    const text = await readBoundedText(file, { maxBytes: MAX_LOG_BYTES }).catch((error: unknown) => {
      if (!(error instanceof V2SError) || !['file.enoent', 'file.enotdir'].includes(error.code)) throw error;
      throw new V2SError('sweep.missing', `${path} is not the folder of a sweep: it has no ${TASKS_FILE}.`);
    });
    const parsed = tasksSchema.safeParse(parseJson(text, file, 'sweep.folder'));
    if (!parsed.success)
      throw new V2SError('sweep.folder', `${file} is not the task list of a sweep:\n${z.prettifyError(parsed.error)}`);
    return new SweepFolder(resolve(path), parsed.data.name, parsed.data.tasks as Task[]);
  }

  /** @throws V2SError `sweep.task` */
  task(id: string): Task {
    const found = this.tasks.find((task) => task.id === id);
    if (!found) throw new V2SError('sweep.task', `The sweep in ${this.path} has no task ${id}.`);
    return found;
  }

  get runs(): string {
    return join(this.path, 'runs');
  }

  programOf({ id }: Task): string {
    return join(this.path, 'programs', `${id}${PROGRAM_EXTENSION}`);
  }

  /** Folder of a fine-tuned model. */
  modelOf({ id }: Task): string {
    return join(this.path, 'models', id);
  }

  /** Lets one process at a time work on a task. @throws V2SError `run.busy`, `file.*` */
  async lock(task: Task): Promise<RunLock> {
    await makeFolder(this.#at(task));
    return await RunLock.take(this.#at(task));
  }

  /** Null before the first attempt. @throws V2SError `sweep.record`, `file.*` */
  async readRecord(task: Task): Promise<TaskRecord | null> {
    const file = join(this.#at(task), RECORD_FILE);
    const text = await readBoundedText(file, { maxBytes: MAX_DOCUMENT_BYTES }).catch((error: unknown) => {
      if (error instanceof V2SError && error.code === 'file.enoent') return null;
      throw error;
    });
    if (text === null) return null;
    const parsed = recordSchema.safeParse(parseJson(text, file, 'sweep.record', 'Delete it to run the task again.'));
    if (parsed.success) return parsed.data;
    throw new V2SError('sweep.record', `${file} is not the record of a task. Delete it to run the task again.`);
  }

  /** @throws V2SError `file.*` */
  async writeRecord(task: Task, record: TaskRecord): Promise<void> {
    await writeFileAtomic(join(this.#at(task), RECORD_FILE), `${JSON.stringify(record)}\n`);
  }

  /** Every task, in the order of the plan, and how far it has come. @throws V2SError `sweep.record`, `file.*` */
  async progress(): Promise<TaskProgress[]> {
    const begun = new Set(await readdir(join(this.path, 'tasks')).catch(() => []));
    const found: TaskProgress[] = new Array<TaskProgress>(this.tasks.length);
    let next = 0;
    const reader = async (): Promise<void> => {
      for (let i = next++; i < this.tasks.length; i = next++) {
        const task = this.tasks[i];
        const record = begun.has(task.id) ? await this.readRecord(task) : null;
        found[i] = { task, record, state: await this.#stateOf(task, record, begun.has(task.id)) };
      }
    };
    await Promise.all(Array.from({ length: READERS }, reader));
    return found;
  }

  async #stateOf(task: Task, record: TaskRecord | null, begun: boolean): Promise<TaskState> {
    if (!begun) return 'waiting';
    if (record?.state === 'done') return 'done';
    if (await isLocked(this.#at(task))) return 'running';
    if (!record) return 'waiting';
    return record.state === 'started' ? 'interrupted' : record.state;
  }

  #at({ id }: Task): string {
    return join(this.path, 'tasks', id);
  }
}
