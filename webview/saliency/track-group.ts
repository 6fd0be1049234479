import { element, onResize } from '../shared/dom';
import { panWindow, zoomWindow, type Window } from '../shared/model/scales';
import { Track, type TrackAxis, type TrackContent, type TrackCursor } from './track';

interface TrackGroupOptions {
  title: string;
  /** as long as no other is set */
  axis: TrackAxis;
  /** told the position under the pointer, null when it leaves */
  onHover(position: number | null): void;
  /** told when the person zooms or moves the window */
  onWindow(): void;
  /** told the range that is dragged out while `selecting` */
  onSelect?(range: Window): void;
}

/** Tracks over one axis: drawn together, zoomed together. */
export class TrackGroup {
  readonly element: HTMLElement;
  readonly #tracks: Track[] = [];
  #axisIndex = -1;
  /** whether dragging selects a range rather than zooming */
  selecting = false;
  readonly #box = element('div', { class: 'tracks' });
  #whole: Window = { from: 0, to: 1 };
  #window: Window = { from: 0, to: 1 };
  /** the least window, in units of the axis */
  #least = 1;
  #width = 0;
  #cursor: TrackCursor | null = null;
  #readoutAt: number | null = null;
  #selection: Window | null = null;
  #drag: { from: number; track: Track; moved: boolean; pan: boolean; startX: number } | null = null;

  #axis: TrackAxis;

  constructor(private readonly options: TrackGroupOptions) {
    this.#axis = options.axis;
    this.element = element(
      'section',
      { class: 'track-group', 'aria-label': options.title },
      element('h2', {}, options.title),
      this.#box,
    );
    onResize(this.#box, (width) => {
      this.#width = width;
      this.draw();
    });
    this.#box.addEventListener('pointermove', (event) => this.#onMove(event));
    this.#box.addEventListener('pointerleave', () => {
      if (!this.#drag) options.onHover(null);
    });
    this.#box.addEventListener('pointerdown', (event) => this.#onDown(event));
    this.#box.addEventListener('pointerup', (event) => this.#onUp(event));
    this.#box.addEventListener('pointercancel', () => this.#endDrag());
    this.#box.addEventListener('dblclick', () => this.reset());
    this.#box.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
  }

  get window(): Window {
    return this.#window;
  }
  /** takes effect with the next `set` */
  set axis(axis: TrackAxis) {
    this.#axis = axis;
  }
  get zoomed(): boolean {
    return this.#window.from > this.#whole.from || this.#window.to < this.#whole.to;
  }

  /** @param keepWindow keeps the window where the axis stays the same */
  set(contents: readonly TrackContent[], whole: Window, least: number): void {
    const same = whole.from === this.#whole.from && whole.to === this.#whole.to;
    this.#whole = whole;
    this.#least = least;
    if (!same) this.#window = { ...whole };
    while (this.#tracks.length > contents.length) this.#tracks.pop();
    // The axis stands under the last track, so a track that is no longer the last is made anew.
    const axisAt = contents.length - 1;
    contents.forEach((content, i) => {
      if (!this.#tracks[i] || this.#axisIndex !== axisAt) this.#tracks[i] = new Track();
      this.#tracks[i].axis = i === axisAt ? this.#axis : null;
      this.#tracks[i].set(content);
    });
    this.#axisIndex = axisAt;
    const elements = this.#tracks.map((track) => track.element);
    if (elements.length !== this.#box.children.length || elements.some((e, i) => this.#box.children[i] !== e))
      this.#box.replaceChildren(...elements);
    this.draw();
  }

  setWindow(window: Window): void {
    const { from, to } = this.#whole;
    const width = Math.max(this.#least, Math.min(to - from, window.to - window.from));
    const start = Math.max(from, Math.min(to - width, window.from));
    this.#window = { from: start, to: start + width };
    this.draw();
    this.options.onWindow();
  }

  reset(): void {
    this.setWindow(this.#whole);
  }

  zoom(factor: number, center = this.#readoutAt ?? (this.#window.from + this.#window.to) / 2): void {
    this.setWindow(zoomWindow(this.#window, this.#whole, center, factor, this.#least));
  }

  draw(): void {
    for (const track of this.#tracks) {
      track.selection = this.#selection;
      track.draw(this.#width, this.#window);
      track.setCursor(this.#cursor, this.#readoutAt);
    }
  }

  setCursor(cursor: TrackCursor | null, readoutAt: number | null): void {
    this.#cursor = cursor;
    this.#readoutAt = readoutAt;
    for (const track of this.#tracks) track.setCursor(cursor, readoutAt);
  }

  /** Marks a range in every track; null: none. */
  setSelection(range: Window | null): void {
    this.#selection = range;
    this.draw();
  }

  #trackAt(event: Event): Track | undefined {
    return this.#tracks.find(({ element: row }) => event.target instanceof Node && row.contains(event.target));
  }

  #onMove(event: PointerEvent): void {
    const track = this.#drag?.track ?? this.#trackAt(event);
    if (!track) return;
    const position = track.positionAt(event.clientX);
    const drag = this.#drag;
    if (!drag) return this.options.onHover(position);
    drag.moved ||= Math.abs(event.clientX - drag.startX) > 4;
    if (drag.pan) {
      const perPixel = (this.#window.to - this.#window.from) / track.plotWidth;
      this.#window = panWindow(this.#window, this.#whole, -event.movementX * perPixel);
      this.draw();
    } else if (drag.moved) for (const each of this.#tracks) each.setRange({ from: drag.from, to: position });
  }

  #onDown(event: PointerEvent): void {
    const track = this.#trackAt(event);
    if (!track || event.button !== 0) return;
    this.#box.setPointerCapture(event.pointerId);
    this.#drag = {
      from: track.positionAt(event.clientX),
      track,
      moved: false,
      pan: event.shiftKey,
      startX: event.clientX,
    };
  }

  #onUp(event: PointerEvent): void {
    const drag = this.#drag;
    this.#endDrag();
    if (!drag) return;
    const to = drag.track.positionAt(event.clientX);
    if (drag.pan) this.options.onWindow();
    else if (drag.moved) {
      const range = { from: Math.min(drag.from, to), to: Math.max(drag.from, to) };
      if (this.selecting) this.options.onSelect?.(range);
      else this.setWindow(range);
    }
  }

  #endDrag(): void {
    this.#drag = null;
    for (const track of this.#tracks) track.setRange(null);
  }

  #onWheel(event: WheelEvent): void {
    const track = this.#trackAt(event);
    if (!track) return;
    // The plain wheel scrolls the page, as everywhere in the editor; a pinch on a touch pad arrives with Ctrl.
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.setWindow(
        zoomWindow(
          this.#window,
          this.#whole,
          track.positionAt(event.clientX),
          Math.exp(-event.deltaY / 200),
          this.#least,
        ),
      );
    } else if (this.zoomed && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
      event.preventDefault();
      const perPixel = (this.#window.to - this.#window.from) / track.plotWidth;
      this.#window = panWindow(this.#window, this.#whole, (event.deltaX || event.deltaY) * perPixel);
      this.draw();
      this.options.onWindow();
    }
  }
}
