import type { AcousticModel } from '../acoustic/model';
import type { SeriesDataset } from '../series';
import { argmax } from '../math/softmax';
import { classIndices } from './class-labels';
import { classifierOf } from './classifier';
import { confusionMatrix, type EvaluationHooks } from './evaluate';
import { isCut } from '../rendering/placement';
import { assertOpenModelOf, type Program } from './program';

export type ClassifyHooks = EvaluationHooks;

interface Prediction {
  /** position of the series in the file, from 0 */
  index: number;
  /** predicted class */
  label: string;
  /** of the predicted class, 0..1 */
  probability: number;
  /** of every class, in the order of the program's class names; they sum to 1 */
  probabilities: number[];
  /** label in the file; null where it gives none */
  truth: string | null;
}

export interface ClassifyResult {
  classNames: string[];
  predictions: Prediction[];
  /** source logits of all members, [predictions, members, source words] */
  logits: Float32Array;
  members: number;
  /** whether the probabilities were fitted to what held-out series turned out to be */
  calibrated: boolean;
  /** fraction of the labeled series that were predicted right; null when the file has no labels */
  accuracy: number | null;
  /** counts [true class][predicted class]; null when the file has no labels */
  confusion: number[][] | null;
  /** what a person should know */
  notes: string[];
}

/**
 * Classifies every series of a file with a program.
 * @throws V2SError `program.checksum` for another acoustic model than the program's, `series.label-unseen` for a label that the program does
 *   not know; CanceledError
 */
export async function classify(
  program: Program,
  model: AcousticModel,
  dataset: SeriesDataset,
  hooks: ClassifyHooks = {},
): Promise<ClassifyResult> {
  await assertOpenModelOf(program, model);
  const { classNames } = program.description;
  const labeled = dataset.series.filter(({ label }) => label !== null);
  const truths = classIndices({ ...dataset, series: labeled }, classNames);
  const values = dataset.series.map((series) => series.values);
  const classifier = classifierOf(program);
  const logits = await classifier.logits(model, values, hooks);

  const { head, calibrated } = classifier;
  const predicted: number[] = [];
  const predictions = dataset.series.map(({ label }, index): Prediction => {
    const probabilities = [...head.probabilities(logits, index * head.width, new Float64Array(classNames.length))];
    const best = argmax(probabilities);
    if (label !== null) predicted.push(best);
    return { index, label: classNames[best], probability: probabilities[best], probabilities, truth: label };
  });

  const notes = [...dataset.notes];
  const [{ rendering }] = program.description.members;
  if (rendering.kind === 'replicas' && !rendering.contour) {
    const { placement } = rendering;
    const cut = values.filter(({ length }) => isCut(length, placement)).length;
    if (cut > 0)
      notes.push(
        `${cut} series are longer than the ${placement.interval} samples from one replica to the next and were cut there.`,
      );
  }
  const known = labeled.length > 0;
  const right = predicted.filter((best, i) => best === truths[i]).length;
  return {
    classNames,
    predictions,
    logits,
    members: classifier.members.length,
    calibrated,
    accuracy: known ? right / labeled.length : null,
    confusion: known ? confusionMatrix(truths, predicted, classNames.length) : null,
    notes,
  };
}
