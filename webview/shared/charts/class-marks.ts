import {
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
  type SymbolType,
} from 'd3';
import { svgElement } from '../dom';
import { classSymbol, type ClassSymbol } from '../model/colors';

const SHAPES: Record<ClassSymbol, SymbolType> = {
  circle: symbolCircle,
  square: symbolSquare,
  triangle: symbolTriangle,
  diamond: symbolDiamond,
  cross: symbolCross,
  star: symbolStar,
  wye: symbolWye,
};

/** Outline of a class's point shape as an SVG path around 0, 0. @param area square pixels */
export function classPath(index: number, area: number): string {
  return symbol(SHAPES[classSymbol(index)], area)() ?? '';
}

/** A class's mark as a small picture, for legends and rows; the text beside it says the class. */
export function classMark(index: number, color: string, size = 12): SVGSVGElement {
  const mark = svgElement(
    'svg',
    { width: size, height: size, viewBox: '-7 -7 14 14', 'aria-hidden': 'true', focusable: 'false' },
    svgElement('path', { d: classPath(index, 80), fill: color }),
  );
  return mark;
}
