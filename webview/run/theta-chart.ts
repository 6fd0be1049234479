import { scaleLinear, select } from 'd3';
import { element, onResize, svgElement } from '../shared/dom';
import { envelope } from '../shared/model/decimate';
import { formatNumber } from '../shared/model/format';
import { extentOf, niceDomain, tickCount } from '../shared/model/scales';
import { t } from '../shared/strings';
import type { Placement } from '../../src/protocol/panels/run';

const MARGIN = { top: 8, right: 12, bottom: 34, left: 52 };
const HEIGHT = 150;
const SAMPLE_RATE = 16_000;

interface ThetaData {
  epoch: number;
  values: ArrayLike<number>;
  initial: ArrayLike<number> | null;
  placement: Placement | null;
}

/** theta over the clip, one second; the replicas of the series below it, theta before training behind it. */
export class ThetaChart {
  readonly element: HTMLElement;
  readonly #svg = svgElement('svg', { height: HEIGHT, role: 'img' });
  #data: ThetaData | null = null;
  #width = 0;

  constructor() {
    this.element = element('div', { class: 'theta-chart' }, this.#svg);
    onResize(this.element, (width) => {
      this.#width = Math.floor(width);
      this.#draw();
    });
  }

  set(data: ThetaData | null): void {
    this.#data = data;
    this.#draw();
  }

  #draw(): void {
    const svg = select(this.#svg);
    svg.selectAll('*').remove();
    const data = this.#data;
    if (!data || this.#width < 150) return;
    svg.attr('width', this.#width).attr('viewBox', `0 0 ${this.#width} ${HEIGHT}`);
    const samples = data.values.length;
    const right = this.#width - MARGIN.right;
    const bottom = HEIGHT - MARGIN.bottom;
    const x = scaleLinear([0, samples / SAMPLE_RATE], [MARGIN.left, right]);
    const y = scaleLinear(niceDomain(extentOf(data.values, data.initial), 0), [bottom, MARGIN.top]);
    const extent = extentOf(data.values) ?? [0, 0];
    svg.attr(
      'aria-label',
      t(
        'Theta after epoch {0}: {1} samples, one second, from {2} to {3}',
        data.epoch,
        samples,
        formatNumber(extent[0], 3),
        formatNumber(extent[1], 3),
      ),
    );
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
    const columns = Math.floor(right - MARGIN.left);
    if (data.initial) this.#drawEnvelope(data.initial, y, columns, 'theta-initial');
    this.#drawEnvelope(data.values, y, columns, 'theta-line');
    if (data.placement) {
      const { interval, replicas, slot } = data.placement;
      const replicaBars = svg.append('g').attr('class', 'replicas');
      for (let replica = 0; replica < replicas; replica++)
        replicaBars
          .append('rect')
          .attr('x', x((replica * interval) / SAMPLE_RATE))
          .attr('width', Math.max(1, x(slot / SAMPLE_RATE) - x(0) - 1))
          .attr('y', bottom + 3)
          .attr('height', 4);
    }
    axis.append('path').attr('d', `M${MARGIN.left},${bottom}H${right}`);
    for (const tick of x.ticks(tickCount(columns, 80))) {
      axis
        .append('text')
        .attr('x', x(tick))
        .attr('y', bottom + 19)
        .attr('text-anchor', 'middle')
        .text(tick);
    }
    axis
      .append('text')
      .attr('x', (MARGIN.left + right) / 2)
      .attr('y', HEIGHT - 3)
      .attr('text-anchor', 'middle')
      .text(data.placement ? t('seconds on the clip; the bars are replicas of the series') : t('seconds on the clip'));
  }

  #drawEnvelope(values: ArrayLike<number>, y: (value: number) => number, columns: number, style: string): void {
    const { low, high } = envelope(values, 0, values.length, columns);
    let path = '';
    for (let i = 0; i < low.length; i++) {
      if (Number.isNaN(low[i])) continue;
      const at = MARGIN.left + i + 0.5;
      const top = y(high[i]);
      // At least half a pixel, so that a flat stretch is still a line.
      path += `M${at},${top.toFixed(1)}V${Math.max(top + 0.5, y(low[i])).toFixed(1)}`;
    }
    select(this.#svg).append('path').attr('class', style).attr('shape-rendering', 'crispEdges').attr('d', path);
  }
}
