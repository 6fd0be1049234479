import { featureShape } from '../acoustic/architecture';
import { openKernelFeatures } from '../acoustic/fused/kernel-features';
import { frontEndObstacle } from '../acoustic/fused/stages/front-end-stage';
import type { AcousticModel } from '../acoustic/model';
import type { Member, MemberLogitsHooks } from '../ensemble/member-logits';
import { throwIfCanceled } from '../errors';
import { CLIP_SAMPLES } from '../rendering/placement';

/**
 * What the front end alone hears of every series in every member: the standardized mel-spectrogram of the rendered clip, averaged over
 * time. After the B means of a member comes one number more, minus their sum: the mapping of an ensemble centers what belongs to a
 * member, and with this number there is nothing to center, so that the loudness is kept.
 * @param model whose front end it is; its network is used only where the front end does not run by itself
 * @returns [n, members, B + 1], row-major
 * @throws CanceledError; V2SError `rendering.empty`, `rendering.value`, `kernels.unsupported`
 */
export async function meanSpectra(
  model: AcousticModel,
  members: readonly Member[],
  series: readonly ArrayLike<number>[],
  { signal, onProgress }: MemberLogitsHooks = {},
): Promise<{ features: Float32Array; width: number }> {
  const [frames, bins] = featureShape(model.card);
  const width = bins + 1;
  const n = series.length;
  const total = n * members.length;
  const limit = model.batchLimit;
  const features = new Float32Array(total * width);
  const clips = new Float32Array(Math.min(limit, total) * CLIP_SAMPLES);
  const kernels =
    frontEndObstacle(model.card.frontEnd) === null ? await openKernelFeatures(model.card.frontEnd, limit) : null;
  try {
    for (let from = 0; from < total; from += limit) {
      throwIfCanceled(signal);
      const count = Math.min(limit, total - from);
      for (let b = 0; b < count; b++) {
        const { rendering, parameters } = members[Math.floor((from + b) / n)];
        rendering.render(series[(from + b) % n], parameters, clips.subarray(b * CLIP_SAMPLES, (b + 1) * CLIP_SAMPLES));
      }
      const batch = clips.subarray(0, count * CLIP_SAMPLES);
      const heard = kernels ? kernels.features(batch, count) : (await model.tap(batch, count)).features;
      for (let b = 0; b < count; b++) {
        const at = (((from + b) % n) * members.length + Math.floor((from + b) / n)) * width;
        averageOverTime(heard, b * frames * bins, frames, bins, features.subarray(at, at + width));
      }
      onProgress?.(from + count, total);
      // The kernels work in this thread: signals and messages get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    kernels?.dispose();
  }
  return { features, width };
}

function averageOverTime(heard: Float32Array, at: number, frames: number, bins: number, out: Float32Array): void {
  const sums = new Float64Array(bins);
  for (let f = 0; f < frames; f++) for (let b = 0; b < bins; b++) sums[b] += heard[at + f * bins + b];
  let sum = 0;
  for (let b = 0; b < bins; b++) {
    out[b] = sums[b] / frames;
    sum += out[b];
  }
  out[bins] = -sum;
}
