import type { ModelCard } from '../acoustic/card';
import type { AcousticModel } from '../acoustic/model';
import { readModelCard, readSourceLogits, type SourceLogits } from '../acoustic/store';
import { V2SError } from '../errors';
import type { Program } from '../reprogram';
import type { SeriesDataset } from '../series';
import { BoundEstimator, type BoundEstimate, type BoundOptions } from './bound';
import { hearSeries, type HearingOptions } from './heard-series';
import { hasBound } from './member-distances';
import { sourceRisk } from './risk';

export interface ProgramBound extends BoundEstimate {
  /** see HeardSeries */
  targetRisk: number | null;
  /** target series, and source clips, that the sliced distance is over */
  series: number;
  clips: number;
  notes: string[];
}

export type ProgramBoundOptions = BoundOptions & HearingOptions;

/**
 * Theorem 1 for a program and a file: how far the reprogrammed series lie from the source clips in the AM's logits, the bound that
 * follows, and the risk that was measured.
 * @param source logits of source clips, as the model's folder holds them
 * @throws V2SError `program.checksum` for another model than the program's, `series.label-unseen`, `theory.empty`,
 *   `theory.method` for a program of several members; CanceledError
 */
export async function boundOfProgram(
  program: Program,
  model: AcousticModel,
  source: SourceLogits,
  dataset: SeriesDataset,
  options: ProgramBoundOptions = {},
): Promise<ProgramBound> {
  if (!hasBound(program))
    throw new V2SError(
      'theory.method',
      'The bound of Theorem 1 is of one program with the label mapping of the paper. It says nothing about an ensemble, or about ' +
        'several members together.',
    );
  const { logits, n, targetRisk } = await hearSeries(program, model, dataset, options);
  const k = model.card.sourceLabels.length;
  const clips = source.labels.length;
  const from = { logits: source.logits, n: clips };
  const estimator = new BoundEstimator(from, k, sourceRiskOf(model.card, source), options);
  return { ...estimator.estimate({ logits, n }), targetRisk, series: n, clips, notes: dataset.notes };
}

/** The source risk of the card, which is over the whole source test split; without it, that of the stored logits. */
export function sourceRiskOf(card: ModelCard, source: SourceLogits): number {
  return card.test?.rmse ?? sourceRisk(source.logits, source.labels, source.labels.length, source.k);
}

/**
 * The source logits of a model folder, which the theory cannot do without.
 * @throws V2SError `model.source-logits` when the folder has none or they do not fit, `model.*`, `file.*`
 */
export async function requireSourceLogits(folder: string): Promise<SourceLogits> {
  const source = await readSourceLogits(folder);
  if (source) return source;
  const { id } = await readModelCard(folder);
  throw new V2SError(
    'model.source-logits',
    `The acoustic model ${id} in ${folder} has no source logits (source-logits.safetensors), which the bound needs. Choose ` +
      'another model, or evaluate this one on recordings of its source words and keep the result.',
  );
}
