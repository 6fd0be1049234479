import type { Program } from '../reprogram';

/**
 * What saliency explains: the pre-softmax score of a TARGET class, the mean of the logits of its source words
 *   y_c = (1 / |B_c|) sum over k in B_c of z_k   (+ sum over k of A_ck z_k for a learned mapping),
 * so that a map shows what speaks for the class and not what speaks against the others.
 * @returns d y_c / d z, [K]
 */
export function targetGradient({ description, mappingWeights }: Program, classIndex: number): Float32Array {
  const { words, sourceWords } = description.mapping;
  const gradient = new Float32Array(sourceWords);
  for (const k of words[classIndex]) gradient[k] += 1 / words[classIndex].length;
  if (mappingWeights) for (let k = 0; k < sourceWords; k++) gradient[k] += mappingWeights[classIndex * sourceWords + k];
  return gradient;
}

/** y_c of one clip from its K logits at `offset`. */
export function targetScore(gradient: Float32Array, logits: Float32Array, offset: number): number {
  let score = 0;
  for (let k = 0; k < gradient.length; k++) score += gradient[k] * logits[offset + k];
  return score;
}
