import { basename, dirname, extname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import * as z from 'zod';
import { readOptionsSchema } from '../../common/read-format';
import { PAPER_PRESET, RUN_OPTION_NAMES } from '../../common/run-options';
import { FINE_TUNE_OPTIONS, parseFineTuneOptions } from '../baselines';
import { V2SError } from '../errors';
import { readBoundedText } from '../files/bounded-read';
import { parseJson } from '../files/json';
import { MAX_DOCUMENT_BYTES } from '../files/limits';
import { parseReprogramOptions } from '../reprogram';

/** Baselines that neither a seed nor, but for the linear probe, an acoustic model bears on. */
export const REFERENCE_METHODS = ['majority', 'euclidean', 'dtw-window', 'dtw-full', 'linear-probe'] as const;
const METHODS = ['ensemble', 'theta', 'paper', 'finetune', ...REFERENCE_METHODS] as const;
export type MethodKind = (typeof METHODS)[number];

const MAX_SEEDS = 1000;

/** Options of a method in the words of the flags (`learning-rate`) or of the settings (`learningRate`). */
const optionsSchema = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .transform((options) =>
    Object.fromEntries(
      Object.entries(options).map(([name, value]) => [
        name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
        value,
      ]),
    ),
  );

/** How a series file is read, as far as it is not detected; a training needs labels. */
const readSchema = z.strictObject({
  ...readOptionsSchema.omit({ encoding: true }).shape,
  labels: z.union([z.enum(['first', 'last']), z.int().min(1), z.object({ name: z.string() })]).optional(),
});
type PlannedRead = z.infer<typeof readSchema>;

const nameSchema = z.string().min(1).max(200);
const dataSchema = z.union([
  z.string().min(1),
  z.strictObject({
    train: z.string().min(1),
    test: z.string().min(1).optional(),
    name: nameSchema.optional(),
    read: readSchema.optional(),
  }),
]);
const methodSchema = z.union([
  z.enum(METHODS),
  z.strictObject({ name: nameSchema, use: z.enum(METHODS), options: optionsSchema.optional() }),
]);
const seedSchema = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

const planSchema = z.strictObject({
  name: nameSchema.optional(),
  data: z.array(dataSchema).min(1),
  models: z.array(z.string().min(1)).min(1).optional(),
  methods: z.array(methodSchema).min(1),
  /** a count, for the seeds 1, 2, .., or the seeds themselves */
  seeds: z.union([z.int().min(1).max(MAX_SEEDS), z.array(seedSchema).min(1).max(MAX_SEEDS)]).default(5),
  threads: z.int().min(1).max(64).default(1),
});

/** A method as a plan names it. */
export interface PlannedMethod {
  name: string;
  kind: MethodKind;
  /** what differs from the defaults; checked, without the seed */
  options: Record<string, unknown>;
}

/** What is to be compared: every data set by every acoustic model, method and seed. */
export interface Plan {
  name: string;
  /** paths are absolute; a TEST file that is not named lies beside TRAIN */
  data: { train: string; test: string | null; name: string | null; read: PlannedRead }[];
  /** ids, and absolute paths of folders */
  models: string[];
  methods: PlannedMethod[];
  seeds: number[];
  /** of each run */
  threads: number;
}

/**
 * Reads a plan, YAML or JSON by the extension of the file.
 * @param defaultModel where the plan names none
 * @throws V2SError `file.*`, `sweep.plan` with every place that is wrong
 */
export async function readPlan(file: string, defaultModel: string): Promise<Plan> {
  const text = await readBoundedText(file, { maxBytes: MAX_DOCUMENT_BYTES });
  const parsed = planSchema.safeParse(
    extname(file).toLowerCase() === '.json' ? parseJson(text, file, 'sweep.plan') : yaml(text, file),
  );
  if (!parsed.success)
    throw new V2SError('sweep.plan', `${file} is not the plan of a sweep:\n${z.prettifyError(parsed.error)}`, {
      cause: parsed.error,
    });
  const { name = planName(file), data, models = [defaultModel], methods, seeds, threads } = parsed.data;
  const folder = dirname(resolve(file));
  const at = (path: string): string => resolve(folder, path);
  const plan: Plan = {
    name,
    data: data
      .map((entry) => (typeof entry === 'string' ? { train: entry } : entry))
      .map((entry) => ({
        train: at(entry.train),
        test: entry.test === undefined ? null : at(entry.test),
        name: entry.name ?? null,
        read: entry.read ?? {},
      })),
    models: models.map((model) => (/[\\/]/.test(model) ? at(model) : model)),
    methods: methods.map((entry) => plannedMethod(entry, file)),
    seeds: typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => i + 1) : seeds,
    threads,
  };
  for (const [what, values] of [
    ['acoustic model', plan.models],
    ['method', plan.methods.map((method) => method.name)],
    ['seed', plan.seeds.map(String)],
  ] as const) {
    const twice = values.find((value, i) => values.indexOf(value) < i);
    if (twice !== undefined) throw new V2SError('sweep.plan', `${file} names the ${what} ${twice} twice.`);
  }
  return plan;
}

/** Name of a plan, and of what is written for it: the file's without its extension. */
export function planName(file: string): string {
  return basename(file, extname(file));
}

function yaml(text: string, file: string): unknown {
  try {
    return parseYaml(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new V2SError('sweep.plan', `${file} is not YAML: ${(error as Error).message}`, { cause: error });
  }
}

function plannedMethod(entry: z.infer<typeof methodSchema>, file: string): PlannedMethod {
  const { name, use: kind, options = {} } = typeof entry === 'string' ? { name: entry, use: entry } : entry;
  const known = knownOptions(kind);
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown !== undefined)
    throw new V2SError(
      'sweep.plan',
      `${file}: the method ${name} has an option "${unknown}" that ${kind} does not take. ` +
        (known.length > 0 ? `It takes ${known.join(', ')}.` : 'It takes none.'),
    );
  const method: PlannedMethod = { name, kind, options };
  // A wrong value is found before the first run.
  if (kind === 'finetune') parseFineTuneOptions(options);
  else if (isReprogramming(kind)) reprogramOptionsOf(method, 0);
  return method;
}

function knownOptions(kind: MethodKind): string[] {
  const options = isReprogramming(kind)
    ? RUN_OPTION_NAMES.filter((name) => name !== 'method')
    : kind === 'finetune'
      ? Object.keys(FINE_TUNE_OPTIONS)
      : kind === 'linear-probe'
        ? ['replicas']
        : [];
  return options.filter((name) => name !== 'seed');
}

/** Whether a method makes a program. */
export function isReprogramming(kind: MethodKind): kind is 'ensemble' | 'theta' | 'paper' {
  return kind === 'ensemble' || kind === 'theta' || kind === 'paper';
}

/** The options of a run of a method that makes a program. @throws V2SError `options.invalid` */
export function reprogramOptionsOf({ kind, options }: Pick<PlannedMethod, 'kind' | 'options'>, seed: number) {
  const own = kind === 'paper' ? PAPER_PRESET : { method: kind as 'ensemble' | 'theta' };
  return parseReprogramOptions({ ...own, ...options, seed });
}
