import * as z from 'zod';
import { V2SError } from '../../errors';
import { writeFileAtomic } from '../../files/atomic';
import { readBounded } from '../../files/bounded-read';
import { MAX_CHECKPOINT_BYTES } from '../../files/limits';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../../files/safetensors';
import type { Tensors } from '../model';

/** One epoch of a training, as the history keeps it. */
const epochSchema = z.object({
  /** 1, 2, .. */
  epoch: z.number().int().positive(),
  /** mean over the batches, with label smoothing and augmentation */
  trainLoss: z.number(),
  validationLoss: z.number(),
  validationAccuracy: z.number(),
  seconds: z.number(),
});
export type Epoch = z.infer<typeof epochSchema>;

const stateSchema = z.object({
  format: z.literal('v2s-acoustic-training'),
  version: z.literal(1),
  /** what decides the result; a training resumes only with the same */
  identity: z.record(z.string(), z.unknown()),
  history: z.array(epochSchema),
  bestEpoch: z.number().int().nonnegative(),
  steps: z.number().int().nonnegative(),
});

/** Everything a training needs to go on after the epochs in its history as if it had never stopped. */
export interface Checkpoint {
  identity: Record<string, unknown>;
  history: Epoch[];
  /** 0 before the first epoch */
  bestEpoch: number;
  /** optimizer steps so far */
  steps: number;
  tensors: Record<(typeof GROUPS)[number], Tensors>;
}

/** Sets of tensors in the file, each tensor named GROUP/NAME. */
const GROUPS = ['weights', 'average', 'best', 'first', 'second'] as const;

/** @throws V2SError `file.*`; the previous checkpoint is then intact */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { tensors: groups, ...state } = checkpoint;
  const tensors = new Map<string, StoredTensor>();
  for (const group of GROUPS) for (const [name, tensor] of groups[group]) tensors.set(`${group}/${name}`, tensor);
  const training = JSON.stringify({ format: 'v2s-acoustic-training', version: 1, ...state });
  await writeFileAtomic(path, encodeSafetensors({ tensors, metadata: { training } }));
}

/**
 * @param identity of the training that is to go on
 * @throws V2SError `training.checkpoint` when it is damaged, `training.resume` when it belongs to another training
 */
export async function readCheckpoint(path: string, identity: Record<string, unknown>): Promise<Checkpoint> {
  const bytes = await readBounded(path, { maxBytes: MAX_CHECKPOINT_BYTES, doing: 'resume from' });
  const { tensors: stored, metadata } = decodeSafetensors(bytes, path);
  const damaged = (why: string): V2SError =>
    new V2SError('training.checkpoint', `${path} is not a usable checkpoint: ${why}. Delete it and train again.`);
  let json: unknown;
  try {
    json = JSON.parse(metadata.training ?? '');
  } catch {
    throw damaged('its description is missing or not JSON');
  }
  const parsed = stateSchema.safeParse(json);
  if (!parsed.success) throw damaged(z.prettifyError(parsed.error));
  const { history, bestEpoch, steps } = parsed.data;
  requireSameTraining(path, parsed.data.identity, identity);
  const tensors = Object.fromEntries(GROUPS.map((group) => [group, new Map()])) as Checkpoint['tensors'];
  for (const [key, { shape, data }] of stored) {
    const slash = key.indexOf('/');
    const group = tensors[key.slice(0, slash) as (typeof GROUPS)[number]];
    if (!group || !(data instanceof Float32Array)) throw damaged(`it has an unexpected tensor ${key}`);
    group.set(key.slice(slash + 1), { shape, data });
  }
  return { identity, history, bestEpoch, steps, tensors };
}

function requireSameTraining(path: string, was: Record<string, unknown>, is: Record<string, unknown>): void {
  for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const before = JSON.stringify(was[key]);
    const now = JSON.stringify(is[key]);
    if (before !== now)
      throw new V2SError(
        'training.resume',
        `The checkpoint ${path} belongs to a training with ${key} ${before}, not ${now}. ` +
          'Resume with the same options and data, or choose another folder.',
      );
  }
}
