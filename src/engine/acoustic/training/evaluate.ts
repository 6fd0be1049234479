import { copyWaveforms, type SpeechClips } from '../../audio/speech-folder';
import { throwIfCanceled } from '../../errors';
import { Random } from '../../math/random';
import type { AcousticModel } from '../model';
import type { SourceLogits } from '../store';
import { scoreLogits, type Scores } from './classification-loss';

/** Source test clips whose logits a model folder keeps: enough for the distances of the theory, 130 kB with 40 words. */
export const SOURCE_LOGITS_CLIPS = 800;
/** Clips converted to 32-bit floats at once (16 MB). */
const CLIPS_AT_ONCE = 256;

/**
 * Logits of every clip, packed [n, K], and their scores. The clips' classes must index the model's source labels.
 * @throws CanceledError
 */
export async function evaluateModel(
  model: AcousticModel,
  clips: SpeechClips,
  signal?: AbortSignal,
  onProgress?: (done: number, total: number) => void,
): Promise<{ logits: Float32Array; scores: Scores }> {
  const n = clips.classes.length;
  const k = model.card.sourceLabels.length;
  const logits = new Float32Array(n * k);
  const waveforms = new Float32Array(Math.min(n, CLIPS_AT_ONCE) * clips.samples);
  for (let from = 0; from < n; from += CLIPS_AT_ONCE) {
    throwIfCanceled(signal);
    const count = Math.min(CLIPS_AT_ONCE, n - from);
    const indices = Array.from({ length: count }, (_, i) => from + i);
    copyWaveforms(clips, indices, waveforms);
    logits.set(await model.logits(waveforms.subarray(0, count * clips.samples), count), from * k);
    onProgress?.(from + count, n);
  }
  return { logits, scores: scoreLogits(logits, clips.classes, k) };
}

/**
 * A seeded sample of evaluated clips, the same number of each class (all of a class that has fewer), by class.
 * @param atMost clips in all
 */
export function sampleSourceLogits(
  logits: Float32Array,
  classes: Int32Array,
  k: number,
  atMost: number,
  seed: number,
): SourceLogits {
  const random = new Random(seed);
  const perClass = Math.max(1, Math.floor(atMost / k));
  const chosen: number[] = [];
  for (let label = 0; label < k; label++) {
    const ofClass: number[] = [];
    classes.forEach((c, i) => {
      if (c === label) ofClass.push(i);
    });
    chosen.push(
      ...random
        .shuffle(ofClass)
        .slice(0, perClass)
        .sort((a, b) => a - b),
    );
  }
  const sample = new Float32Array(chosen.length * k);
  chosen.forEach((i, row) => sample.set(logits.subarray(i * k, (i + 1) * k), row * k));
  return { logits: sample, labels: Int32Array.from(chosen, (i) => classes[i]), k };
}
