import type { AcousticModel, Readout } from '../acoustic/model';
import { readoutWidth } from '../acoustic/readout';
import { throwIfCanceled } from '../errors';
import { CLIP_SAMPLES } from '../rendering/placement';
import type { Rendering, RenderingParameters } from '../rendering/rendering';

/** A rendering with its trained parameters; none for a drawn one. */
export interface Member {
  rendering: Rendering;
  parameters: RenderingParameters;
}

export interface MemberLogitsHooks {
  /** what is read of the model; default: `logits` */
  readout?: Readout;
  signal?: AbortSignal;
  /** clips heard so far and in all */
  onProgress?: (done: number, total: number) => void;
}

/**
 * What the acoustic model says of every series as every member renders it. The clips go through the model in batches of its limit,
 * which may hold several members; while its threads work on one batch, the next is rendered. At most two batches (4 MB at 32 clips)
 * exist at a time, besides the result.
 * @param series values, gaps filled
 * @returns [n, members, K], row-major; of another read-out its width in place of K
 * @throws CanceledError; V2SError `rendering.empty`, `rendering.value`, `model.readout`
 */
export async function memberLogits(
  model: AcousticModel,
  members: readonly Member[],
  series: readonly ArrayLike<number>[],
  { readout = 'logits', signal, onProgress }: MemberLogitsHooks = {},
): Promise<Float32Array> {
  const k = readoutWidth(readout, model.card.sourceLabels.length);
  const n = series.length;
  const total = n * members.length;
  const logits = new Float32Array(total * k);
  const buffers = [0, 1].map(() => new Float32Array(Math.min(total, model.batchLimit) * CLIP_SAMPLES));
  // Clip q is series q % n in member floor(q / n): a member's rendering is used for many series in a row.
  const render = (from: number, buffer: Float32Array): Float32Array => {
    const count = Math.min(model.batchLimit, total - from);
    for (let b = 0; b < count; b++) {
      const { rendering, parameters } = members[Math.floor((from + b) / n)];
      const clip = buffer.subarray(b * CLIP_SAMPLES, (b + 1) * CLIP_SAMPLES);
      rendering.render(series[(from + b) % n], parameters, clip);
    }
    return buffer.subarray(0, count * CLIP_SAMPLES);
  };
  let clips = total > 0 ? render(0, buffers[0]) : new Float32Array(0);
  for (let from = 0, turn = 1; from < total; turn++) {
    throwIfCanceled(signal);
    const count = clips.length / CLIP_SAMPLES;
    const heard =
      readout === 'logits'
        ? model.logits(clips, count)
        : model.readouts(clips, count).then((values) => values[readout]);
    // Should the next clip fail, the batch that is under way must not become an unhandled rejection.
    heard.catch(() => undefined);
    const next = from + count;
    if (next < total) clips = render(next, buffers[turn % 2]);
    const words = await heard;
    for (let b = 0; b < count; b++) {
      const at = ((from + b) % n) * members.length + Math.floor((from + b) / n);
      logits.set(words.subarray(b * k, (b + 1) * k), at * k);
    }
    from = next;
    onProgress?.(from, total);
  }
  return logits;
}
