import type { AcousticModel } from '../acoustic/model';
import { V2SError } from '../errors';
import { assertOpenModelOf, classIndices, type Program } from '../reprogram';
import type { SeriesDataset } from '../series';
import type { Dimensions } from './points';
import { programStages } from './program-stages';
import { embedStages, type EmbeddingMethod, type Stage, type StageLayout } from './stages';

export interface ProgramLayoutOptions {
  method?: EmbeddingMethod;
  dimensions?: Dimensions;
  perplexity?: number;
  seed: number;
  signal?: AbortSignal;
  /** share of the whole work done, 0..1 */
  onProgress?(done: number, what: string): void;
}

export interface ProgramLayouts {
  /** what the frozen model says of the bare series; of an ensemble, the source logits of all its members */
  before: StageLayout;
  /** with theta; of an ensemble, the class scores that its mapping makes of them */
  after: StageLayout;
  /** the transfer baseline, when its logits were given */
  fineTuned: StageLayout | null;
  /** class index of every series in the program's class names, -1 without a label */
  labels: Int32Array;
  notes: string[];
}

/** Share of the work that hearing the series is, beside the embedding: a guess for the progress bar only. */
const HEARING_SHARE = 0.5;

/**
 * What the program did to the acoustic model's view of a file (figure 3 of the poster): layouts of the logits before and after
 * reprogramming, and of a fine-tuned model, turned onto the layout after. Row i is series i of the file in each.
 * @param fineTuned logits of the same series by the transfer baseline, [n * k]; null without one
 * @throws V2SError `program.checksum` for another model than the program's, `series.label-unseen`, `embedding.*`; CanceledError
 */
export async function layoutsOfProgram(
  program: Program,
  model: AcousticModel,
  dataset: SeriesDataset,
  fineTuned: { logits: Float32Array; k: number } | null,
  options: ProgramLayoutOptions,
): Promise<ProgramLayouts> {
  const { signal, onProgress } = options;
  await assertOpenModelOf(program, model);
  const { classNames } = program.description;
  if (dataset.series.length === 0) throw new V2SError('embedding.points', `${dataset.file} has no series.`);
  const labels = labelsOf(dataset, classNames);
  const values = dataset.series.map((series) => series.values);
  const heard = await programStages(program, model, values, {
    signal,
    onProgress: (done, total) => onProgress?.((HEARING_SHARE * done) / total, 'hearing the series'),
  });
  const stages: Stage[] = [
    { name: 'before', ...heard.before },
    { name: 'after', ...heard.after },
  ];
  if (fineTuned) stages.push({ name: 'fine-tuned', ...fineTuned });
  const [before, after, tuned = null] = await embedStages(stages, labels, {
    ...options,
    reference: 'after',
    onProgress: (done, stage) =>
      onProgress?.(HEARING_SHARE + (1 - HEARING_SHARE) * done, `laying out the logits: ${stage}`),
  });
  return { before, after, fineTuned: tuned, labels, notes: dataset.notes };
}

function labelsOf(dataset: SeriesDataset, classNames: readonly string[]): Int32Array {
  const labeled = dataset.series.filter(({ label }) => label !== null);
  const known = classIndices({ ...dataset, series: labeled }, classNames, "the program's classes");
  let next = 0;
  return Int32Array.from(dataset.series, ({ label }) => (label === null ? -1 : known[next++]));
}
