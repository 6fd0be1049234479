import type { AcousticModel } from '../acoustic/model';
import { memberLogits, type Member } from '../ensemble/member-logits';
import { throwIfCanceled } from '../errors';
import { CLIP_SAMPLES } from '../rendering/placement';
import type { Classifier } from '../reprogram';
import type { TargetScore } from './target-score';

/** One series, the classifier that hears it through an acoustic model, and the score that is explained. */
export interface Subject {
  model: AcousticModel;
  classifier: Classifier;
  values: ArrayLike<number>;
  score: TargetScore;
  /** only these members hear the variants; the others keep what they said of the series. Default: all hear them */
  some?: { positions: readonly number[]; logits: Float32Array };
}

export interface VariantHooks {
  signal?: AbortSignal;
  /** clips heard so far and in all */
  onProgress?: (done: number, total: number) => void;
}

/**
 * The series without its shape: every value is the mean. It stands for "nothing" in all attributions. A value of the file that adds
 * nothing to the clip exists for some renderings only.
 */
export function flattened(values: ArrayLike<number>): Float64Array {
  return new Float64Array(values.length).fill(meanOf(values));
}

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Clips of some members one after another, [members * 16000]. */
export function renderMembers(members: readonly Member[], values: ArrayLike<number>): Float32Array {
  const clips = new Float32Array(members.length * CLIP_SAMPLES);
  members.forEach(({ rendering, parameters }, p) => rendering.render(values, parameters, clipOf(clips, p)));
  return clips;
}

/** The score of each variant of the series. @throws CanceledError */
export async function scoresOf(
  { model, classifier: { members, head }, score, some }: Omit<Subject, 'values'>,
  variants: readonly ArrayLike<number>[],
  hooks: VariantHooks = {},
): Promise<Float64Array> {
  throwIfCanceled(hooks.signal);
  const hearing = some ? some.positions.map((p) => members[p]) : members;
  const logits = await memberLogits(model, hearing, variants, hooks);
  if (!some) return Float64Array.from(variants, (_, i) => score.value(logits, i * head.width));
  const k = head.width / members.length;
  const all = some.logits.slice();
  return Float64Array.from(variants, (_, i) => {
    some.positions.forEach((p, at) => {
      const from = (i * hearing.length + at) * k;
      all.set(logits.subarray(from, from + k), p * k);
    });
    return score.value(all, 0);
  });
}

/**
 * Weighted sum over variants of the series of d score / d values at each of them, [L].
 * @param weights one a variant
 * @throws CanceledError
 */
export async function gradientSum(
  { model, classifier: { members, head }, score, values }: Subject,
  variants: readonly ArrayLike<number>[],
  weights: readonly number[],
  signal?: AbortSignal,
): Promise<Float64Array> {
  const sum = new Float64Array(values.length);
  const { width } = head;
  const k = width / members.length;
  // What the model keeps of a forward pass serves the way back; where it cannot keep all members, the logits are computed before.
  const together = members.length <= model.batchLimit;
  const limit = together ? Math.floor(model.batchLimit / members.length) * members.length : model.batchLimit;
  const known = together ? null : await memberLogits(model, members, variants, { signal });
  const total = variants.length * members.length;
  for (let from = 0; from < total; from += limit) {
    throwIfCanceled(signal);
    const pairs = Array.from({ length: Math.min(limit, total - from) }, (_, i) => ({
      variant: Math.floor((from + i) / members.length),
      member: (from + i) % members.length,
    }));
    const clips = new Float32Array(pairs.length * CLIP_SAMPLES);
    pairs.forEach(({ variant, member }, i) => {
      const { rendering, parameters } = members[member];
      rendering.render(variants[variant], parameters, clipOf(clips, i));
    });
    const heard = await model.forward(clips, pairs.length);
    const dLogits = new Float32Array(pairs.length * k);
    if (!known) for (let at = 0; at < heard.length; at += width) score.gradient(heard, at, dLogits);
    else {
      const [first, last] = [pairs[0].variant, pairs.at(-1)!.variant];
      const all = new Float32Array((last + 1 - first) * width);
      const logits = known.subarray(first * width, (last + 1) * width);
      for (let at = 0; at < all.length; at += width) score.gradient(logits, at, all);
      const start = (from - first * members.length) * k;
      dLogits.set(all.subarray(start, start + dLogits.length));
    }
    const { input } = await model.backward(dLogits, { input: 'each' });
    pairs.forEach(({ variant, member }, i) => {
      const { rendering, parameters } = members[member];
      const slopes = rendering.pullback(variants[variant], parameters, clipOf(input!, i));
      slopes.forEach((d, j) => (sum[j] += weights[variant] * d));
    });
  }
  return sum;
}

/** Clip i of many. */
export const clipOf = (clips: Float32Array, i: number): Float32Array =>
  clips.subarray(i * CLIP_SAMPLES, (i + 1) * CLIP_SAMPLES);
