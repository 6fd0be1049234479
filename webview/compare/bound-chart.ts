import { scaleLinear } from 'd3';
import type { ComparedModel } from '../../src/protocol/panels/compare';
import { element, onResize, svgElement } from '../shared/dom';
import { formatNumber } from '../shared/model/format';
import { tickCount } from '../shared/model/scales';
import { t } from '../shared/strings';
import { boundParts } from './ranking';

const ROW = 30;
const TOP = 10;
const BOTTOM = 36;

/** The bounds of several models as bars of two parts, with the measured risk as a mark. */
export class BoundChart {
  readonly element: HTMLElement;
  readonly #svg = svgElement('svg', { role: 'img' });
  #models: readonly ComparedModel[] = [];
  #width = 0;

  constructor() {
    this.element = element('div', { class: 'bound-chart' }, this.#svg);
    onResize(this.element, (width) => {
      this.#width = width;
      this.#draw();
    });
  }

  set(models: readonly ComparedModel[]): void {
    this.#models = models.filter(({ bound }) => bound !== null);
    this.element.hidden = this.#models.length === 0;
    this.#draw();
  }

  #draw(): void {
    const svg = this.#svg;
    svg.replaceChildren();
    if (this.#width < 200 || this.#models.length === 0) return;
    const left = Math.min(200, this.#width * 0.32);
    const right = this.#width - 70;
    const bottom = TOP + ROW * this.#models.length;
    const greatest = Math.max(...this.#models.map((model) => boundParts(model)?.total ?? 0));
    const x = scaleLinear([0, greatest * 1.05 || 1], [left, right]);
    svg.setAttribute('width', String(this.#width));
    svg.setAttribute('height', String(bottom + BOTTOM));
    svg.setAttribute('viewBox', `0 0 ${this.#width} ${bottom + BOTTOM}`);
    svg.setAttribute(
      'aria-label',
      t('Risk bounds: {0}', this.#models.map(({ id, bound }) => `${id} ${formatNumber(bound?.bound, 3)}`).join(', ')),
    );
    for (const tick of x.ticks(tickCount(right - left, 70))) {
      svg.append(
        svgElement('g', { class: 'grid' }, svgElement('line', { x1: x(tick), x2: x(tick), y1: TOP, y2: bottom })),
        text(formatNumber(tick, 3), { x: x(tick), y: bottom + 15, 'text-anchor': 'middle' }),
      );
    }
    svg.append(
      text(t('risk: source risk (light) + 2√K · W1; line: its spread; diamond: measured'), {
        x: (left + right) / 2,
        y: bottom + BOTTOM - 3,
        'text-anchor': 'middle',
      }),
    );
    this.#models.forEach((model, i) => {
      const parts = boundParts(model);
      if (!parts) return;
      const y = TOP + i * ROW + 7;
      const height = ROW - 14;
      const middle = y + height / 2;
      svg.append(
        text(shorten(model.id, left), {
          x: left - 8,
          y: middle,
          dy: '0.32em',
          'text-anchor': 'end',
          class: 'bar-name',
        }),
        svgElement('rect', {
          class: 'source-part',
          x: x(0),
          y,
          width: Math.max(1, x(parts.sourceRisk) - x(0)),
          height,
        }),
        svgElement('rect', {
          class: 'distance-part',
          x: x(parts.sourceRisk),
          y,
          width: Math.max(1, x(parts.total) - x(parts.sourceRisk)),
          height,
        }),
        svgElement('line', {
          class: 'spread',
          x1: x(parts.total - parts.deviation),
          x2: x(parts.total + parts.deviation),
          y1: middle,
          y2: middle,
        }),
        text(formatNumber(parts.total, 3), {
          x: x(parts.total + parts.deviation) + 6,
          y: middle,
          dy: '0.32em',
          class: 'bar-name',
        }),
      );
      const measured = model.bound?.targetRisk;
      if (typeof measured === 'number') {
        const at = x(measured);
        svg.append(svgElement('path', { class: 'measured', d: `M${at - 5},${middle}l5,-5l5,5l-5,5Z` }));
      }
    });
  }
}

function text(content: string, attributes: Record<string, string | number>): SVGTextElement {
  const made = svgElement('text', attributes);
  made.textContent = content;
  return made;
}

/** About as much of a name as fits, at seven pixels a letter. */
function shorten(name: string, pixels: number): string {
  const letters = Math.max(6, Math.floor((pixels - 12) / 7));
  return name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;
}
