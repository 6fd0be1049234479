import type { AcousticModel } from '../acoustic/model';
import { bareMembersOf, classifierOf, logitsOf, type Program } from '../reprogram';

/** Numbers of every series, [n * k], row-major. */
export interface StageLogits {
  logits: Float32Array;
  k: number;
}

interface Hooks {
  signal?: AbortSignal;
  /** series heard, of all that will be */
  onProgress?(done: number, total: number): void;
}

/**
 * What a program did to the acoustic model's view of series: the source logits of the bare series and of the reprogrammed ones. The
 * members of an ensemble hear no bare series: its view before is the source logits of all members, after it the class scores that the
 * mapping makes of them.
 * @returns also the logits [n * width] that the program classifies by
 * @throws CanceledError
 */
export async function programStages(
  program: Program,
  model: AcousticModel,
  series: readonly ArrayLike<number>[],
  { signal, onProgress }: Hooks = {},
): Promise<{ before: StageLogits; after: StageLogits; logits: Float32Array }> {
  const classifier = classifierOf(program);
  const { head } = classifier;
  const bare = bareMembersOf(classifier.members);
  const passes = bare ? 2 : 1;
  const during = (pass: number) => ({
    signal,
    onProgress: (done: number, total: number) => onProgress?.(pass * total + done, passes * total),
  });
  const k = head.width;
  const before = bare && (await logitsOf(model, bare, series, during(0)));
  const logits = await classifier.logits(model, series, during(passes - 1));
  if (before) return { before: { logits: before, k }, after: { logits, k }, logits };
  const scores = new Float32Array(series.length * head.classes);
  series.forEach((_, i) => scores.set(head.scores(logits, i * k), i * head.classes));
  return { before: { logits, k }, after: { logits: scores, k: head.classes }, logits };
}
