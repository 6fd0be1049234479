import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import * as z from 'zod';
import type { ModelCard } from '../acoustic/card';
import type { AcousticModel, Tensors } from '../acoustic/model';
import type { Topology } from '../acoustic/topology';
import { readModelFolder, writeModelFolder, type ModelFolder } from '../acoustic/store';
import { V2SError } from '../errors';
import { placedLogitsOf } from '../reprogram';
import type { EvaluationHooks } from '../reprogram/evaluate';
import { placementSchema } from '../rendering/placement';
import { epochRecordSchema, programDescriptionSchema } from '../reprogram/program-description';
import { readSealed, takeTensor, writeSealed, type SealedFormat, type SealedTensors } from '../reprogram/sealed-file';
import { DenseHead, HEAD_BIAS, HEAD_KERNEL } from './dense-head';
import { fineTuneOptionsSchema } from './fine-tune-options';

const HEAD_FILE = 'head.safetensors';

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** Everything about a fine-tuned model but its numbers. */
const fineTunedDescriptionSchema = z.object({
  /** name of the data set */
  name: z.string(),
  /** the acoustic model it started from */
  source: z.object({ id: z.string(), weightsSha256: sha256Schema }),
  /** of the fine-tuned weights beside this head */
  weightsSha256: sha256Schema,
  /** one zero-padded replica at the start of the clip */
  placement: placementSchema,
  /** K, the inputs of the head */
  sourceWords: z.int().min(1),
  /** from TRAIN, in the order of the class indices */
  classNames: z.array(z.string()).min(2),
  training: z.object({
    options: fineTuneOptionsSchema,
    implementation: z.string(),
    engine: z.string(),
    trainingSeries: z.int().min(1),
    validationSeries: z.int().min(0),
  }),
  /** epoch whose weights these are */
  bestEpoch: z.int().min(1),
  history: z.array(epochRecordSchema),
  metrics: programDescriptionSchema.shape.metrics.omit({ heldOut: true }),
  data: programDescriptionSchema.shape.data,
  /** what was resampled or otherwise treated */
  notes: z.array(z.string()),
});
export type FineTunedDescription = z.infer<typeof fineTunedDescriptionSchema>;

/** The transfer baseline TF_a: a fine-tuned acoustic model and the dense head that names the classes. */
export interface FineTunedModel {
  description: FineTunedDescription;
  /** of the acoustic model, all of them */
  weights: Tensors;
  /** `head.kernel` [K, C] and `head.bias` [C] */
  head: Tensors;
}

const FORMAT: SealedFormat<FineTunedDescription> = {
  format: 'v2s-fine-tuned-head',
  version: 1,
  key: 'finetuned',
  schema: fineTunedDescriptionSchema,
  remedy: 'Restore it from a copy, or fine-tune again.',
};

/**
 * Writes an acoustic-model folder with the fine-tuned weights, and the head beside them.
 * @param card of the acoustic model it started from
 * @param topology of that model, if it is a LayersModel
 * @returns the card of the fine-tuned model
 * @throws V2SError `model.weights`, `file.*`
 */
export async function writeFineTuned(
  folder: string,
  card: ModelCard,
  fineTuned: FineTunedModel,
  topology?: Topology,
): Promise<ModelCard> {
  const { description, weights, head } = fineTuned;
  const { name, source, training, bestEpoch, data } = description;
  const written = await writeModelFolder(folder, {
    card: {
      ...card,
      id: `${source.id}-fine-tuned-${name}`,
      title: `${card.title}, fine-tuned on ${name}`,
      // Measured on speech before the fine-tuning, and no longer true.
      test: null,
      training: {
        fineTunedFrom: source,
        data,
        options: training.options,
        bestEpoch,
        head: HEAD_FILE,
        sourceTraining: card.training,
      },
    },
    weights,
    topology,
  });
  const tensors: SealedTensors = new Map(head);
  await writeSealed(FORMAT, join(folder, HEAD_FILE), description, tensors);
  return written;
}

/**
 * Reads a folder that `writeFineTuned` wrote.
 * @throws V2SError `finetuned.missing` without a head, `finetuned.corrupt`, `finetuned.version`, `finetuned.checksum` when head and
 *   weights do not belong together, `model.*`, `file.*`
 */
export async function readFineTuned(folder: string): Promise<{ model: ModelFolder; fineTuned: FineTunedModel }> {
  const model = await readModelFolder(folder);
  const path = join(folder, HEAD_FILE);
  if (!(await exists(path)))
    throw new V2SError(
      'finetuned.missing',
      `${folder} holds an acoustic model that is not fine-tuned: it has no ${HEAD_FILE}. Fine-tune it first.`,
    );
  const { document: description, tensors } = await readSealed(FORMAT, path);
  if (description.weightsSha256 !== model.card.weightsSha256)
    throw new V2SError(
      'finetuned.checksum',
      `The head in ${path} was trained with weights ${description.weightsSha256.slice(0, 12)}.., but those beside it are ` +
        `${model.card.weightsSha256.slice(0, 12)}... ${FORMAT.remedy}`,
    );
  const { sourceWords, classNames } = description;
  const head: Tensors = new Map();
  for (const [name, shape] of [
    [HEAD_KERNEL, [sourceWords, classNames.length]],
    [HEAD_BIAS, [classNames.length]],
  ] as const)
    head.set(name, { shape: [...shape], data: takeTensor(FORMAT, tensors, name, Float32Array, shape, path) });
  return { model, fineTuned: { description, weights: model.weights, head } };
}

/**
 * What a folder says of the fine-tuned model in it; null when it holds none.
 * @throws V2SError `finetuned.corrupt`, `finetuned.version`, `file.*`
 */
export async function describeFineTuned(
  folder: string,
): Promise<{ description: FineTunedDescription; /** ms since 1970 */ modified: number } | null> {
  const path = join(folder, HEAD_FILE);
  if (!(await exists(path))) return null;
  const { document } = await readSealed(FORMAT, path);
  return { description: document, modified: (await stat(path)).mtimeMs };
}

/**
 * Class scores of any number of series by the fine-tuned model, [n * C]: the logits that the paper's figure 3 (poster) embeds.
 * @param model holds the fine-tuned weights
 * @throws CanceledError
 */
export async function fineTunedLogitsOf(
  model: AcousticModel,
  { description, head }: FineTunedModel,
  series: readonly ArrayLike<number>[],
  hooks: EvaluationHooks = {},
): Promise<{ logits: Float32Array; k: number }> {
  const source = await placedLogitsOf(model, series, description.placement, hooks);
  const dense = new DenseHead(head);
  const logits = new Float32Array(series.length * dense.classes);
  for (let i = 0; i < series.length; i++) logits.set(dense.scores(source, i * dense.inputs), i * dense.classes);
  return { logits, k: dense.classes };
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
