import { svgElement, uniqueId } from './dom';
import { t } from './strings';

const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';

/** Properties that a style sheet gives to marks and that a picture on its own needs as attributes. */
const INLINED = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
  'visibility',
];

/** Controls are no part of a picture; plain buttons are, because they are legends, heads of columns and cells. */
const SKIPPED = 'input, select, progress, [data-picture="skip"], .visually-hidden';

/** White around the picture, pixels. */
const MARGIN = 12;

/** Canvases that can say what they show in shapes instead of pixels. */
const shapes = new WeakMap<HTMLCanvasElement, () => SVGElement>();

/** @param draw makes the shapes, in CSS pixels from the canvas's corner */
export function drawsAsShapes(canvas: HTMLCanvasElement, draw: () => SVGElement): void {
  shapes.set(canvas, draw);
}

interface Picture {
  /** a complete SVG document */
  svg: string;
  /** CSS pixels */
  width: number;
  height: number;
}

/**
 * What an element shows, as one SVG that needs nothing else: its SVG with the styles written into it, its canvases as images, its
 * texts and filled boxes (tables, bars). Controls are left out.
 */
export function takePicture(root: HTMLElement, background: string): Picture {
  const frame = root.getBoundingClientRect();
  const width = Math.ceil(frame.width) + 2 * MARGIN;
  const height = Math.ceil(frame.height) + 2 * MARGIN;
  const picture = svgElement('svg', { xmlns: SVG_NAMESPACE, width, height, viewBox: `0 0 ${width} ${height}` });
  picture.append(svgElement('rect', { width, height, fill: background }));
  copyChildren(root, picture, new DOMRect(frame.left - MARGIN, frame.top - MARGIN, width, height));
  return { svg: new XMLSerializer().serializeToString(picture), width, height };
}

function copyChildren(parent: Element, picture: SVGElement, frame: DOMRect): void {
  for (const node of parent.childNodes) {
    if (node instanceof Text) copyText(node, picture, frame);
    else if (node instanceof SVGSVGElement) copySvg(node, picture, frame);
    else if (node instanceof HTMLCanvasElement) copyCanvas(node, picture, frame);
    else if (node instanceof HTMLElement && isShown(node)) {
      copyBox(node, picture, frame);
      copyChildren(node, clipped(node, picture, frame), frame);
    }
  }
}

function isShown(node: HTMLElement): boolean {
  const box = node.getBoundingClientRect();
  // Text for screen readers alone is cut to nothing, or a pixel large.
  const isCut = getComputedStyle(node).clipPath !== 'none';
  return !node.matches(SKIPPED) && !node.localName.startsWith('vscode-') && box.width > 1 && box.height > 1 && !isCut;
}

/** Where the children of an element go: into a group that shows no more of them than the element does. */
function clipped(node: HTMLElement, picture: SVGElement, frame: DOMRect): SVGElement {
  const { overflowX, overflowY } = getComputedStyle(node);
  if (overflowX === 'visible' && overflowY === 'visible') return picture;
  const box = node.getBoundingClientRect();
  const id = uniqueId('clip');
  const group = svgElement('g', { 'clip-path': `url(#${id})` });
  const outline = svgElement('rect', {
    x: box.left - frame.left,
    y: box.top - frame.top,
    width: box.width,
    height: box.height,
  });
  picture.append(svgElement('clipPath', { id }, outline), group);
  return group;
}

function copySvg(node: SVGSVGElement, picture: SVGElement, frame: DOMRect): void {
  const box = node.getBoundingClientRect();
  if (box.width === 0 || box.height === 0) return;
  const copy = node.cloneNode(true) as SVGSVGElement;
  inlineStyles(node, copy);
  for (const skipped of copy.querySelectorAll('[data-picture="skip"]')) skipped.remove();
  copy.setAttribute('x', String(box.left - frame.left));
  copy.setAttribute('y', String(box.top - frame.top));
  copy.setAttribute('width', String(box.width));
  copy.setAttribute('height', String(box.height));
  picture.append(copy);
}

function inlineStyles(original: Element, copy: Element): void {
  const computed = getComputedStyle(original);
  if (computed.display === 'none') copy.setAttribute('display', 'none');
  for (const property of INLINED) {
    const value = computed.getPropertyValue(property);
    if (value !== '') copy.setAttribute(property, value);
  }
  copy.removeAttribute('class');
  copy.removeAttribute('style');
  for (let i = 0; i < original.children.length; i++) inlineStyles(original.children[i], copy.children[i]);
}

function copyCanvas(node: HTMLCanvasElement, picture: SVGElement, frame: DOMRect): void {
  const box = node.getBoundingClientRect();
  if (box.width === 0 || box.height === 0 || node.width === 0) return;
  const draw = shapes.get(node);
  if (draw) {
    picture.append(
      svgElement('g', { transform: `translate(${box.left - frame.left} ${box.top - frame.top})` }, draw()),
    );
    return;
  }
  picture.append(
    svgElement('image', {
      x: box.left - frame.left,
      y: box.top - frame.top,
      width: box.width,
      height: box.height,
      href: node.toDataURL('image/png'),
    }),
  );
}

function copyBox(node: HTMLElement, picture: SVGElement, frame: DOMRect): void {
  const computed = getComputedStyle(node);
  const { backgroundColor, opacity } = computed;
  const box = node.getBoundingClientRect();
  const [x0, y0, x1, y1] = [box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top];
  if (!isTransparent(backgroundColor))
    picture.append(
      svgElement('rect', { x: x0, y: y0, width: box.width, height: box.height, fill: backgroundColor, opacity }),
    );
  const sides = [
    ['top', x0, y0, x1, y0],
    ['right', x1, y0, x1, y1],
    ['bottom', x0, y1, x1, y1],
    ['left', x0, y0, x0, y1],
  ] as const;
  for (const [side, left, top, right, bottom] of sides) {
    const width = parseFloat(computed.getPropertyValue(`border-${side}-width`));
    const color = computed.getPropertyValue(`border-${side}-color`);
    if (!(width > 0) || isTransparent(color)) continue;
    picture.append(
      svgElement('line', { x1: left, y1: top, x2: right, y2: bottom, stroke: color, 'stroke-width': width }),
    );
  }
}

function isTransparent(color: string): boolean {
  return color === 'transparent' || /^rgba\(.*, 0\)$/.test(color);
}

/** Every line of a text where the page shows it. */
function copyText(node: Text, picture: SVGElement, frame: DOMRect): void {
  const parent = node.parentElement;
  const text = node.data;
  if (!parent || text.trim() === '') return;
  const computed = getComputedStyle(parent);
  if (computed.visibility === 'hidden') return;
  const range = document.createRange();
  let line: { left: number; bottom: number; height: number; text: string } | null = null;
  const flush = (): void => {
    if (!line) return;
    const mark = svgElement('text', {
      x: line.left - frame.left,
      // The baseline stands about a quarter of the line's height above its bottom.
      y: line.bottom - frame.top - 0.24 * line.height,
      fill: computed.color,
      'font-family': computed.fontFamily,
      'font-size': computed.fontSize,
      'font-weight': computed.fontWeight,
      'xml:space': 'preserve',
    });
    mark.textContent = line.text;
    picture.append(mark);
    line = null;
  };
  for (const { 0: word, index } of text.matchAll(/\S+\s*/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.trimEnd().length);
    const box = range.getBoundingClientRect();
    if (box.width === 0) continue;
    if (line && Math.abs(line.bottom - box.bottom) > 2) flush();
    if (line) line.text += word;
    else line = { left: box.left, bottom: box.bottom, height: box.height, text: word };
  }
  flush();
}

/** The picture as PNG, at twice its size so that it stays sharp in print. */
export async function toPng({ svg, width, height }: Picture, scale = 2): Promise<Uint8Array> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * scale;
  canvas.height = height * scale;
  const context = canvas.getContext('2d');
  if (!context) throw new Error(t('This browser cannot draw on a canvas.'));
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error(t('This browser cannot make a PNG of this size.'));
  return new Uint8Array(await blob.arrayBuffer());
}
