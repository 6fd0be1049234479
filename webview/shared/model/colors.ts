import { hcl, interpolateMagma, interpolateViridis, rgb, type RGBColor } from 'd3';

/** The four kinds of theme VS Code has. */
export type ThemeKind = 'light' | 'dark' | 'high-contrast' | 'high-contrast-light';

export function isDark(kind: ThemeKind): boolean {
  return kind === 'dark' || kind === 'high-contrast';
}

function isHighContrast(kind: ThemeKind): boolean {
  return kind === 'high-contrast' || kind === 'high-contrast-light';
}

/** Relative luminance of WCAG 2, 0 (black) to 1 (white). */
function luminance(color: string): number {
  const { r, g, b } = rgb(color);
  const linear = (channel: number) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** Contrast ratio of WCAG 2, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** The same hue, lighter or darker until it stands out from the background by at least `ratio`. */
export function withContrast(color: string, background: string, ratio: number): string {
  if (contrast(color, background) >= ratio) return rgb(color).formatHex();
  const towards = luminance(background) < 0.18 ? 1 : -1;
  const adjusted = hcl(color);
  while (adjusted.l > 0 && adjusted.l < 100) {
    adjusted.l += towards;
    const candidate = adjusted.rgb().clamp().formatHex();
    if (contrast(candidate, background) >= ratio) return candidate;
  }
  return towards > 0 ? '#ffffff' : '#000000';
}

/**
 * Hues that people with any of the common color-vision deficiencies tell apart (Okabe and Ito 2008), without black; gray last,
 * because it is the least distinct of them.
 */
const CLASS_HUES = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#b8ad00', '#8a8a8a'];

/** Contrast that graphical objects need (WCAG 2, 1.4.11), and more of it where the user asked for high contrast. */
export function graphicsContrast(kind: ThemeKind): number {
  if (isHighContrast(kind)) return 4.5;
  // Small marks look darker on a dark ground than their ratio says.
  return kind === 'dark' ? 4 : 3;
}

/** Colors of `count` classes on this background, index by class; they repeat after eight, the symbols do not with them. */
export function classColors(count: number, background: string, kind: ThemeKind): string[] {
  const hues = CLASS_HUES.map((hue) => withContrast(hue, background, graphicsContrast(kind)));
  return Array.from({ length: count }, (_, index) => hues[index % hues.length]);
}

/** Names of the point shapes, in the order of d3's filled symbols. */
export const CLASS_SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'cross', 'star', 'wye'] as const;
export type ClassSymbol = (typeof CLASS_SYMBOLS)[number];

/** Seven shapes against eight colors: together they tell 56 classes apart. */
export function classSymbol(index: number): ClassSymbol {
  return CLASS_SYMBOLS[index % CLASS_SYMBOLS.length];
}

/** Dash patterns of lines that must be told apart without color, in pixels; the first is solid. */
export const DASHES = ['', '6 3', '2 3', '8 3 2 3', '12 4', '4 2 1 2'];

/** 256 colors of a heatmap, RGBA bytes. */
export type ColorTable = Uint8ClampedArray;

/** From 0 to 1 in even perceptual steps, dark to bright: energy. */
export function energyTable(): ColorTable {
  return tabulate((share) => rgb(interpolateMagma(share)));
}

/**
 * From transparent to a saturated color: saliency drawn over something else. Perceptually even, and readable on the dark and on
 * the bright parts of what lies below because the opacity rises with it.
 */
export function overlayTable(): ColorTable {
  return tabulate((share) => {
    const color = rgb(interpolateViridis(0.35 + 0.65 * share));
    color.opacity = Math.min(1, 0.9 * Math.sqrt(share));
    return color;
  });
}

/**
 * Saliency on the background of the theme: from the background itself to the ink that stands out from it.
 * @param ink color of the greatest value
 */
export function tintTable(background: string, ink: string): ColorTable {
  const from = rgb(background);
  const to = rgb(ink);
  return tabulate((share) =>
    rgb(from.r + (to.r - from.r) * share, from.g + (to.g - from.g) * share, from.b + (to.b - from.b) * share),
  );
}

function tabulate(colorOf: (share: number) => RGBColor): ColorTable {
  const table = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) {
    const { r, g, b, opacity } = colorOf(i / 255);
    table.set([r, g, b, 255 * opacity], 4 * i);
  }
  return table;
}

/** Index into a table; values outside low..high are clipped, a flat range is all zero, NaN is -1 (nothing is drawn). */
export function tableIndex(value: number, low: number, high: number): number {
  if (Number.isNaN(value)) return -1;
  if (high <= low) return 0;
  return Math.max(0, Math.min(255, Math.round((255 * (value - low)) / (high - low))));
}
