import { line, scaleLinear, select, type ScaleLinear } from 'd3';
import { element, onResize, svgElement } from '../dom';
import { t } from '../strings';
import { extentOf, integerTicks, niceDomain, tickCount } from '../model/scales';

/** One curve over the epochs. */
export interface EpochCurve {
  name: string;
  color: string;
  /** pattern of SVG's stroke-dasharray */
  dash: string;
  /** by epoch, as `epochs` of the chart; null where it was not measured */
  values: readonly (number | null)[];
}

interface EpochChartData {
  epochs: readonly number[];
  /** last epoch of the axis */
  lastEpoch: number;
  curves: readonly EpochCurve[];
  /** epoch whose theta is kept, or null */
  marked: number | null;
  /** whether it is kept because it is the last, and not because it is the best of them */
  markedIsLast?: boolean;
  /** a value that no curve goes below, drawn across the chart with its name */
  floor?: { value: number; name: string } | null;
  /** what the horizontal axis counts */
  unit?: 'epochs' | 'members';
}

const MARGIN = { top: 26, right: 136, bottom: 22, left: 52 };
const HEIGHT = 150;

/** A small chart over the epochs; several of them one above the other share the cursor. */
export class EpochChart {
  readonly element: HTMLElement;
  readonly #svg: SVGSVGElement;
  #data: EpochChartData = { epochs: [], lastEpoch: 1, curves: [], marked: null };
  #width = 0;
  #cursor: number | null = null;
  #x: ScaleLinear<number, number> = scaleLinear();

  /**
   * @param format of a value with its unit
   * @param domain from 0 to what the values need for null; `course`: only what the values need, so that small changes show; `share`: the same within 0 to 1
   * @param onHover told the epoch under the pointer, null when it leaves
   */
  constructor(
    private readonly title: string,
    private readonly format: (value: number) => string,
    private readonly domain: 'course' | 'share' | null,
    private readonly axisTitle: boolean,
    onHover: (epoch: number | null) => void,
  ) {
    this.#svg = svgElement('svg', { height: HEIGHT, role: 'img' });
    this.element = element('div', { class: 'epoch-chart' }, this.#svg);
    this.#svg.addEventListener('pointermove', (event) => {
      const x = event.clientX - this.#svg.getBoundingClientRect().left;
      onHover(this.#nearest(this.#x.invert(x)));
    });
    this.#svg.addEventListener('pointerleave', () => onHover(null));
    onResize(this.element, (width) => {
      this.#width = width;
      this.#draw();
    });
  }

  #nearest(epoch: number): number | null {
    let best: number | null = null;
    for (const candidate of this.#data.epochs)
      if (best === null || Math.abs(candidate - epoch) < Math.abs(best - epoch)) best = candidate;
    return best;
  }

  set(data: EpochChartData): void {
    this.#data = data;
    this.#draw();
  }

  setCursor(epoch: number | null): void {
    this.#cursor = epoch;
    this.#drawCursor();
  }

  #drawnCurves(): EpochCurve[] {
    return this.#data.curves.filter(({ values }) => values.some((value) => value !== null && Number.isFinite(value)));
  }

  #scales(): { x: ScaleLinear<number, number>; y: ScaleLinear<number, number> } {
    const { epochs, lastEpoch } = this.#data;
    const first = epochs.length > 0 ? Math.min(1, epochs[0]) : 1;
    const x = scaleLinear([first, Math.max(first + 1, lastEpoch)], [MARGIN.left, this.#width - MARGIN.right]);
    const drawn = this.#drawnCurves().map((curve) => curve.values);
    const { floor } = this.#data;
    const extent = extentOf(...drawn, drawn.length > 0 && floor ? [floor.value] : []);
    const nice = niceDomain(extent, this.domain === null ? 0 : undefined);
    const values = this.domain === 'share' ? nice.map((value) => Math.max(0, Math.min(1, value))) : nice;
    const y = scaleLinear(values, [HEIGHT - MARGIN.bottom, MARGIN.top]);
    return { x, y };
  }

  #draw(): void {
    if (this.#width < MARGIN.left + MARGIN.right + 20) return;
    const { epochs, marked } = this.#data;
    const curves = this.#drawnCurves();
    const { x, y } = this.#scales();
    this.#x = x;
    const svg = select(this.#svg);
    svg.attr('width', this.#width).attr('viewBox', `0 0 ${this.#width} ${HEIGHT}`);
    svg.selectAll('*').remove();
    svg.attr('aria-label', this.#summary(curves));
    const title = svg.append('text').attr('class', 'chart-title').attr('x', MARGIN.left).attr('y', 14).text(this.title);
    const grid = svg.append('g').attr('class', 'grid');
    const axis = svg.append('g').attr('class', 'axis');
    for (const tick of y.ticks(4)) {
      grid
        .append('line')
        .attr('x1', MARGIN.left)
        .attr('x2', this.#width - MARGIN.right)
        .attr('y1', y(tick))
        .attr('y2', y(tick));
      axis
        .append('text')
        .attr('x', MARGIN.left - 6)
        .attr('y', y(tick))
        .attr('dy', '0.32em')
        .attr('text-anchor', 'end')
        .text(this.format(tick));
    }
    axis.append('path').attr('d', `M${MARGIN.left},${HEIGHT - MARGIN.bottom}H${this.#width - MARGIN.right}`);
    for (const tick of integerTicks(x, tickCount(this.#width - MARGIN.left - MARGIN.right, 70))) {
      axis
        .append('line')
        .attr('x1', x(tick))
        .attr('x2', x(tick))
        .attr('y1', HEIGHT - MARGIN.bottom)
        .attr('y2', HEIGHT - MARGIN.bottom + 4);
      axis
        .append('text')
        .attr('x', x(tick))
        .attr('y', HEIGHT - 6)
        .attr('text-anchor', 'middle')
        .text(tick);
    }
    if (this.axisTitle)
      axis
        .append('text')
        .attr('x', this.#width - MARGIN.right + 22)
        .attr('y', HEIGHT - 6)
        .text(this.#data.unit === 'members' ? t('members') : t('epoch'));
    if (marked !== null) {
      svg
        .append('line')
        .attr('class', 'marked')
        .attr('x1', x(marked))
        .attr('x2', x(marked))
        .attr('y1', MARGIN.top - 4)
        .attr('y2', HEIGHT - MARGIN.bottom);
      const label = svg
        .append('text')
        .attr('y', MARGIN.top - 9)
        .attr('text-anchor', 'end')
        .text(this.#data.markedIsLast ? t('epoch kept: {0} (last)', marked) : t('epoch kept: {0}', marked));
      // It ends at its line unless the title is in the way.
      const width = (text: SVGTextElement | null): number => text?.getComputedTextLength() ?? 0;
      label.attr('x', Math.max(x(marked), MARGIN.left + width(title.node()) + 12 + width(label.node())));
    }
    const { floor } = this.#data;
    if (floor && curves.length > 0) {
      const at = y(floor.value);
      svg
        .append('line')
        .attr('class', 'marked')
        .attr('x1', MARGIN.left)
        .attr('x2', this.#width - MARGIN.right)
        .attr('y1', at)
        .attr('y2', at);
      svg
        .append('text')
        .attr('class', 'muted-label')
        .attr('x', MARGIN.left + 4)
        .attr('y', at - 4)
        .text(floor.name);
    }
    const path = line<[number, number]>(
      ([epoch]) => x(epoch),
      ([, value]) => y(value),
    );
    const ends: { curve: EpochCurve; value: number; wanted: number }[] = [];
    for (const curve of curves) {
      const points = curve.values.flatMap((value, i): [number, number][] =>
        value === null || !Number.isFinite(value) ? [] : [[epochs[i], value]],
      );
      svg
        .append('path')
        .attr('class', 'line')
        .attr('stroke', curve.color)
        .attr('stroke-dasharray', curve.dash)
        .attr('d', path(points));
      const last = points[points.length - 1];
      if (points.length === 1)
        svg.append('circle').attr('cx', x(last[0])).attr('cy', y(last[1])).attr('r', 2.5).attr('fill', curve.color);
      ends.push({ curve, value: last[1], wanted: y(last[1]) });
    }
    this.#drawLabels(ends);
    svg.append('g').attr('class', 'cursor-layer');
    this.#drawCursor();
  }

  /** Names and last values at the right, beside the ends of the curves as far as they leave room for each other. */
  #drawLabels(ends: { curve: EpochCurve; value: number; wanted: number }[]): void {
    const left = this.#width - MARGIN.right + 8;
    const step = 15;
    const placed = ends.toSorted((a, b) => a.wanted - b.wanted);
    let above = -Infinity;
    const positions = placed.map(({ wanted }) => (above = Math.max(wanted, above + step)));
    const overflow = Math.max(0, (positions.at(-1) ?? 0) - (HEIGHT - MARGIN.bottom - 2));
    placed.forEach(({ curve, value }, i) => {
      const y = positions[i] - overflow;
      const label = select(this.#svg).append('g');
      label
        .append('line')
        .attr('x1', left)
        .attr('x2', left + 18)
        .attr('y1', y)
        .attr('y2', y)
        .attr('stroke', curve.color)
        .attr('stroke-width', 1.5)
        .attr('stroke-dasharray', curve.dash);
      label
        .append('text')
        .attr('x', left + 23)
        .attr('y', y)
        .attr('dy', '0.32em')
        .attr('class', 'direct-label')
        .text(`${curve.name} ${this.format(value)}`);
    });
  }

  #drawCursor(): void {
    const layer = select(this.#svg).select('.cursor-layer');
    layer.selectAll('*').remove();
    const index = this.#cursor === null ? -1 : this.#data.epochs.indexOf(this.#cursor);
    if (index < 0 || this.#cursor === null) return;
    const { x, y } = this.#scales();
    const at = x(this.#cursor);
    layer
      .append('line')
      .attr('class', 'cursor')
      .attr('x1', at)
      .attr('x2', at)
      .attr('y1', MARGIN.top)
      .attr('y2', HEIGHT - MARGIN.bottom);
    for (const { values, color } of this.#drawnCurves()) {
      const value = values[index];
      if (value !== null && Number.isFinite(value))
        layer.append('circle').attr('cx', at).attr('cy', y(value)).attr('r', 3.5).attr('fill', color);
    }
  }

  #summary(curves: readonly EpochCurve[]): string {
    const last = this.#data.epochs.at(-1);
    const { unit } = this.#data;
    if (last === undefined)
      return unit === 'members' ? t('{0}: no member yet', this.title) : t('{0}: no epoch yet', this.title);
    const parts = curves.map(({ name, values }) => {
      const value = values.findLast((v) => v !== null && Number.isFinite(v));
      return `${name} ${value === undefined || value === null ? 'n/a' : this.format(value)}`;
    });
    return unit === 'members'
      ? t('{0} with {1} members: {2}', this.title, last, parts.join(', '))
      : t('{0} after epoch {1}: {2}', this.title, last, parts.join(', '));
  }
}
