/** Elements without markup: text enters the page only as text, whatever a file or a label holds. */
import { t } from './strings';

type Child = Node | string | null | undefined | false;

interface Attributes {
  [name: string]: string | number | boolean | null | undefined;
}

/**
 * An element with attributes and children.
 * @param attributes `true` sets an empty attribute; null, undefined and false leave it out
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  append(made, children);
  return made;
}

/** As `element`, for SVG. */
export function svgElement<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(made, attributes);
  append(made, children);
  return made;
}

function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) target.removeAttribute(name);
    else target.setAttribute(name, value === true ? '' : String(value));
  }
}

function append(target: Element, children: Child[]): void {
  for (const child of children) if (child !== null && child !== undefined && child !== false) target.append(child);
}

let nextId = 0;

/** An id no other element of the page has. */
export function uniqueId(stem: string): string {
  return `${stem}-${++nextId}`;
}

/** Calls `draw` with the size of an element now and whenever it changes, at most once per frame. @returns stops it */
export function onResize(target: Element, draw: (width: number, height: number) => void): () => void {
  let frame = 0;
  const observer = new ResizeObserver((entries) => {
    const { width, height } = entries[entries.length - 1].contentRect;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => draw(width, height));
  });
  observer.observe(target);
  return () => {
    observer.disconnect();
    cancelAnimationFrame(frame);
  };
}

/** Gathers calls within a frame into one. */
export function perFrame(draw: () => void): () => void {
  let frame = 0;
  return () => {
    if (frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
}

/** Calls `run` once `quiet` milliseconds have passed without another call. */
export function debounced(run: () => void, quiet: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, quiet);
  };
}

/** Fits a canvas to CSS pixels on this screen and returns its context, scaled to CSS pixels and cleared. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (!context) throw new Error(t('This browser cannot draw on a canvas.'));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
