import { scaleLinear, type ScaleLinear } from 'd3';
import { element, fitCanvas, svgElement } from '../shared/dom';
import { tickCount, type Window } from '../shared/model/scales';
import { t } from '../shared/strings';
import { paintHatch } from './hatch';

/** Pixels around the plots; the same in every track, so that their axes line up. */
const TRACK_MARGIN = { left: 58, right: 14 };
const TITLE = 20;
const AXIS = 30;
const SECOND_AXIS = 26;
/** Pixels of a color scale without its words. */
const SCALE = 48;

/** From the least to the greatest value, with its ends in words. */
export interface ColorScale {
  low: string;
  high: string;
  /** CSS colors, evenly spaced */
  colors: readonly string[];
}

/** What a track shows between its axes. */
export interface TrackContent {
  title: string;
  /** names of the curves, each in the color of its style, after the title */
  legend?: { text: string; style: string }[];
  /** pixels of the plot */
  height: number;
  yTicks: { at: number; text: string }[];
  /** where `at` of a tick lies, 0 (bottom) to 1 (top) */
  yScale: (value: number) => number;
  yTitle?: string;
  /** what the colors of the row mean */
  scales?: readonly ColorScale[];
  /** the plot cannot be read, for the reason that `message` says; it is hatched */
  hatched?: boolean;
  /** stands in the middle of a plot that has nothing else to show */
  message?: string;
  /** filled areas and images, under the curves; context is clipped to the plot, its origin the plot's corner */
  paint?(context: CanvasRenderingContext2D, x: ScaleLinear<number, number>, height: number, window: Window): void;
  /** curves: SVG paths in pixels of the plot */
  curves?(
    x: ScaleLinear<number, number>,
    height: number,
    window: Window,
    columns: number,
  ): { path: string; style: string }[];
  /** what stands at a position, with units; null for nothing */
  readout?(position: number): string | null;
}

export interface TrackAxis {
  title: string;
  format(value: number): string;
  /** a second scale under the first */
  second?: { title: string; format(value: number): string };
}

/** Marks that the cursor makes in a track. */
export interface TrackCursor {
  at: readonly number[];
  /** half the width of the band around the first line; 0: none */
  reach: number;
}

/** One row of the figure: a title with the read-out, a plot, and the axis where it is the last of its group. */
export class Track {
  readonly element: HTMLElement;
  readonly #canvas = element('canvas', { 'aria-hidden': 'true' });
  readonly #svg = svgElement('svg', { role: 'img' });
  readonly #cursorLayer = svgElement('g', { class: 'cursor-layer', 'data-picture': 'skip' });
  readonly #readout = svgElement('text', { class: 'track-readout', 'text-anchor': 'end', y: 13 });
  #content: TrackContent | null = null;
  #x: ScaleLinear<number, number> = scaleLinear();
  #window: Window = { from: 0, to: 1 };
  #width = 0;
  #titleEnd = 0;
  #readoutEnd = 0;

  /** is marked from the next `setCursor` on */
  selection: Window | null = null;
  /** under the plot; null for none */
  axis: TrackAxis | null = null;

  constructor() {
    this.element = element('div', { class: 'track' }, this.#canvas, this.#svg);
  }

  get plotWidth(): number {
    return Math.max(10, this.#width - TRACK_MARGIN.left - TRACK_MARGIN.right);
  }

  /** The position under a pointer. */
  positionAt(clientX: number): number {
    const left = this.#svg.getBoundingClientRect().left;
    const { from, to } = this.#window;
    return Math.max(from, Math.min(to, this.#x.invert(clientX - left - TRACK_MARGIN.left)));
  }

  set(content: TrackContent): void {
    this.#content = content;
    this.#svg.setAttribute('aria-label', content.message ? `${content.title}, ${content.message}` : content.title);
  }

  draw(width: number, window: Window): void {
    const content = this.#content;
    if (!content || width < 150) return;
    this.#width = width;
    this.#window = window;
    const { height } = content;
    const plot = this.plotWidth;
    this.#x = scaleLinear([window.from, window.to], [0, plot]);
    const total = TITLE + height + (this.axis ? AXIS + (this.axis.second ? SECOND_AXIS : 0) : 6);
    const context = fitCanvas(this.#canvas, plot, height);
    this.#canvas.style.left = `${TRACK_MARGIN.left}px`;
    this.#canvas.style.top = `${TITLE}px`;
    content.paint?.(context, this.#x, height, window);
    if (content.hatched) paintHatch(context, 0, plot, height);
    const svg = this.#svg;
    svg.replaceChildren();
    svg.setAttribute('width', String(width));
    svg.setAttribute('height', String(total));
    svg.setAttribute('viewBox', `0 0 ${width} ${total}`);
    const title = svgElement('text', { class: 'chart-title', x: TRACK_MARGIN.left, y: 13 });
    title.textContent = content.title;
    for (const { text, style } of content.legend ?? []) {
      const name = svgElement('tspan', { class: `key ${style}`, dx: 10 });
      name.textContent = text;
      title.append(name);
    }
    svg.append(title, this.#readout);
    this.#readoutEnd = width - TRACK_MARGIN.right;
    for (const scale of content.scales ?? []) this.#readoutEnd = this.#drawScale(scale, this.#readoutEnd) - 12;
    shorten(title, this.#readoutEnd - TRACK_MARGIN.left);
    this.#titleEnd = TRACK_MARGIN.left + title.getComputedTextLength() + 12;
    this.#readout.setAttribute('x', String(this.#readoutEnd));
    this.#drawAxes(content, total);
    const curves = svgElement('svg', {
      x: TRACK_MARGIN.left,
      y: TITLE,
      width: plot,
      height,
      overflow: 'hidden',
    });
    for (const { path, style } of content.curves?.(this.#x, height, window, plot) ?? [])
      curves.append(svgElement('path', { d: path, class: `line ${style}` }));
    svg.append(curves);
    if (content.message)
      svg.append(
        svgText(content.message, {
          class: 'track-message',
          x: TRACK_MARGIN.left + plot / 2,
          y: TITLE + height / 2,
          dy: '0.32em',
          'text-anchor': 'middle',
        }),
      );
    svg.append(this.#cursorLayer);
  }

  /** Writes the scale before `end`. @returns where it begins */
  #drawScale({ low, high, colors }: ColorScale, end: number): number {
    const group = svgElement('g', {
      class: 'color-scale',
      role: 'img',
      'aria-label': t('Colors from {0} to {1}', low, high),
    });
    this.#svg.append(group);
    const last = svgText(high, { x: end, y: 13, 'text-anchor': 'end' });
    group.append(last);
    const right = end - last.getComputedTextLength() - 4;
    const width = SCALE / colors.length;
    colors.forEach((fill, i) =>
      group.append(svgElement('rect', { x: right - SCALE + i * width, y: 4, width: width + 0.3, height: 10, fill })),
    );
    group.append(svgElement('rect', { class: 'color-scale-frame', x: right - SCALE, y: 4, width: SCALE, height: 10 }));
    const first = svgText(low, { x: right - SCALE - 4, y: 13, 'text-anchor': 'end' });
    group.append(first);
    return right - SCALE - 4 - first.getComputedTextLength();
  }

  #drawAxes(content: TrackContent, total: number): void {
    const { height, yTicks, yScale, yTitle } = content;
    const svg = this.#svg;
    const axis = svgElement('g', { class: 'axis' });
    for (const { at, text } of yTicks) {
      const y = TITLE + height * (1 - yScale(at));
      axis.append(
        svgElement('line', { x1: TRACK_MARGIN.left - 4, x2: TRACK_MARGIN.left, y1: y, y2: y }),
        svgText(text, { x: TRACK_MARGIN.left - 7, y, dy: '0.32em', 'text-anchor': 'end' }),
      );
    }
    if (yTitle)
      axis.append(
        svgText(yTitle, {
          transform: `translate(10 ${TITLE + height / 2}) rotate(-90)`,
          'text-anchor': 'middle',
          class: 'axis-title',
        }),
      );
    axis.append(
      svgElement('path', {
        d: `M${TRACK_MARGIN.left},${TITLE}V${TITLE + height}H${TRACK_MARGIN.left + this.plotWidth}`,
      }),
    );
    if (this.axis) {
      for (const tick of this.#x.ticks(tickCount(this.plotWidth, 90))) {
        const x = TRACK_MARGIN.left + this.#x(tick);
        axis.append(
          svgElement('line', { x1: x, x2: x, y1: TITLE + height, y2: TITLE + height + 4 }),
          svgText(this.axis.format(tick), { x, y: TITLE + height + 15, 'text-anchor': 'middle' }),
        );
        if (this.axis.second)
          axis.append(
            svgText(this.axis.second.format(tick), { x, y: TITLE + height + AXIS + 11, 'text-anchor': 'middle' }),
          );
      }
      const titled = (text: string, y: number): SVGElement =>
        svgText(text, { x: TRACK_MARGIN.left + this.plotWidth / 2, y, 'text-anchor': 'middle', class: 'axis-title' });
      axis.append(titled(this.axis.title, TITLE + height + AXIS - 3));
      if (this.axis.second) axis.append(titled(this.axis.second.title, total - 3));
    }
    svg.append(axis);
  }

  setCursor(cursor: TrackCursor | null, readoutAt: number | null): void {
    const content = this.#content;
    if (!content) return;
    const marks: SVGElement[] = [];
    if (this.selection) marks.push(this.#range(this.selection, 'selected-range'));
    cursor?.at.forEach((at, index) => {
      if (at < this.#window.from || at > this.#window.to) return;
      const x = TRACK_MARGIN.left + this.#x(at);
      // One band shows how far a frame hears; one around each replica would hide the picture.
      if (index === 0 && cursor.reach > 0) {
        const left = Math.max(TRACK_MARGIN.left, TRACK_MARGIN.left + this.#x(at - cursor.reach));
        const right = Math.min(TRACK_MARGIN.left + this.plotWidth, TRACK_MARGIN.left + this.#x(at + cursor.reach));
        marks.push(
          svgElement('rect', { class: 'window-band', x: left, width: right - left, y: TITLE, height: content.height }),
        );
      }
      marks.push(svgElement('line', { class: 'cursor', x1: x, x2: x, y1: TITLE, y2: TITLE + content.height }));
    });
    this.#cursorLayer.replaceChildren(...marks);
    this.#readout.textContent = readoutAt === null ? '' : (content.readout?.(readoutAt) ?? '');
    // Where there is no room beside the title, the mark and the live text say it.
    const start = this.#readoutEnd - this.#readout.getComputedTextLength();
    this.#readout.setAttribute('visibility', start < this.#titleEnd ? 'hidden' : 'visible');
  }

  /** The range that is being dragged out, to zoom into or to change. */
  setRange(range: Window | null): void {
    this.#cursorLayer.querySelector('.zoom-range')?.remove();
    if (!range || !this.#content) return;
    this.#cursorLayer.append(this.#range(range, 'zoom-range'));
  }

  /** The part of a range that is in the window. */
  #range({ from, to }: Window, style: string): SVGElement {
    const inPlot = (position: number): number =>
      TRACK_MARGIN.left + Math.max(0, Math.min(this.plotWidth, this.#x(position)));
    const left = inPlot(Math.min(from, to));
    const width = Math.max(1, inPlot(Math.max(from, to)) - left);
    return svgElement('rect', { class: style, x: left, width, y: TITLE, height: this.#content?.height ?? 0 });
  }
}

/** Cuts a text at its end until it has room; the whole one stays in the name of the track. */
function shorten(text: SVGTextElement, room: number): void {
  const first = text.firstChild;
  if (!(first instanceof Text)) return;
  for (let whole = first.data; whole.length > 3 && text.getComputedTextLength() > room;) {
    whole = whole.slice(0, -2).trimEnd();
    first.data = `${whole}…`;
  }
}

function svgText(text: string, attributes: Record<string, string | number>): SVGTextElement {
  const made = svgElement('text', attributes);
  made.textContent = text;
  return made;
}
