import { classPath } from '../shared/charts/class-marks';
import { fitCanvas } from '../shared/dom';
import type { Theme } from '../shared/theme';

/** Pixels of a point's mark. */
export const RADIUS = 4.5;
export const SYMBOL_AREA = RADIUS * RADIUS * 3;
/** Pixels of a side of a sprite. */
export const SPRITE_SIDE = 2 * (RADIUS + 3);
/** Opacity of points that are not selected while others are. */
export const DIMMED = 0.22;

/** By class, and last the one of points without a label. */
interface Sprites {
  normal: HTMLCanvasElement[];
  dim: HTMLCanvasElement[];
}

/** Each class's mark drawn once; a thousand stamps of it are far quicker than a thousand outlines. */
export class ClassSprites {
  #made: { key: string; sprites: Sprites } | null = null;

  of({ theme, colors }: { theme: Theme; colors: readonly string[] }): Sprites {
    const key = `${colors.join()}|${theme.background}|${theme.muted}|${window.devicePixelRatio}`;
    if (this.#made?.key === key) return this.#made.sprites;
    const make = (alpha: number): HTMLCanvasElement[] =>
      [...colors, theme.muted].map((color, index) => sprite(index, color, theme.background, alpha));
    const sprites = { normal: make(1), dim: make(DIMMED) };
    this.#made = { key, sprites };
    return sprites;
  }
}

function sprite(index: number, color: string, halo: string, alpha: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  const context = fitCanvas(canvas, SPRITE_SIDE, SPRITE_SIDE);
  context.translate(SPRITE_SIDE / 2, SPRITE_SIDE / 2);
  context.globalAlpha = alpha;
  const outline = new Path2D(classPath(index, SYMBOL_AREA));
  context.strokeStyle = halo;
  context.lineWidth = 1.5;
  context.stroke(outline);
  context.fillStyle = color;
  context.fill(outline);
  return canvas;
}
