import { element, svgElement } from '../shared/dom';
import type { BarLayout } from './compare-model';

const HEIGHT = 12;
/** Half the length of the ends of a whisker, pixels. */
const CAP = 4;

/** A bar with its whisker over the width it is given, and the number beside it, which is what screen readers read. */
export function whiskerBar({ bar, whisker }: BarLayout, text: string, style: string): HTMLElement {
  const percent = (share: number): string => `${100 * share}%`;
  const middle = HEIGHT / 2;
  const svg = svgElement(
    'svg',
    { class: 'whisker-bar', height: HEIGHT, 'aria-hidden': 'true' },
    svgElement('rect', { class: 'track', y: HEIGHT - 1, height: 1, width: '100%' }),
    svgElement('rect', { class: style, y: 1, height: HEIGHT - 2, width: percent(bar) }),
  );
  if (whisker) {
    const [from, to] = [percent(whisker.from), percent(whisker.to)];
    const line = (attributes: Record<string, string | number>): void =>
      svg.append(svgElement('line', { class: 'whisker', ...attributes }));
    line({ x1: from, x2: to, y1: middle, y2: middle });
    for (const at of [from, to]) line({ x1: at, x2: at, y1: middle - CAP, y2: middle + CAP });
  }
  return element('div', { class: 'quantity' }, element('span', { class: 'quantity-text' }, text), svg);
}
