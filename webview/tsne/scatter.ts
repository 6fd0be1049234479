import { element, fitCanvas, onResize, svgElement } from '../shared/dom';
import { classPath } from '../shared/charts/class-marks';
import { rotate, type Rotation } from '../shared/model/layout3d';
import { nearestPoint, type BrushMode, type PointSelection, type Rectangle } from '../shared/model/selection';
import { drawsAsShapes } from '../shared/snapshot';
import type { Theme } from '../shared/theme';
import { ClassSprites, DIMMED, RADIUS, SPRITE_SIDE, SYMBOL_AREA } from './class-sprites';
import { PlacedPoints } from './placed-points';

/** What all linked plots share: which points there are, how they look, which are hidden, selected, pointed at. */
export interface ScatterShared {
  theme: Theme;
  /** class index per point, -1 without one */
  labels: ArrayLike<number>;
  /** 1 for points that were predicted wrong */
  wrong: Uint8Array;
  /** by class */
  colors: readonly string[];
  /** 1 for points that are not shown */
  hidden: Uint8Array;
  selection: PointSelection;
  /** the point under the pointer or the keyboard's cursor, -1 for none */
  hovered: number;
  dimensions: 2 | 3;
  /** greatest distance of a point from the middle, in every plot the same, so that the plots can be compared */
  reach: number;
  rotation: Rotation;
  /** what a plain drag does in three dimensions */
  dragBrushes: boolean;
}

interface ScatterEvents {
  onHover(point: number, plot: Scatter): void;
  /** the brush moved */
  onBrush(): void;
  /** the brush was let go */
  onBrushEnd(): void;
  onRotate(): void;
  onOpen(point: number): void;
}

/** Pixels around a point within which the pointer means it. */
const REACH = 12;
/** Pixels of the ring around a point that was predicted wrong. */
const WRONG_RADIUS = RADIUS + 2.5;

/** One cloud of points on a canvas. */
export class Scatter {
  readonly element: HTMLElement;
  readonly canvas = element('canvas', { tabindex: 0, role: 'application' });
  readonly #title = element('h2', {});
  readonly #note = element('span', { class: 'muted' });
  readonly #tip = element('div', { class: 'tip', hidden: true, 'data-picture': 'skip', 'aria-hidden': 'true' });
  #coordinates: Float64Array = new Float64Array(0);
  readonly #points = new PlacedPoints();
  readonly #sprites = new ClassSprites();
  #size = { width: 0, height: 0 };
  #drag: { x: number; y: number; mode: BrushMode | 'rotate'; moved: boolean } | null = null;
  #rectangle: Rectangle | null = null;

  constructor(
    private readonly shared: () => ScatterShared | null,
    private readonly events: ScatterEvents,
  ) {
    const frame = element('div', { class: 'plot' }, this.canvas, this.#tip);
    this.element = element('figure', { class: 'scatter' }, element('figcaption', {}, this.#title, this.#note), frame);
    drawsAsShapes(this.canvas, () => this.#shapes());
    onResize(frame, (width, height) => {
      this.#size = { width, height };
      this.draw();
    });
    this.canvas.addEventListener('pointermove', (event) => this.#onMove(event));
    this.canvas.addEventListener('pointerleave', () => {
      if (!this.#drag) this.events.onHover(-1, this);
    });
    this.canvas.addEventListener('pointerdown', (event) => this.#onDown(event));
    this.canvas.addEventListener('pointerup', (event) => this.#onUp(event));
    this.canvas.addEventListener('pointercancel', () => this.#endDrag());
    this.canvas.addEventListener('keydown', (event) => this.#onKey(event));
  }

  describe(title: string, note: string, label: string): void {
    this.#title.textContent = title;
    this.#note.textContent = note;
    this.canvas.setAttribute('aria-label', label);
  }

  /** @param coordinates packed [n * dimensions]; kept, so that it may be changed in place before `draw` */
  set(coordinates: Float64Array): void {
    this.#coordinates = coordinates;
  }

  tip(text: string | null, point: number): void {
    this.#tip.hidden = text === null || point < 0;
    if (text === null || point < 0) return;
    this.#tip.textContent = text;
    const { width } = this.#size;
    const x = this.#points.xs[point];
    this.#tip.style.left = x > width / 2 ? 'auto' : `${x + 12}px`;
    this.#tip.style.right = x > width / 2 ? `${width - x + 12}px` : 'auto';
    this.#tip.style.top = `${Math.max(0, this.#points.ys[point] - 14)}px`;
  }

  draw(): void {
    const shared = this.shared();
    const { width, height } = this.#size;
    if (!shared || width < 20 || height < 20) return;
    this.#points.place(this.#coordinates, shared, width, height);
    const context = fitCanvas(this.canvas, width, height);
    const { labels, wrong, hidden, selection, hovered } = shared;
    const { xs, ys, order } = this.#points;
    const sprites = this.#sprites.of(shared);
    const half = SPRITE_SIDE / 2;
    const dimmed = !selection.empty;
    // Unselected points first, so that they never cover selected ones.
    for (const pass of dimmed ? [0, 1] : [1])
      for (const point of order) {
        if (hidden[point] || (dimmed && Number(selection.has(point)) !== pass)) continue;
        const kind = labels[point] < 0 ? sprites.normal.length - 1 : labels[point];
        const sprite = pass === 0 ? sprites.dim[kind] : sprites.normal[kind];
        context.drawImage(sprite, xs[point] - half, ys[point] - half, SPRITE_SIDE, SPRITE_SIDE);
        if (!wrong[point]) continue;
        context.globalAlpha = pass === 0 ? DIMMED : 1;
        context.strokeStyle = shared.theme.foreground;
        context.lineWidth = 1.2;
        context.beginPath();
        context.arc(xs[point], ys[point], WRONG_RADIUS, 0, 2 * Math.PI);
        context.stroke();
        context.globalAlpha = 1;
      }
    if (hovered >= 0 && hovered < xs.length && !hidden[hovered]) {
      context.strokeStyle = shared.theme.foreground;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(xs[hovered], ys[hovered], RADIUS + 4, 0, 2 * Math.PI);
      context.stroke();
    }
    if (this.#rectangle) {
      const { x0, y0, x1, y1 } = this.#rectangle;
      context.strokeStyle = shared.theme.focus;
      context.fillStyle = shared.theme.focus;
      context.lineWidth = 1;
      context.globalAlpha = 0.15;
      context.fillRect(x0, y0, x1 - x0, y1 - y0);
      context.globalAlpha = 1;
      context.strokeRect(x0 + 0.5, y0 + 0.5, x1 - x0, y1 - y0);
    }
  }

  /** The points as shapes, for a picture that can be enlarged. */
  #shapes(): SVGElement {
    const group = svgElement('g');
    const shared = this.shared();
    if (!shared) return group;
    const { labels, wrong, hidden, selection, colors, theme } = shared;
    const { xs, ys, order } = this.#points;
    for (const point of order) {
      if (hidden[point]) continue;
      const label = labels[point];
      group.append(
        svgElement('path', {
          d: classPath(label < 0 ? colors.length : label, SYMBOL_AREA),
          transform: `translate(${xs[point].toFixed(2)} ${ys[point].toFixed(2)})`,
          fill: label < 0 ? theme.muted : colors[label],
          opacity: selection.empty || selection.has(point) ? 1 : DIMMED,
        }),
      );
      if (wrong[point])
        group.append(
          svgElement('circle', {
            cx: xs[point].toFixed(2),
            cy: ys[point].toFixed(2),
            r: WRONG_RADIUS,
            fill: 'none',
            stroke: theme.foreground,
            opacity: selection.empty || selection.has(point) ? 1 : DIMMED,
          }),
        );
    }
    return group;
  }

  #pointer(event: PointerEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #onDown(event: PointerEvent): void {
    const shared = this.shared();
    if (!shared || event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    const { x, y } = this.#pointer(event);
    const mode = event.shiftKey
      ? 'add'
      : event.ctrlKey || event.metaKey
        ? 'remove'
        : shared.dimensions === 3 && shared.dragBrushes === event.altKey
          ? 'rotate'
          : 'replace';
    this.#drag = { x, y, mode, moved: false };
    shared.selection.begin();
  }

  #onMove(event: PointerEvent): void {
    const shared = this.shared();
    if (!shared) return;
    const { x, y } = this.#pointer(event);
    const drag = this.#drag;
    if (!drag) {
      this.events.onHover(nearestPoint(this.#points.xs, this.#points.ys, shared.hidden, x, y, REACH), this);
      return;
    }
    drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > 4;
    if (!drag.moved) return;
    if (drag.mode === 'rotate') {
      shared.rotation = rotate(shared.rotation, event.movementX / 120, event.movementY / 120);
      this.events.onRotate();
    } else {
      this.#rectangle = { x0: drag.x, y0: drag.y, x1: x, y1: y };
      shared.selection.brush(this.#points.xs, this.#points.ys, shared.hidden, this.#rectangle, drag.mode);
      this.events.onBrush();
    }
  }

  #onUp(event: PointerEvent): void {
    const shared = this.shared();
    const drag = this.#drag;
    this.#endDrag();
    if (!shared || !drag) return;
    if (drag.moved) {
      this.events.onBrushEnd();
      return;
    }
    const { x, y } = this.#pointer(event);
    const point = nearestPoint(this.#points.xs, this.#points.ys, shared.hidden, x, y, REACH);
    if (point >= 0) this.events.onOpen(point);
    else {
      shared.selection.clear();
      this.events.onBrushEnd();
    }
  }

  #endDrag(): void {
    this.#drag = null;
    this.#rectangle = null;
    this.draw();
  }

  #onKey(event: KeyboardEvent): void {
    const shared = this.shared();
    if (!shared) return;
    const { key } = event;
    if (key.startsWith('Arrow')) {
      event.preventDefault();
      const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [0, 0];
      if (event.shiftKey && shared.dimensions === 3) {
        shared.rotation = rotate(shared.rotation, dx * 0.12, dy * 0.12);
        this.events.onRotate();
      } else this.events.onHover(this.#points.neighbor(shared, dx, dy, this.#size), this);
    } else if (key === 'Enter' && shared.hovered >= 0) this.events.onOpen(shared.hovered);
    else if (key === ' ' && shared.hovered >= 0) {
      event.preventDefault();
      const chosen = new Set(shared.selection.indices());
      if (!chosen.delete(shared.hovered)) chosen.add(shared.hovered);
      shared.selection.set(chosen);
      this.events.onBrushEnd();
    } else if (key === 'Escape') {
      shared.selection.clear();
      this.events.onBrushEnd();
    }
  }
}
