import { scaleLinear } from 'd3';
import type { SeriesThumb } from '../../src/protocol/panels/series';
import { svgElement } from '../shared/dom';

/** A series as a small curve. */
export function thumbPicture(thumb: SeriesThumb, width: number, height: number): SVGSVGElement {
  const room = 3;
  const { values, reduced } = thumb;
  const steps = reduced ? values.length / 2 : values.length;
  const x = scaleLinear([0, Math.max(1, steps - 1)], [room, width - room]);
  const flat = thumb.min === thumb.max;
  const y = scaleLinear(flat ? [thumb.min - 1, thumb.max + 1] : [thumb.min, thumb.max], [height - room, room]);
  let path = '';
  let pen = false;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      pen = false;
      continue;
    }
    const at = reduced ? Math.floor(i / 2) : i;
    path += `${pen ? 'L' : 'M'}${x(at).toFixed(1)},${y(values[i]).toFixed(1)}`;
    pen = true;
  }
  return svgElement(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true', focusable: 'false' },
    svgElement('path', { class: 'line thumb-line', d: path }),
  );
}
