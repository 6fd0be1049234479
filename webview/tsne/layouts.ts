import type { Layout, TsneView } from '../../src/protocol/panels/tsne';
import { columnsTable, type Table } from '../shared/model/export-text';

/** The layouts of a view by what they are shown as. */
export interface Stages {
  before: Layout | null;
  /** in the order of training, from before to after */
  training: Layout[];
  fineTuned: Layout | null;
}

export function stagesOf(layouts: readonly Layout[]): Stages {
  const training = layouts.filter(({ stage }) => stage !== 'fine_tuned');
  return {
    before: layouts.find(({ stage }) => stage === 'before') ?? null,
    training,
    fineTuned: layouts.find(({ stage }) => stage === 'fine_tuned') ?? null,
  };
}

/** Moves the middle of all layouts together to the origin. @returns the copies, and the greatest distance from it */
export function centered(
  layouts: readonly Layout[],
  dimensions: number,
): { coordinates: Float64Array[]; reach: number } {
  const middle = new Float64Array(dimensions);
  let count = 0;
  for (const { coordinates } of layouts) {
    for (let i = 0; i < coordinates.length; i++) middle[i % dimensions] += coordinates[i];
    count += coordinates.length / dimensions;
  }
  for (let axis = 0; axis < dimensions; axis++) middle[axis] /= Math.max(1, count);
  let reach = 0;
  const moved = layouts.map(({ coordinates }) =>
    Float64Array.from(coordinates, (value, i) => value - middle[i % dimensions]),
  );
  for (const coordinates of moved)
    for (let i = 0; i < coordinates.length; i += dimensions) {
      let square = 0;
      // In two dimensions the plot is a square, so the farthest side counts; a turning cloud needs the distance.
      for (let axis = 0; axis < dimensions; axis++)
        square = dimensions === 2 ? Math.max(square, coordinates[i + axis] ** 2) : square + coordinates[i + axis] ** 2;
      reach = Math.max(reach, Math.sqrt(square));
    }
  return { coordinates: moved, reach };
}

/** Every point with its place in every layout. */
export function layoutTable(view: TsneView): Table {
  const { dimensions } = view.options;
  const name = (index: number): string | null => (index < 0 ? null : view.classNames[index]);
  const axes = ['x', 'y', 'z'].slice(0, dimensions);
  return columnsTable([
    { name: 'line', values: view.lines },
    { name: 'label', values: Array.from(view.labels, name) },
    { name: 'predicted', values: Array.from(view.predicted, name) },
    ...view.layouts.flatMap(({ stage, epoch, coordinates }) =>
      axes.map((axis, k) => ({
        name: stage === 'epoch' ? `epoch_${epoch}_${axis}` : `${stage}_${axis}`,
        values: Array.from({ length: coordinates.length / dimensions }, (_, i) => coordinates[i * dimensions + k]),
      })),
    ),
  ]);
}
