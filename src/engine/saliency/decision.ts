import type { AcousticModel } from '../acoustic/model';
import { memberLogits } from '../ensemble/member-logits';
import { throwIfCanceled, V2SError } from '../errors';
import { argmax } from '../math/softmax';
import type { Classifier } from '../reprogram';
import { ClassScore } from './target-score';

/** What is asked about a series. */
export interface Question {
  /** class to explain, by its name; default: the predicted one */
  targetClass?: string;
  /**
   * explains what speaks for the target rather than for this class; null explains the target's score alone; default: the class with the
   * greatest score besides the target
   */
  contrast?: string | null;
}

/** How a series was classified, and the score that is explained. */
export interface Decision {
  /** of all members, [F] */
  logits: Float32Array;
  predicted: number;
  /** [classes] */
  probabilities: Float64Array;
  target: number;
  /** null: the target's score alone */
  contrast: number | null;
  score: ClassScore;
}

/**
 * @throws V2SError `explain.readout` for a program that reads hidden states, `explain.class` for a class the program does not know,
 * `explain.contrast` for a class compared with itself;
 *   CanceledError
 */
export async function decide(
  model: AcousticModel,
  classifier: Classifier,
  values: ArrayLike<number>,
  { targetClass, contrast }: Question,
  signal?: AbortSignal,
): Promise<Decision> {
  throwIfCanceled(signal);
  const { classNames, members, head, readout } = classifier;
  if (readout !== 'logits')
    throw new V2SError(
      'explain.readout',
      `There are no saliency maps of this program: its mapping reads hidden states (read-out ${readout}), and maps start at the ` +
        'logits. Train an ensemble with the read-out logits.',
    );
  const wanted = targetClass === undefined ? null : classIndex(classNames, targetClass);
  const compared = typeof contrast === 'string' ? classIndex(classNames, contrast) : null;
  const logits = await memberLogits(model, members, [values], { signal });
  const scores = head.scores(logits, 0).slice();
  const predicted = argmax(scores);
  const target = wanted ?? predicted;
  if (target === compared)
    throw new V2SError(
      'explain.contrast',
      `The class that is explained is ${JSON.stringify(classNames[target])} itself; compare it with another class.`,
    );
  const other = contrast === undefined ? argmax(scores.map((s, c) => (c === target ? -Infinity : s))) : compared;
  return {
    logits,
    predicted,
    probabilities: head.probabilities(logits, 0, new Float64Array(head.classes)),
    target,
    contrast: other,
    score: new ClassScore(head, target, other),
  };
}

/** @throws V2SError `explain.class` */
function classIndex(classNames: readonly string[], label: string): number {
  const index = classNames.indexOf(label);
  if (index >= 0) return index;
  throw new V2SError(
    'explain.class',
    `The program has no class ${JSON.stringify(label)}; it knows ${classNames.join(', ')}.`,
  );
}
