import { line, scaleLinear } from 'd3';
import { element, onResize, svgElement } from '../shared/dom';
import { formatPercent } from '../shared/model/format';
import { tickCount } from '../shared/model/scales';
import { t } from '../shared/strings';
import { formatArea } from './check-words';

/** One order in which values are deleted or inserted. */
export interface OrderCurve {
  name: string;
  color: string;
  /** pattern of SVG's stroke-dasharray */
  dash: string;
  /** probability of the class at each share */
  values: ArrayLike<number>;
  /** mean over the points */
  area: number;
}

const MARGIN = { top: 42, right: 24, bottom: 34, left: 46 };
const HEIGHT = 210;

/** Probability of the class over the share of the series that is deleted or inserted. */
export class CheckChart {
  readonly element: HTMLElement;
  readonly #svg = svgElement('svg', { height: HEIGHT, role: 'img' });
  #shares: ArrayLike<number> = [];
  #curves: readonly OrderCurve[] = [];
  #width = 0;

  /** @param axisTitle what the share is of */
  constructor(
    private readonly title: string,
    private readonly axisTitle: string,
  ) {
    this.element = element('div', { class: 'check-chart' }, this.#svg);
    onResize(this.element, (width) => {
      this.#width = width;
      this.#draw();
    });
  }

  set(shares: ArrayLike<number>, curves: readonly OrderCurve[]): void {
    this.#shares = shares;
    this.#curves = curves;
    this.#draw();
  }

  #draw(): void {
    const { left, right, top, bottom } = MARGIN;
    const svg = this.#svg;
    svg.replaceChildren();
    if (this.#curves.length === 0 || this.#width < left + right + 40) return;
    svg.setAttribute('width', String(this.#width));
    svg.setAttribute('viewBox', `0 0 ${this.#width} ${HEIGHT}`);
    svg.setAttribute('aria-label', this.#summary());
    const x = scaleLinear([0, 1], [left, this.#width - right]);
    const y = scaleLinear([0, 1], [HEIGHT - bottom, top]);
    svg.append(text(this.title, { class: 'chart-title', x: left, y: 13 }));
    this.#drawLegend();
    const grid = svgElement('g', { class: 'grid' });
    const axis = svgElement('g', { class: 'axis' });
    for (const tick of y.ticks(5)) {
      grid.append(svgElement('line', { x1: left, x2: this.#width - right, y1: y(tick), y2: y(tick) }));
      axis.append(text(String(tick), { x: left - 6, y: y(tick), dy: '0.32em', 'text-anchor': 'end' }));
    }
    axis.append(svgElement('path', { d: `M${left},${top}V${HEIGHT - bottom}H${this.#width - right}` }));
    for (const tick of x.ticks(Math.min(5, tickCount(this.#width - left - right, 60)))) {
      const at = { x1: x(tick), x2: x(tick), y1: HEIGHT - bottom, y2: HEIGHT - bottom + 4 };
      axis.append(
        svgElement('line', at),
        text(formatPercent(tick, 0), { x: x(tick), y: HEIGHT - bottom + 15, 'text-anchor': 'middle' }),
      );
    }
    axis.append(
      text(this.axisTitle, {
        x: (left + this.#width - right) / 2,
        y: HEIGHT - 4,
        'text-anchor': 'middle',
        class: 'axis-title',
      }),
      text(t('probability'), {
        transform: `translate(10 ${(top + HEIGHT - bottom) / 2}) rotate(-90)`,
        'text-anchor': 'middle',
        class: 'axis-title',
      }),
    );
    svg.append(grid, axis);
    const path = line<number>(
      (_, i) => x(this.#shares[i]),
      (value) => y(value),
    );
    for (const { values, color, dash } of this.#curves)
      svg.append(
        svgElement('path', {
          class: 'line',
          stroke: color,
          'stroke-dasharray': dash,
          d: path(Array.from(values)) ?? '',
        }),
      );
  }

  /** The names with their areas above the plot, one after the other. */
  #drawLegend(): void {
    let x = MARGIN.left;
    for (const { name, color, dash, area } of this.#curves) {
      this.#svg.append(
        svgElement('line', {
          x1: x,
          x2: x + 18,
          y1: 28,
          y2: 28,
          stroke: color,
          'stroke-width': 1.5,
          'stroke-dasharray': dash,
        }),
      );
      const label = text(`${name} ${formatArea(area)}`, { class: 'direct-label', x: x + 22, y: 32 });
      this.#svg.append(label);
      x += 22 + label.getComputedTextLength() + 16;
    }
  }

  #summary(): string {
    const areas = this.#curves.map(({ name, area }) => t('{0} area {1}', name, formatArea(area)));
    return `${this.title}: ${areas.join(', ')}`;
  }
}

function text(content: string, attributes: Record<string, string | number>): SVGTextElement {
  return svgElement('text', attributes, content);
}
