import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import * as z from 'zod';
import { V2SError } from '../errors';
import { datasetName, siblingTestFile } from '../series';
import { isReprogramming, REFERENCE_METHODS, type MethodKind, type Plan } from './plan';

/** One run of a sweep: a data set, an acoustic model, a method and a seed. */
export const taskSchema = z.object({
  /** also the name of its folders */
  id: z.string().regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,59}$/u),
  data: z.object({
    name: z.string(),
    /** absolute */
    train: z.string(),
    /** absolute */
    test: z.string(),
    read: z.record(z.string(), z.unknown()),
  }),
  /** id or absolute folder; null where the method hears nothing */
  model: z.string().nullable(),
  method: z.object({ name: z.string(), kind: z.string(), options: z.record(z.string(), z.unknown()) }),
  /** null where chance plays no part */
  seed: z.int().nullable(),
  threads: z.int().min(1),
});
export type Task = z.infer<typeof taskSchema> & { method: { kind: MethodKind } };

const MAX_TASKS = 100_000;

/**
 * All runs of a plan: data sets, in these acoustic models, in these methods, in these seeds. A method on which model or seed do not
 * bear runs once for all of them.
 * @throws V2SError `sweep.plan` for data sets of one name, without a TEST file, and for too many runs; `file.*`
 */
export async function tasksOf(plan: Plan): Promise<Task[]> {
  const tasks: Task[] = [];
  const names = new Map<string, string>();
  for (const entry of plan.data) {
    const name = entry.name ?? datasetName(entry.train);
    const known = names.get(name.toLowerCase());
    if (known !== undefined)
      throw new V2SError('sweep.plan', `${known} and ${entry.train} are both called ${name}. Give one another name.`);
    names.set(name.toLowerCase(), entry.train);
    const test = entry.test ?? (await siblingTestFile(entry.train));
    if (test === null)
      throw new V2SError(
        'sweep.plan',
        `No TEST file was found beside ${entry.train}. Name it in the plan with "test".`,
      );
    for (const method of plan.methods)
      for (const model of hears(method.kind) ? plan.models : [null])
        for (const seed of isSeeded(method.kind) ? plan.seeds : [null]) {
          const id = idOf([name, model && modelName(model), method.name, seed === null ? null : `s${seed}`]);
          tasks.push({
            id,
            data: { name, train: entry.train, test, read: entry.read },
            model,
            method,
            seed,
            threads: plan.threads,
          });
        }
  }
  if (tasks.length > MAX_TASKS)
    throw new V2SError('sweep.plan', `The plan has ${tasks.length} runs; a sweep takes at most ${MAX_TASKS}.`);
  assertDistinct(tasks);
  return tasks;
}

/** A file system may not tell small letters from capitals. */
function assertDistinct(tasks: readonly Task[]): void {
  const seen = new Set<string>();
  for (const { id } of tasks) {
    if (seen.has(id.toLowerCase())) throw new V2SError('sweep.plan', `Two runs of the plan would be called ${id}.`);
    seen.add(id.toLowerCase());
  }
}

/** An acoustic model as a table names it: the last part of a path. */
export const modelName = (model: string): string => basename(model);

const hears = (kind: MethodKind): boolean => kind === 'linear-probe' || isSeeded(kind);
const isSeeded = (kind: MethodKind): boolean =>
  isReprogramming(kind) || !(REFERENCE_METHODS as readonly string[]).includes(kind);

const MAX_ID = 60;
const HASH = 8;

/** A readable name that a file system takes; a long one is cut and told apart by a hash. */
function idOf(parts: (string | null)[]): string {
  const given = parts.filter((part) => part !== null);
  const whole = given
    .map((part) => part.replace(/[^\p{L}\p{N}_-]+/gu, '_'))
    .join('.')
    .replace(/^[.-]+/, '');
  if (whole.length <= MAX_ID && whole !== '') return whole;
  const hash = createHash('sha256').update(JSON.stringify(given)).digest('hex').slice(0, HASH);
  return `${whole.slice(0, MAX_ID - HASH - 1).replace(/[.]+$/, '')}-${hash}`;
}
