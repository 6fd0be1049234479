import { readModelCard, readSourceLogits } from '../acoustic/store';
import type { EpochOutputs } from '../reprogram';
import { targetRiskBound } from './bound';
import { sourceRiskOf } from './program-bound';
import { rootSquaredRisk } from './risk';
import { SlicedWassersteinReference } from './sliced-wasserstein';
import { estimateWasserstein1 } from './wasserstein1';

/** Of the projections and of the sub-samples: the same in every run and epoch, so that runs and epochs are comparable. */
const SEED = 1;
/** Most vectors of the Wasserstein-1 distance: twice as many would take eight times as long, a sixth of an epoch. */
const DRAW_SIZE = 250;

/** Figures of one epoch over the training part, by the names under which they are reported and stored. */
export type EpochTheory = Record<'swd' | 'w1' | 'bound' | 'target_risk', number>;

/**
 * What the theory says of every epoch of a training (ReprogramHooks.measure): sliced Wasserstein-2 and exact Wasserstein-1 distance
 * of the training logits from the model's source logits, the bound of Theorem 1 that follows, and the risk it bounds. The
 * Wasserstein-1 distance is of one draw of at most 250 vectors: with more series it is larger than that of `boundOfProgram`.
 * @returns undefined for a model without source logits
 * @throws V2SError `model.*`, `file.*`
 */
export async function openEpochTheory(
  modelFolder: string,
): Promise<((outputs: EpochOutputs) => EpochTheory) | undefined> {
  const source = await readSourceLogits(modelFolder);
  if (!source) return undefined;
  const card = await readModelCard(modelFolder);
  const { k } = source;
  const clips = source.labels.length;
  const sourceRisk = sourceRiskOf(card, source);
  const reference = new SlicedWassersteinReference(source.logits, clips, k, { seed: SEED });
  return ({ logits, probabilities, labels }) => {
    const n = labels.length;
    const w1 = estimateWasserstein1(source.logits, clips, logits, n, k, { seed: SEED, draws: 1, size: DRAW_SIZE }).mean;
    return {
      swd: reference.distance(logits, n),
      w1,
      bound: targetRiskBound({ sourceRisk, k, w1 }),
      target_risk: rootSquaredRisk(probabilities, labels, n, probabilities.length / n),
    };
  };
}
