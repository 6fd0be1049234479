import { readModelCard, readSourceLogits } from '../acoustic/store';
import type { EpochOutputs } from '../reprogram';
import { BoundEstimator } from './bound';
import { sourceRiskOf } from './program-bound';
import { rootSquaredRisk } from './risk';

/** Figures of one epoch over the training part, by the names under which they are reported and stored. */
export type EpochTheory = Record<'swd' | 'w1' | 'bound' | 'target_risk', number>;

/**
 * What the theory says of every epoch of a training (ReprogramHooks.measure): sliced Wasserstein-2 and exact Wasserstein-1 distance
 * of the training logits from the model's source logits, the bound of Theorem 1 that follows, and the risk it bounds: the figures of
 * `boundOfProgram` for the theta after the epoch, over the series it is trained on.
 * @returns undefined for a model without source logits
 * @throws V2SError `model.*`, `file.*`
 */
export async function openEpochTheory(
  modelFolder: string,
): Promise<((outputs: EpochOutputs) => EpochTheory) | undefined> {
  const source = await readSourceLogits(modelFolder);
  if (!source) return undefined;
  const card = await readModelCard(modelFolder);
  const { k, logits: clips, labels: words } = source;
  const estimator = new BoundEstimator({ logits: clips, n: words.length }, k, sourceRiskOf(card, source));
  return ({ logits, probabilities, labels }) => {
    const n = labels.length;
    return {
      ...estimator.figures({ logits, n }),
      target_risk: rootSquaredRisk(probabilities, labels, n, probabilities.length / n),
    };
  };
}
