import { V2SError } from '../../errors';

/** @throws V2SError `model.labels` unless there are K different labels */
export function checkLabels(labels: readonly string[], k: number, path: string): void {
  if (labels.length !== k)
    throw new V2SError(
      'model.labels',
      `${labels.length} labels were given, but the model in ${path} has ${k} outputs.`,
    );
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined)
    throw new V2SError('model.labels', `The label ${JSON.stringify(twice)} occurs twice; labels must differ.`);
}
