import { scaleLinear, select } from 'd3';
import type { SeriesThumb } from '../../src/protocol/panels/series';
import { element, onResize, svgElement } from '../shared/dom';
import { formatNumber } from '../shared/model/format';
import { extentOf, integerTicks, niceDomain, tickCount } from '../shared/model/scales';
import { t } from '../shared/strings';
import { curvePath, readValue } from './series-model';

const MARGIN = { top: 8, right: 12, bottom: 32, left: 56 };
const HEIGHT = 150;

/** One series with axes and a cursor that reads its values, by pointer or arrow keys. */
export class SeriesChart {
  readonly element: HTMLElement;
  readonly #svg = svgElement('svg', { height: HEIGHT, 'aria-hidden': 'true' });
  #thumb: SeriesThumb | null = null;
  #color = 'currentColor';
  #time: number | null = null;
  #width = 0;

  /** @param onRead told what stands under the cursor, null when it left */
  constructor(private readonly onRead: (text: string | null) => void) {
    this.element = element(
      'div',
      {
        class: 'series-chart',
        tabindex: 0,
        role: 'slider',
        'aria-label': t('Time step of the series'),
        'aria-valuemin': 0,
        'aria-valuenow': 0,
      },
      this.#svg,
    );
    onResize(this.element, (width) => {
      this.#width = width;
      this.#draw();
    });
    this.element.addEventListener('pointermove', (event) => this.#point(event.clientX));
    this.element.addEventListener('pointerleave', () => this.#setTime(null));
    this.element.addEventListener('blur', () => this.#setTime(null));
    this.element.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** pixels that values are drawn on */
  get plotWidth(): number {
    return Math.max(0, this.#width - MARGIN.left - MARGIN.right);
  }

  set(thumb: SeriesThumb | null, color: string): void {
    if (thumb?.index !== this.#thumb?.index) this.#time = null;
    this.#thumb = thumb;
    this.#color = color;
    this.#draw();
  }

  #scales() {
    const thumb = this.#thumb;
    const last = Math.max(1, (thumb?.length ?? 1) - 1);
    const x = scaleLinear([0, last], [MARGIN.left, this.#width - MARGIN.right]);
    const y = scaleLinear(niceDomain(extentOf(thumb?.values)), [HEIGHT - MARGIN.bottom, MARGIN.top]);
    return { x, y };
  }

  #draw(): void {
    const svg = select(this.#svg);
    svg.selectAll('*').remove();
    const thumb = this.#thumb;
    const width = this.#width;
    if (!thumb || width < 160) return;
    svg.attr('width', width).attr('viewBox', `0 0 ${width} ${HEIGHT}`);
    const { x, y } = this.#scales();
    const right = width - MARGIN.right;
    const bottom = HEIGHT - MARGIN.bottom;
    const grid = svg.append('g').attr('class', 'grid');
    const axis = svg.append('g').attr('class', 'axis');
    for (const tick of y.ticks(4)) {
      grid.append('line').attr('x1', MARGIN.left).attr('x2', right).attr('y1', y(tick)).attr('y2', y(tick));
      axis
        .append('text')
        .attr('x', MARGIN.left - 6)
        .attr('y', y(tick))
        .attr('dy', '0.32em')
        .attr('text-anchor', 'end')
        .text(formatNumber(tick, 3));
    }
    axis.append('path').attr('d', `M${MARGIN.left},${bottom}H${right}`);
    for (const tick of integerTicks(x, tickCount(this.plotWidth, 80)))
      axis
        .append('text')
        .attr('x', x(tick))
        .attr('y', bottom + 14)
        .attr('text-anchor', 'middle')
        .text(String(tick));
    axis
      .append('text')
      .attr('x', (MARGIN.left + right) / 2)
      .attr('y', HEIGHT - 3)
      .attr('text-anchor', 'middle')
      .text(t('time step'));
    svg
      .append('path')
      .attr('class', 'line')
      .attr('stroke', this.#color)
      .attr('d', curvePath(thumb, x, y));
    svg.append('g').attr('class', 'cursor-layer');
    this.element.setAttribute('aria-valuemax', String(Math.max(0, thumb.length - 1)));
    this.#drawCursor();
  }

  #point(clientX: number): void {
    if (!this.#thumb) return;
    const { x } = this.#scales();
    this.#setTime(Math.round(x.invert(clientX - this.element.getBoundingClientRect().left)));
  }

  #onKey(event: KeyboardEvent): void {
    const last = (this.#thumb?.length ?? 0) - 1;
    if (last < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const now = this.#time ?? 0;
    const step = event.shiftKey ? 10 : 1;
    const targets: Record<string, number> = { ArrowLeft: now - step, ArrowRight: now + step, Home: 0, End: last };
    if (event.key === 'Escape') return this.#setTime(null);
    if (!(event.key in targets)) return;
    event.preventDefault();
    this.#setTime(this.#time === null && event.key === 'ArrowRight' ? 0 : targets[event.key]);
  }

  #setTime(time: number | null): void {
    const last = (this.#thumb?.length ?? 1) - 1;
    this.#time = time === null ? null : Math.max(0, Math.min(last, time));
    this.#drawCursor();
    const text = this.#read();
    if (text === null) this.element.removeAttribute('aria-valuetext');
    else {
      this.element.setAttribute('aria-valuenow', String(this.#time));
      this.element.setAttribute('aria-valuetext', text);
    }
    this.onRead(text);
  }

  #read(): string | null {
    if (!this.#thumb || this.#time === null) return null;
    const { from, to, low, high } = readValue(this.#thumb, this.#time);
    return from === to
      ? t('step {0}: {1}', from, formatNumber(low, 5))
      : t('steps {0} to {1}: {2} to {3}', from, to, formatNumber(low, 5), formatNumber(high, 5));
  }

  #drawCursor(): void {
    const layer = select(this.#svg).select('.cursor-layer');
    layer.selectAll('*').remove();
    if (!this.#thumb || this.#time === null) return;
    const { x, y } = this.#scales();
    const at = x(this.#time);
    layer
      .append('line')
      .attr('class', 'cursor')
      .attr('x1', at)
      .attr('x2', at)
      .attr('y1', MARGIN.top)
      .attr('y2', HEIGHT - MARGIN.bottom);
    const { low, high } = readValue(this.#thumb, this.#time);
    for (const value of new Set([low, high]))
      if (Number.isFinite(value))
        layer.append('circle').attr('cx', at).attr('cy', y(value)).attr('r', 3.5).attr('fill', this.#color);
  }
}
