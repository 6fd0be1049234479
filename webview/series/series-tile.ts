import type { SeriesThumb } from '../../src/protocol/panels/series';
import { classMark } from '../shared/charts/class-marks';
import { valueCount } from '../shared/counts';
import { element, svgElement } from '../shared/dom';
import { extentOf } from '../shared/model/scales';
import { t } from '../shared/strings';
import { curvePath } from './series-model';

/** Units of a small curve's drawing; it is stretched to the place it gets. */
const BOX = { width: 1000, height: 100, room: 6 };

export interface TileLook {
  /** position in the file, from 0 */
  index: number;
  /** the picture, once it is loaded */
  thumb: SeriesThumb | undefined;
  /** null: the series has no label */
  className: string | null;
  /** of the mark */
  classIndex: number;
  color: string;
}

/** One series in the list: its class, its number, its curve. */
export function seriesTile({ index, thumb, className, classIndex, color }: TileLook): HTMLElement {
  const name = className ?? t('no label');
  const described = [t('series {0}', index + 1), className === null ? name : t('class {0}', className)];
  if (thumb) described.push(valueCount(thumb.length), t('line {0}', thumb.line));
  const curve = svgElement('svg', {
    class: 'spark',
    viewBox: `0 0 ${BOX.width} ${BOX.height}`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  });
  if (thumb)
    curve.append(
      svgElement('path', {
        class: 'line',
        d: sparkPath(thumb),
        stroke: color,
        'vector-effect': 'non-scaling-stroke',
      }),
    );
  return element(
    'div',
    { 'aria-label': described.join(', '), title: name },
    element(
      'div',
      { class: thumb ? 'tile' : 'tile pending' },
      element(
        'div',
        { class: 'tile-head' },
        className === null ? null : classMark(classIndex, color, 11),
        element('span', { class: className === null ? 'tile-class muted' : 'tile-class' }, name),
        element('span', { class: 'tile-number' }, `#${index + 1}`),
      ),
      curve,
    ),
  );
}

/** The curve over the whole box, each series on its own scale; a constant one lies in the middle. */
function sparkPath(thumb: SeriesThumb): string {
  const [low, high] = extentOf(thumb.values) ?? [0, 0];
  const last = Math.max(1, thumb.length - 1);
  const x = (time: number): number => BOX.room + (time / last) * (BOX.width - 2 * BOX.room);
  const y = (value: number): number =>
    high > low ? BOX.height - BOX.room - ((value - low) / (high - low)) * (BOX.height - 2 * BOX.room) : BOX.height / 2;
  return curvePath(thumb, x, y);
}
