import type { AcousticModel } from '../acoustic/model';
import { V2SError } from '../errors';
import { assertOpenModelOf, classifierOf, classIndices, type Classifier, type Program } from '../reprogram';
import type { SeriesDataset } from '../series';
import { rootSquaredRisk } from './risk';

export interface HearingOptions {
  signal?: AbortSignal;
  /** while the series are heard */
  onProgress?(done: number, total: number): void;
}

/** The series of a file as a program hears them. */
interface HeardSeries {
  classifier: Classifier;
  /** of all members, [n, members, K] */
  logits: Float32Array;
  /** series */
  n: number;
  /** risk of the program's class probabilities over the labeled series; null when the file has no labels */
  targetRisk: number | null;
}

/**
 * @throws V2SError `program.checksum` for another model than the program's, `series.label-unseen`, `theory.empty`; CanceledError
 */
export async function hearSeries(
  program: Program,
  model: AcousticModel,
  dataset: SeriesDataset,
  options: HearingOptions,
): Promise<HeardSeries> {
  await assertOpenModelOf(program, model);
  const n = dataset.series.length;
  if (n === 0) throw new V2SError('theory.empty', `${dataset.file} has no series.`);
  const { classNames } = program.description;
  const labeled = dataset.series.flatMap(({ label }, row) => (label === null ? [] : [row]));
  const truths = classIndices(
    { ...dataset, series: labeled.map((row) => dataset.series[row]) },
    classNames,
    "the program's classes",
  );
  const classifier = classifierOf(program);
  const values = dataset.series.map((series) => series.values);
  const logits = await classifier.logits(model, values, options);

  const { head } = classifier;
  const width = logits.length / n;
  const probabilities = new Float32Array(labeled.length * classNames.length);
  const scratch = new Float64Array(classNames.length);
  labeled.forEach((row, i) =>
    probabilities.set(head.probabilities(logits, row * width, scratch), i * classNames.length),
  );
  const targetRisk =
    labeled.length > 0 ? rootSquaredRisk(probabilities, truths, labeled.length, classNames.length) : null;
  return { classifier, logits, n, targetRisk };
}
