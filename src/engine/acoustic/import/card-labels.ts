import { V2SError } from '../../errors';

/** @throws V2SError `model.labels` unless there are K different labels */
export function checkLabels(labels: readonly string[], k: number, path: string): void {
  if (labels.length !== k)
    throw new V2SError(
      'model.labels',
      `The number of source words (${labels.length}) differs from the number of outputs of the model in ${path} (${k}).`,
    );
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined)
    throw new V2SError(
      'model.labels',
      `The source word ${JSON.stringify(twice)} occurs twice. Give every output its own word.`,
    );
}
